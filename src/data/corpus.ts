// The corpus as its readers see it: one row a function or a module, each with unoptimised IR that stands
// alone and with where it came from. Everything that is trained on is made of these rows. How they come to
// be is in corpus/; this file is the interface that other rooms and the task sets use.

import type { DuckDBConnection } from '@duckdb/node-api';
import { asDatabaseError, openDatabase, sqlList, sqlText } from './database.ts';
import { mustBeSet, setFiles, type Columns, type Split } from './set-manifest.ts';

export interface CorpusRow {
  /** Hash of the normalised IR: equal for functions that differ in names and metadata only. 32 hex digits. */
  id: string;
  kind: 'function' | 'module';
  /** The function's symbol; of a module its file. */
  name: string;
  /** Unoptimised IR as text: what `clang -Oz -Xclang -disable-llvm-passes` makes, valid by itself. */
  ir: string;
  package: string;
  version: string;
  /** As its origin says it: SPDX-like, `GPL-2+`; `unknown` where nothing was found. */
  licence: string;
  /** `c`, `c++`, or what an imported set says. */
  language: string;
  /** The source, relative to the package. */
  file: string;
  /** Of clang, without folders outside the package. */
  flags: string[];
  /** Target triple of the module. */
  target: string;
  /** IR instructions in function bodies. */
  instructions: number;
  /** Allocated bytes of the object of `clang -Oz`; null where nobody measured. */
  bytes: number | null;
  split: Split;
}

export const corpusColumns: Columns = {
  id: 'VARCHAR',
  kind: 'VARCHAR',
  name: 'VARCHAR',
  ir: 'VARCHAR',
  package: 'VARCHAR',
  version: 'VARCHAR',
  licence: 'VARCHAR',
  language: 'VARCHAR',
  file: 'VARCHAR',
  flags: 'VARCHAR[]',
  target: 'VARCHAR',
  instructions: 'INTEGER',
  bytes: 'INTEGER',
};

export interface CorpusFilter {
  split?: Split;
  kind?: CorpusRow['kind'];
  /** The beginning of the triple: `x86_64`, `aarch64`. */
  target?: string;
  language?: string;
  packages?: readonly string[];
  minimumInstructions?: number;
  maximumInstructions?: number;
  /** Characters of IR. */
  maximumCharacters?: number;
  /** Any further condition in SQL over the columns. */
  where?: string;
  /** The rows with the smallest ids: a fair sample, the same on every machine, of all packages. */
  limit?: number;
}

function condition(filter: CorpusFilter): string {
  const { split, kind, target, language, packages, where } = filter;
  const parts: (string | false | undefined)[] = [
    split !== undefined && `split = ${sqlText(split)}`,
    kind !== undefined && `kind = ${sqlText(kind)}`,
    target !== undefined && `starts_with(target, ${sqlText(target)})`,
    language !== undefined && `language = ${sqlText(language)}`,
    packages !== undefined && `list_contains(${sqlList(packages)}, package)`,
    filter.minimumInstructions !== undefined && `instructions >= ${filter.minimumInstructions}`,
    filter.maximumInstructions !== undefined && `instructions <= ${filter.maximumInstructions}`,
    filter.maximumCharacters !== undefined && `length(ir) <= ${filter.maximumCharacters}`,
    where !== undefined && `(${where})`,
  ];
  return parts.filter((part) => typeof part === 'string').join(' AND ') || 'true';
}

/**
 * The rows of a set folder, in the order in which they were written: train, validation, test, and within a
 * split by package. Memory stays bounded. Throws `usage` where the folder holds no finished set.
 */
export async function* readSet<Row>(
  folder: string,
  where = 'true',
  options: { split?: Split | undefined; limit?: number | undefined } = {},
): AsyncGenerator<Row> {
  const files = setFiles(folder, await mustBeSet(folder), options.split);
  if (files.length === 0) return;
  const source = `read_parquet(${sqlList(files)})`;
  const database: DuckDBConnection = await openDatabase();
  try {
    // Several threads hand over row groups as they come.
    await database.run('SET threads = 1');
    let wanted = where;
    if (options.limit !== undefined) {
      const last = `SELECT max(id) FROM (SELECT id FROM ${source} WHERE ${where} ORDER BY id LIMIT ${options.limit})`;
      const [[largest] = []] = (await database.runAndReadAll(last)).getRowsJS();
      if (typeof largest !== 'string') return;
      // A join in this place would change the order of the rows.
      wanted = `(${where}) AND id <= ${sqlText(largest)}`;
    }
    const result = await database.stream(`FROM ${source} WHERE ${wanted}`);
    for await (const rows of result.yieldRowObjectJs()) yield* rows as Row[];
  } catch (error) {
    throw asDatabaseError(error, folder);
  } finally {
    database.closeSync();
  }
}

/** The corpus, row by row; see readSet. */
export function readCorpus(folder: string, filter: CorpusFilter = {}): AsyncGenerator<CorpusRow> {
  return readSet<CorpusRow>(folder, condition(filter), filter);
}
