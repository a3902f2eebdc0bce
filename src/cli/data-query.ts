// `ozma data query`: prints what src/data/query.ts finds, as a table or as JSON.

import { querySets, type QueryResult } from '../data/query.ts';
import { OzmaError } from '../common/errors.ts';
import type { CommandInput } from './command-row.ts';
import type { dataQueryOptions } from './options.ts';

/** IR would break the table: a cell is one line of at most so many characters. */
const longestCell = 60;

function cell(value: unknown): string {
  const text = value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > longestCell ? `${line.slice(0, longestCell - 1)}…` : line;
}

function table({ columns, rows }: QueryResult): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines
    .map(
      (line) =>
        line
          .map((text, at) => text.padEnd(widths[at]!))
          .join('  ')
          .trimEnd() + '\n',
    )
    .join('');
}

/** Resolves to 0. */
export async function query({ options, operands }: CommandInput<typeof dataQueryOptions>): Promise<number> {
  const [sql, ...more] = operands;
  if (sql === undefined || more.length > 0) {
    throw new OzmaError('usage', `expected one query in quotes, found ${operands.length} words`);
  }
  const result = await querySets(options.data, sql);
  process.stdout.write(options.json ? `${JSON.stringify(result.rows, undefined, 2)}\n` : table(result));
  return 0;
}
