// What an evaluation writes down: one record a sample, with what each method (the model, every baseline)
// made of it. Records are plain data and hold what the figures are computed from, so that any figure of a
// report can be traced to answers, and computed again without a model or a compiler.

/** Truth values are 0 and 1. A score that does not apply to a sample is absent. */
export type Scores = Readonly<Record<string, number>>;

/** One method on one sample. */
export interface MethodResult {
  /** What became of it in a word: `exact`, `failed`, `does not fit`. */
  outcome: string;
  scores: Scores;
  /** Why it is not better than it is. */
  reason?: string;
  /** What was answered, candidate by candidate, as it came; of the best one alone where a method is no model. */
  answers?: readonly string[];
  /** Wall-clock seconds. Not part of any figure but those of time. */
  seconds: { answering: number; checking: number };
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
