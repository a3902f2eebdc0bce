// The weights of a model in memory: float32 tensors by parameter name, in Hugging Face's layout. What the
// training engine starts from and hands back, and what the file formats read and write.

import { OzmaError } from '../common/errors.ts';
import { createRandom } from '../common/random.ts';
import type { Random } from '../common/random.ts';
import type { ModelConfiguration } from './configuration.ts';
import { elementCount, parametersOf } from './parameters.ts';
import type { Parameter } from './parameters.ts';

export interface Tensor {
  readonly shape: readonly number[];
  /** Row by row, the last dimension innermost. */
  readonly data: Float32Array;
}

export type Weights = Map<string, Tensor>;

/** Fills with normally distributed values (Box–Muller). */
function fillNormal(data: Float32Array, standardDeviation: number, random: Random): void {
  for (let index = 0; index < data.length; index += 2) {
    // 1 - next() is in (0, 1]: its logarithm is finite.
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    data[index] = radius * Math.cos(angle);
    if (index + 1 < data.length) data[index + 1] = radius * Math.sin(angle);
  }
}

function initialise({ name, shape, initialisation }: Parameter, random: Random): Tensor {
  const data = new Float32Array(elementCount(shape));
  if (initialisation.kind === 'ones') data.fill(1);
  else fillNormal(data, initialisation.standardDeviation, random.fork(name));
  return { shape, data };
}

/** Fresh weights. Each tensor depends on the seed and its own name only. */
export function initialiseWeights(configuration: ModelConfiguration, seed: number): Weights {
  const random = createRandom(seed);
  return new Map(
    parametersOf(configuration).map((parameter) => [parameter.name, initialise(parameter, random)]),
  );
}

const shapeText = (shape: readonly number[]): string => `(${shape.join(', ')})`;

/** Throws a usage error unless there is a tensor and it has the parameter's shape; returns it. */
export function checkTensor(parameter: Parameter, tensor: Tensor | undefined): Tensor {
  const expected = shapeText(parameter.shape);
  const found = tensor === undefined ? 'none' : shapeText(tensor.shape);
  if (tensor === undefined || found !== expected) {
    throw new OzmaError('usage', `weights: expected ${parameter.name} of shape ${expected}, found ${found}`);
  }
  const count = elementCount(parameter.shape);
  if (tensor.data.length !== count) {
    throw new OzmaError(
      'usage',
      `weights: expected ${parameter.name} to hold ${count} values, found ${tensor.data.length}`,
    );
  }
  return tensor;
}

/** Throws a usage error unless every parameter is there with its shape; returns the weights. */
export function checkWeights(configuration: ModelConfiguration, weights: Weights): Weights {
  for (const parameter of parametersOf(configuration)) checkTensor(parameter, weights.get(parameter.name));
  return weights;
}
