// The shape of the network: Llama-2 7B's published numbers, and refusals that say what is wrong.

import { expect, test } from 'vitest';
import {
  checkConfiguration,
  configurationForDepth,
  forwardOperationsPerToken,
  multipliedWeights,
  trainingOperationsPerToken,
} from '#ozma/model/configuration.js';
import type { ModelConfiguration } from '#ozma/model/configuration.js';
import { elementCount, parameterCount, parametersOf } from '#ozma/model/parameters.js';
import { checkWeights, initialiseWeights } from '#ozma/model/weights.js';
import { differingTensors, toyConfigurations } from '../../bench/toy-models.ts';

const llama7B: ModelConfiguration = {
  vocabularySize: 32_000,
  layers: 32,
  width: 4096,
  heads: 32,
  keyValueHeads: 32,
  headSize: 128,
  feedForwardWidth: 11_008,
  contextLength: 4096,
  ropeBase: 10_000,
  normEpsilon: 1e-5,
  tiedEmbeddings: false,
};

test('Llama 7B has the parameters that Meta counts', () => {
  expect(parameterCount(llama7B)).toBe(6_738_415_616);
  // Everything but the embedding (32,000 × 4,096) and 65 norms of 4,096.
  expect(multipliedWeights(llama7B)).toBe(6_738_415_616 - 32_000 * 4096 - 65 * 4096);
});

test('operations: two a weight, four a dimension and token looked at; training is three times that', () => {
  // By hand for one token that looks at itself only.
  const tiny = { ...toyConfigurations['tied embeddings'], layers: 1 };
  const weights = 4 * 64 * 64 + 3 * 64 * 160 + 64 * 384;
  expect(forwardOperationsPerToken(tiny, 1)).toBe(2 * weights + 4 * 64);
  expect(trainingOperationsPerToken(tiny, 3)).toBe(3 * (2 * weights + 2 * 4 * 64));
});

test.each([
  [2_114_880, 3],
  [4_262_144, 4],
  [12_194_688, 6],
])('%i parameters at depth %i with 4,096 tokens', (count, depth) => {
  const configuration = configurationForDepth(depth, { vocabularySize: 4096 });
  expect(parameterCount(configuration)).toBe(count);
  expect(configuration.feedForwardWidth % 32).toBe(0);
});

test('depth is a default: what is named takes precedence', () => {
  const configuration = configurationForDepth(4, { vocabularySize: 512, width: 96, keyValueHeads: 1 });
  expect(configuration).toMatchObject({ layers: 4, width: 96, heads: 1, headSize: 64, keyValueHeads: 1 });
});

test.each([
  [{ layers: 0 }, 'layers to be a whole number above 0, found 0'],
  [{ heads: 8, keyValueHeads: 3 }, 'heads (8) to be a multiple of keyValueHeads, found 3'],
  [
    { heads: 3, keyValueHeads: 3 },
    'width (4096) to be a multiple of heads, as Hugging Face demands, found 3',
  ],
  [{ headSize: 7 }, 'headSize to be even, found 7'],
  [{ ropeBase: NaN }, 'ropeBase to be a number above 1, found NaN'],
  [{ normEpsilon: 0 }, 'normEpsilon to be between 0 and 1, found 0'],
])('refuses %j', (wrong, message) => {
  expect(() => checkConfiguration({ ...llama7B, ...wrong })).toThrow(
    `model configuration: expected ${message}`,
  );
});

test('fresh weights: by seed and name, at the deviation that is written down', () => {
  const configuration = toyConfigurations['grouped-query attention'];
  const weights = checkWeights(configuration, initialiseWeights(configuration, 7));
  expect([...weights.keys()]).toEqual(parametersOf(configuration).map(({ name }) => name));
  for (const { name, shape, initialisation } of parametersOf(configuration)) {
    const { data } = weights.get(name)!;
    if (initialisation.kind === 'ones') {
      expect(new Set(data)).toEqual(new Set([1]));
      continue;
    }
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    const expected = initialisation.standardDeviation;
    // Four standard errors.
    expect(Math.abs(mean)).toBeLessThan((4 * expected) / Math.sqrt(elementCount(shape)));
    expect(Math.abs(deviation / expected - 1)).toBeLessThan(4 / Math.sqrt(2 * elementCount(shape)));
  }
  const fewer = initialiseWeights({ ...configuration, layers: 1 }, 7);
  for (const name of weights.keys()) if (!fewer.has(name)) weights.delete(name);
  expect(differingTensors(fewer, weights).every((name) => /o_proj|down_proj/.test(name))).toBe(true);
  expect(differingTensors(fewer, initialiseWeights({ ...configuration, layers: 1 }, 7))).toEqual([]);
  expect(
    differingTensors(fewer, initialiseWeights({ ...configuration, layers: 1 }, 8)).length,
  ).toBeGreaterThan(5);
});
