// `evaluate`: one task on one model and one piece of data. Opens what that needs, the engine and compile
// workers, and closes it; the work is the task's and run-evaluation.ts's.

import { availableParallelism } from 'node:os';
import { openEngine, type Engine } from '../inference/engine.ts';
import { chooseModel } from '../inference/model-choice.ts';
import { releasedModel } from '../inference/released-models.ts';
import { findInstallation, type LlvmInstallation } from '../llvm/installation.ts';
import type { OptimisationLevel } from '../llvm/module.ts';
import { WorkerPool } from '../llvm/worker-pool.ts';
import type { TaskName } from './evaluation.ts';
import type { HeldOut } from './inputs/input.ts';
import type { SampleRecord } from './record.ts';
import type { EvaluationReport } from './run-evaluation.ts';
import { tasks } from './tasks.ts';

export interface EvaluateOptions {
  /** A set of the task, a corpus, a folder of sources; for `code` files of programs, with commas. */
  data: string;
  /** A GGUF file, an address, `base`, `ftd`, an open engine, or `none`; default the task's released model. */
  model?: string | Engine;
  /** Default test. */
  split?: HeldOut;
  /** Samples at most; default 200. */
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
  onRecord?: (record: SampleRecord, done: number, of: number) => void;
}

/** A candidate that takes longer costs itself. */
const compileSeconds = 20;

/** Throws `usage` where model or data are not what the task takes; `environment` without LLVM. */
export async function evaluate(name: TaskName, options: EvaluateOptions): Promise<EvaluationReport> {
  const task = tasks[name];
  const installation = options.installation ?? findInstallation();
  const {
    data,
    model = releasedModel(task.model) ?? 'none',
    split = 'test',
    limit = 200,
    seed = 1,
  } = options;
  const { candidates = 1, tokens = 2048, level = 'Oz', flags = [], signal, onRecord } = options;
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
        seed,
        llvm: installation.version,
        output: options.output,
        signal,
        ...(onRecord === undefined ? {} : { onRecord }),
      },
    );
  } finally {
    pool.close();
    await opened?.close();
  }
}
