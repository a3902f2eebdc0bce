// The two graphs that training runs, and the one that validation does. The gradient step takes one batch
// and adds to gradients; the optimiser step (../optimiser/adamw.ts) is apart from it because several batches
// may add up to one step.

import { parametersOf } from '../../model/parameters.ts';
import type { ModelConfiguration } from '../../model/configuration.ts';
import { linearCrossEntropy } from '../autodiff/cross-entropy.ts';
import { gemm } from '../autodiff/operators.ts';
import { Tape } from '../autodiff/tape.ts';
import { Graph, type Value } from '../onnx/graph.ts';
import { headOf, hiddenStates, positionInputs, type BatchShape } from './llama.ts';

/** The name under which a parameter's gradient is fed in and the new sum comes out. */
export const gradientNames = {
  before: (parameter: string) => `gradientBefore.${parameter}`,
  after: (parameter: string) => `gradient.${parameter}`,
};

interface Network {
  graph: Graph;
  tape: Tape;
  parameters: Map<string, Value>;
  hidden: Value;
}

function network(configuration: ModelConfiguration, shape: BatchShape, differentiate: boolean): Network {
  const graph = new Graph();
  const tape = new Tape(graph);
  const parameters = new Map<string, Value>();
  for (const { name, shape: size } of parametersOf(configuration)) {
    const value = graph.input(name, 'float32', size);
    if (differentiate) tape.watch(value);
    parameters.set(name, value);
  }
  const tokens = graph.input('tokens', 'int64', [shape.rows * shape.length]);
  const positions = positionInputs(graph, configuration, shape);
  const hidden = hiddenStates(tape, configuration, parameters, tokens, positions, shape);
  return { graph, tape, parameters, hidden };
}

function lossOf(configuration: ModelConfiguration, { graph, tape, parameters, hidden }: Network): Value {
  const targets = graph.input('targets', 'int64', [hidden.shape[0]!, 1]);
  const lossWeights = graph.input('lossWeights', 'float32', [hidden.shape[0]!, 1]);
  return linearCrossEntropy(tape, {
    ...{ hidden, targets, lossWeights },
    weight: headOf(configuration, parameters),
  });
}

/**
 * Inputs: every parameter by name, its gradient so far (`gradientBefore.NAME`), and the batch: `tokens`
 * (M), `targets` (M, 1), `lossWeights` (M, 1), positions as in `PositionInputs`.
 * Outputs: `loss`, the weighted sum, and `gradient.NAME`.
 */
export function gradientStepGraph(configuration: ModelConfiguration, shape: BatchShape): Graph {
  const built = network(configuration, shape, true);
  const { graph, tape, parameters } = built;
  const loss = lossOf(configuration, built);
  const before = new Map(
    [...parameters].map(([name, { shape: size }]) => [
      name,
      graph.input(gradientNames.before(name), 'float32', size),
    ]),
  );
  const gradients = tape.gradients(loss, graph.scalar(1), before);
  graph.output('loss', loss);
  for (const [name, gradient] of gradients) graph.output(gradientNames.after(name), gradient);
  return graph;
}

/** The same without gradients: `loss` alone. */
export function lossGraph(configuration: ModelConfiguration, shape: BatchShape): Graph {
  const built = network(configuration, shape, false);
  built.graph.output('loss', lossOf(configuration, built));
  return built.graph;
}

/** `logits` (M, V) of a batch; for comparisons, since training never holds them all. */
export function logitsGraph(configuration: ModelConfiguration, shape: BatchShape): Graph {
  const built = network(configuration, shape, false);
  const head = headOf(configuration, built.parameters);
  built.graph.output('logits', gemm(built.graph, built.hidden, head, { transposeRight: true }));
  return built.graph;
}
