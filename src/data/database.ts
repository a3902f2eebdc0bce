// DuckDB inside this process, opened so that it stays small: two threads, a memory limit, and nothing is
// fetched from the network. To think of it: a calculator for Parquet files. Nothing is kept in a database
// file; what lasts are the Parquet files and their manifests.

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { OzmaError } from '../common/errors.ts';

const settings = {
  threads: '2',
  memory_limit: '3GB',
  autoinstall_known_extensions: 'false',
  // Rows come out of files and go into files in the order in which they were written.
  preserve_insertion_order: 'true',
};

/** A connection to an empty database in memory. Close it with `closeSync()`. */
export async function openDatabase(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', settings);
  return instance.connect();
}

/** A text as SQL writes it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `['a', 'b']`. */
export function sqlList(texts: readonly string[]): string {
  return `[${texts.map(sqlText).join(', ')}]`;
}

/** A name as SQL writes it. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The first line of what DuckDB says, without its stack; a full disk is the environment's fault. */
export function asDatabaseError(error: unknown, what: string): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const [line = ''] = error.message.split('\n');
  if (/No space left on device/i.test(error.message)) {
    return new OzmaError('environment', `${what}: cannot be written: no space left on the disk`, {
      cause: error,
    });
  }
  return new OzmaError('refused', `${what}: ${line}`, { cause: error });
}
