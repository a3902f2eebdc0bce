// SQL over the corpus and every set in a folder: each finished set is a view of its Parquet files.

import { OzmaError } from '../common/errors.ts';
import { asDatabaseError, openDatabase, sqlList, sqlName } from './database.ts';
import { findSets, setFiles } from './set-manifest.ts';

export interface QueryResult {
  columns: string[];
  rows: Record<string, unknown>[];
}

/** Large numbers become strings, as JSON cannot hold them. Throws `usage` for wrong SQL. */
export async function querySets(folder: string, sql: string): Promise<QueryResult> {
  const sets = await findSets(folder);
  if (sets.length === 0)
    throw new OzmaError('usage', `${folder}: expected folders with finished sets, found none`);
  const database = await openDatabase();
  try {
    for (const { name, folder: place, manifest } of sets) {
      const files = setFiles(place, manifest);
      if (files.length === 0) continue;
      await database.run(`CREATE VIEW ${sqlName(name)} AS FROM read_parquet(${sqlList(files)})`);
    }
    const reader = await database.runAndReadAll(sql);
    return { columns: reader.deduplicatedColumnNames(), rows: reader.getRowObjectsJson() };
  } catch (error) {
    const problem = asDatabaseError(error, 'query');
    throw problem instanceof OzmaError && problem.code === 'refused'
      ? new OzmaError('usage', problem.message, { cause: error })
      : problem;
  } finally {
    database.closeSync();
  }
}
