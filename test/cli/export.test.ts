// `ozma export` from one format into the other and back, as a person runs it.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeHuggingFace } from '#ozma/model/huggingface/folder.js';
import { loadModel } from '#ozma/model/load-model.js';
import { sourceOf } from '#ozma/model/model-source.js';
import { differingTensors, largestDifference, toyConfigurations, toyModel } from '../../bench/toy-models.ts';
import { runOzma } from './run-ozma.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-export-'));
const from = join(folder, 'checkpoint');
const model = toyModel(toyConfigurations['grouped-query attention']);
beforeAll(() => writeHuggingFace(from, sourceOf(model), { type: 'F32' }));
afterAll(() => rmSync(folder, { recursive: true }));

test('to GGUF and back: float32 bit for bit, the tokenizer with it', async () => {
  const file = join(folder, 'model.gguf');
  const run = await runOzma(['export', '--from', from, '--type', 'f32', '-o', file]);
  expect(run).toEqual({ exitCode: 0, stdout: `${file}: 0.2 million weights as F32`, stderr: '' });
  const back = join(folder, 'back');
  expect((await runOzma(['export', '--from', file, '--to', 'huggingface', '-o', back])).exitCode).toBe(0);
  const { configuration, weights, tokenizer } = await loadModel(back);
  expect(configuration).toEqual(model.configuration);
  expect(differingTensors(weights, model.weights)).toEqual([]);
  const text = '[INST] define i32 @f()\n';
  expect(tokenizer!.encode(text)).toEqual(model.tokenizer!.encode(text));
});

test('GGUF is float16 unless told otherwise', async () => {
  const file = join(folder, 'half.gguf');
  await runOzma(['export', '--from', from, '-o', file]);
  const name = 'model.layers.0.self_attn.q_proj.weight';
  const found = (await loadModel(file)).weights.get(name)!.data;
  const original = model.weights.get(name)!.data;
  const difference = largestDifference(found, original);
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(2 ** -11 * Math.max(...original.map(Math.abs)));
});

test.each([
  [['-o', 'x.gguf'], 'expected --from, a GGUF file or a folder, found none'],
  [['--from', from], 'expected -o, a file or a folder, found none'],
  [['--from', from, '-o', `${from}/`], 'expected -o to be another place than --from'],
  [['--from', folder, '-o', 'x.gguf'], 'config.json: expected a file, found none that can be read'],
  [['--from', from, '-o', join(folder, 'no', 'x.gguf')], 'cannot be written: no such folder'],
  [
    ['--from', from, '--to', 'huggingface', '--type', 'q8_0', '-o', join(folder, 'q')],
    'expected --type f32, f16 or bf16 for a Hugging Face folder, found q8_0',
  ],
])('%j is refused', async (words, message) => {
  const run = await runOzma(['export', ...words]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain(message);
  expect(existsSync(join(folder, 'q'))).toBe(false);
});

test('nothing but results is left', () => {
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});
