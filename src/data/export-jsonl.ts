// A set as JSON lines, one file a split (`train.jsonl`), with the two columns that Hugging Face trainers
// read: `prompt` and `completion`. Made from the Parquet files, whose order it keeps.

import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { temporaryName } from '../common/files.ts';
import { asDatabaseError, openDatabase, sqlList, sqlName, sqlText } from './database.ts';
import { mustBeSet, setFiles, splits } from './set-manifest.ts';

/**
 * Writes the files into `target` and returns their names. Throws `usage` where the set has not all of the
 * columns, and `environment` for a full disk.
 */
export async function exportJsonl(
  folder: string,
  target: string,
  columns: readonly string[] = ['prompt', 'completion'],
): Promise<string[]> {
  const manifest = await mustBeSet(folder);
  const missing = columns.filter((column) => !(column in manifest.columns));
  if (missing.length > 0) {
    const found = Object.keys(manifest.columns).join(', ');
    throw new OzmaError('usage', `${folder}: expected the columns ${columns.join(', ')}, found ${found}`);
  }
  await mkdir(target, { recursive: true });
  const written: string[] = [];
  const database = await openDatabase();
  try {
    for (const split of splits) {
      const files = setFiles(folder, manifest, split);
      if (files.length === 0) continue;
      const file = join(target, `${split}.jsonl`);
      const beside = temporaryName(file);
      try {
        await database.run(
          `COPY (SELECT ${columns.map(sqlName).join(', ')} FROM read_parquet(${sqlList(files)})) TO ${sqlText(beside)} (FORMAT json)`,
        );
        await rename(beside, file);
      } catch (error) {
        await rm(beside, { force: true });
        throw asDatabaseError(error, file);
      }
      written.push(file);
    }
  } finally {
    database.closeSync();
  }
  return written;
}
