// Function pass lists that are known to be good, in the order in which they are tried first: each was
// chosen since, after those before it, it saves most on programs of other packages (docs/lab-log.md tells
// how, bench/mine-coreset.ts does it). `-Oz` inside a list stands for clang's own function passes.

import type { Choice } from './plan.ts';
import type { Skeleton } from './skeleton.ts';
import type { KnownChoice } from './known-choice.ts';
import { minedCoreset } from './mined-coreset.ts';
import { minedInstructionsCoreset } from './mined-instructions-coreset.ts';
import type { Objective } from './settings.ts';

function expand(known: KnownChoice, skeleton: Skeleton): Choice {
  const passes = known.passes
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word) => (word === '-Oz' ? skeleton.functionPasses : [word]));
  return { passes, relax: known.relax };
}

/** The lists for an objective: what saves bytes is not what saves instructions. */
export function coresetOf(skeleton: Skeleton, objective: Objective): Choice[] {
  const known = objective === 'instructions' ? minedInstructionsCoreset : minedCoreset;
  return known.map((choice) => expand(choice, skeleton));
}
