// Causal grouped-query attention over packed sequences, in blocks of queries: block i looks at keys 0 to its
// own end and no further (half of the work is skipped), and the probabilities of one block exist at a time.
// The backward pass computes them again. So memory grows with block × T, not with T × T.
// Shapes: R rows of T tokens, H query heads, K key-value heads of G = H / K queries each, D head size,
// B queries a block, N = keys that a block sees.

import type { Graph, Value } from '../onnx/graph.ts';
import { plus } from './operators.ts';
import { after, type Tape } from './tape.ts';

export interface AttentionShape {
  rows: number;
  length: number;
  heads: number;
  keyValueHeads: number;
  headSize: number;
  /** Queries a block; T is a multiple of it, or smaller. */
  block: number;
  /** Keep the probabilities for the backward pass instead of computing them again. */
  keepProbabilities: boolean;
}

/** What a token may look at, beside not looking ahead. */
export interface AttentionMask {
  /** float32 (R, T, 1): the position in the row at which the token's own sequence begins. */
  sequenceStart: Value;
  /** float32 (T): 0, 1, 2, … */
  positions: Value;
  /** int64 (1): a 0 that is fed in; see `upTo`. */
  zero: Value;
}

/** Added to scores of pairs that do not see each other: e to that is 0. */
const hidden = -1e9;

/** Masks of up to this many numbers are made once and shared by all layers. */
const sharedMaskElements = 1 << 24;

export class Attention {
  private readonly graph: Graph;
  private readonly shape: AttentionShape;
  private readonly mask: AttentionMask;
  private readonly masks = new Map<number, Value>();

  constructor(graph: Graph, shape: AttentionShape, mask: AttentionMask) {
    this.graph = graph;
    this.shape = shape;
    this.mask = mask;
  }

  /**
   * softmax(Q Kᵀ / √D, own sequence, not ahead) V, head by head.
   * (R·T, H·D), (R·T, K·D), (R·T, K·D) → (R·T, H·D)
   */
  apply(tape: Tape, query: Value, key: Value, value: Value): Value {
    const { rows, length, heads, headSize, keepProbabilities } = this.shape;
    const q = this.byHead(query, heads);
    const k = this.byHead(key, this.shape.keyValueHeads);
    const v = this.byHead(value, this.shape.keyValueHeads);
    const kept: Value[] = [];
    const parts = this.blocks().map(([start, end], index, blocks) => {
      const probabilities = this.probabilities(this.queries(q, start, end), this.keys(k, end), start, end);
      if (keepProbabilities) kept[index] = probabilities;
      const result = this.product(probabilities, this.keys(v, end));
      return blocks.length === 1 ? result : this.splitHeads(result, end - start);
    });
    const joined = this.join(parts, 2);
    const output = this.byToken(this.reshape(joined, [rows, heads, length, headSize]));
    return tape.record(output, [query, key, value], (gradient, sums) => {
      const [first, second, third] = keepProbabilities
        ? [q, k, v]
        : [this.again(query, gradient, heads), this.again(key, gradient), this.again(value, gradient)];
      const [dq, dk, dv] = this.backward(first, second, third, output, gradient, kept);
      sums.add(query, (before) => plus(this.graph, before, this.byToken(dq)));
      sums.add(key, (before) => plus(this.graph, before, this.byToken(dk)));
      sums.add(value, (before) => plus(this.graph, before, this.byToken(dv)));
    });
  }

  /** Gradients of q, k and v, each (R, heads, T, D), from the last block to the first. */
  private backward(q: Value, k: Value, v: Value, output: Value, gradient: Value, kept: Value[]) {
    const { graph } = this;
    const { rows, length, heads, keyValueHeads, headSize } = this.shape;
    const dOutput = this.byHead(gradient, heads);
    // Σ P · dP over the keys is Σ dO · O over the head: shorter.
    const weighted = graph.node('Mul', [gradient, output], gradient.shape);
    const deep = this.reshape(weighted, [rows * length, heads, headSize]);
    const sums = graph.node('ReduceSum', [deep, graph.integers([2])], [rows * length, heads, 1]);
    const dots = this.transpose(this.reshape(sums, [rows, length, heads, 1]));
    const queryParts: Value[] = [];
    const keyParts: Value[] = [];
    const valueParts: Value[] = [];
    let keyRest: Value | undefined;
    let valueRest: Value | undefined;
    for (const [index, [start, end]] of [...this.blocks().entries()].toReversed()) {
      // One block after the other: the next begins when this one's keys are summed.
      const free = (value: Value): Value => (keyRest === undefined ? value : after(graph, value, keyRest));
      const block = this.queries(free(q), start, end);
      const keys = this.keys(k, end);
      const p = kept[index] ?? this.probabilities(block, keys, start, end);
      const dBlock = this.queries(free(dOutput), start, end);
      const dot = this.queries(dots, start, end);
      valueRest = plus(graph, valueRest, this.product(p, dBlock, { transA: 1 }));
      const dP = this.product(dBlock, this.keys(v, end), { transB: 1 });
      const centred = graph.node('Sub', [dP, dot], dP.shape);
      const dScores = graph.node('Mul', [p, centred], p.shape);
      const scale = { alpha: { float: 1 / Math.sqrt(headSize) } };
      keyRest = plus(graph, keyRest, this.product(dScores, block, { transA: 1, ...scale }));
      const dQuery = this.product(dScores, keys, scale);
      queryParts.unshift(this.splitHeads(dQuery, end - start));
      // Keys of this block are seen by no earlier one: theirs are done.
      valueRest = this.finish(valueRest, start, valueParts, keyRest);
      keyRest = this.finish(after(graph, keyRest, valueRest), start, keyParts, dQuery);
    }
    return [
      this.reshape(this.join(queryParts, 2), [rows, heads, length, headSize]),
      this.reshape(this.join(keyParts, 1), [rows, keyValueHeads, length, headSize]),
      this.reshape(this.join(valueParts, 1), [rows, keyValueHeads, length, headSize]),
    ] as const;
  }

  /** Puts what is behind `start` before `parts` and returns what is left, not before `other` is there. */
  private finish(sum: Value, start: number, parts: Value[], other: Value): Value {
    const [batch, end, headSize] = sum.shape as [number, number, number];
    if (start === 0) {
      parts.unshift(sum);
      return sum;
    }
    const [rest, done] = this.graph.nodeWithOutputs(
      'Split',
      [after(this.graph, sum, other), this.graph.integers([start, end - start])],
      [start, end - start].map((size) => ({ type: sum.type, shape: [batch, size, headSize] })),
      { attributes: { axis: 1 } },
    );
    parts.unshift(done!);
    return rest!;
  }

  /** [first query, past the last] of each block. */
  private blocks(): [number, number][] {
    const { length, block } = this.shape;
    const count = Math.ceil(length / block);
    return Array.from({ length: count }, (_, index) => [
      index * block,
      Math.min(length, (index + 1) * block),
    ]);
  }

  /** softmax(q kᵀ / √D + mask). (R·K, G·B, D), (R·K, N, D) → (R·K, G·B, N) */
  private probabilities(q: Value, k: Value, start: number, end: number): Value {
    const { rows, heads, headSize } = this.shape;
    const scores = this.product(q, k, { transB: 1, alpha: { float: 1 / Math.sqrt(headSize) } });
    const separate = this.reshape(scores, [rows, heads, end - start, end], 3);
    const masked = this.graph.node('Add', [separate, this.maskOf(start, end)], separate.shape);
    const softmax = this.graph.node('Softmax', [masked], separate.shape, { attributes: { axis: -1 } });
    return this.reshape(softmax, scores.shape, 2);
  }

  /** 0 where a query of the block sees the key, a huge negative number elsewhere. (R, 1, B, N) */
  private maskOf(start: number, end: number): Value {
    const known = this.masks.get(start);
    if (known !== undefined) return known;
    const { graph } = this;
    const { rows, length } = this.shape;
    const shape = [rows, end - start, end];
    const bool = { type: 'bool' } as const;
    const keys = this.upTo(this.mask.positions, 0, end);
    const queries = this.reshape(this.slice(this.mask.positions, 0, start, end), [end - start, 1]);
    const starts = this.slice(this.mask.sequenceStart, 1, start, end);
    const own = graph.node('GreaterOrEqual', [keys, starts], shape, bool);
    const past = graph.node('GreaterOrEqual', [queries, keys], [end - start, end], bool);
    const seen = graph.node('And', [own, past], shape, bool);
    const bias = graph.node('Where', [seen, graph.scalar(0), graph.scalar(hidden)], shape, {
      type: 'float32',
    });
    const mask = this.reshape(bias, [rows, 1, end - start, end], 3);
    if ((rows * length * length) / 2 <= sharedMaskElements) this.masks.set(start, mask);
    return mask;
  }

  /** Batched matrix product, either side transposed on the way. */
  private product(a: Value, b: Value, attributes: Record<string, number | { float: number }> = {}): Value {
    const shape = [
      a.shape[0]!,
      a.shape[attributes['transA'] === 1 ? 2 : 1]!,
      b.shape[attributes['transB'] === 1 ? 1 : 2]!,
    ];
    return this.graph.node('FusedMatMul', [a, b], shape, { attributes, domain: 'com.microsoft' });
  }

  /** (R·T, heads · D) → (R, heads, T, D) */
  private byHead(value: Value, heads: number): Value {
    const { rows, length, headSize } = this.shape;
    return this.transpose(this.reshape(value, [rows, length, heads, headSize]));
  }

  private again(value: Value, gradient: Value, heads = this.shape.keyValueHeads): Value {
    return this.byHead(after(this.graph, value, gradient), heads);
  }

  /** (R, heads, T, D) → (R·T, heads · D) */
  private byToken(value: Value): Value {
    const { rows, length, headSize } = this.shape;
    return this.reshape(this.transpose(value), [rows * length, value.shape[1]! * headSize]);
  }

  /** Queries of a block, those of one key-value head together. (R, H, T, D) → (R·K, G·B, D) */
  private queries(value: Value, start: number, end: number): Value {
    const { rows, heads, keyValueHeads } = this.shape;
    const part = this.slice(value, 2, start, end);
    const shape = [rows * keyValueHeads, (heads / keyValueHeads) * (end - start), value.shape[3]!];
    return this.reshape(part, shape);
  }

  /** Keys or values up to `end`. (R, K, T, D) → (R·K, N, D) */
  private keys(value: Value, end: number): Value {
    const { rows, length, keyValueHeads, headSize } = this.shape;
    return this.upTo(this.reshape(value, [rows * keyValueHeads, length, headSize]), 1, end);
  }

  /** (R·K, G·B, D) → (R·K, G, B, D) */
  private splitHeads(value: Value, block: number): Value {
    const { heads, keyValueHeads, headSize } = this.shape;
    return this.reshape(value, [value.shape[0]!, heads / keyValueHeads, block, headSize]);
  }

  private join(parts: readonly Value[], axis: number): Value {
    if (parts.length === 1) return parts[0]!;
    const total = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
    const shape = parts[0]!.shape.map((size, index) => (index === axis ? total : size));
    return this.graph.node('Concat', parts, shape, { attributes: { axis } });
  }

  private slice(value: Value, axis: number, start: number, end: number): Value {
    if (start === 0 && end === value.shape[axis]) return value;
    const { graph } = this;
    const shape = value.shape.map((size, index) => (index === axis ? end - start : size));
    const bounds = [graph.integers([start]), graph.integers([end]), graph.integers([axis])];
    return graph.node('Slice', [value, ...bounds], shape);
  }

  /**
   * The part before `end`. Where memory counts, ONNX Runtime must not know the size of it: it plans memory
   * by sizes, and every block has another one. It would keep the buffers of every size from the forward pass
   * until the backward pass uses that size again, which is T × T in all. So the end is the sum of the number
   * and of a zero that is known only when the graph runs.
   */
  private upTo(value: Value, axis: number, end: number): Value {
    if (end === value.shape[axis]) return value;
    const { graph } = this;
    const known = graph.integers([end]);
    const last = this.hidesSizes ? graph.node('Add', [known, this.mask.zero], [1]) : known;
    const shape = value.shape.map((size, index) => (index === axis ? end : size));
    return graph.node('Slice', [value, graph.integers([0]), last, graph.integers([axis])], shape);
  }

  private get hidesSizes(): boolean {
    return !this.shape.keepProbabilities;
  }

  /** Swaps the second and third of four axes. */
  private transpose(value: Value): Value {
    const [a, b, c, d] = value.shape as [number, number, number, number];
    return this.graph.node('Transpose', [value], [a, c, b, d], { attributes: { perm: [0, 2, 1, 3] } });
  }

  /** `ofKeys` is the axis of the keys that a block sees, whose size may have to stay unknown. */
  private reshape(value: Value, shape: readonly number[], ofKeys?: number): Value {
    const told = shape.map((size, axis) => (axis === ofKeys && this.hidesSizes ? -1 : size));
    return this.graph.node('Reshape', [value, this.graph.integers(told)], shape);
  }
}
