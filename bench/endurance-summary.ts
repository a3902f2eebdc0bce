// What an endurance run showed: how often each outcome and each cause came, and whether memory stayed flat
// (peaks of the first and of the last tenth, and of workers by their age).

import type { CandidateLine, HeaderLine } from './line-log.ts';

export interface EnduranceSummary extends HeaderLine {
  candidates: number;
  outcomes: Record<string, number>;
  /** Failures by cause, names and numbers left out, the most frequent first. */
  causes: Record<string, number>;
  planted: Record<string, number>;
  /** Failures without a name; must be 0. */
  unnamed: number;
  seconds: number;
  workers: number;
  oldestWorker: number;
  /** Peaks in megabytes. */
  parent: { first: number; last: number };
  worker: { first: number; last: number };
}

function count(keys: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((left, right) => right[1] - left[1]));
}

/** The cause without what differs from module to module. */
function causeOf(line: CandidateLine): string {
  return (line.cause ?? '')
    .replace(/(Combining on) \S+/, '$1 …')
    .replace(/0x[0-9a-f]+/g, '…')
    .slice(0, 140);
}

export function summarise(header: HeaderLine, lines: readonly CandidateLine[]): EnduranceSummary {
  const failures = lines.filter(({ outcome }) => outcome !== 'measured');
  const tenth = Math.max(1, Math.floor(lines.length / 10));
  const peak = (of: readonly CandidateLine[], field: 'workerMegabytes' | 'parentMegabytes'): number =>
    of.reduce((most, line) => Math.max(most, line[field]), 0);
  const [first, last] = [lines.slice(0, tenth), lines.slice(-tenth)];
  return {
    ...header,
    candidates: lines.length,
    outcomes: count(lines.map(({ outcome }) => outcome)),
    causes: count(failures.map(causeOf)),
    planted: count(lines.flatMap(({ planted, outcome }) => (planted ? [`${planted}: ${outcome}`] : []))),
    unnamed: failures.filter(({ cause }) => cause === undefined || cause === '').length,
    seconds: Math.round(lines.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000),
    workers: lines.filter(({ workerAge }) => workerAge === 1).length,
    oldestWorker: lines.reduce((most, { workerAge }) => Math.max(most, workerAge), 0),
    parent: { first: peak(first, 'parentMegabytes'), last: peak(last, 'parentMegabytes') },
    worker: { first: peak(first, 'workerMegabytes'), last: peak(last, 'workerMegabytes') },
  };
}

export function printSummary(summary: EnduranceSummary): void {
  const { candidates, seconds, passes, modules } = summary;
  console.log(`${candidates} candidates of ${passes} passes on ${modules.length} modules in ${seconds} s`);
  for (const [outcome, times] of Object.entries(summary.outcomes))
    console.log(`  ${outcome.padEnd(12)} ${times}`);
  console.log(`failures without a cause: ${summary.unnamed}`);
  for (const [cause, times] of Object.entries(summary.causes))
    console.log(`  ${String(times).padStart(5)}  ${cause}`);
  for (const [planted, times] of Object.entries(summary.planted)) console.log(`planted ${planted}: ${times}`);
  console.log(`${summary.workers} workers, the oldest answered ${summary.oldestWorker} in a row`);
  console.log(`resident memory, peak in the first and in the last tenth:`);
  console.log(`  parent ${summary.parent.first} and ${summary.parent.last} MB`);
  console.log(`  worker ${summary.worker.first} and ${summary.worker.last} MB`);
}
