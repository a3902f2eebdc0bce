// Ways to do the same work that take turns: what one turn took, by the clock and in processor time, and medians.

import { performance } from 'node:perf_hooks';

export interface Taken {
  /** Seconds by the clock. */
  clock: number;
  /** Seconds of processor time. */
  processor: number;
}

/** What the work takes of this process. */
export async function timed(work: () => Promise<unknown>): Promise<Taken> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const used = process.cpuUsage(before);
  return { clock: (performance.now() - started) / 1000, processor: (used.user + used.system) / 1e6 };
}

/** Median by clock and, apart from it, by processor time. */
export function medianOf(taken: readonly Taken[]): Taken {
  const middle = (numbers: number[]): number =>
    numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
  return {
    clock: middle(taken.map(({ clock }) => clock)),
    processor: middle(taken.map(({ processor }) => processor)),
  };
}
