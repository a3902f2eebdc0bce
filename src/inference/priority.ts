// Priority Sampling (arXiv 2402.18734): the first sample is the greedy one; all tokens that it passed over
// are openings. The next sample takes the most probable opening of all and goes on greedily, which leaves
// further openings. So samples are deterministic and no two are the same tokens.
//
// An opening's priority is the probability of its token where it was passed over, as the model gave it,
// not of the whole branch. Departure: a sample whose text came before (the same text in other tokens) is
// followed for its openings, and not handed out.
//
// Where the scorer takes several paths at once, the openings next in line are followed beside the first.
// What they leave is not looked at before their turn: samples and order stay the same.

import type { Branch, Choices, GenerationTree } from './generation-tree.ts';

/** A token that was passed over, and how far it was followed. */
interface Opening {
  parent: Branch;
  token: number;
  logProbability: number;
  /** Undefined: not followed yet. */
  branch: Branch | undefined;
  /** What was passed over on the way from here, in order. */
  left: { parent: Branch; choices: Choices }[];
}

/** Samples followed for each that is wanted; only the same texts in other tokens make it more than one. */
const patience = 4;

/** Finished samples in their order, each told as it is found; an unfinished one only when aborted. */
export async function samplePriority(
  tree: GenerationTree,
  candidates: number,
  found: (branch: Branch, index: number) => void,
): Promise<Branch[]> {
  const samples: Branch[] = [];
  const texts = new Set<string>();
  let budget = patience * candidates;
  let openings: Opening[] = [
    { parent: tree.root, token: -1, logProbability: 0, branch: tree.root, left: [] },
  ];
  while (samples.length < candidates && budget > 0) {
    const first = openings[0];
    if (first === undefined) break;
    const branch = branchOf(tree, first);
    if (branch.finish === undefined) {
      const next = openings.slice(0, candidates - samples.length);
      const open = next.filter((opening) => branchOf(tree, opening).finish === undefined);
      if (!(await follow(tree, open.slice(0, tree.scorer.width), budget))) return [...samples, branch];
      continue;
    }
    openings.shift();
    budget -= 1;
    const text = tree.text(branch);
    if (!texts.has(text)) {
      texts.add(text);
      found(branch, samples.length);
      samples.push(branch);
    }
    // Sorting is stable: of equal priorities the earlier opening stays first.
    openings = [...openings, ...openingsOf(first, budget)]
      .sort((left, right) => right.logProbability - left.logProbability)
      .slice(0, budget);
  }
  return samples;
}

function branchOf(tree: GenerationTree, opening: Opening): Branch {
  return (opening.branch ??= tree.extend(opening.parent, opening.token, opening.logProbability));
}

/** One token more for each; false when aborted. */
async function follow(tree: GenerationTree, openings: readonly Opening[], most: number): Promise<boolean> {
  const branches = openings.map((opening) => branchOf(tree, opening));
  const choices = await tree.expand(branches, most + 1);
  if (choices === undefined) return false;
  for (const [index, opening] of openings.entries()) {
    const parent = branches[index]!;
    const offered = choices[index]!;
    opening.left.push({ parent, choices: offered });
    opening.branch = tree.extend(parent, offered.tokens[0]!, offered.logProbabilities[0]!);
  }
  return true;
}

/** The openings that a sample leaves: at each place all tokens but the one it took, `most` at the most. */
function openingsOf({ left }: Opening, most: number): Opening[] {
  return left.flatMap(({ parent, choices: { tokens, logProbabilities } }) => {
    const count = Math.min(tokens.length - 1, most);
    return Array.from({ length: count }, (_, index) => ({
      parent,
      token: tokens[index + 1]!,
      logProbability: logProbabilities[index + 1]!,
      branch: undefined,
      left: [],
    }));
  });
}
