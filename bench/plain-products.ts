// ONNX Runtime's plain MatMul at the shapes of a network, as a yardstick for training: each product of the forward
// pass alone in a session, its time taken as often as a training step multiplies it. The backward pass is two
// products of the same size for each one.

import { createRandom } from '#ozma/common/random.js';
import type { ModelConfiguration } from '#ozma/model/configuration.js';
import { Graph } from '#ozma/train/onnx/graph.js';
import { loadSession, tensor } from '#ozma/train/onnx/session.js';
import { medianOf, timed, type Taken } from './turns.ts';

/** left · right, `times` in a forward pass; a part of one counts where the causal mask hides the rest. */
interface Product {
  left: readonly number[];
  right: readonly number[];
  result: readonly number[];
  times: number;
}

/** Rows of the head's product, as the training graph cuts it: 8 MB of logits. */
const headRows = (vocabulary: number): number => Math.floor((1 << 21) / vocabulary);

function productsOf(configuration: ModelConfiguration, rows: number): Product[] {
  const { layers, width, heads, keyValueHeads, headSize, feedForwardWidth } = configuration;
  const { vocabularySize, contextLength } = configuration;
  const tokens = rows * contextLength;
  const linear = (count: number, inputs: number, outputs: number, times: number): Product => ({
    left: [count, inputs],
    right: [inputs, outputs],
    result: [count, outputs],
    times,
  });
  const square = [heads, contextLength, contextLength];
  const long = [heads, contextLength, headSize];
  const seen = (layers * rows * (contextLength + 1)) / 2 / contextLength;
  return [
    linear(tokens, width, heads * headSize, layers),
    linear(tokens, width, keyValueHeads * headSize, 2 * layers),
    linear(tokens, heads * headSize, width, layers),
    linear(tokens, width, feedForwardWidth, 2 * layers),
    linear(tokens, feedForwardWidth, width, layers),
    linear(headRows(vocabularySize), width, vocabularySize, tokens / headRows(vocabularySize)),
    { left: long, right: [heads, headSize, contextLength], result: square, times: seen },
    { left: square, right: long, result: long, times: seen },
  ];
}

async function load({ left, right, result }: Product, threads: number) {
  const graph = new Graph();
  const random = createRandom(1);
  const numbers = (shape: readonly number[]) =>
    tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.next() - 0.5),
      shape,
    );
  const inputs = { left: numbers(left), right: numbers(right) };
  const operands = [graph.input('left', 'float32', left), graph.input('right', 'float32', right)];
  graph.output('result', graph.node('MatMul', operands, result));
  const session = await loadSession(graph, { threads });
  const outputs = { result: numbers(result) };
  return { run: () => session.run(inputs, outputs), close: () => session.close() };
}

export interface Products {
  /** What the multiplications of one training step of `rows` rows take. */
  run: () => Promise<Taken>;
  /** GFLOP a processor second of each product, slowest first. */
  rates: () => number[];
  close: () => Promise<void>;
}

export async function loadProducts(
  configuration: ModelConfiguration,
  rows: number,
  threads: number,
): Promise<Products> {
  const products = productsOf(configuration, rows);
  const loaded = await Promise.all(products.map((product) => load(product, threads)));
  const taken = products.map((): Taken[] => []);
  return {
    rates: () =>
      products
        .map(({ left, result }, index) => {
          const operations = 2 * left.at(-1)! * result.reduce((a, b) => a * b);
          return operations / medianOf(taken[index]!).processor / 1e9;
        })
        .sort((a, b) => a - b),
    run: async () => {
      const total = { clock: 0, processor: 0 };
      for (const [index, { times }] of products.entries()) {
        const one = await timed(loaded[index]!.run);
        taken[index]!.push(one);
        total.clock += 3 * times * one.clock;
        total.processor += 3 * times * one.processor;
      }
      return total;
    },
    close: async () => {
      for (const { close } of loaded) await close();
    },
  };
}
