// Where weights, gradients and the optimiser's moments live: four flat vectors, of which every parameter and
// every chunk of the optimiser is a view. Graphs read and write these very bytes, so a step copies nothing.
// Matrices come first, norm gains last, since those do not decay.

import type { Tensor } from 'onnxruntime-node';
import { parametersOf, elementCount } from '../../model/parameters.ts';
import type { ModelConfiguration } from '../../model/configuration.ts';
import type { Weights } from '../../model/weights.ts';
import { gradientNames } from '../network/step-graphs.ts';
import { tensor } from '../onnx/session.ts';
import { chunkNames, type Chunk } from './adamw.ts';

/** Floats of a chunk: its four vectors are 2 MB together, about what two cores' second caches hold. */
const chunkLength = 1 << 17;

interface Place {
  name: string;
  shape: readonly number[];
  start: number;
  length: number;
}

export class ParameterStore {
  readonly weights: Float32Array;
  readonly gradients: Float32Array;
  /** AdamW's running mean of the gradients. */
  readonly means: Float32Array;
  /** AdamW's running mean of their squares. */
  readonly squares: Float32Array;
  readonly chunks: readonly Chunk[];
  private readonly places: readonly Place[];

  constructor(configuration: ModelConfiguration) {
    const parameters = parametersOf(configuration);
    const decays = (shape: readonly number[]): boolean => shape.length > 1;
    const ordered = [
      ...parameters.filter(({ shape }) => decays(shape)),
      ...parameters.filter(({ shape }) => !decays(shape)),
    ];
    let start = 0;
    let decaying = 0;
    this.places = ordered.map(({ name, shape }) => {
      const place = { name, shape, start, length: elementCount(shape) };
      start += place.length;
      if (decays(shape)) decaying = start;
      return place;
    });
    this.chunks = [...cut(0, decaying, true), ...cut(decaying, start, false)];
    this.weights = new Float32Array(start);
    this.gradients = new Float32Array(start);
    this.means = new Float32Array(start);
    this.squares = new Float32Array(start);
  }

  /** Takes over the values; the caller's tensors are not referred to. */
  load(weights: Weights): void {
    for (const { name, start } of this.places) this.weights.set(weights.get(name)!.data, start);
  }

  /** Views of the weights by name. They change with every step. */
  view(): Weights {
    return new Map(
      this.places.map(({ name, shape, start, length }) => [
        name,
        { shape, data: this.weights.subarray(start, start + length) },
      ]),
    );
  }

  /** The weights as inputs of a graph of the network. */
  weightTensors(): Record<string, Tensor> {
    return this.tensors((name) => name, this.weights);
  }

  /** Inputs and outputs of the gradient step: gradients are added to where they stand. */
  gradientTensors(): { inputs: Record<string, Tensor>; outputs: Record<string, Tensor> } {
    return {
      inputs: this.tensors(gradientNames.before, this.gradients),
      outputs: this.tensors(gradientNames.after, this.gradients),
    };
  }

  /** Inputs and outputs of the optimiser step: weights and moments are changed where they stand. */
  optimiserTensors(): { inputs: Record<string, Tensor>; outputs: Record<string, Tensor> } {
    const inputs: Record<string, Tensor> = {};
    const outputs: Record<string, Tensor> = {};
    for (const [index, { start, length }] of this.chunks.entries()) {
      const names = chunkNames(index);
      for (const part of ['weights', 'gradients', 'means', 'squares'] as const) {
        const piece = tensor(this[part].subarray(start, start + length), [length]);
        inputs[names[part]] = piece;
        if (part !== 'gradients') outputs[`new.${names[part]}`] = piece;
      }
    }
    return { inputs, outputs };
  }

  private tensors(nameOf: (parameter: string) => string, data: Float32Array): Record<string, Tensor> {
    return Object.fromEntries(
      this.places.map(({ name, shape, start, length }) => [
        nameOf(name),
        tensor(data.subarray(start, start + length), shape),
      ]),
    );
  }
}

function cut(from: number, to: number, decays: boolean): Chunk[] {
  const chunks: Chunk[] = [];
  for (let start = from; start < to; start += chunkLength) {
    chunks.push({ start, length: Math.min(chunkLength, to - start), decays });
  }
  return chunks;
}
