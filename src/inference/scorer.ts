// The one thing that sampling needs of a model: after this text, how probable is each next token? Everything
// generated is a tree with the prompt at its root; a path is a place in it. Sampling asks for several
// paths at once and never says how to compute them; a scorer keeps what it computed for a path's ancestors.

import type { Vocabulary } from './vocabulary.ts';

/** A place in the tree: the prompt, or one token after a parent. Two paths are the same only as objects. */
export interface Path {
  readonly parent: Path | undefined;
  /** The token after the parent's; -1 at the root. */
  readonly token: number;
  /** Tokens since the prompt; 0 at the root. */
  readonly depth: number;
}

/** Next tokens and their log-probabilities, most probable first, equal ones by id. */
export interface Distribution {
  readonly tokens: ArrayLike<number>;
  readonly logProbabilities: ArrayLike<number>;
}

export interface ScoreRequest {
  path: Path;
  /** At least so many of the most probable tokens; `Infinity` for the whole vocabulary. */
  most: number;
}

export interface Scorer {
  readonly vocabulary: Vocabulary;
  /** How many paths it scores side by side; more at once are no error, and no gain. */
  readonly width: number;
  /** One distribution for each request. Throws the signal's reason when it is aborted. */
  score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<Distribution[]>;
}
