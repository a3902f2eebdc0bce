// The operators and the network once more, in jax-js: an implementation of differentiation that is not ours.
// jax-js arrays are used up by what takes them, hence `.ref` at every use; the test process ends soon enough.

import * as jax from '@jax-js/jax';
import type { ModelConfiguration } from '#ozma/model/configuration.js';
import { embeddingName, finalNormName, layerNames, outputName } from '#ozma/model/parameters.js';

const { numpy: np, nn } = jax;
export type JaxArray = jax.Array;

export function jaxArray(data: Float32Array, shape: readonly number[]): JaxArray {
  return np.array(Float32Array.from(data), { shape: [...shape] });
}

/** The numbers of an array; jax-js's own type for them needs a newer TypeScript library than ours. */
export async function jaxData(array: JaxArray): Promise<Float32Array> {
  return (await (array.data() as Promise<unknown>)) as Float32Array;
}

/** One row a token with a 1 at its id. */
export function jaxOneHot(ids: ArrayLike<number>, size: number): JaxArray {
  const data = new Float32Array(ids.length * size);
  for (let row = 0; row < ids.length; row++) data[row * size + ids[row]!] = 1;
  return jaxArray(data, [ids.length, size]);
}

/** 0 where a token sees another, −1e9 elsewhere. (R, 1, T, T) */
export function jaxMask(sequenceStarts: ArrayLike<number>, rows: number, length: number): JaxArray {
  const mask = new Float32Array(rows * length * length);
  for (let token = 0; token < rows * length; token++) {
    for (let key = 0; key < length; key++) {
      const seen = key <= token % length && key >= sequenceStarts[token]!;
      mask[token * length + key] = seen ? 0 : -1e9;
    }
  }
  return jaxArray(mask, [rows, 1, length, length]);
}

/** Cosines and sines of each token's position in its sequence, each (M, 1, D / 2). */
export function jaxAngles(positions: readonly number[], headSize: number, base: number) {
  const angles = positions.flatMap((position) =>
    Array.from({ length: headSize / 2 }, (_, pair) => position * base ** ((-2 * pair) / headSize)),
  );
  const shape = [positions.length, 1, headSize / 2];
  return {
    cosines: jaxArray(Float32Array.from(angles, Math.cos), shape),
    sines: jaxArray(Float32Array.from(angles, Math.sin), shape),
  };
}

export const jaxOperators = {
  linear: (x: JaxArray, weight: JaxArray): JaxArray => np.matmul(x.ref, np.matrixTranspose(weight.ref)),

  rmsNorm: (x: JaxArray, gain: JaxArray, epsilon: number): JaxArray => {
    const meanSquare = np.mean(np.square(x.ref), -1, { keepdims: true });
    return np.multiply(np.divide(x.ref, np.sqrt(np.add(meanSquare, epsilon))), gain.ref);
  },

  swiGlu: (gate: JaxArray, up: JaxArray): JaxArray => np.multiply(nn.silu(gate.ref), up.ref),

  rotary: (x: JaxArray, heads: number, { cosines, sines }: ReturnType<typeof jaxAngles>): JaxArray => {
    const [tokens, width] = x.shape as [number, number];
    const [first, second] = np.split(x.ref.reshape([tokens, heads, width / heads]), 2, 2) as [
      JaxArray,
      JaxArray,
    ];
    const turnedFirst = np.subtract(np.multiply(first.ref, cosines.ref), np.multiply(second.ref, sines.ref));
    const turnedSecond = np.add(np.multiply(second.ref, cosines.ref), np.multiply(first.ref, sines.ref));
    return np.concatenate([turnedFirst, turnedSecond], 2).reshape([tokens, width]);
  },

  attention: (
    [query, key, value]: readonly [JaxArray, JaxArray, JaxArray],
    mask: JaxArray,
    heads: number,
    keyValueHeads: number,
  ): JaxArray => {
    const [rows, , length] = mask.shape as [number, number, number];
    const headSize = query.shape[1]! / heads;
    const byHead = (x: JaxArray, count: number): JaxArray =>
      np.transpose(x.ref.reshape([rows, length, count, headSize]), [0, 2, 1, 3]);
    const shared = (x: JaxArray): JaxArray =>
      np
        .broadcastTo(byHead(x, keyValueHeads).reshape([rows, keyValueHeads, 1, length, headSize]), [
          ...[rows, keyValueHeads, heads / keyValueHeads, length, headSize],
        ])
        .reshape([rows, heads, length, headSize]);
    const scores = np.matmul(byHead(query, heads), np.matrixTranspose(shared(key)));
    const masked = np.add(np.multiply(scores, 1 / Math.sqrt(headSize)), mask.ref);
    const result = np.matmul(nn.softmax(masked, -1), shared(value));
    return np.transpose(result, [0, 2, 1, 3]).reshape([rows * length, heads * headSize]);
  },

  /** `targets` one-hot (M, V), `counts` (M). */
  crossEntropy: (hidden: JaxArray, weight: JaxArray, targets: JaxArray, counts: JaxArray): JaxArray => {
    const logarithms = nn.logSoftmax(jaxOperators.linear(hidden, weight), -1);
    const each = np.sum(np.multiply(logarithms, targets.ref), -1);
    return np.negative(np.sum(np.multiply(each, counts.ref)));
  },
};

/** The network's loss on a batch, as a function of its parameters by name. */
export function jaxLoss(
  configuration: ModelConfiguration,
  batch: {
    rows: number;
    length: number;
    tokens: ArrayLike<number>;
    targets: ArrayLike<number>;
    counts: Float32Array;
    sequenceStarts: ArrayLike<number>;
  },
): (parameters: Record<string, JaxArray>) => JaxArray {
  const { heads, keyValueHeads, headSize, ropeBase, normEpsilon, vocabularySize, layers } = configuration;
  const { linear, rmsNorm, rotary, attention, swiGlu, crossEntropy } = jaxOperators;
  const tokens = jaxOneHot(batch.tokens, vocabularySize);
  const targets = jaxOneHot(batch.targets, vocabularySize);
  const counts = jaxArray(batch.counts, [batch.counts.length]);
  const mask = jaxMask(batch.sequenceStarts, batch.rows, batch.length);
  const positions = Array.from(batch.sequenceStarts, (start, index) => (index % batch.length) - start);
  const angles = jaxAngles(positions, headSize, ropeBase);
  return (parameters) => {
    const parameter = (name: string): JaxArray => parameters[name]!;
    let x = np.matmul(tokens.ref, parameter(embeddingName).ref);
    for (let layer = 0; layer < layers; layer++) {
      const names = layerNames(layer);
      const normal = rmsNorm(x, parameter(names.attentionNorm), normEpsilon);
      const q = rotary(linear(normal, parameter(names.query)), heads, angles);
      const k = rotary(linear(normal, parameter(names.key)), keyValueHeads, angles);
      const v = linear(normal, parameter(names.value));
      const attended = attention([q, k, v], mask, heads, keyValueHeads);
      x = np.add(x.ref, linear(attended, parameter(names.attentionOutput)));
      const inner = rmsNorm(x, parameter(names.feedForwardNorm), normEpsilon);
      const wide = swiGlu(linear(inner, parameter(names.gate)), linear(inner, parameter(names.up)));
      x = np.add(x.ref, linear(wide, parameter(names.down)));
    }
    const last = rmsNorm(x, parameter(finalNormName), normEpsilon);
    return crossEntropy(last, parameter(outputName(configuration)), targets, counts);
  };
}
