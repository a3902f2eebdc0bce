// What is known of each program after some rounds, in memory: sizes under every list that was broadcast, and
// the best list found for it alone. From that, which found lists are worth telling all other programs.

import type { Split } from '../set-manifest.ts';
import type { ProgramSizes } from './choice.ts';
import type { LabelLevel, LevelBytes } from './measured-program.ts';
import type { FoundList } from './program-search.ts';
import { roundRows, type RoundResult } from './round.ts';

/** What is known of one program after some rounds. */
export interface ProgramState {
  split: Split;
  baseline: LevelBytes;
  unoptimised: LevelBytes;
  bytes: (LevelBytes | null)[];
  /** The smallest list found for it alone, by level. */
  own: Partial<Record<LabelLevel, FoundList>>;
  measured: number;
}

/** Over all programs and rounds. */
export interface Totals {
  measured: number;
  failed: number;
  processorSeconds: number;
}

/**
 * Adds a round's rows to what is known, of each id the first: a module of one function has the function's. `before` and `after`
 * are the numbers of lists broadcast by then.
 */
export async function learn(
  states: Map<string, ProgramState>,
  result: RoundResult,
  totals: Totals,
  [before, after]: readonly [number, number],
): Promise<void> {
  const seen = new Set<string>();
  for await (const row of roundRows(result)) {
    const { id, split, baseline, unoptimised } = row;
    if (seen.has(id)) continue;
    seen.add(id);
    let state = states.get(id);
    if (state === undefined) {
      // A program that failed in an earlier round and not in this one, on a busy machine, is left out.
      if (before > 0) continue;
      state = { split, baseline, unoptimised, bytes: [], own: {}, measured: 0 };
    }
    state.bytes.push(...row.bytes);
    state.measured += row.measured;
    for (const found of row.found) {
      const standing = state.own[found.level];
      if (standing === undefined || found.bytes < standing.bytes) state.own[found.level] = found;
    }
    states.set(id, state);
    totals.measured += row.measured;
    totals.failed += row.failed;
    totals.processorSeconds += row.processorSeconds;
  }
  for (const { bytes } of states.values()) {
    while (bytes.length < after) bytes.push(null);
  }
}

/** What was found for programs of the training split: the most frequent first, then what saves most. */
export function rankFound(states: Iterable<ProgramState>, known: ReadonlySet<string>): string[] {
  const counts = new Map<string, { count: number; saved: number }>();
  for (const { split, own, baseline, bytes } of states) {
    if (split !== 'train') continue;
    for (const { level, pipeline, bytes: reached } of Object.values(own)) {
      const best = Math.min(baseline[level], ...bytes.map((size) => size?.[level] ?? Infinity));
      // A list that reaches what a known one reaches is no news.
      if (known.has(pipeline) || reached >= best) continue;
      const entry = counts.get(pipeline) ?? { count: 0, saved: 0 };
      entry.count++;
      entry.saved += best - reached;
      counts.set(pipeline, entry);
    }
  }
  return [...counts]
    .sort(
      ([one, left], [other, right]) =>
        right.count - left.count || right.saved - left.saved || (one < other ? -1 : 1),
    )
    .map(([pipeline]) => pipeline);
}

export function sizesOf(state: ProgramState, level: LabelLevel): ProgramSizes {
  return {
    baseline: state.baseline[level],
    bytes: state.bytes.map((bytes) => bytes?.[level] ?? null),
  };
}
