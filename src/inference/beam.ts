// Beam search: of all branches so far, the most probable `width` go on. A branch that is finished stays as
// a result. Log-probabilities only fall, so the search is over when no branch can still beat the results.
// Probabilities are not divided by length: short answers are favoured, as the model's own numbers do.

import type { Branch, GenerationTree } from './generation-tree.ts';

/** The best finished branches, most probable first; unfinished ones only when aborted. */
export async function searchBeam(tree: GenerationTree, candidates: number, width: number): Promise<Branch[]> {
  let alive: Branch[] = [tree.root];
  let finished: Branch[] = [];
  while (alive.length > 0) {
    // Twice the width, since of these some end their branch.
    const choices = await tree.expand(alive, 2 * width);
    if (choices === undefined) return best([...finished, ...alive], candidates);
    const grown = alive.flatMap((branch, index) => {
      const { tokens, logProbabilities } = choices[index]!;
      const count = Math.min(tokens.length, 2 * width);
      return Array.from({ length: count }, (_, place) => ({
        branch,
        token: tokens[place]!,
        logProbability: logProbabilities[place]!,
        sum: branch.logProbability + logProbabilities[place]!,
      }));
    });
    grown.sort((left, right) => right.sum - left.sum);
    alive = [];
    const ended: Branch[] = [];
    for (const { branch, token, logProbability } of grown) {
      if (alive.length === width) break;
      const next = tree.extend(branch, token, logProbability);
      (next.finish === undefined ? alive : ended).push(next);
    }
    finished = best([...finished, ...ended], candidates);
    const bar = finished.length < candidates ? -Infinity : finished.at(-1)!.logProbability;
    alive = alive.filter((branch) => branch.logProbability > bar);
  }
  return finished;
}

function best(branches: Branch[], count: number): Branch[] {
  return branches.toSorted((left, right) => right.logProbability - left.logProbability).slice(0, count);
}
