// A batch of packed rows as the tensors that the step graphs take. What is in a row is the packer's
// business (../data/packing.ts).

import type { Tensor } from 'onnxruntime-node';
import { tensor } from '../onnx/session.ts';
import type { ModelConfiguration } from '../../model/configuration.ts';

/** R rows of T tokens, row after row. */
export interface Batch {
  rows: number;
  length: number;
  /** R·T token ids. */
  tokens: Int32Array;
  /** The token that follows each. */
  targets: Int32Array;
  /** What the loss of each target counts, not yet divided by anything. */
  lossWeights: Float32Array;
  /** The position in the row at which each token's own sequence begins; it never falls within a row. */
  sequenceStarts: Int32Array;
}

/** Rotary angles of positions 0 to T − 1, the same for every batch. */
export function rotaryInputs(configuration: ModelConfiguration, length: number): Record<string, Tensor> {
  const half = configuration.headSize / 2;
  const cosines = new Float32Array(length * half);
  const sines = new Float32Array(length * half);
  for (let position = 0; position < length; position++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = position * configuration.ropeBase ** (-pair / half);
      cosines[position * half + pair] = Math.cos(angle);
      sines[position * half + pair] = Math.sin(angle);
    }
  }
  return {
    'rotary.cosines': tensor(cosines, [length, half]),
    'rotary.sines': tensor(sines, [length, half]),
    'rotary.negatedSines': tensor(
      sines.map((sine) => -sine),
      [length, half],
    ),
  };
}

/** The inputs that change with the batch. The loss weights are divided by `totalWeight`. */
export function batchInputs(batch: Batch, totalWeight: number): Record<string, Tensor> {
  const { rows, length } = batch;
  const count = rows * length;
  const positions = new BigInt64Array(count);
  for (let index = 0; index < count; index++) {
    positions[index] = BigInt((index % length) - batch.sequenceStarts[index]!);
  }
  return {
    tokens: tensor(BigInt64Array.from(batch.tokens, BigInt), [count]),
    targets: tensor(BigInt64Array.from(batch.targets, BigInt), [count, 1]),
    lossWeights: tensor(
      batch.lossWeights.map((weight) => weight / totalWeight),
      [count, 1],
    ),
    positions: tensor(positions, [rows, length]),
    sequenceStart: tensor(
      Float32Array.from(batch.sequenceStarts, (start, index) => index - (index % length) + start),
      [count, 1],
    ),
    batchPositions: tensor(
      Float32Array.from({ length: count }, (_, position) => position),
      [count],
    ),
  };
}
