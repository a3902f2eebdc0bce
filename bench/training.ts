// Training speed of the engine, in tokens a second and in GFLOP/s counted by formula (6 a multiplied weight, and
// attention under the causal mask), with two yardsticks in the same run:
//
//   products   ONNX Runtime's plain MatMul at the shapes of the same network: what the step would take if it were
//              nothing but its multiplications at that speed
//   PyTorch    the same network as transformers' LlamaForCausalLM with AdamW and clipping, float32 on the processor
//
// They take turns, so that whatever else the machine does falls on all of them; medians. Beside the clock stands
// processor time, which hangs less on that. Rows are one sequence each, the worst case for attention. Then the
// peak memory of a process that takes two steps, by context.
//
//   npm run bench:training -- [--threads 2] [--rounds 5] [--tokens 4096] [--networks 3x256,7x320]
//                             [--contexts 1024,4096,16384] [--no-pytorch] [--python FOLDER/bin/python] [--json FILE]
//
// Makes a Python environment with the packages below in the cache folder (about 1 GB); --python names one that
// has them.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  configurationForDepth,
  trainingOperationsPerToken,
  type ModelConfiguration,
} from '#ozma/model/configuration.js';
import { parameterCount } from '#ozma/model/parameters.js';
import { initialiseWeights } from '#ozma/model/weights.js';
import { batchShapeFor } from '#ozma/train/network/batch-shape.js';
import { defaultAdamW } from '#ozma/train/optimiser/adamw.js';
import { ParameterStore } from '#ozma/train/optimiser/parameter-store.js';
import { TrainingStep } from '#ozma/train/training-step.js';
import { loadProducts } from './plain-products.ts';
import { peakMegabytes, residentMegabytes } from './processor-time.ts';
import { fullRows } from './full-rows.ts';
import { startPytorch } from './pytorch-training.ts';
import { medianOf, timed, type Taken } from './turns.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    tokens: { type: 'string', default: '4096' },
    networks: { type: 'string', default: '3x256,7x320' },
    contexts: { type: 'string', default: '1024,4096,16384' },
    pytorch: { type: 'boolean', default: true },
    python: { type: 'string' },
    json: { type: 'string' },
    memory: { type: 'string' },
  },
});
const threads = Number(values.threads);
const context = 1024;

/** `3x256`: layers and width. */
function networkOf(text: string, contextLength: number): ModelConfiguration {
  const [layers, width] = text.split('x').map(Number) as [number, number];
  return configurationForDepth(layers, { vocabularySize: 4096, width, contextLength });
}

async function loadStep(configuration: ModelConfiguration, tokens: number) {
  const store = new ParameterStore(configuration);
  store.load(initialiseWeights(configuration, 1));
  const shape = batchShapeFor(configuration.contextLength, tokens);
  const options = { configuration, shape, adamW: defaultAdamW, session: { threads } };
  const step = await TrainingStep.load(store, options);
  const batch = fullRows(configuration, shape.rows);
  return { tokens: shape.rows * shape.length, rows: shape.rows, step, batch };
}

/** A way to do the work of a step; resolves when it is done. */
interface Way {
  name: string;
  run: () => Promise<Taken>;
}

async function compare(text: string) {
  const configuration = networkOf(text, context);
  const parameters = parameterCount(configuration);
  const { tokens, rows, step, batch } = await loadStep(configuration, Number(values.tokens));
  const products = await loadProducts(configuration, rows, threads);
  const pytorch = values.pytorch
    ? await startPytorch(configuration, { rows, threads, python: values.python })
    : undefined;
  if (pytorch !== undefined && pytorch.parameters !== parameters) {
    throw new Error(`expected PyTorch to have ${parameters} parameters, found ${pytorch.parameters}`);
  }
  let count = 0;
  const ways: Way[] = [
    { name: 'ozma', run: () => timed(() => step.run([batch], ++count, 1e-4)) },
    { name: 'products', run: () => products.run() },
    ...(pytorch === undefined ? [] : [{ name: 'PyTorch', run: () => pytorch.step() }]),
  ];
  const taken = ways.map((): Taken[] => []);
  // The first turn also lays out memory.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [index, way] of ways.entries()) {
      const one = await way.run();
      if (round > 0) taken[index]!.push(one);
    }
  }
  await step.close();
  await products.close();
  pytorch?.close();
  const operations = tokens * trainingOperationsPerToken(configuration, context);
  const rowsOut = ways.map(({ name }, index) => {
    const { clock, processor } = medianOf(taken[index]!);
    return { name, clock, processor, tokensPerSecond: tokens / clock, gflops: operations / clock / 1e9 };
  });
  console.log(
    `\n${(parameters / 1e6).toFixed(1)} M parameters (${text}), ${tokens} tokens a step, rows of ${context}`,
  );
  console.log(
    'way        clock s  processor s  tokens/s  GFLOP/s  GFLOP a processor s  ozma by clock  by processor',
  );
  const [ours] = rowsOut;
  for (const row of rowsOut) {
    const cells = [
      row.clock.toFixed(2).padStart(7),
      row.processor.toFixed(2).padStart(11),
      Math.round(row.tokensPerSecond).toString().padStart(8),
      row.gflops.toFixed(1).padStart(7),
      (operations / row.processor / 1e9).toFixed(1).padStart(19),
      `${((100 * row.clock) / ours!.clock).toFixed(0)} %`.padStart(13),
      `${((100 * row.processor) / ours!.processor).toFixed(0)} %`.padStart(12),
    ];
    console.log(`${row.name.padEnd(9)}  ${cells.join('  ')}`);
  }
  const rates = products.rates();
  const [slowest, fastest] = [rates[0]!, rates.at(-1)!].map((rate) => rate.toFixed(1));
  console.log(`products alone: ${slowest} to ${fastest} GFLOP a processor second, by shape`);
  return { network: text, parameters, tokens, context, ways: rowsOut, rates };
}

/** Peak memory in megabytes of a process that takes two steps of one row, and what it has before them. */
function memoryAt(text: string, length: number): { before: number; peak: number } {
  const words = [import.meta.filename, '--memory', `${text},${length}`, '--threads', values.threads];
  const output = execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 2] });
  return JSON.parse(output) as { before: number; peak: number };
}

async function measureMemory(text: string, length: number): Promise<void> {
  const before = residentMegabytes('self');
  const { step, batch } = await loadStep(networkOf(text, length), length);
  for (const count of [1, 2]) await step.run([batch], count, 1e-4);
  await step.close();
  console.log(JSON.stringify({ before, peak: peakMegabytes('self') }));
}

if (values.memory !== undefined) {
  const [text, length] = values.memory.split(',') as [string, string];
  await measureMemory(text, Number(length));
} else {
  const networks = values.networks.split(',').filter((text) => text !== '');
  const speed = [];
  for (const text of networks) speed.push(await compare(text));
  const memory = [];
  for (const text of networks) {
    for (const length of values.contexts
      .split(',')
      .filter((part) => part !== '')
      .map(Number)) {
      const found = memoryAt(text, length);
      memory.push({ network: text, context: length, ...found });
      const peak = `${Math.round(found.peak)} MB`;
      console.log(
        `${text}, one row of ${length} tokens: peak ${peak}, ${Math.round(found.before)} MB of it node alone`,
      );
    }
  }
  if (values.json !== undefined)
    writeFileSync(values.json, JSON.stringify({ threads, speed, memory }, undefined, 2));
}
