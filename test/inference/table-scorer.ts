// A model whose every probability is known: a small table instead of a network. Sampling that is right here
// is right, whatever computes the numbers.

import { createRandom } from '#ozma/common/random.js';
import type { Distribution, Path, ScoreRequest, Scorer } from '#ozma/inference/scorer.js';
import type { Vocabulary } from '#ozma/inference/vocabulary.js';

export const endText = '<end>';

/** Tokens by their texts; `<end>` ends. */
export function textVocabulary(texts: readonly string[]): Vocabulary {
  const encoder = new TextEncoder();
  return {
    size: texts.length,
    bytes: (token) => (texts[token] === endText ? new Uint8Array(0) : encoder.encode(texts[token])),
    ends: (token) => texts[token] === endText,
  };
}

/** The weights of the next token after some tokens; they need not add up to anything. */
export type Table = (tokens: readonly number[]) => readonly number[];

/** Weights that hang on the whole way here, some tokens much more probable than others. */
export function randomTable(size: number, seed: number): Table {
  return (tokens) => {
    const random = createRandom(seed).fork(tokens.join(' '));
    return Array.from({ length: size }, () => random.next() ** 3 + 1e-6);
  };
}

/** log p of every next token, by id. */
export function logProbabilitiesOf(table: Table, tokens: readonly number[]): number[] {
  const weights = table(tokens);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => Math.log(weight / sum));
}

export function tokensOf(path: Path): number[] {
  return path.parent === undefined ? [] : [...tokensOf(path.parent), path.token];
}

export interface TableScorer extends Scorer {
  /** How many paths were asked about, call by call. */
  readonly calls: number[];
}

export function tableScorer(vocabulary: Vocabulary, table: Table, width = 8): TableScorer {
  const calls: number[] = [];
  return {
    vocabulary,
    width,
    calls,
    async score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<Distribution[]> {
      signal?.throwIfAborted();
      calls.push(requests.length);
      return requests.map(({ path, most }) => {
        const all = logProbabilitiesOf(table, tokensOf(path));
        const tokens = [...all.keys()].sort((a, b) => all[b]! - all[a]! || a - b).slice(0, most);
        return { tokens, logProbabilities: tokens.map((token) => all[token]!) };
      });
    },
  };
}
