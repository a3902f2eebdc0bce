// The forward pass written down as plainly as it can be: one sequence, loops over arrays, double precision.
// It is the yardstick that the training graph and llama.cpp are compared with, not a way to run a model.
// Shapes: T tokens, C width, H query heads, K key-value heads, D head size, F feed-forward width, V vocabulary.

import { OzmaError } from '../common/errors.ts';
import type { ModelConfiguration } from './configuration.ts';
import { embeddingName, finalNormName, layerNames, outputName } from './parameters.ts';
import type { Tensor, Weights } from './weights.ts';

/** One vector a token. */
type Rows = Float64Array[];

/** RMSNorm: y = gain · x / √(mean(x²) + ε), token by token. (T, C) → (T, C) */
function normalise(rows: Rows, gain: Tensor, epsilon: number): Rows {
  return rows.map((row) => {
    const meanSquare = row.reduce((sum, value) => sum + value * value, 0) / row.length;
    const scale = 1 / Math.sqrt(meanSquare + epsilon);
    return row.map((value, index) => value * scale * gain.data[index]!);
  });
}

/** y = x Wᵀ. (T, inputs) with W (outputs, inputs) → (T, outputs) */
function multiply(rows: Rows, { shape, data }: Tensor): Rows {
  const [outputs, inputs] = shape as [number, number];
  return rows.map((row) =>
    new Float64Array(outputs).map((_, output) => {
      let sum = 0;
      for (let input = 0; input < inputs; input++) sum += row[input]! * data[output * inputs + input]!;
      return sum;
    }),
  );
}

/**
 * Rotary positions, in place, in Hugging Face's layout: dimension i of a head is paired with i + D/2, and
 * the pair is turned by t · base^(-2i/D). (T, heads · D)
 */
function rotate(rows: Rows, headSize: number, base: number): void {
  const half = headSize / 2;
  for (const [position, row] of rows.entries()) {
    for (let head = 0; head < row.length; head += headSize) {
      for (let i = 0; i < half; i++) {
        const angle = position * base ** ((-2 * i) / headSize);
        const first = row[head + i]!;
        const second = row[head + half + i]!;
        row[head + i] = first * Math.cos(angle) - second * Math.sin(angle);
        row[head + half + i] = second * Math.cos(angle) + first * Math.sin(angle);
      }
    }
  }
}

function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, length: number): number {
  let sum = 0;
  for (let index = 0; index < length; index++) sum += a[aStart + index]! * b[bStart + index]!;
  return sum;
}

/**
 * Causal grouped-query attention: for head h with key-value head ⌊h · K / H⌋,
 * out_t = Σ_{s ≤ t} softmax_s(q_t · k_s / √D) v_s. (T, H·D), (T, K·D), (T, K·D) → (T, H·D)
 */
function attend(query: Rows, key: Rows, value: Rows, configuration: ModelConfiguration): Rows {
  const { heads, keyValueHeads, headSize } = configuration;
  return query.map((row, position) => {
    const result = new Float64Array(heads * headSize);
    for (let head = 0; head < heads; head++) {
      const start = head * headSize;
      const sharedStart = Math.floor((head * keyValueHeads) / heads) * headSize;
      const scores = key
        .slice(0, position + 1)
        .map((other) => dot(row, start, other, sharedStart, headSize) / Math.sqrt(headSize));
      const highest = Math.max(...scores);
      const exponentials = scores.map((score) => Math.exp(score - highest));
      const total = exponentials.reduce((sum, exponential) => sum + exponential, 0);
      for (const [source, exponential] of exponentials.entries()) {
        for (let i = 0; i < headSize; i++) {
          result[start + i]! += (exponential / total) * value[source]![sharedStart + i]!;
        }
      }
    }
    return result;
  });
}

/** SwiGLU: silu(x W_gateᵀ) · (x W_upᵀ), then W_downᵀ; silu(z) = z / (1 + e⁻ᶻ). (T, C) → (T, C) */
function feedForward(rows: Rows, gate: Tensor, up: Tensor, down: Tensor): Rows {
  const upward = multiply(rows, up);
  const inner = multiply(rows, gate).map((row, position) =>
    row.map((value, index) => (value / (1 + Math.exp(-value))) * upward[position]![index]!),
  );
  return multiply(inner, down);
}

function add(rows: Rows, others: Rows): Rows {
  return rows.map((row, position) => row.map((value, index) => value + others[position]![index]!));
}

/**
 * Logits of the next token after each token of one sequence: (T) → (T, V), one row a token. Every layer is
 * x ← x + Attention(RMSNorm(x)), x ← x + SwiGLU(RMSNorm(x)); the head follows a last RMSNorm.
 */
export function referenceForward(
  configuration: ModelConfiguration,
  weights: Weights,
  tokens: readonly number[],
): Float64Array[] {
  const { vocabularySize, layers, width, headSize, ropeBase, normEpsilon } = configuration;
  const tensor = (name: string): Tensor => weights.get(name)!;
  const embedding = tensor(embeddingName).data;
  for (const token of tokens) {
    if (!(Number.isInteger(token) && token >= 0 && token < vocabularySize)) {
      throw new OzmaError('usage', `expected token ids from 0 to ${vocabularySize - 1}, found ${token}`);
    }
  }
  let rows: Rows = tokens.map((token) =>
    Float64Array.from(embedding.subarray(token * width, (token + 1) * width)),
  );
  for (let layer = 0; layer < layers; layer++) {
    const names = layerNames(layer);
    const attentionInput = normalise(rows, tensor(names.attentionNorm), normEpsilon);
    const query = multiply(attentionInput, tensor(names.query));
    const key = multiply(attentionInput, tensor(names.key));
    const value = multiply(attentionInput, tensor(names.value));
    rotate(query, headSize, ropeBase);
    rotate(key, headSize, ropeBase);
    const attended = attend(query, key, value, configuration);
    rows = add(rows, multiply(attended, tensor(names.attentionOutput)));
    const inner = normalise(rows, tensor(names.feedForwardNorm), normEpsilon);
    rows = add(rows, feedForward(inner, tensor(names.gate), tensor(names.up), tensor(names.down)));
  }
  return multiply(normalise(rows, tensor(finalNormName), normEpsilon), tensor(outputName(configuration)));
}
