// Bisection over sources, with a test that knows which sources are at fault.

import { expect, test } from 'vitest';
import { bisectFailures, runTests } from '#ozma/tune/test-command.js';

/** Runs it where the tests fail whenever one of `faulty` is tuned. */
async function bisect(
  count: number,
  faulty: number[],
  alwaysFails = false,
): Promise<{ passed: boolean; broken: number[]; runs: number; inPlace: number[] }> {
  let inPlace = new Set<number>();
  const outcome = await bisectFailures(
    Array.from({ length: count }, (_, index) => index),
    async (tuned) => {
      inPlace = new Set(tuned);
    },
    async () => !alwaysFails && !faulty.some((index) => inPlace.has(index)),
  );
  return { ...outcome, inPlace: [...inPlace] };
}

test('passing tests run once', async () => {
  expect(await bisect(5, [])).toEqual({ passed: true, broken: [], runs: 1, inPlace: [0, 1, 2, 3, 4] });
});

test.each([[[0]], [[7]], [[3]], [[2, 5]], [[0, 1, 7]]])('finds %j of eight', async (faulty) => {
  const outcome = await bisect(8, faulty);
  expect(outcome.passed).toBe(true);
  expect([...outcome.broken].sort()).toEqual(faulty);
  expect(outcome.inPlace).toEqual([0, 1, 2, 3, 4, 5, 6, 7].filter((index) => !faulty.includes(index)));
  expect(outcome.runs).toBeLessThanOrEqual(2 + faulty.length * 4);
});

test('tests that fail anyway are not blamed on a source', async () => {
  const outcome = await bisect(4, [], true);
  expect(outcome).toMatchObject({ passed: false, broken: [], runs: 2, inPlace: [] });
});

test('the command decides by its exit code', async () => {
  expect(await runTests('true')).toBe(true);
  expect(await runTests('exit 3')).toBe(false);
  await expect(runTests('sleep 20', AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'interrupted' });
});
