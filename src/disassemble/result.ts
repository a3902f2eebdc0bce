// What `disassemble` answers: plain data, the same for the library, `--json` and the evaluations.

import type { Candidate } from './candidates.ts';
import type { Status } from './check.ts';

export interface FunctionResult {
  name: string;
  status: Status;
  /** Who proposed it; absent when failed. */
  origin?: Candidate['origin'];
  /** Numbers or symbols of the model's answer were put right from the input. */
  repaired?: boolean;
  /** 0 to 1, of the recompiled against the given instructions; absent when nothing compiled. */
  bleu?: number;
  /** The settings that compile it back closest. */
  settings?: string;
  /** How many inputs gave the same results; absent when the code was not run. */
  inputs?: number;
  /** Why it is not better than it is. */
  reason?: string;
  /** A module with this function; empty when failed. */
  ir: string;
  /** Instructions of the assembly. */
  instructions: number;
  /** How many candidates were checked. */
  candidates: number;
  seconds: number;
  /** Of these, how long code was run. */
  secondsRunning: number;
}

export interface DisassembleReport {
  target: string;
  llvm: string;
  seed: number;
  functions: FunctionResult[];
  /** One module with all functions that were lifted; the others are declared and named in its comments. */
  ir: string;
  /** Lines of the input that were not understood, at most a hundred. */
  problems: { line: number; text: string }[];
}
