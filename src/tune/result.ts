// What a person gets for one source: the object of `ozma tune --json`. Plain data. Sizes are those that
// llvm-size reads in files written by the real clang; `trace` and nothing else is what the search measured
// in process.

import type { CodegenLevel } from '../llvm/module.ts';
import type { Recipe } from '../llvm/recipe.ts';
import type { Objective, SearchResult } from '../search/search.ts';
import type { ModelUse } from './ask-model.ts';

/** One thing that was checked about a result. */
export interface Check {
  name: string;
  passed: boolean;
  /** What was found, when that is not plain from the name. */
  detail?: string;
}

export interface SizedCode {
  /** For people. A pass list that is one pipeline is its text in LLVM's notation. */
  pipeline: string;
  /** Allocated bytes without BSS. */
  bytes: number;
  /** Bytes of code alone. */
  text: number;
  /** IR instructions that code was generated from. */
  instructions: number;
}

export interface TuneResult {
  source: string;
  target: string;
  /** LLVM's version. */
  llvm: string;
  codegen: CodegenLevel;
  objective: Objective;
  baseline: SizedCode;
  /** `model`: a compile of the model's lists; what the search made of them afterwards is the search's. */
  best: SizedCode & { origin: 'baseline' | 'search' | 'model' | 'recipe'; recipe: Recipe };
  /** 1 - best/baseline, of what the objective counts. */
  saving: number;
  /** Candidates measured, the baseline not counted. */
  compiles: number;
  /** Of these, candidates that needed no code generation since the same IR had been measured. */
  reused: number;
  crashed: number;
  timedOut: number;
  refused: number;
  /** Causes of failed candidates, with how often. */
  failures: Record<string, number>;
  trace: SearchResult['trace'];
  stopped: SearchResult['stopped'];
  seed: number;
  seconds: number;
  checks: Check[];
  /** Present when a model was asked; `kept`: functions of the best that have a list of the model. */
  model?: ModelUse & { kept: number };
  /** Found, and given up again since a check failed. */
  rejected?: { pipeline: string; recipe: Recipe; reason: string };
  /** The written file. */
  output?: string;
}
