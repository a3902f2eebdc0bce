// Processor time of processes, from Linux's /proc: on a busy machine it says more than the clock. Ticks are
// 10 ms, so only sums over many measurements mean anything.

import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

function statFields(process: number | 'self'): number[] {
  try {
    const text = readFileSync(`/proc/${process}/stat`, 'utf8');
    // The program's name, in parentheses, may hold spaces.
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    return [];
  }
}

/** Seconds that this process and all its ended children have used, and the given living ones. */
export function processorSeconds(children: readonly number[]): number {
  const own = statFields('self');
  // utime, stime, cutime, cstime
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + (own[field] ?? 0), 0);
  const living = children.map((child) => {
    const fields = statFields(child);
    return (fields[11] ?? 0) + (fields[12] ?? 0);
  });
  return living.reduce((sum, number) => sum + number, ticks) / ticksPerSecond;
}

/** Resident memory of a process in megabytes, 0 when it is gone. */
export function residentMegabytes(process: number | 'self'): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}
