// Which list of a labelled program a model is taught. The label is the smallest; often other lists save nearly as
// much, and which of them wins by a byte is chance that a model cannot learn. So of the lists that save almost what
// the label does, the one that serves most programs is taught: fewer lists, each with more examples.
//
// A question does not say for which code generation level a list is wanted, and the best list for one level often
// loses at the other. So there is a second way to choose: the list that serves both.

import type { LabelRow } from './label-set.ts';
import { codegenLevels, levelWeights, type LevelBytes } from './measured-program.ts';

/** Where nothing is smaller. */
const oz = 'default<Oz>';
/** A list must save so much of what the label saves to be taught in its place. */
const enough = 0.9;

export type Labelled = Pick<
  LabelRow,
  'pipeline' | 'bytes' | 'ozBytes' | 'runnersUp' | 'runnersUpBytes' | 'split'
>;

/** How many programs of the training split have each list as their label. */
export function countLabels(rows: Iterable<Labelled>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { pipeline, split } of rows) {
    if (split === 'train') counts.set(pipeline, (counts.get(pipeline) ?? 0) + 1);
  }
  return counts;
}

/** The label itself on held-out splits, which answers are compared with, and where nothing beats clang -Oz. */
export function taughtList(row: Labelled, counts: ReadonlyMap<string, number>): string {
  const { pipeline, bytes, ozBytes, runnersUp, runnersUpBytes, split } = row;
  if (split !== 'train' || bytes >= ozBytes) return pipeline;
  const most = ozBytes - enough * (ozBytes - bytes);
  const near = runnersUp.filter((_, index) => runnersUpBytes[index]! <= most);
  const countOf = (list: string): number => counts.get(list) ?? 0;
  return near.reduce((best, list) => (countOf(list) > countOf(best) ? list : best), pipeline);
}

/**
 * The list that saves most over clang -Oz at both levels together, as shares of the function, with -Oz as backup at
 * each; among near equals the first: the order should be that of what lists save on all programs. `default<Oz>` where none saves anything.
 *
 * `sizes`: after each list, undefined where it failed.
 */
export function listForBothLevels(
  lists: readonly string[],
  sizes: readonly (LevelBytes | undefined)[],
  ozBytes: LevelBytes,
): string {
  const saved = sizes.map((bytes) => (bytes === undefined ? 0 : savedAtBoth(bytes, ozBytes)));
  const most = Math.max(0, ...saved);
  if (most === 0) return oz;
  return lists[saved.findIndex((share) => share >= enough * most)]!;
}

function savedAtBoth(bytes: LevelBytes, ozBytes: LevelBytes): number {
  const shares = codegenLevels.map(
    (level) => levelWeights[level] * Math.max(0, 1 - bytes[level] / Math.max(1, ozBytes[level])),
  );
  return shares.reduce((sum, share) => sum + share);
}
