// What the five evaluations have in common: a task has samples, asks every method about each, and says
// which figures its scores are for. Running, resuming, writing and averaging are run-evaluation.ts's.

import type { FigureDefinition } from './figures.ts';
import type { MethodResult, Origin } from './record.ts';

export const taskNames = ['tune', 'disassemble', 'emulate', 'perplexity', 'code'] as const;
export type TaskName = (typeof taskNames)[number];

export interface Sample {
  id: string;
  /** What is asked about: its hash stands in the record. */
  input: string;
  origin: Origin;
  strata: Readonly<Record<string, string>>;
}

export interface Evaluation<S extends Sample = Sample> {
  task: TaskName;
  samples: readonly S[];
  /** Samples that the data holds; absent where counting would cost as much as evaluating. */
  available?: number | undefined;
  /** Inputs that could not become samples, counted by reason. */
  dropped: Readonly<Record<string, number>>;
  figures: readonly FigureDefinition[];
  /** How the task was set besides what all have: levels, budgets, form. Part of what a resumed run must share. */
  settings: Readonly<Record<string, unknown>>;
  /** Samples asked about at the same time. */
  concurrency: number;
  /** All methods on one sample. Bad answers are results; throws only where nothing can go on. */
  evaluate(sample: S): Promise<Readonly<Record<string, MethodResult>>>;
}
