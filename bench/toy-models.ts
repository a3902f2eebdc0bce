// Toy shapes that between them have what Llamas differ in: grouped-query attention, tied or separate head,
// rotary base, heads that do not fill the width, odd sizes.

import type { ModelConfiguration } from '#ozma/model/configuration.js';
import { initialiseWeights } from '#ozma/model/weights.js';
import type { GgufTokenizer } from '#ozma/tokenizer/gguf.js';
import type { Model } from '#ozma/model/model-source.js';

const base: ModelConfiguration = {
  vocabularySize: 288,
  layers: 2,
  width: 64,
  heads: 4,
  keyValueHeads: 4,
  headSize: 16,
  feedForwardWidth: 160,
  contextLength: 128,
  ropeBase: 10_000,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
};

export const toyConfigurations = {
  'tied embeddings': base,
  'separate head, rotary base 1e6': { ...base, tiedEmbeddings: false, ropeBase: 1e6, normEpsilon: 1e-6 },
  'grouped-query attention': { ...base, heads: 8, keyValueHeads: 2, headSize: 32, tiedEmbeddings: false },
  'one layer, one key-value head': { ...base, layers: 1, keyValueHeads: 1, vocabularySize: 263 },
} satisfies Record<string, ModelConfiguration>;

/**
 * Random weights that make every part matter: gains of norms are not 1, and the embedding is large enough
 * for logits that differ.
 */
export function toyModel(configuration: ModelConfiguration, seed = 1): Model {
  const weights = initialiseWeights(configuration, seed);
  for (const [name, { data }] of weights) {
    if (name.endsWith('norm.weight')) data.forEach((_, index) => (data[index] = 1 + 0.3 * Math.sin(index)));
    if (name.includes('embed') || name.includes('lm_head'))
      data.forEach((value, i) => (data[i] = 10 * value));
  }
  return { configuration, weights, tokenizer: toyTokenizer(configuration.vocabularySize) };
}

/** Unknown, begin, end, the 256 bytes, then words that no text holds. */
export function toyTokenizer(size: number): GgufTokenizer {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const words = Array.from({ length: size - 259 }, (_, index) => `▁word${index}`);
  return {
    tokens: ['<unk>', '<s>', '</s>', ...bytes, ...words],
    scores: [0, 0, 0, ...bytes.map(() => 0), ...words.map((_, index) => -1 - index)],
    tokenTypes: [2, 3, 3, ...bytes.map(() => 6), ...words.map(() => 1)],
    beginToken: 1,
    endToken: 2,
    unknownToken: 0,
    addBeginToken: true,
    addEndToken: false,
    addSpacePrefix: true,
  };
}

/** Any tokens of the vocabulary, the same each time. */
export function toyTokens(configuration: ModelConfiguration, length: number): number[] {
  return Array.from({ length }, (_, index) => (index * index * 7 + 3) % configuration.vocabularySize);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Infinity;
  for (let index = 0; index < a.length; index++) largest = Math.max(largest, Math.abs(a[index]! - b[index]!));
  return Number.isNaN(largest) ? Infinity : largest;
}
