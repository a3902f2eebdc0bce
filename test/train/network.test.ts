// The whole network: logits against src/model's plain loops, and gradients of the loss against finite
// differences of that same yardstick in double precision.

import { describe, expect, test } from 'vitest';
import { referenceForward } from '#ozma/model/reference-forward.js';
import { initialiseWeights, type Weights } from '#ozma/model/weights.js';
import type { ModelConfiguration } from '#ozma/model/configuration.js';
import { batchInputs, rotaryInputs, type Batch } from '#ozma/train/network/batch-inputs.js';
import type { BatchShape } from '#ozma/train/network/llama.js';
import { gradientNames, gradientStepGraph, logitsGraph } from '#ozma/train/network/step-graphs.js';
import { loadSession, tensor } from '#ozma/train/onnx/session.js';
import { createRandom } from '#ozma/common/random.js';

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

const inputsOf = (setup: ModelConfiguration, weights: Weights, batch: Batch) => ({
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

describe.each(shapes)('blocks of $attentionBlock, recomputing $recompute', (shape) => {
  test('logits are those of the reference', async () => {
    const weights = makeWeights(true);
    const batch = makeBatch();
    const session = await loadSession(logitsGraph(configuration, shape));
    const logits = new Float32Array(2 * length * 23);
    const { targets: _targets, lossWeights: _lossWeights, ...inputs } = inputsOf(configuration, weights, batch);
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
    const session = await loadSession(gradientStepGraph(setup, shape));
    const before = new Map([...weights].map(([name, { data }]) => [name, data.map((_, i) => (i % 3) - 1)]));
    const gradients = new Map([...weights].map(([name, { data }]) => [name, new Float32Array(data.length)]));
    const loss = new Float32Array(1);
    const inputs: Record<string, ReturnType<typeof tensor>> = inputsOf(setup, weights, batch);
    const outputs: Record<string, ReturnType<typeof tensor>> = { loss: tensor(loss, []) };
    for (const [name, { shape: size }] of weights) {
      inputs[gradientNames.before(name)] = tensor(before.get(name)!, size);
      outputs[gradientNames.after(name)] = tensor(gradients.get(name)!, size);
    }
    await session.run(inputs, outputs);
    expect(loss[0]).toBeCloseTo(referenceLoss(setup, weights, batch), 5);
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
        const found = gradients.get(name)![index]! - before.get(name)![index]!;
        expect(Math.abs(found - expected), `${name}[${index}]: ${found} for ${expected}`).toBeLessThan(
          2e-5 + 1e-3 * Math.abs(expected),
        );
      }
    }
    await session.close();
  });
});
