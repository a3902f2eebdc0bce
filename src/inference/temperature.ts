// Greedy and temperature sampling: candidates that grow side by side and know nothing of each other. Each
// has its own random numbers, so candidate 3 of 4 is candidate 3 of 8.

import { createRandom, type Random } from '../common/random.ts';
import type { Sampling } from './generation.ts';
import type { Branch, Choices, GenerationTree } from './generation-tree.ts';

export type Independent = Extract<Sampling, { kind: 'greedy' | 'temperature' }>;

/**
 * The candidates in order; those that were aborted are not finished. `grown` hears of each candidate
 * with one token more.
 */
export async function sampleIndependently(
  tree: GenerationTree,
  sampling: Independent,
  count: number,
  grown: (branch: Branch, index: number) => void,
): Promise<Branch[]> {
  const randoms = Array.from({ length: count }, (_, index) =>
    createRandom(sampling.kind === 'greedy' ? 0 : sampling.seed).fork(`candidate ${index}`),
  );
  const branches = Array.from({ length: count }, () => tree.root);
  const most = sampling.kind === 'greedy' ? 1 : (sampling.topK ?? Infinity);
  for (;;) {
    // As one finishes the next takes its place, so that a batch stays full.
    const active = [...branches.keys()].filter((index) => branches[index]!.finish === undefined);
    const batch = active.slice(0, tree.scorer.width);
    if (batch.length === 0) return branches;
    const choices = await tree.expand(
      batch.map((index) => branches[index]!),
      most,
    );
    if (choices === undefined) return branches;
    for (const [place, index] of batch.entries()) {
      const offered = choices[place]!;
      const chosen = sampling.kind === 'greedy' ? 0 : draw(offered, sampling, randoms[index]!);
      const branch = tree.extend(
        branches[index]!,
        offered.tokens[chosen]!,
        offered.logProbabilities[chosen]!,
      );
      branches[index] = branch;
      grown(branch, index);
    }
  }
}

/** The place of a random choice: probabilities at this temperature, cut to topK, then to topP, then drawn. */
function draw(
  { logProbabilities }: Choices,
  { temperature, topK, topP = 1 }: Extract<Sampling, { kind: 'temperature' }>,
  random: Random,
): number {
  const count = Math.min(logProbabilities.length, topK ?? Infinity);
  const highest = logProbabilities[0]!;
  const weights = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index++) {
    weights[index] = Math.exp((logProbabilities[index]! - highest) / temperature);
    sum += weights[index]!;
  }
  let kept = 0;
  let last = count - 1;
  for (let index = 0; index < count && topP < 1; index++) {
    kept += weights[index]!;
    if (kept >= topP * sum) {
      last = index;
      sum = kept;
      break;
    }
  }
  let rest = random.next() * sum;
  for (let index = 0; index < last; index++) {
    rest -= weights[index]!;
    if (rest < 0) return index;
  }
  return last;
}
