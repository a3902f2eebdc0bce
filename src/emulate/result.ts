// What `emulate` answers: plain data, the same for the library, `--json` and the evaluations.

import type { CodeForm } from '../common/code-form.ts';
import type { EmulatePrompt, Sizes } from '../tasks/prompts.ts';

/** What the compiler made of the same code, and how far the prediction was off. */
export interface Comparison {
  /** In the form of the model's answers. */
  code: string;
  sizes: Sizes;
  /** The predicted code is that of the compiler, to the character. */
  exact: boolean;
  /** 0 to 1, of predicted against real code. */
  bleu: number;
  /** |predicted - real| / real, of bytes; absent where none were predicted. */
  sizeError?: number;
  /** As `diff -u` writes it, real code first; empty where they are the same. */
  difference: string;
}

export interface PredictedFunction {
  /** The function, or the file where it was asked about as a whole. */
  name: string;
  /** Before the pass list, code generation at -O0, as the prompt says it. */
  before: Sizes;
  /** The model's words, none taken away. */
  answer: string;
  /** The code in the answer; in normal form where the model's is. */
  predicted: string | undefined;
  /** The answer ended where it should, and was not cut off. */
  complete: boolean;
  instructions?: number;
  bytes?: number;
  /** Predicted IR as a module with the names of the source; predicted assembly as the model wrote it. */
  code: string | undefined;
  /** Whether LLVM takes the predicted IR; assembly is only compared. */
  accepted: 'yes' | 'no' | 'not tried';
  /** Why LLVM does not take it. */
  reason?: string;
  /** Of predicted IR that LLVM takes, measured: what the model's numbers should be by its own code. */
  measured?: Sizes;
  /** Present with `check`, unless the compiler failed. */
  comparison?: Comparison;
  /** Why the compiler itself could not run the pass list on this function. */
  compilerFailure?: string;
  seconds: number;
}

export interface EmulateReport {
  source: string;
  target: string;
  llvm: string;
  /** Spelled out, as the model was asked. */
  pipeline: string;
  answer: EmulatePrompt['answer'];
  model: { name: string; source: string; hash?: string; form: CodeForm };
  functions: PredictedFunction[];
  /** Functions that the model could not be asked about. */
  refused: { name: string; reason: string }[];
  seconds: number;
}
