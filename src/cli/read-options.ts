// From text to checked values: what commander or the environment gave is read by each row's kind. Every
// refusal has one form, `--compiles: expected …, found …`, and is a usage error.

import { OzmaError } from '../common/errors.ts';
import { environmentVariable, longFlag } from './options.ts';
import type { OptionRow, OptionRows, OptionValues } from './options.ts';

function readRow(row: OptionRow<unknown>, where: string, found: string | boolean | undefined): unknown {
  if (found === undefined) return row.fallback();
  if (typeof found === 'boolean') return found;
  const value = row.kind.read(found);
  if (value === undefined) {
    throw new OzmaError('usage', `${where}: expected ${row.kind.expected}, found '${found}'`);
  }
  return value;
}

/** The values of the rows; `given` is by row name, as commander collects it. Throws `usage`. */
export function readOptions<Rows extends OptionRows>(
  rows: Rows,
  given: Readonly<Record<string, string | boolean | undefined>>,
): OptionValues<Rows> {
  const values = Object.entries(rows).map(([name, row]) => [name, readRow(row, longFlag(name), given[name])]);
  return Object.fromEntries(values) as OptionValues<Rows>;
}

/** The same from `OZMA_…` variables; an empty one counts as unset. Throws `usage`. */
export function readEnvironment<Rows extends OptionRows>(
  rows: Rows,
  environment: NodeJS.ProcessEnv,
): OptionValues<Rows> {
  const values = Object.entries(rows).map(([name, row]) => {
    const variable = environmentVariable(name);
    return [name, readRow(row, variable, environment[variable] || undefined)];
  });
  return Object.fromEntries(values) as OptionValues<Rows>;
}
