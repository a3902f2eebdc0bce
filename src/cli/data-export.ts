// `ozma data export`: a set as JSON lines for trainers. The work is src/data/export-jsonl.ts's.

import { OzmaError } from '../common/errors.ts';
import { mustBeFolder } from '../common/files.ts';
import { exportJsonl } from '../data/export-jsonl.ts';
import type { CommandInput } from './command-row.ts';
import type { dataExportOptions } from './options.ts';

/** Resolves to 0. */
export async function exportSet({
  options,
  operands,
}: CommandInput<typeof dataExportOptions>): Promise<number> {
  const [set, ...more] = operands;
  if (set === undefined || more.length > 0) throw new OzmaError('usage', 'expected one folder of a set');
  if (options.output === undefined) throw new OzmaError('usage', '--output: expected a folder');
  await mustBeFolder(options.output);
  const columns = options.columns.split(',').map((name) => name.trim());
  for (const file of await exportJsonl(set, options.output, columns)) process.stdout.write(`${file}\n`);
  return 0;
}
