// Builds a task set from a corpus: rows in units, each unit's functions through compile workers, Parquet by
// the writer of all sets. The three sets differ in one function, from a row of the corpus to examples.

import { join } from 'node:path';
import { createRandom, type Random } from '../../common/random.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { WorkerPool } from '../../llvm/worker-pool.ts';
import { normalFormVersion } from '../../tasks/normal-form/normalise-ir.ts';
import { NormalFormRefusal } from '../../tasks/normal-form/refusal.ts';
import { readCorpus, type CorpusFilter, type CorpusRow } from '../corpus.ts';
import { exportJsonl } from '../export-jsonl.ts';
import { writeParquetSet } from '../parquet-set.ts';
import { mustBeSet, type Columns, type SetManifest } from '../set-manifest.ts';
import { batchUnits, type CountDropped, type UnitProgress } from '../units.ts';
import type { TaskRow } from './task-rows.ts';

export interface BuildSettings {
  installation: LlvmInstallation;
  corpus: string;
  output: string;
  seed: number;
  /** Compile workers. */
  jobs: number;
  /** Functions of the corpus at most; those with the smallest ids. */
  limit?: number | undefined;
  /** Examples with more characters are left out and counted. */
  maximumCharacters: number;
  /** Also a JSON-lines file for each split. */
  jsonl: boolean;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: UnitProgress) => void;
}

export interface Maker<Row extends TaskRow> {
  name: string;
  /** Besides those of all task sets. */
  columns: Columns;
  /** What the rows depend on besides the corpus and the seed. Say a version of the code, too. */
  settings: Record<string, unknown>;
  /** The examples of one row of the corpus; `random` is the row's own. */
  make(row: CorpusRow, tools: MakerTools): Promise<Row[]>;
}

export interface MakerTools {
  pool: WorkerPool;
  random: Random;
  count: CountDropped;
  /** Longer examples will be left out. */
  maximumCharacters: number;
}

/** Rows that one unit holds: about a minute of work, lost at most when the build is killed. */
const rowsPerUnit = 256;
/** Rows that are worked on at the same time for each worker, so that none waits for this process. */
const rowsPerWorker = 3;
/** A function that takes longer is counted as timed out. */
const timeoutSeconds = 20;

export async function buildTaskSet<Row extends TaskRow>(
  maker: Maker<Row>,
  settings: BuildSettings,
): Promise<SetManifest> {
  const { installation, corpus, output, seed, jobs, maximumCharacters, signal, onProgress } = settings;
  const made = {
    ...maker.settings,
    normalForm: normalFormVersion,
    seed,
    maximumCharacters,
    llvm: installation.version,
  };
  const filter: CorpusFilter = {
    kind: 'function',
    ...(settings.limit === undefined ? {} : { limit: settings.limit }),
  };
  const rows = Math.min((await mustBeSet(corpus)).rows, settings.limit ?? Infinity);
  const total = Math.ceil(rows / rowsPerUnit);
  const pool = new WorkerPool({ installation, workers: jobs, timeoutSeconds });
  const seeded = createRandom(seed);
  const rowsOf = async (row: CorpusRow, count: CountDropped): Promise<Row[]> => {
    const random = seeded.fork(`${maker.name} ${row.id}`);
    try {
      const rows = await maker.make(row, { pool, random, count, maximumCharacters });
      return distinct(rows, maximumCharacters, count);
    } catch (error) {
      if (!(error instanceof NormalFormRefusal)) throw error;
      count('no normal form');
      return [];
    }
  };
  try {
    const manifest = await writeParquetSet(
      output,
      { name: maker.name, columns: maker.columns, made },
      batchUnits(readCorpus(corpus, filter), rowsPerUnit, [maker.name, made]),
      async ({ input }, count) => {
        const rows = await mapLimited(input, jobs * rowsPerWorker, (row) => rowsOf(row, count));
        return rows.flat();
      },
      { concurrency: 2, total, signal, ...(onProgress === undefined ? {} : { onProgress }) },
    );
    if (settings.jsonl) await exportJsonl(output, join(output, 'jsonl'));
    return manifest;
  } finally {
    pool.close();
  }
}

/** Without examples that came out twice for one function, and without those that are too long. */
export function distinct<Row extends TaskRow>(
  rows: readonly Row[],
  maximumCharacters: number,
  count: CountDropped,
): Row[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    if (seen.has(row.id)) {
      count('the same example twice');
      return false;
    }
    seen.add(row.id);
    if (row.characters <= maximumCharacters) return true;
    count(`longer than ${maximumCharacters} characters`);
    return false;
  });
}

/** Results in the order of the items, at most `limit` of them under way. */
async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
