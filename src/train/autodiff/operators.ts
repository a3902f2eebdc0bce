// The differentiable operators that a Llama network is made of, except attention and the loss, which are
// in files of their own. Each adds its forward nodes and records its backward nodes. Where ONNX Runtime has
// a fused kernel (`com.microsoft`) it is used. Shapes: M rows (tokens), C width, V vocabulary.

import type { Graph, Value } from '../onnx/graph.ts';
import { after, type Tape } from './tape.ts';

const fused = 'com.microsoft';

/** `before + value`, or the value alone. */
export function plus(graph: Graph, before: Value | undefined, value: Value): Value {
  return before === undefined ? value : graph.node('Add', [before, value], value.shape);
}

interface GemmOptions {
  transposeLeft?: boolean;
  transposeRight?: boolean;
  /** Added to the product. */
  addend?: Value | undefined;
}

/** left · right (+ addend) of two matrices, either of them transposed on the way. */
export function gemm(graph: Graph, left: Value, right: Value, options: GemmOptions = {}): Value {
  const { transposeLeft = false, transposeRight = false, addend } = options;
  const rows = left.shape[transposeLeft ? 1 : 0]!;
  const columns = right.shape[transposeRight ? 0 : 1]!;
  return graph.node('Gemm', addend === undefined ? [left, right] : [left, right, addend], [rows, columns], {
    attributes: { transA: Number(transposeLeft), transB: Number(transposeRight) },
  });
}

/** y = x Wᵀ. (M, inputs), (outputs, inputs) → (M, outputs) */
export function linear(tape: Tape, input: Value, weight: Value): Value {
  const { graph } = tape;
  const output = gemm(graph, input, weight, { transposeRight: true });
  return tape.record(output, [input, weight], (gradient, sums) => {
    sums.add(weight, (before) => gemm(graph, gradient, input, { transposeLeft: true, addend: before }));
    sums.add(input, (before) => gemm(graph, gradient, weight, { addend: before }));
  });
}

/** a + b, both of one shape. */
export function add(tape: Tape, a: Value, b: Value): Value {
  const { graph } = tape;
  return tape.record(graph.node('Add', [a, b], a.shape), [a, b], (gradient, sums) => {
    for (const input of [a, b]) sums.add(input, (before) => plus(graph, before, gradient));
  });
}

/** The rows of a table by number. ids (M), table (V, C) → (M, C) */
export function embedding(tape: Tape, ids: Value, table: Value): Value {
  const { graph } = tape;
  const rows = ids.shape[0]!;
  const output = graph.node('Gather', [table, ids], [rows, table.shape[1]!], { attributes: { axis: 0 } });
  return tape.record(output, [table], (gradient, sums) => {
    sums.add(table, (before) => {
      // ScatterND would be the operator for rows, but its threads lose additions to the same row.
      const zero = (): Value =>
        graph.node('Expand', [graph.scalar(0), graph.integers(table.shape)], table.shape);
      const column = graph.node('Reshape', [ids, graph.integers([rows, 1])], [rows, 1]);
      const indices = graph.node('Expand', [column, graph.integers(gradient.shape)], gradient.shape);
      return graph.node('ScatterElements', [before ?? zero(), indices, gradient], table.shape, {
        attributes: { axis: 0, reduction: 'add' },
      });
    });
  });
}

/** RMSNorm: y = gain · x / √(mean(x²) + ε), row by row. (M, C), (C) → (M, C) */
export function rmsNorm(tape: Tape, input: Value, gain: Value, epsilon: number): Value {
  const { graph } = tape;
  const [rows, width] = input.shape as [number, number];
  const outputs = [
    { type: input.type, shape: input.shape },
    { type: input.type, shape: [rows, 1] },
  ];
  const [output, inverse] = graph.nodeWithOutputs('SimplifiedLayerNormalization', [input, gain], outputs, {
    attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
  });
  return tape.record(output!, [input, gain], (gradient, sums) => {
    // With n = x / √(…): dx = (gain·dy − n · mean(gain·dy·n)) / √(…), dgain = Σ dy·n.
    const multiply = (a: Value, b: Value): Value => graph.node('Mul', [a, b], a.shape);
    const normalised = multiply(input, inverse!);
    const product = multiply(gradient, normalised);
    sums.add(gain, (before) => {
      const ones = graph.node('Expand', [graph.scalar(1), graph.integers([1, rows])], [1, rows]);
      const sum = gemm(graph, ones, product, { addend: before });
      return graph.node('Reshape', [sum, graph.integers([width])], [width]);
    });
    sums.add(input, (before) => {
      const column = graph.node('Reshape', [gain, graph.integers([width, 1])], [width, 1]);
      const mean = multiply(gemm(graph, product, column), graph.scalar(1 / width));
      const away = graph.node('Sub', [multiply(gradient, gain), multiply(normalised, mean)], input.shape);
      return plus(graph, before, multiply(away, inverse!));
    });
  });
}

/** silu(gate) · up with silu(z) = z / (1 + e⁻ᶻ). Both (M, F) → (M, F) */
export function swiGlu(tape: Tape, gate: Value, up: Value): Value {
  const { graph } = tape;
  const { shape } = gate;
  const multiply = (a: Value, b: Value): Value => graph.node('Mul', [a, b], shape);
  const silu = graph.node('QuickGelu', [gate], shape, { domain: fused, attributes: { alpha: { float: 1 } } });
  return tape.record(multiply(silu, up), [gate, up], (gradient, sums) => {
    // silu′ = s + silu · (1 − s) with s the sigmoid, computed again rather than kept.
    const again = after(graph, gate, gradient);
    const sigmoid = graph.node('Sigmoid', [again], shape);
    const siluAgain = multiply(again, sigmoid);
    sums.add(up, (before) => plus(graph, before, multiply(gradient, siluAgain)));
    sums.add(gate, (before) => {
      const rest = graph.node('Sub', [siluAgain, multiply(siluAgain, sigmoid)], shape);
      const slope = graph.node('Add', [sigmoid, rest], shape);
      return plus(graph, before, multiply(multiply(gradient, up), slope));
    });
  });
}

/** Cosines and sines of rotary positions, each (positions, D / 2), and which position each token has. */
export interface RotaryTable {
  cosines: Value;
  sines: Value;
  negatedSines: Value;
  /** int64 (rows, T). */
  positions: Value;
}

/**
 * Rotary positions: dimension i of a head and i + D/2 are turned together by the angle of the token's
 * position. (rows · T, heads · D) → the same. Its backward pass turns the other way.
 */
export function rotary(tape: Tape, input: Value, table: RotaryTable, heads: number): Value {
  const { graph } = tape;
  const turn = (value: Value, sines: Value): Value => {
    const [rows, length] = table.positions.shape as [number, number];
    const shape = [rows, length, value.shape[1]!];
    const deep = graph.node('Reshape', [value, graph.integers(shape)], shape);
    const turned = graph.node('RotaryEmbedding', [deep, table.positions, table.cosines, sines], shape, {
      domain: fused,
      attributes: { num_heads: heads },
    });
    return graph.node('Reshape', [turned, graph.integers(value.shape)], value.shape);
  };
  return tape.record(turn(input, table.sines), [input], (gradient, sums) => {
    sums.add(input, (before) => plus(graph, before, turn(gradient, table.negatedSines)));
  });
}
