// Asking an engine for an evaluation: every answer is kept and timed, and one that runs in this process is asked
// one question at a time, so that seconds are the answer's own. A prompt that does not fit is an answer of the
// evaluation's, not an error.

import type { LimitFunction } from 'p-limit';
import pLimit from 'p-limit';
import { OzmaError } from '../common/errors.ts';
import type { Candidate, Engine, EngineDescription, GenerateOptions, Sampling } from '../inference/engine.ts';

export interface AskSettings {
  candidates: number;
  /** Most tokens of an answer: what would never end, ends there. */
  tokens: number;
  seed: number;
  signal?: AbortSignal | undefined;
}

export interface Asked {
  candidates: readonly Candidate[];
  /** Why there are none. */
  reason?: string;
  seconds: number;
}

/** For engines that cannot look for unique candidates, and for programs, where variety pays. */
export const usualTemperature = 0.8;

/** Questions that a server gets at the same time. */
const questionsAtOnce = 4;

/** An engine that remembers what it answered, for one sample. */
export class RecordingEngine implements Engine {
  readonly samplings: Engine['samplings'];
  readonly grammars: boolean;
  readonly answers: string[] = [];
  seconds = 0;
  private readonly engine: Engine;
  private readonly turns: LimitFunction;
  private readonly tokens: number;

  constructor(engine: Engine, turns: LimitFunction, tokens: number) {
    this.engine = engine;
    this.turns = turns;
    this.tokens = tokens;
    this.samplings = engine.samplings;
    this.grammars = engine.grammars;
  }

  describe(): Promise<EngineDescription> {
    return this.engine.describe();
  }

  countTokens(prompt: string): Promise<number | undefined> {
    return this.engine.countTokens(prompt);
  }

  generate(prompt: string, options: GenerateOptions = {}): Promise<Candidate[]> {
    return this.turns(async () => {
      const start = performance.now();
      try {
        const maximumTokens = Math.min(this.tokens, options.maximumTokens ?? Infinity);
        const candidates = await this.engine.generate(prompt, { ...options, maximumTokens });
        this.answers.push(...candidates.map(({ text }) => text));
        return candidates;
      } finally {
        this.seconds += (performance.now() - start) / 1000;
      }
    });
  }

  async close(): Promise<void> {}
}

/** Makes the engine of each sample. */
export function recorders(engine: Engine, tokens: number): () => RecordingEngine {
  const turns = pLimit(engine.scoreText === undefined ? questionsAtOnce : 1);
  return () => new RecordingEngine(engine, turns, tokens);
}

/** Greedily for one candidate, as published; otherwise the most probable unique ones where the engine finds them. */
function samplingOf({ samplings }: Engine, { candidates, seed }: AskSettings): Sampling {
  if (candidates === 1) return { kind: 'greedy' };
  if (samplings.has('priority')) return { kind: 'priority' };
  return { kind: 'temperature', temperature: usualTemperature, seed };
}

/** Throws what the engine throws, but for prompts that it refuses. */
export async function ask(
  engine: RecordingEngine,
  prompt: string,
  settings: AskSettings,
  options: Pick<GenerateOptions, 'sampling' | 'stop' | 'grammar'> = {},
): Promise<Asked> {
  const { candidates, signal } = settings;
  try {
    const found = await engine.generate(prompt, {
      sampling: samplingOf(engine, settings),
      candidates,
      ...(signal === undefined ? {} : { signal }),
      ...options,
    });
    return { candidates: found, seconds: engine.seconds };
  } catch (error) {
    if (!(error instanceof OzmaError) || error.code !== 'refused') throw error;
    return { candidates: [], reason: 'the prompt does not fit the context', seconds: engine.seconds };
  }
}
