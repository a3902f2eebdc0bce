// Hugging Face folders: models that transformers wrote, with its logits; our own folders read again; folders
// that are not what we can take.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeHuggingFace } from '#ozma/model/huggingface/folder.js';
import { loadModel, openModel } from '#ozma/model/load-model.js';
import { sourceOf } from '#ozma/model/model-source.js';
import { parametersOf } from '#ozma/model/parameters.js';
import { referenceForward } from '#ozma/model/reference-forward.js';
import { differingTensors, largestDifference, toyConfigurations, toyModel } from '../../bench/toy-models.ts';

const golden = join(import.meta.dirname, 'golden');
const folder = mkdtempSync(join(tmpdir(), 'ozma-huggingface-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function formOf(path: string): Promise<string | undefined> {
  const source = await openModel(path);
  await source.close();
  return source.form;
}

describe('written by transformers', () => {
  test.each(['sharded', 'tied-bfloat16', 'float16'])('%s: its logits within 1e-4', async (name) => {
    const { configuration, weights } = await loadModel(join(golden, name));
    const { tokens, logits } = JSON.parse(readFileSync(join(golden, name, 'logits.json'), 'utf8')) as {
      tokens: number[];
      logits: number[][];
    };
    const found = referenceForward(configuration, weights, tokens);
    expect(found).toHaveLength(tokens.length);
    for (const [position, row] of found.entries()) {
      expect(largestDifference(row, logits[position]!)).toBeLessThan(1e-4);
    }
  });
});

describe('written by us and read again', () => {
  const configuration = toyConfigurations['grouped-query attention'];
  const model = toyModel(configuration);

  test.each([
    ['one file', undefined, ['config.json', 'model.safetensors']],
    [
      'several files',
      200_000,
      [
        'config.json',
        'model-00001-of-00005.safetensors',
        'model-00005-of-00005.safetensors',
        'model.safetensors.index.json',
      ],
    ],
  ])('F32 in %s: every value', async (name, shardBytes, files) => {
    const path = join(folder, name);
    await writeHuggingFace(path, sourceOf(model), { type: 'F32', ...(shardBytes && { shardBytes }) });
    expect(readdirSync(path)).toEqual(expect.arrayContaining(files));
    const { configuration: readConfiguration, weights, tokenizer } = await loadModel(path);
    expect(readConfiguration).toEqual(configuration);
    expect(differingTensors(weights, model.weights)).toEqual([]);
    expect(tokenizer!.vocabulary.entries).toEqual(model.tokenizer!.vocabulary.entries);
  });

  test('the form of code, where there is one', async () => {
    const [silent, normal] = ['silent', 'normal'].map((name) => join(folder, name)) as [string, string];
    await writeHuggingFace(silent, sourceOf(model), { type: 'F32' });
    await writeHuggingFace(normal, { ...sourceOf(model), form: 'normal' }, { type: 'F32' });
    expect(await formOf(silent)).toBeUndefined();
    expect(await formOf(normal)).toBe('normal');
  });

  test.each([
    ['F16', 2 ** -11],
    ['BF16', 2 ** -8],
  ] as const)('%s: within half a unit in the last place', async (type, relative) => {
    const path = join(folder, type);
    await writeHuggingFace(path, sourceOf(model), { type });
    const { weights } = await loadModel(path);
    for (const { name } of parametersOf(configuration)) {
      const { data } = weights.get(name)!;
      const original = model.weights.get(name)!.data;
      // 2^-25: subnormal float16.
      const wrong = data.findIndex(
        (value, i) => Math.abs(value - original[i]!) > Math.max(relative * Math.abs(original[i]!), 2 ** -25),
      );
      expect(wrong).toBe(-1);
    }
  });

  test('a folder used again holds the last model only', async () => {
    const path = join(folder, 'again');
    await writeHuggingFace(path, sourceOf(model), { type: 'F32' });
    const other = toyModel(configuration, 2);
    await writeHuggingFace(path, sourceOf(other), { type: 'F32', shardBytes: 200_000 });
    expect(differingTensors((await loadModel(path)).weights, other.weights)).toEqual([]);
  });
});

describe('refused with the reason', () => {
  const change = (name: string, file: string, edit: (text: string) => string): string => {
    const path = join(folder, name);
    cpSync(join(golden, 'float16'), path, { recursive: true });
    writeFileSync(join(path, file), edit(readFileSync(join(path, file), 'latin1')), 'latin1');
    return path;
  };
  const configuration = (edit: Record<string, unknown>) => (text: string) =>
    JSON.stringify({ ...(JSON.parse(text) as object), ...edit });

  test.each<[string, string, (text: string) => string, string]>([
    [
      'another network',
      'config.json',
      configuration({ model_type: 'qwen2' }),
      'expected model_type to be llama, found "qwen2"',
    ],
    [
      'biases',
      'config.json',
      configuration({ attention_bias: true }),
      'expected attention_bias to be false, found true',
    ],
    [
      'scaled rotary positions',
      'config.json',
      configuration({ rope_parameters: { rope_type: 'llama3', rope_theta: 5e5 } }),
      'expected rotary positions without scaling, found llama3',
    ],
    ['no JSON', 'config.json', () => '{', 'expected JSON, found something else'],
    [
      'no layers',
      'config.json',
      configuration({ num_hidden_layers: 'two' }),
      'layers to be a whole number above 0, found two',
    ],
    [
      'a layer too many',
      'config.json',
      configuration({ num_hidden_layers: 3 }),
      'expected model.layers.2.input_layernorm.weight of shape (32), found none',
    ],
    [
      'another width',
      'config.json',
      configuration({ hidden_size: 64, head_dim: 16 }),
      'expected model.embed_tokens.weight of shape (40, 64), found (40, 32)',
    ],
    ['a file cut short', 'model.safetensors', (text) => text.slice(0, -1), 'bytes, found 38255'],
    [
      'a type that we do not read',
      'model.safetensors',
      (text) => text.replaceAll('"F16"', '"I16"'),
      'as F32, F16, BF16, found I16',
    ],
    [
      'a head that is none',
      'model.safetensors',
      () => 'x'.repeat(100),
      'expected a safetensors file, found a head of',
    ],
  ])('%s', async (name, file, edit, message) => {
    const path = change(name, file, edit);
    await expect(loadModel(path)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as string,
    });
  });

  test('nothing there, or no weights', async () => {
    await expect(openModel(join(folder, 'missing'))).rejects.toThrow(
      'expected a GGUF file or a Hugging Face folder, found nothing',
    );
    const path = join(folder, 'weightless');
    cpSync(join(golden, 'float16', 'config.json'), join(path, 'config.json'), { recursive: true });
    await expect(openModel(path)).rejects.toThrow(
      'expected model.safetensors or model.safetensors.index.json, found neither',
    );
  });
});
