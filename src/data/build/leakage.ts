// Leakage between splits: rows of validation and test that train has, too, or has nearly (90 % of the runs of
// tokens in common). Counted, and named so that they can be left out. They leave the held-out splits and not
// train: what is common to many packages should be learnt, but not counted as a success.
//
// The search is exact. Two sets that are alike to 90 % lack at most a tenth of each other, so of the rarest tenth
// of the runs of each, and one more, they have one in common (prefix filtering). That leaves few pairs to compare in
// full, and of most rows nothing to look up.

import type { Split } from '../set-manifest.ts';
import { normalTokens } from './normal-form.ts';
import { areAlike, shingles } from './similarity.ts';

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

/** So many of the rarest runs of a set hold one that any set alike to it has among its own so many. */
function prefixLength(size: number): number {
  // Less a rounding error: one run too many is looked up rather than one too few.
  return size - Math.ceil(nearlySame * size - 1e-6) + 1;
}

/** Rows that are looked for, by the rarest of their runs. */
class Index {
  private readonly rows: HeldOut[] = [];
  /** In how many rows a run is: the order of rarity, equals by their number. */
  private readonly frequency = new Map<number, number>();
  private places: Map<number, HeldOut[]> | undefined;

  add(row: HeldOut): void {
    this.rows.push(row);
    for (const run of row.runs) this.frequency.set(run, (this.frequency.get(run) ?? 0) + 1);
  }

  private rarest(runs: number[], count: number): number[] {
    const { frequency } = this;
    return runs.sort((a, b) => frequency.get(a)! - frequency.get(b)! || a - b).slice(0, count);
  }

  private build(): Map<number, HeldOut[]> {
    const places = new Map<number, HeldOut[]>();
    for (const row of this.rows) {
      for (const run of this.rarest([...row.runs], prefixLength(row.runs.size))) {
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
    // Runs that no row has are the rarest: most sets have so many of them that nothing is left to look up.
    let left = prefixLength(runs.size);
    const known: number[] = [];
    for (const run of runs) {
      if (this.frequency.has(run)) known.push(run);
      else if (--left === 0) return [];
    }
    const tried = new Set<HeldOut>();
    const found: HeldOut[] = [];
    for (const run of this.rarest(known, left)) {
      for (const row of this.places.get(run) ?? []) {
        if (passOver.has(row.id) || tried.has(row)) continue;
        tried.add(row);
        if (areAlike(row.runs, runs, nearlySame)) found.push(row);
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
