// Bytes per token on held-out IR and assembly, by vocabulary size and by which characters may merge.
//
//   node dist-bench/tokenizer-density.js FOLDER [TOKENIZER.JSON …]
//
// FOLDER is as tokenizer-sample.ts makes it. Tokenizers named after it are measured on the same held-out
// files: Llama 2's, whose vocabulary Code Llama extends by four markers, for one.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from '#ozma/tokenizer/hugging-face-reading.js';
import { createTokenizer, type Tokenizer } from '#ozma/tokenizer/tokenizer.js';
import { trainVocabulary } from '#ozma/tokenizer/training.js';
import { usualRules, type MergeRules } from '#ozma/tokenizer/training-text.js';
import { mergesByScore } from '#ozma/tokenizer/vocabulary.js';

const kinds = {
  'C IR': /\/c\/.*\.ll$/,
  'C++ IR': /\/cpp\/.*\.ll$/,
  'x86-64': /\.x86-64\.s$/,
  AArch64: /\.aarch64\.s$/,
};
const sizes = [1024, 2048, 4096, 8192, 16_384];
const usualSize = 4096;

interface Variant {
  name: string;
  rules: MergeRules;
  longestPiece: number;
  sizes: number[];
}

const digits = usualRules.apart;
const one = (name: string, rules: Partial<MergeRules>, longestPiece = 32): Variant => ({
  name,
  rules: { ...usualRules, ...rules },
  longestPiece,
  sizes: [usualSize],
});

const variants: Variant[] = [
  { ...one('usual: digits apart, newlines begin, 32 characters', {}), sizes },
  { ...one('digits merge', { apart: '' }), sizes },
  one('newlines apart', { apart: `${digits}\n`, begin: '' }),
  one('newlines end', { begin: '', end: '\n' }),
  one('newlines merge', { begin: '' }),
  one('@ and % begin', { begin: '\n@%' }),
  one('16 characters', {}, 16),
  one('64 characters', {}, 64),
];

function readTexts(folder: string, pattern: RegExp): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const wanted = names.filter((name) => /\.(ll|s)$/.test(name) && pattern.test(`/${name}`));
  return wanted.map((name) => readFileSync(join(folder, name), 'utf8'));
}

function print(...cells: (string | number)[]): void {
  const shown = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell));
  process.stdout.write(`| ${shown.join(' | ')} |\n`);
}

const [folder, ...others] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a folder made by tokenizer-sample.js');
const train = readTexts(join(folder, 'train'), /./);
const heldOut = Object.values(kinds).map((pattern) => readTexts(join(folder, 'held-out'), pattern));
const bytes = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);

function measure(name: string, size: number, tokenizer: Tokenizer): void {
  const densities = heldOut.map((texts) => {
    const tokens = texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
    return bytes(texts) / tokens;
  });
  print(name, String(size), ...densities);
}

const everything = [...train, ...heldOut.flat()].join('');
const ascii = everything.replace(/[^\0-\x7f]/g, '').length;
process.stdout.write(
  `train ${(bytes(train) / 1e6).toFixed(1)} MB, held out ${heldOut.map((texts) => (bytes(texts) / 1e6).toFixed(1)).join(', ')} MB; ` +
    `${((1 - ascii / Buffer.byteLength(everything)) * 100).toFixed(4)} % of all bytes not ASCII\n\n`,
);
print('rules', 'vocabulary', ...Object.keys(kinds));
print('---', '---:', ...Object.keys(kinds).map(() => '---:'));
for (const { name, rules, longestPiece, sizes: wanted } of variants) {
  const started = performance.now();
  const { vocabulary } = await trainVocabulary(train, { size: Math.max(...wanted), longestPiece, rules });
  process.stderr.write(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  for (const size of wanted) {
    // A smaller vocabulary is the beginning of a larger one.
    const entries = vocabulary.entries.slice(0, size);
    measure(name, size, createTokenizer({ ...vocabulary, entries, merges: mergesByScore(entries) }));
  }
}
for (const path of others) {
  const tokenizer = await loadTokenizer(path);
  measure(path, tokenizer.size, tokenizer);
}
