// One round of labelling: every program is measured under the lists that are new to it, and then searched
// around its best ones. Programs are independent of one another within a round, so a round is made of work
// units that survive kill -9 and could be done anywhere; what joins them happens between rounds (labels.ts).

import { createRandom } from '../../common/random.ts';
import { contentHash } from '../../llvm/module.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import type { CorpusRow } from '../corpus.ts';
import type { Split } from '../set-manifest.ts';
import { batchUnits, runUnits, unitKey, UnitStore, type RunUnitsOptions, type UnitRecord } from '../units.ts';
import { codegenLevels, MeasuredProgram, type LevelBytes } from './measured-program.ts';
import type { PassLists } from './pass-lists.ts';
import { searchProgram, type FoundList } from './program-search.ts';

/** Change it when the same settings would give other rows. */
const codeVersion = 1;
/** Small enough that little is lost when a run is killed. */
const programsPerUnit = 16;

/** What one round found out about one program. */
export interface RoundRow {
  id: string;
  split: Split;
  /** With clang's own -Oz, and without any optimisation. */
  baseline: LevelBytes;
  unoptimised: LevelBytes;
  /** After each new list; null where it failed. */
  bytes: (LevelBytes | null)[];
  found: FoundList[];
  /** Lists measured, new ones and searched ones. */
  measured: number;
  failed: number;
  processorSeconds: number;
}

export interface RoundSettings {
  round: number;
  /** Pipelines that no program has been measured under. */
  newLists: readonly string[];
  /** Lists to search with; 0: none. */
  budget: number;
  seed: number;
  /** The pipeline of the real clang -Oz. */
  clangPipeline: string;
}

export interface RoundWork {
  /** Reads the programs, in the same order each time. */
  programs: () => AsyncIterable<CorpusRow>;
  /** What earlier rounds found for a program, the best of each level. */
  earlier: (id: string) => readonly string[];
  /** Hash of all that `earlier` can answer. */
  earlierHash: string;
  /**
   * One worker each, as many as units are worked on at once: a program stays with one worker, which
   * remembers the code it generated.
   */
  pools: readonly WorkerPool[];
  lists: PassLists;
}

async function measureProgram(
  row: CorpusRow,
  settings: RoundSettings,
  pool: WorkerPool,
  { lists, earlier }: RoundWork,
): Promise<RoundRow | string> {
  const bytes = Buffer.from(row.ir);
  const program = new MeasuredProgram(pool, { hash: contentHash(bytes), bytes }, lists);
  try {
    const { newLists, clangPipeline, budget } = settings;
    const [baseline, unoptimised, ...sizes] = await program.measure([clangPipeline, '', ...newLists]);
    if (baseline === undefined || unoptimised === undefined) return 'clang -Oz fails';
    const own = earlier(row.id);
    const known = [...own, ...newLists].map((pipeline) => lists.listOf(pipeline));
    const random = createRandom(settings.seed).fork(`${row.id} round ${settings.round}`);
    const found =
      budget === 0 ? [] : await searchProgram({ program, lists, random, budget, known, baseline });
    const { failed, processorSeconds } = program;
    // The two controls are no lists, and its own lists were counted when they were found.
    const repeated = budget === 0 ? 0 : own.filter((pipeline) => !newLists.includes(pipeline)).length;
    const measured = program.measured - 2 - repeated;
    return {
      id: row.id,
      split: row.split,
      baseline,
      unoptimised,
      bytes: sizes.map((size) => size ?? null),
      found,
      measured,
      failed,
      processorSeconds,
    };
  } finally {
    program.dispose();
  }
}

export interface RoundResult {
  store: UnitStore;
  records: UnitRecord[];
}

/** Does what is missing of a round in its folder. Throws `interrupted`; the same call goes on afterwards. */
export async function runRound(
  folder: string,
  settings: RoundSettings,
  work: RoundWork,
  options: Omit<RunUnitsOptions, 'concurrency'>,
): Promise<RoundResult> {
  const store = new UnitStore(folder);
  const llvm = work.pools[0]!.installation.version;
  const key = unitKey(codeVersion, settings, codegenLevels, work.earlierHash, llvm);
  const free = [...work.pools];
  const units = batchUnits(work.programs(), programsPerUnit, key);
  const records = await runUnits<CorpusRow[], RoundRow>(
    store,
    units,
    async function* ({ input }, count) {
      const pool = free.pop()!;
      try {
        for (const row of input) {
          const measured = await measureProgram(row, settings, pool, work);
          if (typeof measured === 'string') count(measured);
          else yield measured;
        }
      } finally {
        free.push(pool);
      }
    },
    { ...options, concurrency: work.pools.length },
  );
  return { store, records };
}

/** The rows of a finished round, in the order of the programs. */
export async function* roundRows({ store, records }: RoundResult): AsyncGenerator<RoundRow> {
  for (const { key } of records) {
    for await (const line of store.lines(key)) yield JSON.parse(line) as RoundRow;
  }
}
