// The same ids from llama.cpp on the exported vocabulary, live, and from our own reading of that export.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import type { Llama } from 'node-llama-cpp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openGgufFile, writeGgufFile } from '#ozma/model/gguf/file.js';
import { float32, string, uint32 } from '#ozma/model/gguf/metadata.js';
import { readTokenizer, tokenizerMetadata } from '#ozma/model/gguf/tokenizer-metadata.js';
import { createTokenizer } from '#ozma/tokenizer/tokenizer.js';
import type { Tokenizer } from '#ozma/tokenizer/tokenizer.js';
import { trainVocabulary } from '#ozma/tokenizer/training.js';
import { mergeRules } from '#ozma/tokenizer/training-text.js';
import { randomTexts } from './random-texts.ts';
import { realTexts } from './real-texts.ts';

let llama: Llama;
let folder: string;
let texts: string[];
let ours: Tokenizer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ozma-tokenizer-'));
  llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, progressLogs: false });
  texts = realTexts();
  const { vocabulary } = await trainVocabulary(texts, {
    size: 2048,
    longestPiece: 32,
    rule: mergeRules.apart,
  });
  ours = createTokenizer(vocabulary);
});
afterAll(async () => {
  await llama.dispose();
  await rm(folder, { recursive: true });
});

/** Ids of texts by llama.cpp. */
async function llamaIds(tokenizer: Tokenizer, name: string, inputs: readonly string[]): Promise<number[][]> {
  const modelPath = join(folder, `${name}.gguf`);
  const sizes = [
    'context_length',
    'embedding_length',
    'block_count',
    'feed_forward_length',
    'attention.head_count',
  ];
  await writeGgufFile(modelPath, {
    metadata: [
      ['general.architecture', string('llama')],
      ...sizes.map((key) => [`llama.${key}`, uint32(1)] as const),
      ['llama.attention.layer_norm_rms_epsilon', float32(1e-5)],
      ...tokenizerMetadata(tokenizer, tokenizer.size),
    ],
    tensors: [],
    readValues: () => Promise.reject(new Error('no tensors')),
  });
  const model = await llama.loadModel({ modelPath, vocabOnly: true });
  const ids = inputs.map((text) => [...model.tokenize(text)]);
  await model.dispose();
  return ids;
}

/** All but those with U+2581, which llama.cpp takes for a space. */
function comparable(): string[] {
  return [...texts, ...randomTexts(3, 400)].filter((text) => !text.includes('\u2581'));
}

test('llama.cpp gives our ids', async () => {
  const found = await llamaIds(ours, 'ours', comparable());
  expect(found).toEqual(comparable().map((text) => ours.encode(text)));
});

test('llama.cpp gives our ids of a vocabulary that begins texts with a space, as Llama does', async () => {
  const prefixed = createTokenizer({ ...ours.vocabulary, prefixSpace: 'always' });
  const found = await llamaIds(prefixed, 'prefixed', comparable());
  expect(found).toEqual(comparable().map((text) => prefixed.encode(text)));
});

test('the one difference: llama.cpp cannot tell U+2581 from a space, we can', async () => {
  expect(await llamaIds(ours, 'mark', ['a\u2581b'])).toEqual([ours.encode('a b')]);
  expect(ours.encode('a\u2581b')).not.toEqual(ours.encode('a b'));
});

test('read back from the file, the tokenizer is the same', async () => {
  await llamaIds(ours, 'again', []);
  const file = await openGgufFile(join(folder, 'again.gguf'));
  const again = readTokenizer(file.metadata)!;
  await file.close();
  expect(again.vocabulary.entries).toEqual(ours.vocabulary.entries);
  for (const text of comparable()) expect(again.encode(text)).toEqual(ours.encode(text));
});
