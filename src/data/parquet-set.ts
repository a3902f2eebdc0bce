// Writes a set: units of work become rows, rows become Parquet files by split, the manifest comes last.
// Start here to make a new set; corpus.ts shows how to read one. Memory stays bounded: rows go through
// files of at most `shardBytes` of JSON, and one of them at a time is given to DuckDB.

import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { OzmaError } from '../common/errors.ts';
import { reasonOf } from '../common/files.ts';
import { whileLocked } from '../common/folder-lock.ts';
import { ozmaVersion } from '../common/version.ts';
import { asDatabaseError, openDatabase, sqlText } from './database.ts';
import {
  readManifest,
  splits,
  writeManifest,
  type Columns,
  type SetManifest,
  type Split,
} from './set-manifest.ts';
import {
  runUnits,
  UnitStore,
  unitKey,
  type CountDropped,
  type RunUnitsOptions,
  type SetRow,
  type UnitRecord,
  type UnitRows,
  type WorkUnit,
} from './units.ts';

/** JSON of one Parquet file at most (unless a single row is larger): about 30 MB compressed. */
const shardBytes = 192 * 2 ** 20;
/** DuckDB holds a whole row group in memory; ours have long texts. */
const rowsPerGroup = 4096;
const longestRow = 2 ** 28;
const writtenAtOnce = 2 ** 20;

export interface SetSettings {
  name: string;
  /** Without `split`, which every set has. */
  columns: Columns;
  /** Seeds, versions, limits: whatever a reader of the set wants to know. Kept in the manifest. */
  made?: Record<string, unknown>;
}

class ShardWriter {
  private readonly folder: string;
  private readonly split: Split;
  private readonly columns: Columns;
  private readonly database: DuckDBConnection;
  private file: FileHandle | undefined;
  private waiting: string[] = [];
  private waitingLength = 0;
  private bytesInShard = 0;
  private shards = 0;
  rows = 0;
  bytes = 0;

  constructor(folder: string, split: Split, columns: Columns, database: DuckDBConnection) {
    this.folder = folder;
    this.split = split;
    this.columns = columns;
    this.database = database;
  }

  private get rowsFile(): string {
    return join(this.folder, `.${this.split}.jsonl`);
  }

  private parquetFile(shard: number): string {
    return `.${this.split}-${String(shard).padStart(5, '0')}.parquet`;
  }

  async add(line: string): Promise<void> {
    const size = Buffer.byteLength(line) + 1;
    if (this.bytesInShard > 0 && this.bytesInShard + size > shardBytes) await this.convert();
    this.waiting.push(line, '\n');
    this.waitingLength += line.length;
    this.bytesInShard += size;
    this.bytes += size;
    this.rows++;
    if (this.waitingLength > writtenAtOnce) await this.flush();
  }

  private async flush(): Promise<void> {
    const text = this.waiting.join('');
    this.waiting = [];
    this.waitingLength = 0;
    try {
      this.file ??= await open(this.rowsFile, 'w');
      await this.file.write(text);
    } catch (error) {
      throw new OzmaError('environment', `${this.rowsFile}: cannot be written: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private async convert(): Promise<void> {
    if (this.bytesInShard === 0) return;
    await this.flush();
    await this.close();
    const types = Object.entries({ ...this.columns, split: 'VARCHAR' });
    const columns = types.map(([name, type]) => `${sqlText(name)}: ${sqlText(type)}`).join(', ');
    const source = `read_json(${sqlText(this.rowsFile)}, format = 'newline_delimited', columns = {${columns}}, maximum_object_size = ${longestRow})`;
    const target = join(this.folder, this.parquetFile(this.shards));
    try {
      await this.database.run(
        `COPY (FROM ${source}) TO ${sqlText(target)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${rowsPerGroup})`,
      );
    } catch (error) {
      throw asDatabaseError(error, target);
    }
    await rm(this.rowsFile);
    this.bytesInShard = 0;
    this.shards++;
  }

  /** Gives the files their last names: how many there are is known only now. */
  async finish(): Promise<string[]> {
    await this.convert();
    const files: string[] = [];
    for (let shard = 0; shard < this.shards; shard++) {
      const number = String(shard).padStart(5, '0');
      const file = `${this.split}-${number}-of-${String(this.shards).padStart(5, '0')}.parquet`;
      await rename(join(this.folder, this.parquetFile(shard)), join(this.folder, file));
      files.push(file);
    }
    return files;
  }
}

const ownFiles = /^\.?(train|validation|test)(-\d{5}(-of-\d{5})?\.parquet|\.jsonl)$/;

/** Rows (as JSON, with their split) → Parquet files and manifest. An older set in the folder is replaced. */
export async function writeSetFiles(
  folder: string,
  settings: SetSettings,
  rows: AsyncIterable<{ split: Split; line: string }>,
  source: Pick<SetManifest, 'unitsHash' | 'units' | 'dropped' | 'seconds'>,
): Promise<SetManifest> {
  await mkdir(folder, { recursive: true });
  // Without its manifest the old set is no set any more, so nobody reads a mixture.
  await rm(join(folder, 'manifest.json'), { force: true });
  for (const name of await readdir(folder)) if (ownFiles.test(name)) await rm(join(folder, name));
  const database = await openDatabase();
  const writers = new Map<Split, ShardWriter>();
  const hash = createHash('sha256');
  try {
    for await (const { split, line } of rows) {
      let writer = writers.get(split);
      if (writer === undefined) {
        writer = new ShardWriter(folder, split, settings.columns, database);
        writers.set(split, writer);
      }
      hash.update(line).update('\n');
      await writer.add(line);
    }
    const manifest: SetManifest = {
      format: 1,
      name: settings.name,
      rows: [...writers.values()].reduce((sum, writer) => sum + writer.rows, 0),
      contentHash: hash.digest('hex'),
      ...source,
      columns: { ...settings.columns, split: 'VARCHAR' },
      splits: {},
      made: { ozma: ozmaVersion(), ...settings.made },
    };
    for (const split of splits) {
      const writer = writers.get(split);
      if (writer === undefined) continue;
      manifest.splits[split] = { rows: writer.rows, bytes: writer.bytes, files: await writer.finish() };
    }
    await writeManifest(folder, manifest);
    return manifest;
  } finally {
    for (const writer of writers.values()) await writer.close();
    database.closeSync();
  }
}

/** What a set's manifest says of the units that it was made of. */
export function sumUnits(
  records: readonly UnitRecord[],
): Pick<SetManifest, 'unitsHash' | 'units' | 'dropped' | 'seconds'> {
  const dropped: Record<string, number> = {};
  for (const record of records) {
    for (const [reason, count] of Object.entries(record.dropped))
      dropped[reason] = (dropped[reason] ?? 0) + count;
  }
  return {
    unitsHash: unitKey(records.map(({ key }) => key)),
    units: records.length,
    dropped,
    seconds: records.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/**
 * Builds a set: does the units that are not done yet, then writes Parquet and manifest. Running it again
 * costs nothing when the units are the same, and only the new units otherwise; the folder `.units/` inside
 * holds what makes that possible and may be deleted. Throws `interrupted` and `environment` (a full disk);
 * the same call goes on afterwards; and `usage` while another process builds into the folder.
 *
 * @param work the rows of one unit. What it leaves out it counts; what it throws ends the build.
 */
export async function writeParquetSet<Input, Row extends SetRow>(
  folder: string,
  settings: SetSettings,
  units: AsyncIterable<WorkUnit<Input>> | Iterable<WorkUnit<Input>>,
  work: (unit: WorkUnit<Input>, count: CountDropped) => UnitRows<Row> | Promise<UnitRows<Row>>,
  options: RunUnitsOptions = {},
): Promise<SetManifest> {
  return whileLocked(folder, () => buildSet(folder, settings, units, work, options));
}

async function buildSet<Input, Row extends SetRow>(
  folder: string,
  settings: SetSettings,
  units: AsyncIterable<WorkUnit<Input>> | Iterable<WorkUnit<Input>>,
  work: (unit: WorkUnit<Input>, count: CountDropped) => UnitRows<Row> | Promise<UnitRows<Row>>,
  options: RunUnitsOptions,
): Promise<SetManifest> {
  const store = UnitStore.of(folder);
  const records = await runUnits(store, units, work, options);
  const source = sumUnits(records);
  const known = await readManifest(folder);
  if (known?.unitsHash === source.unitsHash) return known;
  async function* rows(): AsyncGenerator<{ split: Split; line: string }> {
    for (const { key } of records) {
      for await (const line of store.lines(key)) yield { split: (JSON.parse(line) as SetRow).split, line };
    }
  }
  // Before the manifest: a run that finds one has nothing more to do, this included.
  await store.keepOnly(new Set(records.map(({ key }) => key)));
  return await writeSetFiles(folder, settings, rows(), source);
}
