// How probable a text is to a model: Σ log p of its tokens, each given those before it. A text longer than the
// context goes through it in windows that overlap by half, so that every token is judged with at least half a
// context before it (the text's beginning excepted).

import { OzmaError } from '../../common/errors.ts';
import type { AddonContext, AddonSampler } from './addon.ts';

export interface ScoredTokens {
  /** Tokens that were judged. */
  tokens: number;
  /** -Σ ln p. */
  nats: number;
}

export interface TokenScorer {
  context: AddonContext;
  sampler: AddonSampler;
  /** Tokens that a window holds. */
  window: number;
  /** Tokens that are evaluated at once, at most. */
  batchSize: number;
}

/** The first token is only given, never judged: the begin token, if there is one. */
export async function scoreTokens(scorer: TokenScorer, tokens: readonly number[]): Promise<ScoredTokens> {
  const { window } = scorer;
  let nats = 0;
  /** Tokens before this one are judged. */
  let next = 1;
  for (let start = 0; next < tokens.length; start = Math.max(0, next - Math.ceil(window / 2))) {
    const end = Math.min(tokens.length, start + window + 1);
    nats += await scoreWindow(scorer, tokens, start, end, next);
    next = end;
  }
  return { tokens: Math.max(0, tokens.length - 1), nats };
}

/** -Σ ln p of the tokens from `first` to before `end`, given those from `start` on. */
async function scoreWindow(
  { context, sampler, batchSize }: TokenScorer,
  tokens: readonly number[],
  start: number,
  end: number,
  first: number,
): Promise<number> {
  if (!context.removeTokenCellsFromSequence(0, 0, -1)) {
    throw new OzmaError('environment', 'llama.cpp: expected to empty a sequence, it did not');
  }
  let nats = 0;
  for (let from = start; from < end - 1; from += batchSize) {
    const to = Math.min(end - 1, from + batchSize);
    const wanted: number[] = [];
    for (let at = Math.max(from, first - 1); at < to; at++) wanted.push(at - from);
    context.initBatch(to - from);
    const places = context.addToBatch(
      0,
      from - start,
      Uint32Array.from(tokens.slice(from, to)),
      Uint32Array.from(wanted),
    );
    await context.decodeBatch();
    for (const [index, place] of places.entries()) {
      nats -= await logProbability(context, sampler, place, tokens[from + wanted[index]! + 1]!);
    }
  }
  return nats;
}

async function logProbability(
  context: AddonContext,
  sampler: AddonSampler,
  place: number,
  token: number,
): Promise<number> {
  // The sampler is greedy: what it selects is the highest. (Asked for the maximum, 3.22 mostly gives none.)
  const [, , , pairs = [], weight] = await context.sampleToken(
    place,
    sampler,
    false,
    false,
    [[token], false, false, true, 0],
    true,
  );
  let [logit, highest] = [NaN, -Infinity];
  for (let at = 0; at < pairs.length; at += 2) {
    if (pairs[at] === token) logit = pairs[at + 1]!;
    highest = Math.max(highest, pairs[at + 1]!);
  }
  const found = logit - highest - Math.log(weight ?? NaN);
  if (Number.isNaN(found)) throw new OzmaError('environment', 'expected logits from llama.cpp, found none');
  return found;
}
