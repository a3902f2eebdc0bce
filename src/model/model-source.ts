// Something that weights can be read from, one tensor at a time: a file, a folder, or memory. Conversions
// go from a source to a file, so that the largest thing in memory is one tensor.

import type { ModelConfiguration } from './configuration.ts';
import { parametersOf } from './parameters.ts';
import type { Parameter } from './parameters.ts';
import { checkTensor } from './weights.ts';
import type { Tensor, Weights } from './weights.ts';
import type { GgufTokenizer } from '../tokenizer/gguf.ts';

export interface ModelSource {
  readonly configuration: ModelConfiguration;
  /** The vocabulary, where the source holds one (GGUF does). */
  readonly tokenizer?: GgufTokenizer | undefined;
  /** A parameter by its name in parameters.ts, in that layout. */
  readTensor(name: string): Promise<Tensor | undefined>;
  close(): Promise<void>;
}

export interface Model {
  readonly configuration: ModelConfiguration;
  readonly weights: Weights;
  readonly tokenizer?: GgufTokenizer | undefined;
}

/** Weights in memory as a source. */
export function sourceOf({ configuration, weights, tokenizer }: Model): ModelSource {
  return {
    configuration,
    tokenizer,
    readTensor: async (name) => weights.get(name),
    close: async () => undefined,
  };
}

/** One tensor of a source; a usage error unless it is there with the parameter's shape. */
export async function readParameter(source: ModelSource, parameter: Parameter): Promise<Tensor> {
  const tensor = await source.readTensor(parameter.name);
  return checkTensor(parameter, tensor);
}

/** Every tensor of a source. */
export async function readWeights(source: ModelSource): Promise<Weights> {
  const weights: Weights = new Map();
  for (const parameter of parametersOf(source.configuration)) {
    weights.set(parameter.name, await readParameter(source, parameter));
  }
  return weights;
}
