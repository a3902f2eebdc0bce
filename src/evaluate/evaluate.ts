// `evaluate`: one task on one model and one piece of data. Opens what that needs, the engine and compile
// workers, and closes it; the work is the task's and run-evaluation.ts's.

import { availableParallelism } from 'node:os';
import { openEngine, type Engine } from '../inference/engine.ts';
import { chooseModel } from '../inference/model-choice.ts';
import { releasedModel, releasedModelNames } from '../inference/released-models.ts';
import { findInstallation, type LlvmInstallation } from '../llvm/installation.ts';
import type { OptimisationLevel } from '../llvm/module.ts';
import { WorkerPool } from '../llvm/worker-pool.ts';
import { runningCommit } from './commit.ts';
import type { TaskName } from './evaluation.ts';
import type { HeldOut } from './inputs/input.ts';
import type { SampleRecord } from './record.ts';
import type { EvaluationReport, RunSettings } from './run-evaluation.ts';
import { tasks } from './tasks.ts';

export interface EvaluateOptions {
  /** A set of the task, a corpus, a folder of sources; for `code` files of programs, with commas. */
  data: string;
  /** A GGUF file, an address, `base`, `ftd`, an open engine, or `none`; default the task's released model. */
  model?: string | Engine;
  /** Default test. */
  split?: HeldOut;
  /** Samples at most; default the task's own, of which ten minutes are enough for all tasks. */
  limit?: number;
  /** Default 1. */
  seed?: number;
  /** Answers for each sample; default 1, greedy. */
  candidates?: number;
  /** Most tokens of an answer; default 2048. */
  tokens?: number;
  /** Of clang, for sources that are disassembled; default Oz. */
  level?: OptimisationLevel;
  /** Further words for clang, for sources. */
  flags?: readonly string[];
  /** Where TASK.jsonl and TASK.json go, and what a killed run goes on from. */
  output?: string | undefined;
  /** Compile workers; default one a processor core. */
  jobs?: number;
  installation?: LlvmInstallation;
  signal?: AbortSignal;
  onStart?: RunSettings['onStart'];
  onRecord?: (record: SampleRecord, done: number, of: number) => void;
}

/** A candidate that takes longer costs itself. */
const compileSeconds = 20;

/**
 * The line that does it again, with what was left to defaults written out: those may change. Paths are as the
 * user gave them.
 */
function commandOf(
  name: TaskName,
  { data, model, split, limit, seed, candidates, tokens, level, flags = [] }: EvaluateOptions,
): string {
  const source = typeof model === 'string' ? modelWord(model) : 'ENGINE';
  const words = [
    ...['ozma', 'evaluate', name, '--data', data, '--model', source],
    ...(split === 'test' ? [] : ['--split', split!]),
    ...['--limit', String(limit), '--candidates', String(candidates), '--tokens', String(tokens)],
    ...['--seed', String(seed)],
    ...(name === 'disassemble' && level !== 'Oz' ? ['--level', level!] : []),
    ...(flags.length === 0 ? [] : ['--', ...flags]),
  ];
  return words
    .map((word) => (/^[\w@%+=:,./#-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

/** A released model by its name, wherever this is installed. */
function modelWord(model: string): string {
  return releasedModelNames.find((name) => releasedModel(name) === model) ?? model;
}

/** Throws `usage` where model or data are not what the task takes; `environment` without LLVM. */
export async function evaluate(name: TaskName, options: EvaluateOptions): Promise<EvaluationReport> {
  const task = tasks[name];
  // Before the minutes that reading data takes.
  runningCommit();
  const installation = options.installation ?? findInstallation();
  const {
    data,
    model = releasedModel(task.model) ?? 'none',
    split = 'test',
    limit = task.usual.limit,
    seed = 1,
  } = options;
  const { candidates = 1, tokens = 2048, level = 'Oz', flags = [], signal, onStart, onRecord } = options;
  const jobs = options.jobs ?? availableParallelism();
  const pool = new WorkerPool({ installation, workers: jobs, timeoutSeconds: compileSeconds });
  const file = typeof model === 'string' ? chooseModel(model) : undefined;
  const opened = file === undefined ? undefined : await openEngine(file);
  try {
    const engine = typeof model === 'string' ? opened : model;
    const description = await engine?.describe();
    const inputs = {
      data,
      split,
      limit,
      seed,
      form: description?.form ?? 'normal',
      flags,
      pool,
      jobs,
      signal,
    };
    return await task.run(
      { ...inputs, candidates, tokens, level, engine },
      {
        model: description,
        data,
        command: commandOf(name, { ...options, model, split, limit, seed, candidates, tokens, level }),
        seed,
        llvm: installation.version,
        output: options.output,
        signal,
        ...(onStart === undefined ? {} : { onStart }),
        ...(onRecord === undefined ? {} : { onRecord }),
      },
    );
  } finally {
    pool.close();
    await opened?.close();
  }
}
