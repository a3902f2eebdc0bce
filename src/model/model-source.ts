// Something that weights can be read from, one tensor at a time: a file, a folder, or memory. Conversions
// go from a source to a file, so that the largest thing in memory is one tensor.

import type { CodeForm } from '../common/code-form.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { ModelConfiguration } from './configuration.ts';
import { parametersOf } from './parameters.ts';
import type { Parameter } from './parameters.ts';
import { checkTensor } from './weights.ts';
import type { Tensor, Weights } from './weights.ts';

export interface Model {
  readonly configuration: ModelConfiguration;
  readonly weights: Weights;
  /** Undefined where the file or folder came without one. */
  readonly tokenizer: Tokenizer | undefined;
}

export interface ModelSource {
  readonly configuration: ModelConfiguration;
  /** How code stands in what it was trained on, where the weights say so. */
  readonly form?: CodeForm | undefined;
  readTokenizer(): Promise<Tokenizer | undefined>;
  /** A parameter by its name in parameters.ts, in that layout; undefined where there is none. */
  readTensor(name: string): Promise<Tensor | undefined>;
  close(): Promise<void>;
}

/** Weights in memory as a source. */
export function sourceOf({ configuration, weights, tokenizer }: Model): ModelSource {
  return {
    configuration,
    readTokenizer: async () => tokenizer,
    readTensor: async (name) => weights.get(name),
    close: async () => undefined,
  };
}

/** One tensor of a source; a usage error unless it is there with the parameter's shape. */
export async function readParameter(source: ModelSource, parameter: Parameter): Promise<Tensor> {
  return checkTensor(parameter, await source.readTensor(parameter.name));
}

/** The whole model in memory, 4 bytes a weight. */
export async function readModel(source: ModelSource): Promise<Model> {
  const weights: Weights = new Map();
  for (const parameter of parametersOf(source.configuration)) {
    weights.set(parameter.name, await readParameter(source, parameter));
  }
  return { configuration: source.configuration, weights, tokenizer: await source.readTokenizer() };
}
