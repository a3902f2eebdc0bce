// Bytes per token on held-out IR and assembly, by vocabulary size and by which characters may merge.
//
//   node dist-bench/tokenizer-density.js FOLDER [--normal-form] [TOKENIZER.JSON …]
//
// FOLDER is as tokenizer-sample.ts makes it. With --normal-form, functions in normal form are learned and
// measured instead of what the compiler wrote. Other tokenizers may be named after it.

import { loadTokenizer } from '#ozma/tokenizer/hugging-face-reading.js';
import { createTokenizer, type Tokenizer } from '#ozma/tokenizer/tokenizer.js';
import { trainVocabulary } from '#ozma/tokenizer/training.js';
import { mergeRules, type MergeRule } from '#ozma/tokenizer/training-text.js';
import { mergesByScore } from '#ozma/tokenizer/vocabulary.js';
import { codeLlamaTokenizer } from './llama-vocabulary.ts';
import { kinds, readSample } from './tokenizer-texts.ts';

const sizes = [1024, 2048, 4096, 8192, 16_384];
const usualSize = 4096;

interface Variant {
  name: string;
  rule: MergeRule;
  longestPiece: number;
  sizes: number[];
}

const one = (name: string, rule: MergeRule, longestPiece = 32): Variant => ({
  name,
  rule,
  longestPiece,
  sizes: [usualSize],
});

const { apart, numbers } = mergeRules;
const digit = /\d/;
/** `%12` and `@3` are tokens, and so are other numbers. */
const placeholders: MergeRule = (left, right) =>
  digit.test(right) ? digit.test(left) || /[@%]/.test(left) : !digit.test(left) && !/[@%]/.test(right);

const variants: Variant[] = [
  { ...one('digits apart (the default)', apart), sizes },
  { ...one('digits merge with digits', numbers), sizes },
  { ...one('digits merge with digits, and with @ and % before them', placeholders), sizes },
  { ...one('digits merge with anything', () => true), sizes },
  one('default, but newlines apart', (left, right) => apart(left, right) && left !== '\n' && right !== '\n'),
  one('default, but newlines only begin', (left, right) => apart(left, right) && right !== '\n'),
  one('default, but newlines only end', (left, right) => apart(left, right) && left !== '\n'),
  one('default, but @ and % only begin', (left, right) => apart(left, right) && !/[@%]/.test(right)),
  one('default, at most 16 characters', apart, 16),
  one('default, at most 64 characters', apart, 64),
];

function print(...cells: (string | number)[]): void {
  const shown = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell));
  process.stdout.write(`| ${shown.join(' | ')} |\n`);
}

const normalForm = process.argv.includes('--normal-form');
const [folder, ...others] = process.argv.slice(2).filter((word) => word !== '--normal-form');
if (folder === undefined) throw new Error('expected a folder made by tokenizer-sample.js');
const train = readSample(folder, 'train', normalForm).map(({ text }) => text);
const sample = readSample(folder, 'held-out', normalForm);
const names = Object.keys(kinds);
const heldOut = names.map((name) => sample.flatMap(({ kind, text }) => (kind === name ? [text] : [])));
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
print('which characters merge', 'vocabulary', ...names);
print('---', '---:', ...names.map(() => '---:'));
for (const { name, rule, longestPiece, sizes: wanted } of variants) {
  const started = performance.now();
  const { vocabulary } = await trainVocabulary(train, { size: Math.max(...wanted), longestPiece, rule });
  process.stderr.write(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  for (const size of wanted) {
    // A smaller vocabulary is the beginning of a larger one.
    const entries = vocabulary.entries.slice(0, size);
    measure(name, size, createTokenizer({ ...vocabulary, entries, merges: mergesByScore(entries) }));
  }
}
measure("Llama 2's vocabulary, as in Code Llama", 32_016, codeLlamaTokenizer());
for (const path of others) {
  const tokenizer = await loadTokenizer(path);
  measure(path, tokenizer.size, tokenizer);
}
