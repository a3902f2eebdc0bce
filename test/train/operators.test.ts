// Every differentiable operator: its gradient against finite differences of itself and against jax-js.

import * as jax from '@jax-js/jax';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { Attention } from '#ozma/train/autodiff/attention.js';
import { linearCrossEntropy } from '#ozma/train/autodiff/cross-entropy.js';
import { add, embedding, linear, rmsNorm, rotary, swiGlu } from '#ozma/train/autodiff/operators.js';
import { recomputed, Tape } from '#ozma/train/autodiff/tape.js';
import { Graph, type Value } from '#ozma/train/onnx/graph.js';
import { loadSession, tensor, type TensorData } from '#ozma/train/onnx/session.js';
import {
  jaxAngles,
  jaxArray,
  jaxData,
  jaxMask,
  jaxOneHot,
  jaxOperators,
  type JaxArray,
} from './jax-network.ts';

interface Case {
  /** Differentiable inputs by name, with their shapes. */
  inputs: Record<string, number[]>;
  /** Inputs without gradient. */
  fixed?: Record<string, { data: TensorData; shape: number[] }>;
  ours: (tape: Tape, values: Record<string, Value>) => Value;
  theirs: (arrays: Record<string, JaxArray>) => JaxArray;
}

const random = createRandom(11);
const normal = (): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const normals = (shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal);
const integers = (data: readonly number[], shape: number[]) => ({
  data: BigInt64Array.from(data, BigInt),
  shape,
});
const floats = (data: readonly number[], shape: number[]) => ({ data: Float32Array.from(data), shape });

const ids = [3, 0, 3, 3, 1, 6];
const counts = [1, 0, 2, 0.5, 1, 3];

/** Two rows of 8 tokens: sequences of 3 and 5, and one of 8. */
const rows = 2;
const length = 8;
const starts = [0, 0, 0, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0];

const positions = starts.map((start, index) => (index % length) - start);

function rotaryCase(heads: number, headSize: number): Case {
  const tokens = rows * length;
  const half = headSize / 2;
  const table = (turn: (angle: number) => number) =>
    floats(
      Array.from({ length: length * half }, (_, i) =>
        turn(Math.floor(i / half) * 100 ** (-(i % half) / half)),
      ),
      [length, half],
    );
  return {
    inputs: { x: [tokens, heads * headSize] },
    fixed: {
      cosines: table(Math.cos),
      sines: table(Math.sin),
      negatedSines: table((angle) => -Math.sin(angle)),
      positions: integers(positions, [rows, length]),
    },
    ours: (tape, values) => {
      const { cosines, sines, negatedSines } = values as Record<string, Value> & Record<'cosines', Value>;
      const places = { cosines, sines: sines!, negatedSines: negatedSines! };
      return rotary(tape, values['x']!, { ...places, positions: values['positions']! }, heads);
    },
    theirs: (arrays) => jaxOperators.rotary(arrays['x']!, heads, jaxAngles(positions, headSize, 100)),
  };
}

function attentionCase(
  heads: number,
  keyValueHeads: number,
  block: number,
  keepProbabilities: boolean,
): Case {
  const headSize = 4;
  const tokens = rows * length;
  return {
    inputs: {
      q: [tokens, heads * headSize],
      k: [tokens, keyValueHeads * headSize],
      v: [tokens, keyValueHeads * headSize],
    },
    fixed: {
      starts: floats(
        starts.map((start, index) => index - (index % length) + start),
        [tokens, 1],
      ),
      places: floats([...Array(tokens).keys()], [tokens]),
    },
    ours: (tape, values) => {
      const shape = { rows, length, heads, keyValueHeads, headSize, block, keepProbabilities };
      const mask = { sequenceStart: values['starts']!, positions: values['places']! };
      return new Attention(tape.graph, shape, mask).apply(tape, values['q']!, values['k']!, values['v']!);
    },
    theirs: ({ q, k, v }) =>
      jaxOperators.attention([q!, k!, v!], jaxMask(starts, rows, length), heads, keyValueHeads),
  };
}

function lossCase(chunk: number): Case {
  return {
    inputs: { hidden: [6, 5], weight: [7, 5] },
    fixed: { targets: integers(ids, [6, 1]), counts: floats(counts, [6, 1]) },
    ours: (tape, values) =>
      linearCrossEntropy(tape, {
        ...{ hidden: values['hidden']!, weight: values['weight']!, chunk },
        ...{ targets: values['targets']!, lossWeights: values['counts']! },
      }),
    theirs: ({ hidden, weight }) =>
      jaxOperators.crossEntropy(
        hidden!,
        weight!,
        jaxOneHot(ids, 7),
        jaxArray(Float32Array.from(counts), [6]),
      ),
  };
}

const swiGluCase: Case = {
  inputs: { gate: [6, 9], up: [6, 9] },
  ours: (tape, { gate, up }) => swiGlu(tape, gate!, up!),
  theirs: ({ gate, up }) => jaxOperators.swiGlu(gate!, up!),
};

const cases: Record<string, Case> = {
  linear: {
    inputs: { x: [6, 5], weight: [4, 5] },
    ours: (tape, { x, weight }) => linear(tape, x!, weight!),
    theirs: ({ x, weight }) => jaxOperators.linear(x!, weight!),
  },
  add: {
    inputs: { a: [3, 4], b: [3, 4] },
    ours: (tape, { a, b }) => add(tape, a!, b!),
    theirs: ({ a, b }) => jax.numpy.add(a!.ref, b!.ref),
  },
  'a value used twice': {
    inputs: { x: [4, 4] },
    ours: (tape, { x }) => add(tape, linear(tape, x!, x!), x!),
    theirs: ({ x }) => jax.numpy.add(jaxOperators.linear(x!, x!), x!.ref),
  },
  embedding: {
    inputs: { table: [7, 5] },
    fixed: { ids: integers(ids, [6]) },
    ours: (tape, values) => embedding(tape, values['ids']!, values['table']!),
    theirs: ({ table }) => jax.numpy.matmul(jaxOneHot(ids, 7), table!.ref),
  },
  rmsNorm: {
    inputs: { x: [6, 5], gain: [5] },
    ours: (tape, { x, gain }) => rmsNorm(tape, x!, gain!, 0.1),
    theirs: ({ x, gain }) => jaxOperators.rmsNorm(x!, gain!, 0.1),
  },
  swiGlu: swiGluCase,
  'swiGlu, recomputed': {
    ...swiGluCase,
    ours: (tape, { gate, up }) =>
      recomputed(tape, [gate!, up!], (inner, [a, b]) => add(inner, swiGlu(inner, a!, b!), b!)),
    theirs: ({ gate, up }) => jax.numpy.add(jaxOperators.swiGlu(gate!, up!), up!.ref),
  },
  'rotary, 3 heads of 4': rotaryCase(3, 4),
  'rotary, 1 head of 6': rotaryCase(1, 6),
  'attention, one block': attentionCase(2, 2, 8, false),
  'attention, probabilities kept': attentionCase(2, 2, 8, true),
  'attention, blocks of 3, 4 queries a key': attentionCase(4, 1, 3, false),
  'attention, blocks of 2, 2 queries a key, kept': attentionCase(4, 2, 2, true),
  'cross entropy in one chunk': lossCase(6),
  'cross entropy in chunks of 4': lossCase(4),
};

/** Σ output · seed, and its gradient by our graph, as a function of the inputs. */
async function compile({ inputs, fixed = {}, ours }: Case) {
  const graph = new Graph();
  const tape = new Tape(graph);
  const values: Record<string, Value> = {};
  for (const [name, shape] of Object.entries(inputs)) {
    values[name] = graph.input(name, 'float32', shape);
    tape.watch(values[name]);
  }
  for (const [name, { data, shape }] of Object.entries(fixed)) {
    values[name] = graph.input(name, data instanceof BigInt64Array ? 'int64' : 'float32', shape);
  }
  const output = ours(tape, values);
  const seed = graph.input('seed', 'float32', output.shape);
  graph.output('output', output);
  const gradients = tape.gradients(output, seed);
  for (const [name, gradient] of gradients) graph.output(`gradient.${name}`, gradient);
  const session = await loadSession(graph, { threads: 1 });
  const fixedTensors = Object.fromEntries(
    Object.entries(fixed).map(([name, { data, shape }]) => [name, tensor(data, shape)]),
  );
  const seedData = normals(output.shape);
  const run = async (data: Record<string, Float32Array>) => {
    const found = new Float32Array(seedData.length);
    const results = Object.fromEntries(
      Object.entries(data).map(([name, { length: size }]) => [name, new Float32Array(size)]),
    );
    await session.run(
      {
        ...fixedTensors,
        seed: tensor(seedData, output.shape),
        ...Object.fromEntries(
          Object.entries(data).map(([name, part]) => [name, tensor(part, inputs[name]!)]),
        ),
      },
      {
        output: tensor(found, output.shape),
        ...Object.fromEntries(
          Object.entries(results).map(([name, part]) => [`gradient.${name}`, tensor(part, inputs[name]!)]),
        ),
      },
    );
    return {
      sum: found.reduce((sum, value, index) => sum + value * seedData[index]!, 0),
      gradients: results,
    };
  };
  return { run, seed: seedData, outputShape: output.shape, close: () => session.close() };
}

beforeAll(async () => {
  await jax.init('wasm');
  jax.defaultDevice('wasm');
});

describe.each(Object.entries(cases))('%s', (_, testCase) => {
  const data = Object.fromEntries(
    Object.entries(testCase.inputs).map(([name, shape]) => [name, normals(shape)]),
  );

  test('gradients are those of finite differences', async () => {
    const compiled = await compile(testCase);
    const { gradients } = await compiled.run(data);
    for (const [name, part] of Object.entries(data)) {
      for (let probe = 0; probe < 5; probe++) {
        const index = random.below(part.length);
        const value = part[index]!;
        const [above, below] = [Math.fround(value + 0.01), Math.fround(value - 0.01)];
        part[index] = above;
        const high = (await compiled.run(data)).sum;
        part[index] = below;
        const low = (await compiled.run(data)).sum;
        part[index] = value;
        const expected = (high - low) / (above - below);
        const found = gradients[name]![index]!;
        expect(Math.abs(found - expected), `${name}[${index}]: ${found}, ${expected}`).toBeLessThan(
          2e-3 + 2e-3 * Math.abs(expected),
        );
      }
    }
    await compiled.close();
  });

  test('outputs and gradients are those of jax-js', async () => {
    const compiled = await compile(testCase);
    const { sum, gradients } = await compiled.run(data);
    const seed = jaxArray(compiled.seed, compiled.outputShape);
    const theirs = jax.valueAndGrad((arrays: Record<string, JaxArray>) =>
      jax.numpy.sum(jax.numpy.multiply(testCase.theirs(arrays), seed.ref)),
    );
    const [theirSum, theirGradients] = theirs(
      Object.fromEntries(
        Object.entries(data).map(([name, part]) => [name, jaxArray(part, testCase.inputs[name]!)]),
      ),
    ) as [JaxArray, Record<string, JaxArray>];
    expect(sum).toBeCloseTo((await jaxData(theirSum))[0]!, 4);
    for (const [name, found] of Object.entries(gradients)) {
      const expected = await jaxData(theirGradients[name]!);
      expect(expected.some((value) => Math.abs(value) > 0.1)).toBe(true);
      const worst = Math.max(...found.map((value, index) => Math.abs(value - expected[index]!)));
      expect(worst, name).toBeLessThan(2e-5);
    }
    await compiled.close();
  });
});
