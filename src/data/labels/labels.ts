// The flag-tuning labels (paper §4): for each program of a corpus the best pass list, at both code generation
// levels. Rounds of search and broadcast: what was found for single programs of the training split, is
// frequent and passes PassListEval, is measured on all programs; the next round searches around the best.
// The last round only measures. Then few lists are chosen (choice.ts) and every program gets its label.
//
// A departure from the paper: its search costs 4,877 lists a program before the broadcast; ours a few
// hundred altogether, since lists found for one program are soon tried on all.

import { join } from 'node:path';
import { whileLocked } from '../../common/folder-lock.ts';
import { baselinePipeline } from '../../llvm/baseline.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { WorkerPool } from '../../llvm/worker-pool.ts';
import { readCorpus, type CorpusFilter, type CorpusRow } from '../corpus.ts';
import { sumUnits } from '../parquet-set.ts';
import { unitKey, type UnitProgress, type UnitRecord } from '../units.ts';
import { CheckedLists } from './checked-lists.ts';
import { createPassLists, firstLists } from './pass-lists.ts';
import { learn, rankFound, type ProgramState, type Totals } from './program-state.ts';
import { runRound } from './round.ts';
import { writeLabels, type BuiltLabels } from './writing.ts';

/** Seconds for one list; functions take milliseconds, so this is a list that does not end. */
const timeoutSeconds = 10;
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

/**
 * Makes the set of labels, or finishes what an earlier run began. Throws `interrupted`, `environment`, and `usage` for
 * a corpus that is none and while another process labels there.
 */
export async function buildLabels(settings: LabelSettings): Promise<BuiltLabels> {
  return whileLocked(settings.output, () => checkAndLabel(settings));
}

async function checkAndLabel(settings: LabelSettings): Promise<BuiltLabels> {
  const { installation, output, jobs, signal } = settings;
  const pools = Array.from(
    { length: jobs },
    () => new WorkerPool({ installation, workers: 1, timeoutSeconds }),
  );
  let checked: CheckedLists | undefined;
  try {
    checked = await CheckedLists.open(join(output, 'checked-lists.json'), settings.suite, {
      installation,
      concurrency: jobs,
      ...(signal === undefined ? {} : { signal }),
    });
    return await label(settings, pools, checked);
  } finally {
    for (const pool of pools) pool.close();
    await checked?.dispose();
  }
}

async function label(
  settings: LabelSettings,
  pools: readonly WorkerPool[],
  checked: CheckedLists,
): Promise<BuiltLabels> {
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
        pools,
        lists,
      },
      {
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
  return await writeLabels(
    { ...settings, made: { seed, rounds, budget: settings.budget } },
    {
      programs: programs(),
      states,
      broadcast,
      records,
      dropped,
      totals: { ...totals, ...checked.summary() },
    },
    lists,
  );
}
