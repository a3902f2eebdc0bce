// The user's tests have the last word: they run with all results in place, and where they fail, sources go back
// to clang's own objects until they pass. test-command.ts runs them and finds who is to blame.

import { readFile } from 'node:fs/promises';
import { writeFileAtomically } from '../common/files.ts';
import { bisectFailures, runTests } from './test-command.ts';
import { backToBaseline, type TunedSource } from './tune-module.ts';

export interface TestsOutcome {
  passed: boolean;
  runs: number;
  /** Sources that went back to -Oz. */
  broken: string[];
}

export interface DecidingOptions {
  signal?: AbortSignal | undefined;
  onNote: (line: string) => void;
}

/** Changes entries of `tuned` back to the baseline where the tests demand it. */
export async function letTestsDecide(
  tuned: (TunedSource | undefined)[],
  places: readonly string[],
  command: string,
  options: DecidingOptions,
): Promise<TestsOutcome> {
  const candidates = [...tuned.entries()].flatMap(([index, entry]) =>
    entry !== undefined && entry.result.best.origin !== 'baseline' ? [index] : [],
  );
  let inPlace = new Set(candidates);
  const place = async (wanted: ReadonlySet<number>): Promise<void> => {
    for (const index of candidates) {
      if (wanted.has(index) === inPlace.has(index)) continue;
      const entry = tuned[index]!;
      const object = wanted.has(index) ? entry.object : entry.loaded.baseline.object;
      await writeFileAtomically(places[index]!, await readFile(object));
    }
    inPlace = new Set(wanted);
  };
  let outcome;
  try {
    outcome = await bisectFailures(candidates, place, () => runTests(command, options.signal));
  } catch (error) {
    await place(new Set());
    throw error;
  }
  for (const index of outcome.passed ? outcome.broken : candidates) {
    const entry = tuned[index]!;
    const reason = outcome.passed ? `the tests fail: ${command}` : 'the tests fail with clang -Oz too';
    tuned[index] = backToBaseline(entry, reason);
    if (outcome.passed) {
      options.onNote(
        `${entry.result.source}: the tests fail with ${entry.result.best.pipeline}; back to -Oz`,
      );
    }
  }
  for (const entry of tuned) entry?.result.checks.push({ name: 'tests', passed: outcome.passed });
  const broken = outcome.broken.map((index) => tuned[index]!.result.source);
  return { passed: outcome.passed, runs: outcome.runs, broken };
}
