// What a search is asked and what it answers.

import type { CodegenLevel } from '../llvm/module.ts';
import type { Recipe } from '../llvm/recipe.ts';

export type Objective = 'bytes' | 'text' | 'instructions';

/** What is to be made small, and by which code generation. */
export interface Goal {
  objective: Objective;
  level: CodegenLevel;
}

export interface SearchSettings extends Goal {
  /** Candidates measured at the most, the baseline not counted. */
  compiles: number;
  /** Wall-clock limit; none by default. */
  seconds?: number;
  seed: number;
  /** Whether functions may get pipelines of their own. */
  perFunction: boolean;
  /** Lists to try before all others; they count as compiles. */
  suggestions?: Suggestions;
  /** Aborting ends the search early with the best so far. */
  signal?: AbortSignal;
  onProgress?: (progress: SearchProgress) => void;
}

/** Pipelines as `opt -p` takes them, by the name of the function that they were found for, the best first. */
export type Suggestions = ReadonlyMap<string, readonly string[]>;

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
  /** `suggestion`: a compile of lists that were suggested. */
  best: Score & { recipe: Recipe; origin: 'baseline' | Proposer };
  /** How many functions of the best have a list that was suggested for them. */
  kept: number;
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
  /** `exhausted`: nothing new was found to try. */
  stopped: 'budget' | 'time' | 'interrupted' | 'exhausted';
}

/** Whose idea a measured candidate was. */
export type Proposer = 'suggestion' | 'search';

/** The number that the objective makes small. */
export function valueOf(score: Score, objective: Objective): number {
  const value = score[objective];
  if (value === undefined) throw new Error(`the score has no ${objective}`);
  return value;
}
