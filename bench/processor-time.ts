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

/** A line of /proc's status in megabytes, 0 when the process is gone. */
function statusMegabytes(process: number | 'self', name: string): number {
  try {
    const status = readFileSync(`/proc/${process}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Resident memory of a process in megabytes, 0 when it is gone. */
export function residentMegabytes(process: number | 'self'): number {
  return statusMegabytes(process, 'VmRSS');
}

/** The most that it ever was. (What getrusage says of a child may be its parent's.) */
export function peakMegabytes(process: number | 'self'): number {
  return statusMegabytes(process, 'VmHWM');
}
