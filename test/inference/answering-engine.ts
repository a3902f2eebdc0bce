// An engine that answers what a test says: prompts in, texts out, no model. It keeps what it was asked.

import { OzmaError } from '#ozma/common/errors.js';
import type {
  Candidate,
  Engine,
  EngineDescription,
  GenerateOptions,
  SamplingKind,
} from '#ozma/inference/engine.js';

export interface AnsweringEngine extends Engine {
  prompts: string[];
  closed: boolean;
}

export interface AnsweringOptions {
  form?: EngineDescription['form'];
  /** Characters of prompt and answer together; a longer prompt is refused, a longer answer is cut. */
  contextLength?: number;
}

/** `answers`: the candidates for a prompt, the best first. */
export function answeringEngine(
  answers: (prompt: string) => readonly string[],
  { form = 'normal', contextLength = 100_000 }: AnsweringOptions = {},
): AnsweringEngine {
  const candidate = (text: string, { maximumTokens = Infinity }: GenerateOptions): Candidate => {
    const whole = text.length <= maximumTokens;
    return {
      text: whole ? text : text.slice(0, maximumTokens),
      tokens: [],
      logProbability: undefined,
      finish: whole ? 'end' : 'length',
    };
  };
  const engine: AnsweringEngine = {
    samplings: new Set<SamplingKind>(['greedy', 'priority']),
    grammars: false,
    prompts: [],
    closed: false,
    describe: () =>
      Promise.resolve({
        model: 'answers',
        source: 'a test',
        hash: undefined,
        contextLength,
        vocabularySize: undefined,
        form,
      }),
    countTokens: (prompt) => Promise.resolve(prompt.length),
    generate: (prompt, options = {}) => {
      if (prompt.length >= contextLength) {
        const message = `expected a prompt of at most ${contextLength - 1} tokens, found ${prompt.length}`;
        return Promise.reject(new OzmaError('refused', message));
      }
      engine.prompts.push(prompt);
      const wanted = answers(prompt).slice(0, options.candidates ?? 1);
      const limit = Math.min(options.maximumTokens ?? Infinity, contextLength - prompt.length);
      return Promise.resolve(wanted.map((text) => candidate(text, { ...options, maximumTokens: limit })));
    },
    close: () => {
      engine.closed = true;
      return Promise.resolve();
    },
  };
  return engine;
}
