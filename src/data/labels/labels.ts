// The flag-tuning labels (paper §4): for each program of a corpus the best pass list, at both code generation
// levels. Rounds of search and broadcast: what was found for single programs of the training split, is
// frequent and passes PassListEval, is measured on all programs; the next round searches around the best.
// The last round only measures. Then few lists are chosen (choice.ts) and every program gets its label.
//
// A departure from the paper: its search costs 4,877 lists a program before the broadcast; ours a few
// hundred altogether, since lists found for one program are soon tried on all.

import { join } from 'node:path';
import { baselinePipeline } from '../../llvm/baseline.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { WorkerPool } from '../../llvm/worker-pool.ts';
import { readCorpus, type CorpusFilter, type CorpusRow } from '../corpus.ts';
import { sumUnits, writeSetFiles } from '../parquet-set.ts';
import type { SetManifest, Split } from '../set-manifest.ts';
import { unitKey, type UnitProgress, type UnitRecord } from '../units.ts';
import { CheckedLists } from './checked-lists.ts';
import { labelColumns, type LabelRow } from './label-set.ts';
import { codegenLevels, type LabelLevel, type LevelBytes } from './measured-program.ts';
import { chooseLists, labelsOf, popularity, savedShare, type ProgramSizes } from './choice.ts';
import { createPassLists, firstLists } from './pass-lists.ts';
import type { FoundList } from './program-search.ts';
import { roundRows, runRound, type RoundResult } from './round.ts';

/** Best lists of one program that its row names after the label. */
const runnersUp = 3;
/** Seconds for one list; functions take milliseconds, so this is a list that does not end. */
const timeoutSeconds = 10;
/** Numbers of lists for which the summary says how much of the gain they keep. */
export const curveSizes = [1, 5, 20, 50, 100] as const;

export interface LabelSettings {
  installation: LlvmInstallation;
  corpus: string;
  /** A folder; what is in it is used again. */
  output: string;
  filter: CorpusFilter;
  seed: number;
  /** Rounds of search; a last round without search follows. */
  rounds: number;
  /** Lists searched for each program in each round, minimising on top. */
  budget: number;
  /** Lists broadcast to all programs after each round, at most. */
  broadcast: number;
  /** Distinct lists that labels may use at each level, at most, -Oz itself not counted. */
  distinct: number;
  /** Programs that test themselves. */
  suite: string;
  jobs: number;
  signal?: AbortSignal;
  onProgress?: (step: string, progress: UnitProgress) => void;
}

/** What is known of one program after some rounds. */
interface ProgramState {
  split: Split;
  baseline: LevelBytes;
  unoptimised: LevelBytes;
  bytes: (LevelBytes | null)[];
  /** The smallest list found for it alone, by level. */
  own: Partial<Record<LabelLevel, FoundList>>;
  measured: number;
}

interface Totals {
  measured: number;
  failed: number;
  processorSeconds: number;
}

/** Makes the set of labels, or finishes what an earlier run began. Throws `interrupted`, `usage`, `environment`. */
export async function buildLabels(settings: LabelSettings): Promise<SetManifest> {
  const { installation, output, jobs, signal } = settings;
  const pool = new WorkerPool({ installation, workers: jobs, timeoutSeconds });
  let checked: CheckedLists | undefined;
  try {
    checked = await CheckedLists.open(join(output, 'checked-lists.json'), settings.suite, {
      installation,
      concurrency: jobs,
      ...(signal === undefined ? {} : { signal }),
    });
    return await label(settings, pool, checked);
  } finally {
    pool.close();
    await checked?.dispose();
  }
}

async function label(settings: LabelSettings, pool: WorkerPool, checked: CheckedLists): Promise<SetManifest> {
  const { output, rounds, seed, onProgress } = settings;
  const lists = createPassLists(settings.installation);
  const clangPipeline = await baselinePipeline(settings.installation);
  const programs = (): AsyncGenerator<CorpusRow> => readCorpus(settings.corpus, settings.filter);
  const states = new Map<string, ProgramState>();
  const totals: Totals = { measured: 0, failed: 0, processorSeconds: 0 };
  const records: UnitRecord[] = [];
  let dropped: Record<string, number> = {};
  const [first, ...others] = firstLists.map((list) => lists.pipelineOf(list));
  const broadcast = [first!, ...(await checked.firstThatPass(others, others.length))];
  let earlierHash = '';
  let before = 0;
  for (let round = 0; round <= rounds; round++) {
    const result = await runRound(
      join(output, `round-${round}`),
      {
        round,
        newLists: broadcast.slice(before),
        budget: round < rounds ? settings.budget : 0,
        seed,
        clangPipeline,
      },
      {
        programs,
        earlier: (id) => Object.values(states.get(id)?.own ?? {}).map(({ pipeline }) => pipeline),
        earlierHash,
        pool,
        lists,
      },
      {
        concurrency: settings.jobs,
        signal: settings.signal,
        onProgress: (progress) => onProgress?.(`round ${round} of ${rounds}`, progress),
      },
    );
    await learn(states, result, totals, [before, broadcast.length]);
    before = broadcast.length;
    records.push(...result.records);
    if (round === 0) ({ dropped } = sumUnits(result.records));
    earlierHash = unitKey(result.records.map(({ key }) => key));
    if (round === rounds) break;
    const ranked = rankFound(states.values(), new Set(broadcast));
    broadcast.push(
      ...(await checked.firstThatPass(ranked, settings.broadcast, (passed) =>
        onProgress?.(`checking lists of round ${round}`, {
          done: passed,
          total: settings.broadcast,
          rows: 0,
        }),
      )),
    );
  }
  return await writeLabels(settings, programs(), states, broadcast, records, dropped, {
    ...totals,
    ...checked.summary(),
  });
}

/** Adds a round's rows to what is known; `before` and `after` are the numbers of lists broadcast by then. */
async function learn(
  states: Map<string, ProgramState>,
  result: RoundResult,
  totals: Totals,
  [before, after]: readonly [number, number],
): Promise<void> {
  for await (const row of roundRows(result)) {
    const { id, split, baseline, unoptimised } = row;
    let state = states.get(id);
    if (state === undefined) {
      // A program that failed in an earlier round and not in this one, on a busy machine, is left out.
      if (before > 0) continue;
      state = { split, baseline, unoptimised, bytes: [], own: {}, measured: 0 };
    }
    state.bytes.push(...row.bytes);
    state.measured += row.measured;
    for (const found of row.found) {
      const standing = state.own[found.level];
      if (standing === undefined || found.bytes < standing.bytes) state.own[found.level] = found;
    }
    states.set(id, state);
    totals.measured += row.measured;
    totals.failed += row.failed;
    totals.processorSeconds += row.processorSeconds;
  }
  for (const { bytes } of states.values()) {
    while (bytes.length < after) bytes.push(null);
  }
}

/** What was found for programs of the training split: the most frequent first, then what saves most. */
function rankFound(states: Iterable<ProgramState>, known: ReadonlySet<string>): string[] {
  const counts = new Map<string, { count: number; saved: number }>();
  for (const { split, own, baseline, bytes } of states) {
    if (split !== 'train') continue;
    for (const { level, pipeline, bytes: reached } of Object.values(own)) {
      const best = Math.min(baseline[level], ...bytes.map((size) => size?.[level] ?? Infinity));
      // A list that reaches what a known one reaches is no news.
      if (known.has(pipeline) || reached >= best) continue;
      const entry = counts.get(pipeline) ?? { count: 0, saved: 0 };
      entry.count++;
      entry.saved += best - reached;
      counts.set(pipeline, entry);
    }
  }
  return [...counts]
    .sort(
      ([one, left], [other, right]) =>
        right.count - left.count || right.saved - left.saved || (one < other ? -1 : 1),
    )
    .map(([pipeline]) => pipeline);
}

function sizesOf(state: ProgramState, level: LabelLevel): ProgramSizes {
  return {
    baseline: state.baseline[level],
    bytes: state.bytes.map((bytes) => bytes?.[level] ?? null),
  };
}

async function writeLabels(
  settings: LabelSettings,
  programs: AsyncIterable<CorpusRow>,
  states: ReadonlyMap<string, ProgramState>,
  broadcast: readonly string[],
  records: readonly UnitRecord[],
  dropped: Record<string, number>,
  totals: Totals & { checked: number; rejected: number },
): Promise<SetManifest> {
  const preferred = {} as Record<LabelLevel, number[]>;
  const summary = {} as Record<LabelLevel, unknown>;
  for (const level of codegenLevels) {
    const of = (wanted: (split: Split) => boolean): ProgramSizes[] =>
      [...states.values()].filter(({ split }) => wanted(split)).map((state) => sizesOf(state, level));
    const train = of((split) => split === 'train');
    const heldOut = of((split) => split !== 'train');
    const all = chooseLists(train, broadcast.length);
    const chosen = all.slice(0, settings.distinct);
    preferred[level] = popularity(train, chosen);
    summary[level] = {
      lists: preferred[level].map((list) => broadcast[list]),
      train: savedShare(train, chosen),
      heldOut: savedShare(heldOut, chosen),
      curve: curveSizes.map((size) => ({
        lists: Math.min(size, all.length),
        train: savedShare(train, all.slice(0, size)),
        heldOut: savedShare(heldOut, all.slice(0, size)),
      })),
      ofAllLists: { train: savedShare(train, all), heldOut: savedShare(heldOut, all) },
    };
  }
  async function* rows(): AsyncGenerator<{ split: Split; line: string }> {
    for await (const program of programs) {
      const state = states.get(program.id);
      if (state === undefined) continue;
      for (const level of codegenLevels) {
        const labels = labelsOf(sizesOf(state, level), preferred[level], 1 + runnersUp);
        const row = labelRow(
          program,
          state,
          level,
          labels.map(({ list, bytes }) => ({ pipeline: broadcast[list]!, bytes })),
        );
        yield { split: program.split, line: JSON.stringify(row) };
      }
    }
  }
  return await writeSetFiles(
    settings.output,
    {
      name: 'labels',
      columns: labelColumns,
      made: {
        llvm: settings.installation.version,
        seed: settings.seed,
        rounds: settings.rounds,
        budget: settings.budget,
        programs: states.size,
        ...totals,
        levels: summary,
      },
    },
    rows(),
    {
      unitsHash: unitKey(
        records.map(({ key }) => key),
        broadcast,
        settings.distinct,
      ),
      units: records.length,
      dropped,
      seconds: records.reduce((sum, { seconds }) => sum + seconds, 0),
    },
  );
}

function labelRow(
  program: CorpusRow,
  state: ProgramState,
  level: LabelLevel,
  [best, ...others]: { pipeline: string; bytes: number }[],
): LabelRow {
  const { id, package: origin, version, file, name, kind, target, split } = program;
  return {
    id,
    package: origin,
    version,
    file,
    name,
    kind,
    target,
    codegen: level,
    pipeline: best!.pipeline,
    bytes: best!.bytes,
    ozBytes: state.baseline[level],
    unoptimisedBytes: state.unoptimised[level],
    runnersUp: others.map(({ pipeline }) => pipeline),
    runnersUpBytes: others.map(({ bytes }) => bytes),
    listsMeasured: state.measured,
    split,
  };
}
