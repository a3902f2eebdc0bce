// Examples for an evaluation: of a task set's held-out split as they stand there, or made on the spot, by the
// very makers of the sets, from a corpus or from a folder of sources that nobody prepared.

import { stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import { OzmaError } from '../../common/errors.ts';
import { createRandom } from '../../common/random.ts';
import { readCorpus, readSet, type CorpusRow } from '../../data/corpus.ts';
import { readManifest } from '../../data/set-manifest.ts';
import type { Maker } from '../../data/task-sets/build.ts';
import type { Form, TaskRow } from '../../data/task-sets/task-rows.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import { NormalFormRefusal } from '../../tasks/normal-form/refusal.ts';
import { countsOf, type Counts } from './counts.ts';
import { functionsOfSources } from './sources.ts';

/** What nothing was trained on. */
export type HeldOut = 'validation' | 'test';

export interface InputSettings {
  /** A task set, a corpus, or a folder of .c, .cc, .cpp, .ll and .bc files. */
  data: string;
  split: HeldOut;
  /** Samples at most: those with the smallest ids, a fair choice. */
  limit: number;
  seed: number;
  /** How the model wants its code. */
  form: Form;
  /** Of clang, for sources. */
  flags: readonly string[];
  pool: WorkerPool;
  /** Compiles at the same time. */
  jobs: number;
  signal?: AbortSignal | undefined;
}

export interface Input<Row> {
  row: Row;
  /** The source file; the package where a set does not name files. */
  group: string;
  /** The function, where it is known. */
  name: string;
}

export interface Inputs<Row> {
  inputs: Input<Row>[];
  dropped: Record<string, number>;
}

/** Functions of a corpus' held-out split, or of sources. */
export async function readFunctions(settings: InputSettings): Promise<Inputs<CorpusRow>> {
  const { data, split, limit } = settings;
  const manifest = await readManifest(data);
  if (manifest === undefined) return functionsOfSources(settings);
  if (manifest.name !== 'corpus') throw wrongSet(data, 'corpus', manifest.name);
  const inputs: Input<CorpusRow>[] = [];
  for await (const row of readCorpus(data, { split, kind: 'function', limit })) {
    inputs.push({ row, group: `${row.package}/${row.file}`, name: row.name });
  }
  return { inputs: smallest(inputs, limit), dropped: {} };
}

/** Examples of one task; `maker` makes them where the data is not a set of them. */
export async function readTaskRows<Row extends TaskRow>(
  maker: Maker<Row>,
  settings: InputSettings,
  where?: string,
): Promise<Inputs<Row>> {
  const { data, split, limit, form } = settings;
  await mustExist(data);
  const manifest = await readManifest(data);
  if (manifest?.name !== maker.name) return makeRows(maker, settings);
  // Sets made before forms were told apart do not say it.
  const found = manifest.made['form'] ?? 'normal';
  if (found !== form) {
    throw new OzmaError(
      'usage',
      `${data}: expected code in ${form} form, as the model reads it, found ${String(found)} form; make the set with --form ${form}`,
    );
  }
  const inputs: Input<Row>[] = [];
  for await (const row of readSet<Row>(data, where, { split, limit })) {
    inputs.push({ row, group: row.package, name: row.corpus_id });
  }
  return { inputs: smallest(inputs, limit), dropped: {} };
}

async function makeRows<Row extends TaskRow>(
  maker: Maker<Row>,
  settings: InputSettings,
): Promise<Inputs<Row>> {
  const { pool, seed, limit, jobs } = settings;
  const functions = await readFunctions(settings);
  const counts = countsOf(functions.dropped);
  const seeded = createRandom(seed);
  const limited = pLimit(3 * jobs);
  const made = await Promise.all(
    functions.inputs.map((input) =>
      limited(async () => {
        settings.signal?.throwIfAborted();
        const random = seeded.fork(`${maker.name} ${input.row.id}`);
        const rows = await rowsOf(maker, input.row, { pool, random, count: counts.count });
        return rows.map((row) => ({ ...input, row }));
      }),
    ),
  );
  return { inputs: smallest(made.flat(), limit), dropped: counts.all };
}

async function rowsOf<Row extends TaskRow>(
  maker: Maker<Row>,
  row: CorpusRow,
  tools: Parameters<Maker<Row>['make']>[1],
): Promise<Row[]> {
  try {
    return await maker.make(row, tools);
  } catch (error) {
    if (!(error instanceof NormalFormRefusal)) throw error;
    tools.count('no normal form');
    return [];
  }
}

/** Each once, in the order of ids, which are hashes: the first ones are a fair choice. */
export function smallest<Row extends { id: string }>(
  inputs: readonly Input<Row>[],
  limit: number,
): Input<Row>[] {
  const byId = new Map(inputs.map((input) => [input.row.id, input]));
  return [...byId.values()].sort((a, b) => (a.row.id < b.row.id ? -1 : 1)).slice(0, limit);
}

export async function mustExist(data: string): Promise<void> {
  const found = await stat(data).catch(() => undefined);
  if (found === undefined) throw new OzmaError('usage', `${data}: expected data, found nothing there`);
}

export function wrongSet(data: string, expected: string, found: string): OzmaError {
  return new OzmaError(
    'usage',
    `${data}: expected a set of ${expected} or a folder of sources, found a set of ${found}`,
  );
}
