// Function pass lists that are known to be good, in the order in which they are tried first: each was
// chosen since, after those before it, it saves most on programs of other packages (docs/lab-log.md tells
// how, bench/mine-coreset.ts does it). `-Oz` inside a list stands for clang's own function passes.

import type { Choice } from './plan.ts';
import type { Skeleton } from './skeleton.ts';
import type { KnownChoice } from './known-choice.ts';
import { minedCoreset } from './mined-coreset.ts';
import { minedInstructionsCoreset } from './mined-instructions-coreset.ts';
import type { Goal } from './settings.ts';

function expand(known: KnownChoice, skeleton: Skeleton): Choice {
  const passes = known.passes
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word) => (word === '-Oz' ? skeleton.functionPasses : [word]));
  return { passes, relax: known.relax };
}

/**
 * What comes before them where code is generated at -O0, which keeps variables on the stack whether they were
 * promoted or not: the list that saves most on the labels of training packages, and another of theirs, chosen
 * on the validation split by what it saves after that one.
 */
const forUnoptimisedCode: readonly KnownChoice[] = [
  { passes: 'simplifycfg instcombine<no-verify-fixpoint> simplifycfg', relax: 'before code generation' },
  { passes: 'sroa jump-threading', relax: 'before code generation' },
];

/** The lists for what is asked: what saves bytes is not what saves instructions, nor what saves them at -O0. */
export function coresetOf(skeleton: Skeleton, { objective, level }: Goal): Choice[] {
  const bytes = level === 'O0' ? [...forUnoptimisedCode, ...minedCoreset] : minedCoreset;
  const known = objective === 'instructions' ? minedInstructionsCoreset : bytes;
  return known.map((choice) => expand(choice, skeleton));
}
