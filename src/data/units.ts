// Work units: independent pieces of a long build, each known by the hash of everything that its rows depend
// on. A finished unit is two files in `.units/`: its rows (`KEY.jsonl.gz`) and then its record (`KEY.json`),
// both put in place by renaming. So a build that was killed goes on where it stopped, no unit is done twice
// and none is lost; and units could be made on several machines and copied together.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { OzmaError } from '../common/errors.ts';
import { reasonOf, temporaryName, writeFileAtomically } from '../common/files.ts';
import type { Split } from './set-manifest.ts';

/** What every row of a set has besides its own columns. */
export interface SetRow {
  split: Split;
}

export interface WorkUnit<Input> {
  /** See unitKey. */
  key: string;
  input: Input;
}

/** Counts what was left out, by reason; `count` is 1 unless said. */
export type CountDropped = (reason: string, count?: number) => void;

export type UnitRows<Row> = AsyncIterable<Row> | Iterable<Row>;

export interface UnitRecord {
  key: string;
  rows: number;
  /** Rows by split; a split without rows is absent. */
  splits: Partial<Record<Split, number>>;
  dropped: Record<string, number>;
  seconds: number;
}

/** The key of a unit: a hash of JSON-like values that determine its rows. Say a version of the code, too. */
export function unitKey(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** Inside of a set. Hidden, so that nobody who loads the folder takes it for a part of the set. */
const unitsFolder = '.units';

export class UnitStore {
  readonly folder: string;

  /** The units of a set. */
  static of(set: string): UnitStore {
    return new UnitStore(join(set, unitsFolder));
  }

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The record of a finished unit; undefined for one that is still to do. */
  async record(key: string): Promise<UnitRecord | undefined> {
    try {
      return JSON.parse(await readFile(join(this.folder, `${key}.json`), 'utf8')) as UnitRecord;
    } catch {
      return undefined;
    }
  }

  /** Does the work and puts rows and record in place. Throws what `work` throws, and `environment` for a full disk. */
  async write<Row extends SetRow>(
    key: string,
    work: (count: CountDropped) => UnitRows<Row> | Promise<UnitRows<Row>>,
  ): Promise<UnitRecord> {
    await mkdir(this.folder, { recursive: true });
    const start = performance.now();
    const dropped: Record<string, number> = {};
    const produced = await work((reason, count = 1) => {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    });
    let rows = 0;
    const splits: UnitRecord['splits'] = {};
    async function* lines(): AsyncGenerator<string> {
      for await (const row of produced) {
        rows++;
        splits[row.split] = (splits[row.split] ?? 0) + 1;
        yield `${JSON.stringify(row)}\n`;
      }
    }
    const file = join(this.folder, `${key}.jsonl.gz`);
    const beside = temporaryName(file);
    try {
      const gzip = createGzip({ level: constants.Z_BEST_SPEED });
      await pipeline(Readable.from(lines()), gzip, createWriteStream(beside, { flags: 'wx' }));
      await rename(beside, file);
    } catch (error) {
      await rm(beside, { force: true });
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      throw new OzmaError('environment', `${file}: cannot be written: ${reasonOf(error)}`, { cause: error });
    }
    const seconds = (performance.now() - start) / 1000;
    const record: UnitRecord = { key, rows, splits, dropped, seconds };
    await writeFileAtomically(join(this.folder, `${key}.json`), JSON.stringify(record));
    return record;
  }

  /** The rows of a finished unit as JSON, one a line, in the order in which they were written. */
  async *lines(key: string): AsyncGenerator<string> {
    const file = createReadStream(join(this.folder, `${key}.jsonl.gz`));
    yield* createInterface({ input: file.pipe(createGunzip()), crlfDelay: Infinity });
  }

  /** Removes what is not among these keys: units of other settings, and what a killed run left behind. */
  async keepOnly(keys: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      const [key = ''] = name.split('.');
      if (!keys.has(key)) await rm(join(this.folder, name), { force: true });
    }
  }
}

export interface UnitProgress {
  /** Units finished, those of earlier runs included. */
  done: number;
  /** Undefined while units are still being listed. */
  total?: number;
  rows: number;
}

export interface RunUnitsOptions {
  /** How many units are worked on at the same time; default 1. */
  concurrency?: number;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: UnitProgress) => void;
  /** How many units there will be, where it is known. */
  total?: number;
}

/**
 * Does every unit that is not done yet and returns the records of all, in the order of the units. Throws
 * `interrupted` when the signal came; what is finished by then stays.
 */
export async function runUnits<Input, Row extends SetRow>(
  store: UnitStore,
  units: AsyncIterable<WorkUnit<Input>> | Iterable<WorkUnit<Input>>,
  work: (unit: WorkUnit<Input>, count: CountDropped) => UnitRows<Row> | Promise<UnitRows<Row>>,
  options: RunUnitsOptions = {},
): Promise<UnitRecord[]> {
  const { concurrency = 1, signal, onProgress, total } = options;
  const records: UnitRecord[] = [];
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let done = 0;
  let rows = 0;
  let at = 0;
  const finished = (place: number, record: UnitRecord): void => {
    records[place] = record;
    done++;
    rows += record.rows;
    onProgress?.({ done, rows, ...(total === undefined ? {} : { total }) });
  };
  for await (const unit of units) {
    if (failure !== undefined || signal?.aborted === true) break;
    const place = at++;
    const known = await store.record(unit.key);
    if (known !== undefined) {
      finished(place, known);
      continue;
    }
    const job: Promise<void> = store
      .write(unit.key, (count) => work(unit, count))
      .then(
        (record) => finished(place, record),
        (error: unknown) => {
          failure ??= { error };
        },
      )
      .finally(() => running.delete(job));
    running.add(job);
    if (running.size >= concurrency) await Promise.race(running);
  }
  await Promise.all(running);
  if (signal?.aborted === true) throw new OzmaError('interrupted', 'interrupted; the same command goes on');
  if (failure !== undefined) throw failure.error;
  return records;
}

/**
 * Groups rows into units of `size` consecutive rows. The key is made of the rows' own ids and of
 * `settings`, so a unit is redone when its rows or the settings change.
 */
export async function* batchUnits<Row extends { id: string }>(
  rows: AsyncIterable<Row>,
  size: number,
  settings: unknown,
): AsyncGenerator<WorkUnit<Row[]>> {
  let batch: Row[] = [];
  const unit = (): WorkUnit<Row[]> => ({
    key: unitKey(
      settings,
      batch.map(({ id }) => id),
    ),
    input: batch,
  });
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < size) continue;
    yield unit();
    batch = [];
  }
  if (batch.length > 0) yield unit();
}
