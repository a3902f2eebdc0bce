// AdamW against the formula in plain loops, the schedule's corners, and that nothing is copied: weights and
// moments change in the very memory that went in.

import { describe, expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { adamWGraph, chunkNames, defaultAdamW } from '#ozma/train/optimiser/adamw.js';
import { ParameterStore } from '#ozma/train/optimiser/parameter-store.js';
import { learningRate } from '#ozma/train/optimiser/schedule.js';
import { embedding } from '#ozma/train/autodiff/operators.js';
import { Tape } from '#ozma/train/autodiff/tape.js';
import { Graph } from '#ozma/train/onnx/graph.js';
import { loadSession, tensor } from '#ozma/train/onnx/session.js';

const configuration = {
  ...{ vocabularySize: 50, layers: 1, width: 8, heads: 2, keyValueHeads: 1, headSize: 4 },
  ...{ feedForwardWidth: 12, contextLength: 16, ropeBase: 10_000, normEpsilon: 1e-5, tiedEmbeddings: true },
};

test('AdamW is the formula, in place', async () => {
  const store = new ParameterStore(configuration);
  const random = createRandom(2);
  store.weights.forEach((_, index) => (store.weights[index] = random.next() - 0.5));
  const expected = [...store.weights];
  const means = expected.map(() => 0);
  const squares = expected.map(() => 0);
  const session = await loadSession(adamWGraph(store.chunks, defaultAdamW));
  const decaying = store.chunks.filter(({ decays }) => decays).reduce((sum, { length }) => sum + length, 0);
  expect(decaying).toBe(store.weights.length - 3 * configuration.width);
  for (let step = 1; step <= 5; step++) {
    // A gradient that is clipped in some steps only.
    const size = step % 2 === 0 ? 1 : 0.001;
    store.gradients.forEach((_, index) => (store.gradients[index] = size * (random.next() - 0.5)));
    const rate = 0.01 / step;
    const norm = Math.sqrt(store.gradients.reduce((sum, value) => sum + value * value, 0));
    const clip = Math.min(1, defaultAdamW.clipNorm / norm);
    expect(clip < 1).toBe(step % 2 === 0);
    for (const [index, value] of store.gradients.entries()) {
      const gradient = value * clip;
      means[index] = 0.9 * means[index]! + 0.1 * gradient;
      squares[index] = 0.95 * squares[index]! + 0.05 * gradient * gradient;
      const change =
        means[index] / (1 - 0.9 ** step) / (Math.sqrt(squares[index] / (1 - 0.95 ** step)) + 1e-8);
      const decay = index < decaying ? 0.1 * expected[index]! : 0;
      expected[index]! -= rate * (change + decay);
    }
    const { inputs, outputs } = store.optimiserTensors();
    const found = new Float32Array(1);
    await session.run(
      { ...inputs, rate: tensor(Float32Array.of(rate), []), step: tensor(Float32Array.of(step), []) },
      { ...outputs, norm: tensor(found, []) },
    );
    expect(found[0]! / norm).toBeCloseTo(1, 5);
  }
  const worst = Math.max(...expected.map((value, index) => Math.abs(value - store.weights[index]!)));
  expect(worst).toBeLessThan(2e-6);
  const worstMean = Math.max(...means.map((value, index) => Math.abs(value - store.means[index]!)));
  expect(worstMean).toBeLessThan(1e-7);
  await session.close();
});

test('an output given the memory of its input is written there and nowhere else', async () => {
  const chunk = { start: 0, length: 1 << 16, decays: true };
  const session = await loadSession(adamWGraph([chunk], defaultAdamW));
  const memory = new Float32Array(4 * chunk.length).fill(1);
  const [weights, gradients, means, squares] = [0, 1, 2, 3].map((part) =>
    tensor(memory.subarray(part * chunk.length, (part + 1) * chunk.length), [chunk.length]),
  ) as [ReturnType<typeof tensor>, ...ReturnType<typeof tensor>[]];
  const names = chunkNames(0);
  await session.run(
    {
      [names.weights]: weights,
      [names.gradients]: gradients!,
      [names.means]: means!,
      [names.squares]: squares!,
      rate: tensor(Float32Array.of(0.5), []),
      step: tensor(Float32Array.of(1), []),
    },
    {
      [`new.${names.weights}`]: weights,
      [`new.${names.means}`]: means!,
      [`new.${names.squares}`]: squares!,
      norm: tensor(new Float32Array(1), []),
    },
  );
  // |g| = 256, so g becomes 1/256; m = 0.9 + 0.1/256, v = 0.95 + 0.05/65536.
  const parts = [0, 1, 2, 3].map((part) => memory.subarray(part * chunk.length, (part + 1) * chunk.length));
  const m = 0.9 + 0.1 / 256;
  const v = 0.95 + 0.05 / 65_536;
  const w = 1 - 0.5 * (m / 0.1 / (Math.sqrt(v / 0.05) + 1e-8) + 0.1);
  for (const [part, value] of [w, 1, m, v].entries()) {
    expect(Math.max(...parts[part]!.map((found) => Math.abs(found - value)))).toBeLessThan(1e-5);
  }
  await session.close();
});

test('rows of one token add up exactly, whatever the threads do', async () => {
  const graph = new Graph();
  const tape = new Tape(graph);
  const table = graph.input('table', 'float32', [4, 64]);
  tape.watch(table);
  const ids = graph.input('ids', 'int64', [8192]);
  const output = embedding(tape, ids, table);
  const gradients = tape.gradients(output, graph.input('seed', 'float32', output.shape));
  graph.output('gradient', gradients.get('table')!);
  const session = await loadSession(graph, { threads: 2 });
  for (let run = 0; run < 100; run++) {
    const gradient = new Float32Array(4 * 64);
    await session.run(
      {
        table: tensor(new Float32Array(4 * 64), [4, 64]),
        ids: tensor(new BigInt64Array(8192).fill(2n), [8192]),
        seed: tensor(new Float32Array(8192 * 64).fill(1), [8192, 64]),
      },
      { gradient: tensor(gradient, [4, 64]) },
    );
    expect([...gradient].every((value, index) => value === (index >> 6 === 2 ? 8192 : 0))).toBe(true);
  }
  await session.close();
});

describe('learning rate', () => {
  const settings = { peak: 0.002, finalShare: 0.1, warmupSteps: 10, steps: 110 };
  test.each([
    [1, 0.0002],
    [10, 0.002],
    [60, 0.0011],
    [110, 0.0002],
    [500, 0.0002],
  ])('of step %i is %d', (step, rate) => {
    expect(learningRate(step, settings)).toBeCloseTo(rate, 12);
  });
});
