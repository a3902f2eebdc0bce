// tokenizer.json: files made by Hugging Face `tokenizers` and by us, ids given by it and by llama.cpp
// (golden/README.md), and what is refused.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { loadTokenizer, parseTokenizerFile } from '#ozma/tokenizer/hugging-face-reading.js';
import { saveTokenizer } from '#ozma/tokenizer/hugging-face-writing.js';
import { createTokenizer } from '#ozma/tokenizer/tokenizer.js';
import { trainVocabulary } from '#ozma/tokenizer/training.js';
import { mergeRules } from '#ozma/tokenizer/training-text.js';

const golden = (name: string): string => fileURLToPath(new URL(`golden/${name}`, import.meta.url));
const texts = JSON.parse(readFileSync(golden('texts.json'), 'utf8')) as string[];
const answers = Object.entries(
  JSON.parse(readFileSync(golden('ids.json'), 'utf8')) as Record<string, number[][]>,
);
const folder = mkdtempSync(join(tmpdir(), 'ozma-hugging-face-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (answer: string): string => golden(`${answer.split(' ')[0]}.json`);

test.each(answers)('ids of %s are ours', async (answer, ids) => {
  const tokenizer = await loadTokenizer(fileOf(answer));
  expect(texts.map((text) => tokenizer.encode(text))).toEqual(ids);
});

test.each(answers)('ids of %s decode to the text', async (answer, ids) => {
  const tokenizer = await loadTokenizer(fileOf(answer));
  // Where stretches are prefixed, text after a marker gets a space that nobody can tell from its own.
  const kept = texts.filter((text) => !answer.startsWith('prepend') || !/\[INST\].|<\/code>./s.test(text));
  const decoded = texts.map((text, at) => (kept.includes(text) ? tokenizer.decodeText(ids[at]!) : undefined));
  // A prefix is put only before texts without a space of their own, and taken from all.
  const expected = (text: string): string => (answer.startsWith('metaspace') ? text.replace(/^ /, '') : text);
  expect(decoded.filter((text) => text !== undefined)).toEqual(kept.map(expected));
});

test.each(answers)('saved and loaded again, %s', async (answer, ids) => {
  const place = join(folder, answer);
  await saveTokenizer(await loadTokenizer(fileOf(answer)), place);
  const again = await loadTokenizer(place);
  expect(texts.map((text) => again.encode(text))).toEqual(ids);
});

test('what transformers wants to know is beside it', async () => {
  await saveTokenizer(await loadTokenizer(golden('ozma.json')), folder);
  expect(JSON.parse(readFileSync(join(folder, 'special_tokens_map.json'), 'utf8'))).toEqual({
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
  });
  expect(JSON.parse(readFileSync(join(folder, 'tokenizer_config.json'), 'utf8'))).toMatchObject({
    tokenizer_class: 'PreTrainedTokenizerFast',
  });
});

test('the order of pairs in the file gives what scores give, on every short string', async () => {
  const random = createRandom(1);
  const text = Array.from({ length: 3000 }, () => random.pick([...'aaab'])).join('');
  const { vocabulary } = await trainVocabulary([text], {
    size: 480,
    longestPiece: 12,
    rule: mergeRules.apart,
  });
  const byScore = createTokenizer(vocabulary);
  await saveTokenizer(byScore, join(folder, 'pairs'));
  const byOrder = await loadTokenizer(join(folder, 'pairs'));
  const strings = Array.from({ length: 2 ** 13 }, (_, code) => {
    return code.toString(2).padStart(13, '0').replaceAll('0', 'a').replaceAll('1', 'b');
  });
  expect(strings.map((string) => byOrder.encode(string))).toEqual(
    strings.map((string) => byScore.encode(string)),
  );
});

interface TokenizerFile {
  model: Record<string, unknown>;
  pre_tokenizer: unknown;
  added_tokens: { rstrip: boolean }[];
}

function changed(change: (file: TokenizerFile) => void): string {
  const file = JSON.parse(readFileSync(golden('prepend.json'), 'utf8')) as TokenizerFile;
  change(file);
  return JSON.stringify(file);
}

test.each([
  ['nothing of the kind', '{}', 'expected a model of type BPE, found none'],
  ['no JSON', '<html>', 'expected a tokenizer.json, found '],
  ['another model', changed(({ model }) => (model['type'] = 'WordPiece')), 'type BPE, found WordPiece'],
  ['no byte fallback', changed(({ model }) => (model['byte_fallback'] = false)), 'expected byte_fallback'],
  [
    'word splitting',
    changed((file) => (file.pre_tokenizer = { type: 'ByteLevel' })),
    'that does not split words',
  ],
  ['splitting at spaces', changed((file) => (file.pre_tokenizer = { type: 'Metaspace' })), 'not split words'],
  [
    'stripping tokens',
    changed((file) => (file.added_tokens[0]!.rstrip = true)),
    'that keep the spaces around',
  ],
  ['a merge of nothing', changed(({ model }) => (model['merges'] = ['constructor x'])), '"constructor x"'],
])('refuses %s', (_, text, message) => {
  expect(() => parseTokenizerFile(text)).toThrow(message);
});

test('a missing file and an unreadable one are named', async () => {
  await expect(loadTokenizer(join(folder, 'nowhere'))).rejects.toThrow('nowhere/tokenizer.json: expected');
  writeFileSync(join(folder, 'broken.json'), '{"model":');
  await expect(loadTokenizer(join(folder, 'broken.json'))).rejects.toThrow(
    'broken.json: expected a tokenizer.json',
  );
});
