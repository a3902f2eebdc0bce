// Leakage between splits: rows of validation and test that train has, too, or has nearly (90 % of the runs of
// tokens in common). Counted, and named so that they can be left out. They leave the held-out splits and not
// train: what is common to many packages should be learnt, but not counted as a success.
//
// The search is exact. Two sets that are alike to 90 % lack at most a tenth of each other, so whatever eleventh
// part of a held-out row's runs is looked up, one of them is in its neighbour (prefix filtering). The rarest
// runs are looked up, which leaves few pairs to compare in full.

import type { Split } from '../set-manifest.ts';
import { normalTokens } from './normal-form.ts';
import { jaccard, shingles } from './similarity.ts';

export const nearlySame = 0.9;

export interface LeakageRow {
  /** Rows with the same id are the same. */
  id: string;
  ir: string;
}

export interface LeakageCount {
  /** Distinct rows of the split. */
  rows: number;
  /** Whose id is in train as well. */
  same: number;
  /** Whose nearest neighbour in train is alike to 90 % or more; \`same\` included. */
  near: number;
}

export interface Leakage {
  validation: LeakageCount;
  test: LeakageCount;
  /** Ids of the rows to leave out: those counted, and of validation also what test has. */
  leaked: { validation: Set<string>; test: Set<string> };
}

interface HeldOut {
  id: string;
  runs: Set<number>;
}

/** Rows that are looked for, by the rarest of their runs. */
class Index {
  private readonly rows: HeldOut[] = [];
  private places: Map<number, HeldOut[]> | undefined;

  add(row: HeldOut): void {
    this.rows.push(row);
  }

  private build(): Map<number, HeldOut[]> {
    const frequency = new Map<number, number>();
    for (const { runs } of this.rows)
      for (const run of runs) frequency.set(run, (frequency.get(run) ?? 0) + 1);
    const places = new Map<number, HeldOut[]>();
    for (const row of this.rows) {
      const rarest = [...row.runs].sort((a, b) => frequency.get(a)! - frequency.get(b)!);
      const needed = row.runs.size - Math.ceil(nearlySame * row.runs.size) + 1;
      for (const run of rarest.slice(0, needed)) {
        const there = places.get(run);
        if (there === undefined) places.set(run, [row]);
        else there.push(row);
      }
    }
    return places;
  }

  /** All rows of the index that are alike to 90 % or more. */
  alike(runs: ReadonlySet<number>, passOver: ReadonlySet<string>): HeldOut[] {
    this.places ??= this.build();
    const tried = new Set<HeldOut>();
    const found: HeldOut[] = [];
    for (const run of runs) {
      for (const row of this.places.get(run) ?? []) {
        if (tried.has(row) || passOver.has(row.id)) continue;
        tried.add(row);
        const [small, large] = row.runs.size < runs.size ? [row.runs, runs] : [runs, row.runs];
        if (small.size >= nearlySame * large.size && jaccard(small, large) >= nearlySame) found.push(row);
      }
    }
    return found;
  }
}

/** The rows of the held-out splits are kept in memory, those of train stream past them. */
export async function findLeakage(rows: (split: Split) => AsyncIterable<LeakageRow>): Promise<Leakage> {
  const leaked = { validation: new Set<string>(), test: new Set<string>() };
  const count = (): LeakageCount => ({ rows: 0, same: 0, near: 0 });
  const counts = { validation: count(), test: count() };
  const seen = { validation: new Set<string>(), test: new Set<string>() };
  const index = { validation: new Index(), test: new Index() };
  for (const split of ['validation', 'test'] as const) {
    for await (const { id, ir } of rows(split)) {
      if (seen[split].has(id)) continue;
      seen[split].add(id);
      counts[split].rows++;
      const row: HeldOut = { id, runs: shingles(normalTokens(ir)) };
      index[split].add(row);
      if (split === 'validation') continue;
      // What both held-out splits have stays in test.
      for (const other of index.validation.alike(row.runs, leaked.validation))
        leaked.validation.add(other.id);
    }
  }
  const near = { validation: new Set<string>(), test: new Set<string>() };
  const learnt = new Set<string>();
  for await (const { id, ir } of rows('train')) {
    if (learnt.has(id)) continue;
    learnt.add(id);
    const runs = shingles(normalTokens(ir));
    for (const split of ['validation', 'test'] as const) {
      if (seen[split].has(id)) counts[split].same++;
      for (const other of index[split].alike(runs, near[split])) near[split].add(other.id);
    }
  }
  for (const split of ['validation', 'test'] as const) {
    counts[split].near = near[split].size;
    for (const id of near[split]) leaked[split].add(id);
  }
  return { ...counts, leaked };
}
