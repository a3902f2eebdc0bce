// An engine that answers by a function of the prompt: known answers for the evaluations.

import type {
  Candidate,
  Engine,
  EngineDescription,
  GenerateOptions,
  SamplingKind,
} from '#ozma/inference/engine.js';

export type Answer = (prompt: string, options: GenerateOptions) => string | readonly string[];

export class ToyEngine implements Engine {
  readonly samplings: ReadonlySet<SamplingKind> = new Set(['greedy', 'priority']);
  readonly grammars = false;
  /** How often it was asked. */
  asked = 0;
  private readonly answer: Answer;
  private readonly form: EngineDescription['form'];

  constructor(answer: Answer, form: EngineDescription['form'] = 'normal') {
    this.answer = answer;
    this.form = form;
  }

  async describe(): Promise<EngineDescription> {
    const { form } = this;
    return {
      model: 'toy',
      source: 'toy',
      hash: undefined,
      contextLength: undefined,
      vocabularySize: undefined,
      form,
    };
  }

  async countTokens(): Promise<undefined> {
    return undefined;
  }

  async generate(prompt: string, options: GenerateOptions = {}): Promise<Candidate[]> {
    this.asked++;
    const answers = [this.answer(prompt, options)].flat();
    return answers.map((text) => ({ text, tokens: [], logProbability: undefined, finish: 'end' }));
  }

  async close(): Promise<void> {}
}
