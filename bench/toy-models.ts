// Toy shapes that between them have what Llamas differ in: grouped-query attention, tied or separate head,
// rotary base, heads that do not fill the width, odd sizes.

import type { ModelConfiguration } from '#ozma/model/configuration.js';
import { initialiseWeights } from '#ozma/model/weights.js';
import type { Tensor, Weights } from '#ozma/model/weights.js';
import type { Model } from '#ozma/model/model-source.js';
import { reservedEntries } from '#ozma/tokenizer/reserved.js';
import { createTokenizer } from '#ozma/tokenizer/tokenizer.js';
import type { Tokenizer } from '#ozma/tokenizer/tokenizer.js';
import { mergesByScore } from '#ozma/tokenizer/vocabulary.js';

const base: ModelConfiguration = {
  vocabularySize: 384,
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
  'one layer, one key-value head': { ...base, layers: 1, keyValueHeads: 1, vocabularySize: 370 },
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
  return { configuration, weights, tokenizer: toyTokenizer() };
}

/** Bytes, markers and single characters: what every vocabulary of ours begins with. */
export function toyTokenizer(): Tokenizer {
  const entries = reservedEntries();
  const merges = mergesByScore(entries);
  return createTokenizer({ entries, merges, prefixSpace: 'never', beginId: 1, endId: 2, unknownId: 0 });
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

/** Names of tensors that are not bit for bit the same in both. */
export function differingTensors(a: Weights, b: Weights): string[] {
  const bytes = (tensor: Tensor | undefined): Uint8Array =>
    tensor === undefined
      ? new Uint8Array()
      : new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  return [...new Set([...a.keys(), ...b.keys()])].filter(
    (name) =>
      String(a.get(name)?.shape) !== String(b.get(name)?.shape) ||
      Buffer.compare(bytes(a.get(name)), bytes(b.get(name))) !== 0,
  );
}
