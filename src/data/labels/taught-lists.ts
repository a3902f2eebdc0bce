// Which list of a labelled program a model is taught. The label is the smallest; often other lists save nearly as
// much, and which of them wins by a byte is chance that a model cannot learn. So few lists are taught: first the one
// that serves most programs, then the one that serves most of the others, and so on; to serve is to save most of
// what the label does. A program is taught the first that serves it.

import type { LabelRow } from './label-set.ts';

/** A list must save so much of what the label saves to serve the program. */
const enough = 0.7;

export type Labelled = Pick<
  LabelRow,
  'pipeline' | 'bytes' | 'ozBytes' | 'runnersUp' | 'runnersUpBytes' | 'split'
>;

/** Lists that serve the program, the label first; none where nothing beats clang -Oz. */
function serving({ pipeline, bytes, ozBytes, runnersUp, runnersUpBytes }: Labelled): string[] {
  if (bytes >= ozBytes) return [];
  const most = ozBytes - enough * (ozBytes - bytes);
  return [pipeline, ...runnersUp.filter((_, index) => runnersUpBytes[index]! <= most)];
}

/** The lists that serve all programs of the training split, in the order of how many others they serve. */
export function listsToTeach(rows: Iterable<Labelled>): string[] {
  let open: (readonly string[])[] = [];
  for (const row of rows) {
    const lists = row.split === 'train' ? serving(row) : [];
    if (lists.length > 0) open.push(lists);
  }
  const taught: string[] = [];
  while (open.length > 0) {
    const counts = new Map<string, number>();
    for (const lists of open) for (const list of lists) counts.set(list, (counts.get(list) ?? 0) + 1);
    const [most] = [...counts].reduce((best, entry) => (isBefore(entry, best) ? entry : best));
    taught.push(most);
    open = open.filter((lists) => !lists.includes(most));
  }
  return taught;
}

function isBefore([list, count]: [string, number], [best, bestCount]: [string, number]): boolean {
  return count > bestCount || (count === bestCount && list < best);
}

/** The label itself on held-out splits, which answers are compared with, and where nothing beats clang -Oz. */
export function taughtList(row: Labelled, taught: readonly string[]): string {
  const lists = row.split === 'train' ? serving(row) : [];
  return taught.find((list) => lists.includes(list)) ?? row.pipeline;
}
