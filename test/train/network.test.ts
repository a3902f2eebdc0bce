// The whole network: logits against src/model's plain loops, and gradients of the loss against finite
// differences of that same yardstick in double precision and against jax-js.

import * as jax from '@jax-js/jax';
import { beforeAll, describe, expect, test } from 'vitest';
import { referenceForward } from '#ozma/model/reference-forward.js';
import { initialiseWeights, type Weights } from '#ozma/model/weights.js';
import type { ModelConfiguration } from '#ozma/model/configuration.js';
import { batchInputs, rotaryInputs, type Batch } from '#ozma/train/network/batch-inputs.js';
import type { BatchShape } from '#ozma/train/network/llama.js';
import { gradientNames, gradientStepGraph, logitsGraph } from '#ozma/train/network/step-graphs.js';
import { loadSession, tensor } from '#ozma/train/onnx/session.js';
import { createRandom } from '#ozma/common/random.js';
import { jaxArray, jaxData, jaxLoss, type JaxArray } from './jax-network.ts';

const configuration: ModelConfiguration = {
  vocabularySize: 23,
  layers: 2,
  width: 12,
  heads: 4,
  keyValueHeads: 2,
  headSize: 6,
  feedForwardWidth: 20,
  contextLength: 16,
  ropeBase: 10_000,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
};

/** Two rows of 16: sequences of 5, 7 and 4 tokens, and one of 16. */
const lengths = [[5, 7, 4], [16]];
const length = 16;

function makeBatch(): Batch {
  const random = createRandom(3);
  const rows = lengths.length;
  const pick = (): Int32Array => Int32Array.from({ length: rows * length }, () => random.below(23));
  const sequenceStarts = Int32Array.from(
    lengths.flatMap((row) => {
      let start = 0;
      return row.flatMap((size) => {
        const starts = new Array<number>(size).fill(start);
        start += size;
        return starts;
      });
    }),
  );
  const lossWeights = Float32Array.from({ length: rows * length }, () => random.below(3));
  return { rows, length, tokens: pick(), targets: pick(), lossWeights, sequenceStarts };
}

/** Fresh weights, larger than usual and with uneven gains, so that every path matters. */
function makeWeights(tied: boolean): Weights {
  const weights = initialiseWeights({ ...configuration, tiedEmbeddings: tied }, 5);
  const random = createRandom(8);
  for (const [name, { data }] of weights) {
    if (name.includes('embed') || name.includes('head')) data.forEach((_, i) => (data[i]! *= 25));
    if (name.includes('norm')) data.forEach((_, i) => (data[i] = 0.5 + random.next()));
  }
  return weights;
}

/** Logits by the yardstick, sequence by sequence. */
function referenceLogits(setup: ModelConfiguration, weights: Weights, batch: Batch): Float64Array[] {
  return lengths.flatMap((row, rowIndex) => {
    let start = rowIndex * length;
    return row.flatMap((size) => {
      const tokens = [...batch.tokens.subarray(start, start + size)];
      start += size;
      return referenceForward(setup, weights, tokens);
    });
  });
}

function referenceLoss(setup: ModelConfiguration, weights: Weights, batch: Batch): number {
  const total = batch.lossWeights.reduce((sum, weight) => sum + weight, 0);
  return referenceLogits(setup, weights, batch).reduce((sum, logits, index) => {
    const highest = Math.max(...logits);
    const logSum = highest + Math.log(logits.reduce((inner, logit) => inner + Math.exp(logit - highest), 0));
    return sum + (batch.lossWeights[index]! / total) * (logSum - logits[batch.targets[index]!]!);
  }, 0);
}

const inputsOf = (
  setup: ModelConfiguration,
  weights: Weights,
  batch: Batch,
): Record<string, ReturnType<typeof tensor>> => ({
  ...Object.fromEntries([...weights].map(([name, { data, shape }]) => [name, tensor(data, shape)])),
  ...rotaryInputs(setup, length),
  ...batchInputs(
    batch,
    batch.lossWeights.reduce((sum, weight) => sum + weight, 0),
  ),
});

const shapes: BatchShape[] = [
  { rows: 2, length, attentionBlock: 16, recompute: 'nothing' },
  { rows: 2, length, attentionBlock: 4, recompute: 'nothing' },
  { rows: 2, length, attentionBlock: 5, recompute: 'attention' },
  { rows: 2, length, attentionBlock: 8, recompute: 'layers' },
];

/** Loss and gradients by our graph, which adds them to `before`. */
async function gradientStep(
  setup: ModelConfiguration,
  shape: BatchShape,
  weights: Weights,
  batch: Batch,
  before: (index: number) => number,
) {
  const session = await loadSession(gradientStepGraph(setup, shape));
  const start = new Map([...weights].map(([name, { data }]) => [name, data.map((_, i) => before(i))]));
  const gradients = new Map([...weights].map(([name, { data }]) => [name, new Float32Array(data.length)]));
  const loss = new Float32Array(1);
  const inputs = inputsOf(setup, weights, batch);
  const outputs: Record<string, ReturnType<typeof tensor>> = { loss: tensor(loss, []) };
  for (const [name, { shape: size }] of weights) {
    inputs[gradientNames.before(name)] = tensor(start.get(name)!, size);
    outputs[gradientNames.after(name)] = tensor(gradients.get(name)!, size);
  }
  await session.run(inputs, outputs);
  await session.close();
  return { loss: loss[0]!, gradients };
}

beforeAll(async () => {
  await jax.init('wasm');
  jax.defaultDevice('wasm');
});

describe.each(shapes)('blocks of $attentionBlock, recomputing $recompute', (shape) => {
  test('logits are those of the reference', async () => {
    const weights = makeWeights(true);
    const batch = makeBatch();
    const session = await loadSession(logitsGraph(configuration, shape));
    const logits = new Float32Array(2 * length * 23);
    const inputs = inputsOf(configuration, weights, batch);
    for (const name of ['targets', 'lossWeights']) delete inputs[name];
    await session.run(inputs, { logits: tensor(logits, [2 * length, 23]) });
    const expected = referenceLogits(configuration, weights, batch).flatMap((row) => [...row]);
    const worst = Math.max(...expected.map((value, index) => Math.abs(value - logits[index]!)));
    expect(Math.max(...expected)).toBeGreaterThan(1);
    expect(worst).toBeLessThan(2e-5);
    await session.close();
  });

  test.each([true, false])('gradients are those of finite differences, tied embeddings %s', async (tied) => {
    const setup = { ...configuration, tiedEmbeddings: tied };
    const weights = makeWeights(tied);
    const batch = makeBatch();
    const before = (index: number): number => (index % 3) - 1;
    const { loss, gradients } = await gradientStep(setup, shape, weights, batch, before);
    expect(loss).toBeCloseTo(referenceLoss(setup, weights, batch), 5);
    const random = createRandom(1);
    for (const [name, { data }] of weights) {
      for (let probe = 0; probe < 4; probe++) {
        const index = random.below(data.length);
        const value = data[index]!;
        // Differences of the numbers that float32 really holds.
        const [above, below] = [Math.fround(value + 1e-3), Math.fround(value - 1e-3)];
        data[index] = above;
        const lossAbove = referenceLoss(setup, weights, batch);
        data[index] = below;
        const lossBelow = referenceLoss(setup, weights, batch);
        data[index] = value;
        const expected = (lossAbove - lossBelow) / (above - below);
        const found = gradients.get(name)![index]! - before(index);
        expect(Math.abs(found - expected), `${name}[${index}]: ${found} for ${expected}`).toBeLessThan(
          2e-5 + 1e-3 * Math.abs(expected),
        );
      }
    }
  });
});

test.each([true, false])('gradients are those of jax-js, tied embeddings %s', async (tied) => {
  const setup = { ...configuration, tiedEmbeddings: tied };
  const weights = makeWeights(tied);
  const batch = makeBatch();
  const { loss, gradients } = await gradientStep(setup, shapes[2]!, weights, batch, () => 0);
  const total = batch.lossWeights.reduce((sum, weight) => sum + weight, 0);
  const counts = batch.lossWeights.map((weight) => weight / total);
  const [theirLoss, theirGradients] = jax.valueAndGrad(jaxLoss(setup, { ...batch, counts }))(
    Object.fromEntries([...weights].map(([name, { data, shape }]) => [name, jaxArray(data, shape)])),
  ) as [JaxArray, Record<string, JaxArray>];
  expect(loss).toBeCloseTo((await jaxData(theirLoss))[0]!, 5);
  for (const [name, found] of gradients) {
    const expected = await jaxData(theirGradients[name]!);
    const largest = Math.max(...expected.map(Math.abs));
    const worst = Math.max(...found.map((value, index) => Math.abs(value - expected[index]!)));
    expect(largest, name).toBeGreaterThan(1e-3);
    expect(worst, name).toBeLessThan(1e-6 + 1e-4 * largest);
  }
});
