// What an engine is asked and what it answers: a prompt in, candidates with log-probabilities out. All
// engines share these types; engine.ts opens one, generate.ts is how the embedded one works inside.
// Log-probabilities are the model's own: natural logarithms at temperature 1, before any grammar.

import type { CodeForm } from '../common/code-form.ts';
import type { Grammar } from './grammar.ts';

/** How candidates are chosen. */
export type Sampling =
  /** The most probable token each time: one candidate. */
  | { kind: 'greedy' }
  /** Drawn from softmax(log-probability / temperature). Candidate i does not hang on how many there are. */
  | {
      kind: 'temperature';
      temperature: number;
      /** Only the so many most probable tokens; default all. */
      topK?: number;
      /** Only the most probable tokens that together reach this probability; default 1. */
      topP?: number;
      seed: number;
    }
  /** The most probable whole answers that a beam of this width finds; default width: `candidates`. */
  | { kind: 'beam'; width?: number }
  /**
   * Deterministic and unique (arXiv 2402.18734): the first candidate is the greedy one; each further one
   * takes the most probable token that was passed over so far, anywhere, and goes on greedily from there.
   */
  | { kind: 'priority' };

export type SamplingKind = Sampling['kind'];

export interface GenerateOptions {
  /** Default greedy. */
  sampling?: Sampling;
  /** How many; default 1. Greedy gives one always, priority and beam fewer where there are no more. */
  candidates?: number;
  /** Most tokens of one answer; default what the context still holds after the prompt, which is also the most. */
  maximumTokens?: number;
  /** The answer ends before the first of these. */
  stop?: readonly string[];
  /** Only texts of this grammar are generated. */
  grammar?: Grammar;
  /** Ends generation early: what there is comes back with `finish: 'aborted'`. */
  signal?: AbortSignal;
  /** Text as it comes, for greedy and temperature; whole answers for beam and priority. */
  onText?: (piece: string, candidate: number) => void;
  /** Each candidate when it is done, before the last is. */
  onCandidate?: (candidate: Candidate, index: number) => void;
}

export type Finish =
  /** The model ended its answer; from a server also a stop string, where it does not say which it was. */
  | 'end'
  /** A stop string came; it is not in the text. */
  | 'stop'
  /** `maximumTokens`, or the end of the context. */
  | 'length'
  /** The text is whole, and the grammar allows nothing more. */
  | 'grammar'
  /** The signal; or what was left unfinished then. */
  | 'aborted';

export interface GeneratedToken {
  /** Its text as far as it is text: part of a character is U+FFFD here, and right in the candidate's text. */
  text: string;
  logProbability: number | undefined;
  /** The id in the model's vocabulary, where the engine knows it. */
  id?: number;
}

export interface Candidate {
  text: string;
  /** What was generated, without the end token; with tokens of which a stop string cut something off. */
  tokens: readonly GeneratedToken[];
  /** Sum over the tokens, and the end token where it ended with one. Undefined: the server did not say. */
  logProbability: number | undefined;
  finish: Finish;
}

export interface EngineDescription {
  /** What the model calls itself. */
  model: string;
  /** Path or address. */
  source: string;
  /** SHA-256 of the model file in hexadecimal; undefined for servers. */
  hash: string | undefined;
  /** Tokens of prompt and answer together; undefined where a server does not say. */
  contextLength: number | undefined;
  vocabularySize: number | undefined;
  /** How code stands in its prompts and answers. Servers do not say; models whose names begin with ozma are ours. */
  form: CodeForm;
}

/** How probable a model finds a text. */
export interface TextScore {
  tokens: number;
  /** -Σ ln p over the tokens; a text longer than the context goes through it in overlapping windows. */
  nats: number;
  /** In UTF-8. */
  bytes: number;
}

export interface Engine {
  /** What it can do; asking for anything else is a `usage` error that says so. */
  readonly samplings: ReadonlySet<SamplingKind>;
  readonly grammars: boolean;
  describe(): Promise<EngineDescription>;
  /** Tokens of a prompt; undefined where a server cannot count. */
  countTokens(prompt: string): Promise<number | undefined>;
  /**
   * Throws `refused` where the prompt does not fit the context, with both counts; nothing is ever cut.
   * Throws `environment` where model or server fail.
   */
  generate(prompt: string, options?: GenerateOptions): Promise<Candidate[]>;
  /** Absent where a server gives no probabilities of what it is shown. */
  scoreText?(text: string): Promise<TextScore>;
  close(): Promise<void>;
}
