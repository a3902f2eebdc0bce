// What an evaluation writes down: one record a sample, with what each method (the model, every baseline)
// made of it. Records are plain data and hold what the figures are computed from, so that any figure of a
// report can be traced to answers, and computed again without a model or a compiler.

/** Truth values are 0 and 1. A score that does not apply to a sample is absent. */
export type Scores = Readonly<Record<string, number>>;

/** Wall-clock seconds of one method on one sample, by what was waited for. Part of no figure but those of time. */
export interface Seconds {
  /** The model. */
  answering: number;
  /** Compile workers: passes, code generation, measuring; compilers in a sandbox. */
  compiling: number;
  /** Code that was made. */
  running: number;
  /** Everything else: comparing, assembling and linking what is run. */
  checking: number;
}

/** One method on one sample. */
export interface MethodResult {
  /** What became of it in a word: `exact`, `failed`, `does not fit`. */
  outcome: string;
  scores: Scores;
  /** Why it is not better than it is. */
  reason?: string;
  /** What was answered, candidate by candidate, as it came; of the best one alone where a method is no model. */
  answers?: readonly string[];
  seconds: Seconds;
}

export interface Origin {
  /** What the bootstrap draws as a whole: the source file, or the package where a set does not name files. */
  group: string;
  name: string;
}

export interface SampleRecord {
  /** Unique in the evaluation, and where the sample stands in the order of all. */
  id: string;
  /** SHA-256 of the input, the first 32 hexadecimal digits. */
  hash: string;
  origin: Origin;
  /** By what figures are told apart besides overall: `target`, `level`, `length`. */
  strata: Readonly<Record<string, string>>;
  methods: Readonly<Record<string, MethodResult>>;
}

/** The method that every result calls so; the others are baselines. */
export const modelMethod = 'model';
