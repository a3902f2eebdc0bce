// Causal grouped-query attention over packed sequences, in blocks of queries: a block looks at keys from where
// its first query's sequence begins, which is known when the graph runs, to its own end. So short sequences cost
// what they are, not what the row is. The probabilities of one block exist at a time; the backward pass computes
// them again. So memory grows with block × T, not with T × T.
// Shapes: R rows of T tokens, M = R·T, H query heads, K key-value heads of G = H / K queries each, D head size,
// B queries a block, N = keys that a block sees.

import type { Graph, Value } from '../onnx/graph.ts';
import { dataTypes } from '../onnx/schema.ts';
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
  /** float32 (M, 1): the position in the batch at which the token's own sequence begins; it never falls. */
  sequenceStart: Value;
  /** float32 (M): 0, 1, 2, … */
  positions: Value;
}

/** Added to scores of pairs that do not see each other: e to that is 0. */
const hidden = -1e9;

/** A block of queries. Its keys lie between `row` and `end`. */
interface Block {
  /** First token of the row. */
  row: number;
  start: number;
  end: number;
  /** int64 (1): the first key that it looks at. */
  firstKey: Value;
}

/** Masks of up to this many numbers are made once and shared by all layers. */
const sharedMaskElements = 1 << 24;

export class Attention {
  private readonly graph: Graph;
  private readonly shape: AttentionShape;
  private readonly mask: AttentionMask;
  private readonly masks = new Map<number, Value>();
  private readonly blocks: readonly Block[];

  constructor(graph: Graph, shape: AttentionShape, mask: AttentionMask) {
    this.graph = graph;
    this.shape = shape;
    this.mask = mask;
    this.blocks = this.cutIntoBlocks();
  }

  /**
   * softmax(Q Kᵀ / √D, own sequence, not ahead) V, head by head.
   * (R·T, H·D), (R·T, K·D), (R·T, K·D) → (R·T, H·D)
   */
  apply(tape: Tape, query: Value, key: Value, value: Value): Value {
    const { heads, keepProbabilities } = this.shape;
    const q = this.byHead(query, heads);
    const k = this.byHead(key);
    const v = this.byHead(value);
    const kept: Value[] = [];
    const parts = this.blocks.map((block, index) => {
      const probabilities = this.probabilities(this.queries(q, block), this.keys(k, block), block);
      if (keepProbabilities) kept[index] = probabilities;
      return this.splitHeads(this.product(probabilities, this.keys(v, block)), block);
    });
    const output = this.byToken(this.join(parts));
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

  /** Gradients of q, k and v, each (heads, M, D), from the last block to the first. */
  private backward(q: Value, k: Value, v: Value, output: Value, gradient: Value, kept: Value[]) {
    const { graph } = this;
    const { rows, length, heads, headSize } = this.shape;
    const dOutput = this.byHead(gradient, heads);
    // Σ P · dP over the keys is Σ dO · O over the head: shorter.
    const weighted = graph.node('Mul', [gradient, output], gradient.shape);
    const deep = this.reshape(weighted, [rows * length, heads, headSize]);
    const sums = graph.node('ReduceSum', [deep, graph.integers([2])], [rows * length, heads, 1]);
    const dots = this.transpose(sums);
    const queryParts: Value[] = [];
    const keyParts: Value[] = [];
    const valueParts: Value[] = [];
    let keyRest: Value | undefined;
    let valueRest: Value | undefined;
    let last: Value | undefined;
    for (const [index, block] of [...this.blocks.entries()].toReversed()) {
      // One block after the other: the next begins when this one's keys are summed.
      const free = (value: Value): Value => (last === undefined ? value : after(graph, value, last));
      const own = this.queries(free(q), block);
      const keys = this.keys(k, block);
      const p = kept[index] ?? this.probabilities(own, keys, block);
      const dBlock = this.queries(free(dOutput), block);
      const dot = this.queries(dots, block);
      valueRest = this.addKeys(valueRest, this.product(p, dBlock, { transA: 1 }), block);
      const dP = this.product(dBlock, this.keys(v, block), { transB: 1 });
      const centred = graph.node('Sub', [dP, dot], dP.shape);
      const dScores = graph.node('Mul', [p, centred], p.shape);
      const scale = { alpha: { float: 1 / Math.sqrt(headSize) } };
      keyRest = this.addKeys(keyRest, this.product(dScores, own, { transA: 1, ...scale }), block);
      const dQuery = this.product(dScores, keys, scale);
      queryParts.unshift(this.splitHeads(dQuery, block));
      // Keys of this block are seen by no earlier one: theirs are done.
      const [values, valuesLeft] = this.finish(valueRest, block, keyRest);
      const [ownKeys, keysLeft] = this.finish(after(graph, keyRest, values), block, dQuery);
      valueParts.unshift(values);
      keyParts.unshift(ownKeys);
      [valueRest, keyRest] = [valuesLeft, keysLeft];
      last = keysLeft ?? ownKeys;
    }
    return [this.join(queryParts), this.join(keyParts), this.join(valueParts)] as const;
  }

  /**
   * Adds what a block gives to the keys that it looks at. (K, N, D), to a sum over the row up to the block's end,
   * (K, end − row, D)
   */
  private addKeys(sum: Value | undefined, part: Value, block: Block): Value {
    const { graph } = this;
    const { row, end, firstKey } = block;
    const before = graph.node('Sub', [firstKey, graph.integers([row])], [1]);
    const edges = [graph.integers([0]), before, graph.integers([0, 0, 0, 0])];
    const pads = graph.node('Concat', edges, [6], { attributes: { axis: 0 } });
    const shape = [part.shape[0]!, end - row, part.shape[2]!];
    const padded = this.reshape(graph.node('Pad', [part, pads], shape), shape);
    return plus(graph, sum, padded);
  }

  /** Cuts a sum over keys into those of the block and those before, neither before `other` is there. */
  private finish(
    sum: Value,
    { row, start, end }: Block,
    other: Value,
  ): [own: Value, rest: Value | undefined] {
    if (start === row) return [sum, undefined];
    const [heads, , headSize] = sum.shape as [number, number, number];
    const sizes = [start - row, end - start];
    const [rest, own] = this.graph.nodeWithOutputs(
      'Split',
      [after(this.graph, sum, other), this.graph.integers(sizes)],
      sizes.map((size) => ({ type: sum.type, shape: [heads, size, headSize] })),
      { attributes: { axis: 1 } },
    );
    return [own!, rest!];
  }

  private cutIntoBlocks(): Block[] {
    const { graph } = this;
    const { rows, length, block } = this.shape;
    const blocks: Block[] = [];
    for (let row = 0; row < rows * length; row += length) {
      for (let start = row; start < row + length; start += block) {
        const first = this.slice(this.mask.sequenceStart, 0, start, start + 1);
        const number = graph.node('Cast', [first], [1, 1], {
          type: 'int64',
          attributes: { to: dataTypes.int64 },
        });
        const firstKey = this.reshape(number, [1]);
        blocks.push({ row, start, end: Math.min(row + length, start + block), firstKey });
      }
    }
    return blocks;
  }

  /** softmax(q kᵀ / √D + mask). (K, G·B, D), (K, N, D) → (K, G·B, N) */
  private probabilities(q: Value, k: Value, block: Block): Value {
    const { heads, headSize } = this.shape;
    const keys = k.shape[1]!;
    const scores = this.product(q, k, { transB: 1, alpha: { float: 1 / Math.sqrt(headSize) } });
    const separate = this.reshape(scores, [heads, block.end - block.start, keys], 2);
    const masked = this.graph.node('Add', [separate, this.maskOf(block)], separate.shape);
    const softmax = this.graph.node('Softmax', [masked], separate.shape, { attributes: { axis: -1 } });
    return this.reshape(softmax, scores.shape, 2);
  }

  /** 0 where a query of the block sees the key, a huge negative number elsewhere. (B, N) */
  private maskOf(block: Block): Value {
    const { row, start, end } = block;
    const known = this.masks.get(start);
    if (known !== undefined) return known;
    const { graph } = this;
    const { rows, length } = this.shape;
    const shape = [end - start, end - row];
    const bool = { type: 'bool' } as const;
    const keys = this.lookedAt(this.mask.positions, 0, block);
    const queries = this.reshape(this.slice(this.mask.positions, 0, start, end), [end - start, 1]);
    const starts = this.slice(this.mask.sequenceStart, 0, start, end);
    const own = graph.node('GreaterOrEqual', [keys, starts], shape, bool);
    const past = graph.node('GreaterOrEqual', [queries, keys], shape, bool);
    const seen = graph.node('And', [own, past], shape, bool);
    const mask = graph.node('Where', [seen, graph.scalar(0), graph.scalar(hidden)], shape, {
      type: 'float32',
    });
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

  /** (M, heads · D) → (heads, M, D) */
  private byHead(value: Value, heads = this.shape.keyValueHeads): Value {
    const { rows, length, headSize } = this.shape;
    return this.transpose(this.reshape(value, [rows * length, heads, headSize]));
  }

  private again(value: Value, gradient: Value, heads?: number): Value {
    return this.byHead(after(this.graph, value, gradient), heads);
  }

  /** (heads, M, D) → (M, heads · D) */
  private byToken(value: Value): Value {
    const [heads, tokens, headSize] = value.shape as [number, number, number];
    return this.reshape(this.transpose(value), [tokens, heads * headSize]);
  }

  /** Queries of a block, those of one key-value head together. (H, M, D) → (K, G·B, D) */
  private queries(value: Value, { start, end }: Block): Value {
    const { heads, keyValueHeads } = this.shape;
    const part = this.slice(value, 1, start, end);
    return this.reshape(part, [keyValueHeads, (heads / keyValueHeads) * (end - start), value.shape[2]!]);
  }

  /** Keys or values that a block looks at. (K, M, D) → (K, N, D) */
  private keys(value: Value, block: Block): Value {
    return this.lookedAt(value, 1, block);
  }

  /** (K, G·B, D) → (H, B, D) */
  private splitHeads(value: Value, { start, end }: Block): Value {
    return this.reshape(value, [this.shape.heads, end - start, this.shape.headSize]);
  }

  /** (heads, B, D) of all blocks → (heads, M, D) */
  private join(parts: readonly Value[]): Value {
    if (parts.length === 1) return parts[0]!;
    const [heads, , headSize] = parts[0]!.shape as [number, number, number];
    const shape = [heads, this.shape.rows * this.shape.length, headSize];
    return this.graph.node('Concat', parts, shape, { attributes: { axis: 1 } });
  }

  private slice(value: Value, axis: number, start: number, end: number): Value {
    if (start === 0 && end === value.shape[axis]) return value;
    const { graph } = this;
    const shape = value.shape.map((size, index) => (index === axis ? end - start : size));
    const bounds = [graph.integers([start]), graph.integers([end]), graph.integers([axis])];
    return graph.node('Slice', [value, ...bounds], shape);
  }

  /**
   * The part of an axis of tokens that a block looks at. Its size is known when the graph runs; the shape here says
   * the largest. It is good that ONNX Runtime does not know either: it plans memory by sizes, and would keep the
   * buffers of every size from the forward pass until the backward pass uses that size again, T × T in all.
   */
  private lookedAt(value: Value, axis: number, { row, end, firstKey }: Block): Value {
    const { graph } = this;
    const shape = value.shape.map((size, index) => (index === axis ? end - row : size));
    return graph.node('Slice', [value, firstKey, graph.integers([end]), graph.integers([axis])], shape);
  }

  /** Swaps the first two of three axes. */
  private transpose(value: Value): Value {
    const [a, b, c] = value.shape as [number, number, number];
    return this.graph.node('Transpose', [value], [b, a, c], { attributes: { perm: [1, 0, 2] } });
  }

  /** `unknown` is an axis whose size is known when the graph runs. */
  private reshape(value: Value, shape: readonly number[], unknown?: number): Value {
    const told = shape.map((size, axis) => (axis === unknown ? -1 : size));
    return this.graph.node('Reshape', [value, this.graph.integers(told)], shape);
  }
}
