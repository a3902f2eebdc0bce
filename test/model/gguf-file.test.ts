// The GGUF container: read by another reader (node-llama-cpp's), read again by us, and files that are broken.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readGgufFileInfo } from 'node-llama-cpp';
import { openGgufFile, writeGgufFile } from '#ozma/model/gguf/file.js';
import { writeGguf } from '#ozma/model/gguf/gguf.js';
import { arrayOf, boolean, float32, string, uint32 } from '#ozma/model/gguf/metadata.js';
import { permuteRotaryRows } from '#ozma/model/gguf/llama-layout.js';
import { loadModel } from '#ozma/model/load-model.js';
import { sourceOf } from '#ozma/model/model-source.js';
import { differingTensors, toyConfigurations, toyModel } from '../../bench/toy-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-gguf-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

const model = toyModel(toyConfigurations['grouped-query attention']);
const whole = join(folder, 'whole.gguf');

test('F32: every value, the configuration and the vocabulary come back', async () => {
  await writeGguf(whole, sourceOf(model), { type: 'F32' });
  const { configuration, weights, tokenizer } = await loadModel(whole);
  expect(configuration).toEqual(model.configuration);
  expect(differingTensors(weights, model.weights)).toEqual([]);
  const entries = tokenizer!.vocabulary.entries;
  expect(entries.slice(0, 369)).toEqual(model.tokenizer!.vocabulary.entries);
  // Embeddings that no token uses.
  expect(entries.slice(369).map(({ text, kind }) => `${text} ${kind}`)).toEqual(
    Array.from({ length: 15 }, (_, index) => `[PAD${369 + index}] unused`),
  );
});

test('another reader finds the keys of llama.cpp and tensors at multiples of 32', async () => {
  await writeGguf(whole, sourceOf(model), {
    type: 'Q8_0',
    name: 'Ozma toy',
    metadata: [['ozma.seed', uint32(1)]],
  });
  const { metadata, fullTensorInfo } = await readGgufFileInfo(whole, { sourceType: 'filesystem' });
  expect(metadata).toMatchObject({
    general: {
      architecture: 'llama',
      name: 'Ozma toy',
      file_type: 7,
      quantization_version: 2,
      type: 'model',
    },
    ozma: { seed: 1 },
    llama: {
      vocab_size: 384,
      context_length: 128,
      embedding_length: 64,
      block_count: 2,
      feed_forward_length: 160,
      attention: { head_count: 8, head_count_kv: 2, key_length: 32, value_length: 32 },
      rope: { dimension_count: 32, freq_base: 10_000 },
    },
    tokenizer: { ggml: { model: 'llama', bos_token_id: 1, eos_token_id: 2 } },
  });
  const tensors = new Map(fullTensorInfo!.map((tensor) => [tensor.name, tensor]));
  expect(tensors.size).toBe(2 * 9 + 3);
  expect(tensors.get('blk.1.attn_k.weight')!.dimensions).toEqual([64, 64]);
  expect(tensors.get('blk.1.attn_output.weight')!.dimensions).toEqual([256, 64]);
  expect(tensors.get('blk.1.attn_norm.weight')!.ggmlType).toBe(0);
  expect(tensors.get('blk.1.attn_output.weight')!.ggmlType).toBe(8);
  for (const { offset } of tensors.values()) expect(Number(offset) % 32).toBe(0);
});

test('rows too short for blocks of Q8_0 are stored as F16', async () => {
  const narrow = { ...toyConfigurations['tied embeddings'], feedForwardWidth: 48 };
  await writeGguf(whole, sourceOf(toyModel(narrow)), { type: 'Q8_0' });
  const file = await openGgufFile(whole);
  expect(file.tensors.get('blk.0.ffn_down.weight')).toMatchObject({ shape: [64, 48], type: 'F16' });
  expect(file.tensors.get('blk.0.ffn_up.weight')).toMatchObject({ shape: [48, 64], type: 'Q8_0' });
  await file.close();
});

test('every type of value', async () => {
  const path = join(folder, 'values.gguf');
  const metadata = [
    ['a.text', string('▁é\u0000')],
    ['a.truth', boolean(true)],
    ['a.small', float32(0.1)],
    ['a.bytes', arrayOf('int8', [-128, 127])],
    ['a.shorts', arrayOf('uint16', [65535])],
    ['a.long', arrayOf('int64', [-(2n ** 63n)])],
    ['a.unsigned', arrayOf('uint64', [2n ** 64n - 1n])],
    ['a.double', arrayOf('float64', [Math.PI])],
    ['a.texts', arrayOf('string', ['', 'b'])],
  ] as const;
  await writeGgufFile(path, { metadata, tensors: [], readValues: async () => new Float32Array() });
  const file = await openGgufFile(path);
  expect([...file.metadata]).toEqual(metadata);
  await file.close();
  const { metadata: theirs } = await readGgufFileInfo(path, { sourceType: 'filesystem' });
  expect(theirs).toMatchObject({
    a: { text: '▁é\u0000', truth: true, double: [Math.PI], unsigned: [2n ** 64n - 1n] },
  });
});

test('rotary rows: halves become pairs', () => {
  // One head of 6 rows with one value each: pairs are (0, 3), (1, 4), (2, 5).
  const data = Float32Array.of(0, 1, 2, 3, 4, 5);
  const pairs = permuteRotaryRows(data, 1, 6, 'llama.cpp');
  expect([...pairs]).toEqual([0, 3, 1, 4, 2, 5]);
  expect(permuteRotaryRows(pairs, 1, 6, 'huggingface')).toEqual(data);
});

describe('broken files', () => {
  const good = join(folder, 'good.gguf');
  const broken = join(folder, 'broken.gguf');
  const breakFile = async (edit: (bytes: Buffer) => Buffer): Promise<void> => {
    await writeGguf(good, sourceOf(model), { type: 'F16' });
    writeFileSync(broken, edit(readFileSync(good)));
  };

  test.each<[string, (bytes: Buffer) => Buffer, string]>([
    [
      'another magic',
      (bytes) => Buffer.concat([Buffer.from('GGML'), bytes.subarray(4)]),
      'expected GGUF at its start, found "GGML"',
    ],
    [
      'big-endian',
      (bytes) => (bytes.writeUInt32BE(3, 4), bytes),
      'expected GGUF version 3, little-endian, found 50331648',
    ],
    [
      'a count beyond the file',
      (bytes) => (bytes.writeBigUInt64LE(2n ** 60n, 8), bytes),
      'expected a count up to',
    ],
    ['empty', () => Buffer.alloc(0), 'expected at least 4 bytes, found 0'],
    ['cut in the head', (bytes) => bytes.subarray(0, 5000), 'expected at least'],
    ['cut in the tensors', (bytes) => bytes.subarray(0, -4000), 'expected at least'],
    [
      'quantised further',
      (bytes) => (bytes.writeUInt32LE(12, bytes.indexOf('token_embd.weight') + 17 + 4 + 16), bytes),
      "expected token_embd.weight as F32, F16, Q8_0, BF16, found ggml's type 12",
    ],
    [
      'another network',
      (bytes) =>
        Buffer.from(
          bytes
            .toString('latin1')
            .replace(
              'architecture\x08\0\0\0\x05\0\0\0\0\0\0\0llama',
              'architecture\x08\0\0\0\x05\0\0\0\0\0\0\0gemma',
            ),
          'latin1',
        ),
      'expected a model of architecture llama, found gemma',
    ],
  ])('%s', async (_, edit, message) => {
    await breakFile(edit);
    await expect(loadModel(broken)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as string,
    });
  });
});

test('a write that fails leaves nothing behind', async () => {
  const empty = mkdtempSync(join(folder, 'empty-'));
  const source = sourceOf(model);
  const failing = {
    ...source,
    readTensor: async (name: string) => {
      if (name.includes('layers.1')) throw new Error('the disk is gone');
      return source.readTensor(name);
    },
  };
  await expect(writeGguf(join(empty, 'model.gguf'), failing, { type: 'F32' })).rejects.toThrow(
    'the disk is gone',
  );
  expect(readdirSync(empty)).toEqual([]);
});

test('a tokenizer that is missing or too large is refused', async () => {
  const path = join(folder, 'none.gguf');
  await expect(
    writeGguf(path, sourceOf({ ...model, tokenizer: undefined }), { type: 'F32' }),
  ).rejects.toThrow('expected a tokenizer of up to 384 tokens, found no tokenizer');
  const small = toyModel({ ...model.configuration, vocabularySize: 368 });
  await expect(writeGguf(path, sourceOf(small), { type: 'F32' })).rejects.toThrow(
    'expected a tokenizer of up to 368 tokens, found one of 369',
  );
});
