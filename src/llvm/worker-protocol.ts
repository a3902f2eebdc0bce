// What a compile worker is asked and answers. Everything is plain data that survives a process boundary.
// Failures are answers, not exceptions: `refused` is LLVM saying no, the rest is the process dying.

import type { CutFunction } from './cutting.ts';
import type { CodegenLevel, FunctionSummary, OptimisationLevel } from './module.ts';
import type { FunctionSize } from './object-file.ts';
import type { Recipe } from './recipe.ts';

/** A module as the pool knows it: its bitcode (or text) and the name under which workers keep it. */
export interface ModuleSource {
  /** Content hash of `bytes`. */
  hash: string;
  bytes: Uint8Array;
  /** Overrides the module's own target triple. */
  triple?: string;
}

export interface ModuleSummary {
  triple: string;
  positionIndependent: boolean;
  instructions: number;
  functions: FunctionSummary[];
  /** What LLVM's verifier objects to. */
  broken?: string;
}

export interface Measurement {
  /** Allocated bytes without BSS. Absent when code generation was not asked for. */
  bytes?: number;
  /** Bytes of the executable sections. */
  text?: number;
  instructions: number;
  /** Hash of the IR that code was generated from. */
  hash: string;
  /** The same IR had been measured before, so no code was generated. */
  reused: boolean;
  /** Present when asked for. */
  functions?: FunctionSize[];
  functionInstructions?: FunctionSummary[];
}

export type EmitFormat = 'object' | 'assembly' | 'ir' | 'bitcode';

export interface MeasureOptions {
  level: CodegenLevel;
  /** Generate code and read sizes; otherwise only IR instructions are counted. */
  codegen: boolean;
  /** Sizes (or instruction counts) function by function. */
  perFunction?: boolean;
  /** Take the sizes of IR that was measured before without generating code again; default true. */
  reuse?: boolean;
}

/** What one of many pipelines makes of a module. */
export interface PipelineSizes {
  instructions: number;
  /** Hash of the IR after the pipeline. */
  hash: string;
  /** Allocated bytes without BSS, by code generation level; levels not asked for are absent. */
  bytes: Partial<Record<CodegenLevel, number>>;
  /** Processor time spent on it. */
  processorSeconds: number;
}

/** A module as text, and its functions each as a module of its own. */
export interface CutModule {
  triple: string;
  /** In all functions. */
  instructions: number;
  ir: string;
  functions: CutFunction[];
  /** Functions whose module LLVM did not accept, each with its words. */
  refused: { name: string; message: string }[];
  /** Functions that were passed over for their size. */
  tooLarge: number;
}

/** One way to treat a module, and what is wanted of the result. */
export interface Variant {
  recipe: Recipe;
  /** Where code is generated, and which target machine the passes see. */
  level: OptimisationLevel;
  texts: readonly ('ir' | 'assembly')[];
  /** Also instructions and bytes, code generation at this level. */
  sizes?: OptimisationLevel;
}

export interface VariantResult {
  /** In the order asked for. */
  texts: string[];
  sizes?: { instructions: number; bytes: number };
}

export type Request =
  | { operation: 'cut'; module: string; longest: number }
  | { operation: 'describe'; module: string }
  | { operation: 'measure'; module: string; recipe: Recipe; options: MeasureOptions }
  | { operation: 'measureAll'; module: string; pipelines: readonly string[]; levels: readonly CodegenLevel[] }
  | { operation: 'emit'; module: string; recipe: Recipe; level: OptimisationLevel; format: EmitFormat }
  | { operation: 'variants'; module: string; variants: readonly Variant[] };

/** What each operation is answered with; of those with parts, how many there were. */
export interface Answers {
  cut: CutModule;
  describe: ModuleSummary;
  measure: Measurement;
  measureAll: number;
  emit: Uint8Array;
  variants: number;
}

/** The outcomes that come before the answer, one for each pipeline or variant, in their order. */
export interface Parts {
  measureAll: PipelineSizes;
  variants: VariantResult;
}

export type Failure =
  | { kind: 'refused'; message: string }
  | { kind: 'crashed'; signal?: string; exitCode?: number; message: string }
  | { kind: 'timedOut'; seconds: number }
  | { kind: 'outOfMemory'; megabytes: number };

export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure };

/** The parent's side of the channel. `load` is not answered. */
export type ToWorker =
  | { kind: 'load'; module: ModuleSource }
  | { kind: 'forget'; module: string }
  | { kind: 'request'; id: number; request: Request };

/** The worker's side: once that it is up, then an answer for each request, perhaps with parts before it. */
export type FromWorker =
  { kind: 'ready' } | { kind: 'part' | 'answer'; id: number; outcome: Outcome<unknown> };

/** One line that names the failure, for people. */
export function describeFailure(failure: Failure): string {
  switch (failure.kind) {
    case 'refused':
      return `refused: ${failure.message}`;
    case 'timedOut':
      return `timed out after ${failure.seconds} s`;
    case 'outOfMemory':
      return `needed more than ${failure.megabytes} MB`;
    case 'crashed': {
      const code = failure.exitCode === undefined ? undefined : `exit code ${failure.exitCode}`;
      const how = failure.signal ?? code;
      const cause = how === undefined ? 'crashed' : `crashed (${how})`;
      return failure.message === '' ? cause : `${cause}: ${failure.message}`;
    }
  }
}
