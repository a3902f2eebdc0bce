// A report as a few lines for a terminal: each method's figures with their intervals.

import type { Figure } from './figures.ts';
import type { EvaluationReport, MethodSummary } from './run-evaluation.ts';

/** `12.3 %`, `0.955`, as its unit wants it. */
export function writeFigure(value: number, unit: string): string {
  if (unit === 'share') return `${(100 * value).toFixed(Math.abs(value) < 0.1 ? 2 : 1)} %`;
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 3);
}

export function withInterval({ value, low, high }: Figure, unit: string): string {
  return `${writeFigure(value, unit)} [${writeFigure(low, unit)}, ${writeFigure(high, unit)}]`;
}

/** All methods of a report, the model first. */
export function methodsOf({ metrics, baselines }: EvaluationReport): [name: string, MethodSummary][] {
  return [
    ...(metrics === null ? [] : [['model', metrics] as [string, MethodSummary]]),
    ...Object.entries(baselines),
  ];
}

export function summaryText(report: EvaluationReport): string {
  const { task, model, data, n, units, time, dropped, llvm, seed } = report;
  const lines = [
    `${task}: ${n} samples of ${data}; model ${model?.model ?? 'none'}; LLVM ${llvm}, seed ${seed}`,
  ];
  for (const [method, { overall }] of methodsOf(report)) {
    lines.push(`  ${method}`);
    for (const [name, figure] of Object.entries(overall)) {
      lines.push(`    ${name.padEnd(48)} ${withInterval(figure, units[name]!)}  n ${figure.samples}`);
    }
    const { answering, checking } = time.methods[method]!;
    lines.push(
      `    ${'seconds a sample'.padEnd(48)} ${answering.toFixed(2)} answering, ${checking.toFixed(2)} checking`,
    );
  }
  for (const [reason, count] of Object.entries(dropped)) lines.push(`  left out, ${reason}: ${count}`);
  return `${lines.join('\n')}\n`;
}
