// Asking an engine for an evaluation: greedily for one candidate, as published, and otherwise the most probable
// unique ones where the engine can find them. A prompt that does not fit is an answer of the evaluation's,
// not an error.

import { OzmaError } from '../common/errors.ts';
import type { Candidate, Engine, GenerateOptions, Sampling } from '../inference/engine.ts';

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

function samplingOf(engine: Engine, { candidates, seed }: AskSettings): Sampling {
  if (candidates === 1) return { kind: 'greedy' };
  if (engine.samplings.has('priority')) return { kind: 'priority' };
  return { kind: 'temperature', temperature: usualTemperature, seed };
}

/** Throws what the engine throws, but for prompts that it refuses. */
export async function ask(
  engine: Engine,
  prompt: string,
  settings: AskSettings,
  options: Pick<GenerateOptions, 'sampling' | 'stop' | 'grammar'> = {},
): Promise<Asked> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const { candidates, tokens, signal } = settings;
  try {
    const found = await engine.generate(prompt, {
      sampling: samplingOf(engine, settings),
      candidates,
      maximumTokens: tokens,
      ...(signal === undefined ? {} : { signal }),
      ...options,
    });
    return { candidates: found, seconds: seconds() };
  } catch (error) {
    if (!(error instanceof OzmaError) || error.code !== 'refused') throw error;
    return { candidates: [], reason: 'the prompt does not fit the context', seconds: seconds() };
  }
}
