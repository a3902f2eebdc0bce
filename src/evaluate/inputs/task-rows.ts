// Examples for an evaluation: of a task set's held-out split as they stand there, or made on the spot, by the
// very makers of the sets, from a corpus or from a folder of sources that nobody prepared.

import pLimit from 'p-limit';
import { createRandom } from '../../common/random.ts';
import { readCorpus, readSet, type CorpusRow } from '../../data/corpus.ts';
import { readManifest } from '../../data/set-manifest.ts';
import type { Maker } from '../../data/task-sets/build.ts';
import type { TaskRow } from '../../data/task-sets/task-rows.ts';
import { NormalFormRefusal } from '../../tasks/normal-form/refusal.ts';
import { countsOf } from './counts.ts';
import {
  mustExist,
  mustHaveForm,
  smallest,
  wrongSet,
  type Input,
  type Inputs,
  type InputSettings,
} from './input.ts';
import { functionsOfSources } from './sources.ts';

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
  return { inputs: smallest(inputs, limit), dropped: {}, available: manifest.splits[split]?.rows };
}

/** Examples of one task; `maker` makes them where the data is not a set of them. */
export async function readTaskRows<Row extends TaskRow>(
  maker: Maker<Row>,
  settings: InputSettings,
  where?: string,
): Promise<Inputs<Row>> {
  const { data, split, limit } = settings;
  await mustExist(data);
  const manifest = await readManifest(data);
  if (manifest?.name !== maker.name) return makeRows(maker, settings);
  mustHaveForm(manifest, settings);
  const inputs: Input<Row>[] = [];
  for await (const row of readSet<Row>(data, where, { split, limit })) {
    inputs.push({ row, group: row.package, name: row.corpus_id });
  }
  return { inputs: smallest(inputs, limit), dropped: {}, available: manifest.splits[split]?.rows };
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
        const tools = { pool, random, count: counts.count, maximumCharacters: Infinity };
        const rows = await rowsOf(maker, input.row, tools);
        return rows.map((row) => ({ ...input, row }));
      }),
    ),
  );
  // Of functions: how many examples the others would make, nobody knows.
  return { inputs: smallest(made.flat(), limit), dropped: counts.all, available: undefined };
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
