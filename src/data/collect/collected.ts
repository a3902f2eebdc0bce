// What collecting leaves behind: a Parquet file of modules for each package, in the layout of the ComPile
// set (`content` is bitcode; `language`, `license_expression`, `package_source`) with our own columns
// beside, and then a record in JSON that says what came of the package. Without its record a Parquet file
// does not count. Also reads any Parquet of that layout, such as ComPile itself.

import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { OzmaError } from '../../common/errors.ts';
import { temporaryName, writeFileAtomically } from '../../common/files.ts';
import { asDatabaseError, openDatabase, sqlText } from '../database.ts';

export interface CollectedModule {
  /** Unoptimised bitcode. */
  content: Uint8Array;
  package: string;
  version: string;
  licence: string;
  /** Where the package is from: `debian:bc=1.07.1-3`. */
  source: string;
  /** `c`, `c++`, or what an imported set says. */
  language: string;
  file: string;
  flags: string[];
}

const recordSchema = z.object({
  /** Hash of what was asked for: another key means that the record is not an answer to it. */
  key: z.string(),
  package: z.string(),
  version: z.string(),
  licence: z.string(),
  /** `collected`, or why there is nothing: `gone`, `not unpacked`, `reserved`, `no sources`. */
  status: z.string(),
  /** How the flags were found: by the package's own build, or guessed. */
  how: z.enum(['build', 'files', 'given']),
  line: z.string().optional(),
  /** Sources worth compiling. */
  sources: z.number(),
  modules: z.number(),
  bytes: z.number(),
  /** What was left out, counted by reason. */
  dropped: z.record(z.string(), z.number()),
  /** The first of them, with the compiler's words. */
  examples: z.array(z.object({ file: z.string(), reason: z.string(), line: z.string() })),
  seconds: z.number(),
});

export type CollectRecord = z.infer<typeof recordSchema>;

/** File name of a package's Parquet and record, without ending. */
export function collectedName(name: string): string {
  return name.replaceAll(/[^\w.+-]/g, '_');
}

export async function readRecord(folder: string, name: string): Promise<CollectRecord | undefined> {
  try {
    const text = await readFile(join(folder, `${collectedName(name)}.json`), 'utf8');
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** All records of a folder, by package name. */
export async function readRecords(folder: string): Promise<CollectRecord[]> {
  const names = await readdir(folder).catch(() => []);
  const records: CollectRecord[] = [];
  for (const name of names.sort()) {
    if (!name.endsWith('.json')) continue;
    const record = await readRecord(folder, basename(name, '.json'));
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** Modules and record of one package; the record last. Throws `environment` for a full disk. */
export async function writeCollected(
  folder: string,
  record: CollectRecord,
  modules: readonly CollectedModule[],
): Promise<void> {
  const file = join(folder, `${collectedName(record.package)}.parquet`);
  await rm(join(folder, `${collectedName(record.package)}.json`), { force: true });
  if (modules.length > 0) {
    const beside = temporaryName(file);
    const database = await openDatabase();
    try {
      await database.run(
        `CREATE TABLE modules (content BLOB, language VARCHAR, license_expression VARCHAR, license_source VARCHAR,
          license_files VARCHAR[], package_source VARCHAR, package VARCHAR, version VARCHAR, file VARCHAR, flags VARCHAR)`,
      );
      const appender = await database.createAppender('modules');
      for (const module of modules) {
        appender.appendBlob(module.content);
        appender.appendVarchar(module.language);
        appender.appendVarchar(module.licence);
        appender.appendVarchar('debian/copyright');
        appender.appendNull();
        appender.appendVarchar(module.source);
        appender.appendVarchar(module.package);
        appender.appendVarchar(module.version);
        appender.appendVarchar(module.file);
        appender.appendVarchar(JSON.stringify(module.flags));
        appender.endRow();
      }
      appender.closeSync();
      await database.run(
        `COPY modules TO ${sqlText(beside)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)`,
      );
      await rename(beside, file);
    } catch (error) {
      await rm(beside, { force: true });
      throw asDatabaseError(error, file);
    } finally {
      database.closeSync();
    }
  }
  await writeFileAtomically(
    join(folder, `${collectedName(record.package)}.json`),
    `${JSON.stringify(record, undefined, 1)}\n`,
  );
}

/** The number of rows of a Parquet file. Throws `usage` where it has no column `content`. */
export async function countModules(file: string): Promise<number> {
  const database = await openDatabase();
  try {
    const columns = await parquetColumns(database, file);
    if (!columns.has('content')) {
      throw new OzmaError(
        'usage',
        `${file}: expected a column content with bitcode, found ${[...columns].join(', ')}`,
      );
    }
    const result = await database.runAndReadAll(
      `SELECT count(*)::INTEGER FROM read_parquet(${sqlText(file)})`,
    );
    return Number(result.getRowsJS()[0]![0]);
  } finally {
    database.closeSync();
  }
}

async function parquetColumns(
  database: Awaited<ReturnType<typeof openDatabase>>,
  file: string,
): Promise<Set<string>> {
  try {
    const described = await database.runAndReadAll(`DESCRIBE FROM read_parquet(${sqlText(file)})`);
    return new Set(described.getRowsJS().map(([name]) => name as string));
  } catch (error) {
    throw asDatabaseError(error, file);
  }
}

/** Rows `from` (inclusive) to `to` of a Parquet file in ComPile's layout, in order. */
export async function* readModules(file: string, from: number, to: number): AsyncGenerator<CollectedModule> {
  const database = await openDatabase();
  try {
    await database.run('SET threads = 1');
    const columns = await parquetColumns(database, file);
    const column = (name: string, otherwise: string): string => (columns.has(name) ? name : otherwise);
    const source = column('package_source', "''");
    const result = await database.stream(
      `SELECT content, ${column('language', "'unknown'")} AS language, ${column('license_expression', "'unknown'")} AS licence,
        ${source} AS source, ${column('package', source)} AS package, ${column('version', "''")} AS version,
        ${column('file', "''")} AS file, ${column('flags', "'[]'")} AS flags
      FROM read_parquet(${sqlText(file)}, file_row_number = true) WHERE file_row_number >= ${from} AND file_row_number < ${to}`,
    );
    for await (const rows of result.yieldRowObjectJs()) {
      for (const row of rows) {
        const text = (name: string, otherwise: string): string => {
          const value = row[name];
          return typeof value === 'string' ? value : otherwise;
        };
        yield {
          content: row['content'] as Uint8Array,
          language: text('language', 'unknown'),
          licence: text('licence', 'unknown'),
          source: text('source', ''),
          package: text('package', '') || basename(file, '.parquet'),
          version: text('version', ''),
          file: text('file', ''),
          flags: JSON.parse(text('flags', '[]')) as string[],
        };
      }
    }
  } finally {
    database.closeSync();
  }
}
