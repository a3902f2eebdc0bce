// A report as a few lines for a terminal: each method's figures with their intervals.

import type { Figure } from './figures.ts';
import type { Seconds } from './record.ts';
import type { EvaluationReport, MethodSummary } from './run-evaluation.ts';
import { partsOfTime } from './stopwatch.ts';

/** `12.3 %`, `0.955`, as its unit wants it. */
export function writeFigure(value: number, unit: string): string {
  if (unit === 'share') return `${(100 * value).toFixed(Math.abs(value) < 0.1 ? 2 : 1)} %`;
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 3);
}

export function withInterval({ value, low, high }: Figure, unit: string): string {
  return `${writeFigure(value, unit)} [${writeFigure(low, unit)}, ${writeFigure(high, unit)}]`;
}

/** `40 s`, `7 min`, `2.5 h`. */
export function writeDuration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `${Math.round(minutes)} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** All methods of a report, the model first. */
export function methodsOf({ metrics, baselines }: EvaluationReport): [name: string, MethodSummary][] {
  return [
    ...(metrics === null ? [] : [['model', metrics] as [string, MethodSummary]]),
    ...Object.entries(baselines),
  ];
}

/** `40 samples`, or `40 of 3,902 samples, those with the smallest hashes`. */
export function samplesOf({ n, available }: EvaluationReport): string {
  if (available === null || available <= n) return `${n} samples`;
  return `${n} of ${available.toLocaleString('en')} samples, those with the smallest hashes,`;
}

/** `0.36 answering, 0.04 compiling`, what took no time left out. */
export function writeSeconds(seconds: Seconds): string {
  const parts = partsOfTime.filter((part) => seconds[part] >= 0.005);
  return parts.map((part) => `${seconds[part].toFixed(2)} ${part}`).join(', ') || '0.00';
}

export function summaryText(report: EvaluationReport): string {
  const { task, model, data, units, time, dropped, llvm, seed } = report;
  const lines = [
    `${task}: ${samplesOf(report)} of ${data}; model ${model?.model ?? 'none'}; LLVM ${llvm}, seed ${seed}`,
  ];
  for (const [method, { overall }] of methodsOf(report)) {
    lines.push(`  ${method}`);
    for (const [name, figure] of Object.entries(overall)) {
      lines.push(`    ${name.padEnd(48)} ${withInterval(figure, units[name]!)}  n ${figure.samples}`);
    }
    lines.push(`    ${'seconds a sample'.padEnd(48)} ${writeSeconds(time.methods[method]!)}`);
  }
  for (const [reason, count] of Object.entries(dropped)) lines.push(`  left out, ${reason}: ${count}`);
  return `${lines.join('\n')}\n`;
}
