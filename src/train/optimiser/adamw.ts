// AdamW with clipping by the global norm, as a graph over flat vectors: all parameters stand in one vector,
// all gradients in another, and so on (parameter-store.ts), cut into chunks that fit a processor's cache.
// Learning rate and step number are inputs, so one graph serves all steps.

import { Graph, type Value } from '../onnx/graph.ts';

export interface AdamWSettings {
  /** Decay of the mean of gradients, and of their squares. */
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Share of a matrix's weights, times the learning rate, that is taken off at each step. */
  weightDecay: number;
  /** Gradients are scaled down to this norm over all parameters. */
  clipNorm: number;
}

/** The paper's betas (0.9, 0.95); decay and clipping as in Llama's training. */
export const defaultAdamW: AdamWSettings = {
  ...{ beta1: 0.9, beta2: 0.95, epsilon: 1e-8 },
  ...{ weightDecay: 0.1, clipNorm: 1 },
};

/** A piece of the flat vectors. */
export interface Chunk {
  start: number;
  length: number;
  /** Norm gains do not decay. */
  decays: boolean;
}

/** The vectors of a chunk, by the name of the graph input; with `new` before it, of the output. */
export const chunkNames = (index: number) => ({
  weights: `weights.${index}`,
  gradients: `gradients.${index}`,
  means: `means.${index}`,
  squares: `squares.${index}`,
});

/**
 * g ← g · min(1, clip / |g|); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²;
 * w ← w − rate · (m / (1−β₁ᵗ) / (√(v / (1−β₂ᵗ)) + ε) + decay · w).
 *
 * Inputs: the vectors of every chunk, `rate` and `step` (t, from 1) as scalars. Outputs: `new.weights.I`,
 * `new.means.I`, `new.squares.I`, each of which may be written over its input, and `norm`, |g| before
 * clipping.
 */
export function adamWGraph(chunks: readonly Chunk[], settings: AdamWSettings): Graph {
  const graph = new Graph();
  const { beta1, beta2, epsilon, weightDecay, clipNorm } = settings;
  const binary = (operator: string, a: Value, b: Value): Value => graph.node(operator, [a, b], a.shape);
  const scalar = (number: number): Value => graph.scalar(number);
  const rate = graph.input('rate', 'float32', []);
  const step = graph.input('step', 'float32', []);
  const correction = (beta: number): Value => binary('Sub', scalar(1), binary('Pow', scalar(beta), step));
  const meanScale = binary('Div', rate, correction(beta1));
  const squareScale = binary('Div', scalar(1), graph.node('Sqrt', [correction(beta2)], []));
  const kept = binary('Sub', scalar(1), binary('Mul', rate, scalar(weightDecay)));

  const vectors = chunks.map(({ length }, index) => {
    const names = chunkNames(index);
    return {
      weights: graph.input(names.weights, 'float32', [length]),
      gradients: graph.input(names.gradients, 'float32', [length]),
      means: graph.input(names.means, 'float32', [length]),
      squares: graph.input(names.squares, 'float32', [length]),
    };
  });
  const sums = vectors.map(({ gradients }) =>
    graph.node('ReduceSumSquare', [gradients], [], { attributes: { keepdims: 0 } }),
  );
  const norm = graph.node('Sqrt', [graph.node('Sum', sums, [])], []);
  graph.output('norm', norm);
  const clip = binary('Min', scalar(1), binary('Div', scalar(clipNorm), norm));

  for (const [index, chunk] of vectors.entries()) {
    const names = chunkNames(index);
    const gradient = binary('Mul', chunk.gradients, clip);
    const square = binary('Mul', gradient, gradient);
    const means = binary(
      'Add',
      binary('Mul', chunk.means, scalar(beta1)),
      binary('Mul', gradient, scalar(1 - beta1)),
    );
    const squares = binary(
      'Add',
      binary('Mul', chunk.squares, scalar(beta2)),
      binary('Mul', square, scalar(1 - beta2)),
    );
    const root = binary('Mul', graph.node('Sqrt', [squares], squares.shape), squareScale);
    const change = binary('Div', binary('Mul', means, meanScale), binary('Add', root, scalar(epsilon)));
    const old = chunks[index]!.decays ? binary('Mul', chunk.weights, kept) : chunk.weights;
    graph.output(`new.${names.means}`, means);
    graph.output(`new.${names.squares}`, squares);
    graph.output(`new.${names.weights}`, binary('Sub', old, change));
  }
  return graph;
}
