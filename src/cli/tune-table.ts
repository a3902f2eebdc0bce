// The table at the end of `ozma tune`: a line a source and the total, columns as wide as they need.

import type { TuneResult } from '../tune/result.ts';

/** What the objective counts. */
function counted(result: TuneResult, which: 'baseline' | 'best'): number {
  return result[which][result.objective];
}

function percent(before: number, after: number): string {
  return before === 0 ? '0.00 %' : `${((100 * (before - after)) / before).toFixed(2)} %`;
}

/** `search, 2 lists of the model` where functions of the best have lists that the model gave. */
function originOf({ best, model }: TuneResult): string {
  const kept = model?.kept ?? 0;
  if (kept === 0) return best.origin;
  return `${best.origin}, ${kept} ${kept === 1 ? 'list' : 'lists'} of the model`;
}

/** Ends with a newline. All results share one objective. */
export function formatTable(results: readonly TuneResult[]): string {
  const unit = results[0]?.objective === 'instructions' ? 'instructions' : 'bytes';
  const head = ['file', `${unit} before`, 'after', 'saved', 'compiles', 'seconds', 'from'];
  const rows = results.map((result) => {
    const before = counted(result, 'baseline');
    const after = counted(result, 'best');
    return [
      result.source,
      String(before),
      String(after),
      percent(before, after),
      String(result.compiles),
      result.seconds.toFixed(1),
      originOf(result),
    ];
  });
  if (results.length > 1) {
    const sum = (of: (result: TuneResult) => number): number =>
      results.reduce((total, result) => total + of(result), 0);
    const before = sum((result) => counted(result, 'baseline'));
    const after = sum((result) => counted(result, 'best'));
    const compiles = String(sum((result) => result.compiles));
    const seconds = sum((result) => result.seconds).toFixed(1);
    rows.push(['total', String(before), String(after), percent(before, after), compiles, seconds, '']);
  }
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const leftAligned = (column: number): boolean => column === 0 || column === head.length - 1;
  return table
    .map((row) => {
      const cells = row.map((cell, column) =>
        leftAligned(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      );
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
