// The user's tests as the last judge. All results are in place and the tests fail: which of them is it?
// Between all at clang -Oz (tests pass) and all tuned (tests fail) there is a first source at which they
// begin to fail; bisection finds it, it goes back to -Oz, and so on until the tests pass. Tests that fail
// with clang -Oz everywhere say nothing about us.

import { spawn } from 'node:child_process';
import { OzmaError } from '../common/errors.ts';

/** Runs a shell command; its words go to our stderr. True when it ends with 0. */
export function runTests(command: string, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 2, 2] });
    const stop = (): void => void child.kill('SIGTERM');
    signal?.addEventListener('abort', stop, { once: true });
    child.on('error', reject);
    child.on('close', (exitCode) => {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted === true) reject(new OzmaError('interrupted', 'interrupted during the tests'));
      else resolve(exitCode === 0);
    });
  });
}

export interface Bisection {
  /** The tests pass with the sources of `broken` at the baseline. False: they fail with all at the baseline. */
  passed: boolean;
  /** Indices of the sources whose results fail the tests, in the order they were found. */
  broken: number[];
  /** How often the tests ran. */
  runs: number;
}

/**
 * `place(tuned)` puts the tuned results of these indices and the baseline of all others in place; `test`
 * runs the tests. All `candidates` are taken as tuned at the beginning and in place. Afterwards what passed
 * is in place.
 */
export async function bisectFailures(
  candidates: readonly number[],
  place: (tuned: ReadonlySet<number>) => Promise<void>,
  test: () => Promise<boolean>,
): Promise<Bisection> {
  let runs = 0;
  const passes = async (tuned: readonly number[]): Promise<boolean> => {
    await place(new Set(tuned));
    runs++;
    return await test();
  };
  const broken: number[] = [];
  let left = [...candidates];
  if (await passes(left)) return { passed: true, broken, runs };
  if (left.length === 0 || !(await passes([]))) return { passed: false, broken, runs };
  for (;;) {
    // The first `good` of them pass, the first `bad` fail.
    let good = 0;
    let bad = left.length;
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      if (await passes(left.slice(0, middle))) good = middle;
      else bad = middle;
    }
    const culprit = left[bad - 1]!;
    broken.push(culprit);
    left = left.filter((index) => index !== culprit);
    if (await passes(left)) return { passed: true, broken, runs };
    if (left.length === 0) return { passed: false, broken, runs };
  }
}
