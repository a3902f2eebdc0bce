// The embedded engine against llama.cpp called plainly, on the same file, prompt and numbers of tokens:
//
//   plain          node-llama-cpp's own generation, one sequence, the prompt evaluated each time
//   ours           the same through our engine, which asks for log-probabilities and samples by itself
//   8 candidates   of one prompt: our engine in one batch, against 8 separate runs, ours and plain
//   llama-server   with --llama-server: the C++ server of llama.cpp, from PyPI's xllamacpp, by our client
//
// The ways take turns, so that whatever else the machine does falls on all of them; processor seconds hang
// less on that than seconds do. Without FILE.gguf a random model of 4.3 M parameters is made.
//
//   npm run bench:inference -- [--prompt 1000] [--tokens 64] [--rounds 5] [--threads 1] [--llama-server]
//                              [--python PYTHON] [--json FILE] [FILE.gguf]

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { createRandom } from '#ozma/common/random.js';
import { openEngine, type Engine, type Sampling } from '#ozma/inference/engine.js';
import { configurationForDepth } from '#ozma/model/configuration.js';
import { writeGguf } from '#ozma/model/gguf/gguf.js';
import { sourceOf } from '#ozma/model/model-source.js';
import { initialiseWeights } from '#ozma/model/weights.js';
import { reservedEntries } from '#ozma/tokenizer/reserved.js';
import { createTokenizer } from '#ozma/tokenizer/tokenizer.js';
import { mergesByScore } from '#ozma/tokenizer/vocabulary.js';
import { processorSeconds } from './processor-time.ts';
import { pythonWith } from './python-environment.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prompt: { type: 'string', default: '1000' },
    tokens: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
    'llama-server': { type: 'boolean', default: false },
    python: { type: 'string' },
    json: { type: 'string' },
  },
});
const promptTokens = Number(values.prompt);
const tokens = Number(values.tokens);
const rounds = Number(values.rounds);
const threads = Number(values.threads);
const candidates = 8;

const serverProgram = `
import sys, xllamacpp
path, threads, slots, context = sys.argv[1], *map(int, sys.argv[2:])
settings = xllamacpp.CommonParams()
settings.model.path = path
settings.n_parallel = slots
settings.n_ctx = context * slots
settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
settings.n_gpu_layers = 0
server = xllamacpp.Server(settings)
print(server.listening_address, flush=True)
sys.stdin.read()
`;

const folder = mkdtempSync(join(tmpdir(), 'ozma-bench-'));
const path = positionals[0] ?? (await randomModel(join(folder, 'random.gguf')));

/** 4 layers, 256 wide, 4,096 tokens of random letters. */
async function randomModel(file: string): Promise<string> {
  const entries = reservedEntries();
  const random = createRandom(1);
  const known = new Set(entries.map(({ text }) => text));
  while (entries.length < 4096) {
    const length = 2 + random.below(4);
    const text = Array.from({ length }, () => random.pick([...'abcdefghijklmnopqrstuvwxyz %,'])).join('');
    if (!known.has(text)) entries.push({ text, kind: 'normal', score: -known.size });
    known.add(text);
  }
  const configuration = configurationForDepth(4, { vocabularySize: entries.length, contextLength: 2048 });
  const merges = mergesByScore(entries);
  const tokenizer = createTokenizer({
    entries,
    merges,
    prefixSpace: 'never',
    beginId: 1,
    endId: 2,
    unknownId: 0,
  });
  const weights = initialiseWeights(configuration, 1);
  await writeGguf(file, sourceOf({ configuration, weights, tokenizer }), { type: 'F32' });
  return file;
}

const together = await openEngine(path, { llama: { threads } });
const alone = await openEngine(path, { llama: { threads, parallel: 1 } });
let prompt = '';
for (let line = 0; (await together.countTokens(prompt))! < promptTokens; line++) {
  prompt += `  %${line + 1} = add nsw i32 %${line}, 7\n`;
}

const llama = await getLlama({
  gpu: false,
  build: 'never',
  skipDownload: true,
  progressLogs: false,
  logLevel: LlamaLogLevel.error,
  maxThreads: threads,
});
const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
const context = await model.createContext({ contextSize: promptTokens + tokens + 64, threads });
const sequence = context.getSequence();
const promptIds = model.tokenize(prompt, false);

async function plain(count: number): Promise<void> {
  await sequence.clearHistory();
  let generated = 0;
  for await (const token of sequence.evaluate(promptIds, { temperature: 0, yieldEogToken: true })) {
    if (token >= 0 && ++generated === count) return;
  }
}

const drawn: Sampling = { kind: 'temperature', temperature: 1, topK: 40, seed: 1 };
const ask =
  (engine: Engine, sampling: Sampling, count: number) =>
  async (maximumTokens: number): Promise<void> => {
    const found = await engine.generate(prompt, { sampling, candidates: count, maximumTokens });
    const generated = found.reduce((sum, candidate) => sum + candidate.tokens.length, 0);
    if (generated < count * maximumTokens * 0.9) throw new Error(`only ${generated} tokens came`);
  };
const times = (count: number, work: (tokens: number) => Promise<void>) => async (maximum: number) => {
  for (let turn = 0; turn < count; turn++) await work(maximum);
};

interface Way {
  name: string;
  answers: number;
  run: (maximumTokens: number) => Promise<void>;
  /** The server's process. */
  children: number[];
}

const ways: Way[] = [
  { name: 'plain', answers: 1, run: plain, children: [] },
  { name: 'ours, greedy', answers: 1, run: ask(together, { kind: 'greedy' }, 1), children: [] },
  { name: '8 plain runs', answers: 8, run: times(8, plain), children: [] },
  { name: '8 separate runs of ours', answers: 8, run: times(8, ask(alone, drawn, 1)), children: [] },
  { name: '8 candidates together', answers: 8, run: ask(together, drawn, 8), children: [] },
  { name: '8 by priority sampling', answers: 8, run: ask(together, { kind: 'priority' }, 8), children: [] },
];

let child: ChildProcess | undefined;
if (values['llama-server']) {
  const python = pythonWith(['xllamacpp==2026.10.11549'], values.python);
  const words = [path, String(threads), String(candidates), String(promptTokens + tokens + 64)];
  child = spawn(python, ['-c', serverProgram, ...words], { stdio: ['pipe', 'pipe', 'ignore'] });
  const address = await new Promise<string>((resolve) =>
    child!.stdout!.once('data', (line: Buffer) => resolve(String(line).trim())),
  );
  const server = await openEngine(address);
  // Its prompt cache would answer the second round: another first line each time.
  let turn = 0;
  const fresh = (count: number) => async (maximumTokens: number) => {
    const text = `; ${turn++}\n${prompt}`;
    await server.generate(text, { sampling: drawn, candidates: count, maximumTokens });
  };
  ways.push({ name: 'llama-server', answers: 1, run: fresh(1), children: [child.pid!] });
  ways.push({ name: 'llama-server, n = 8', answers: 8, run: fresh(8), children: [child.pid!] });
}

interface Cost {
  seconds: number;
  processor: number;
}

async function cost(way: Way, maximumTokens: number): Promise<Cost> {
  const processor = processorSeconds(way.children);
  const start = performance.now();
  await way.run(maximumTokens);
  return {
    seconds: (performance.now() - start) / 1000,
    processor: processorSeconds(way.children) - processor,
  };
}

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const costs = new Map(ways.map((way) => [way, { first: [] as Cost[], whole: [] as Cost[] }]));
for (const way of ways) await way.run(2);
for (let round = 0; round < rounds; round++) {
  for (const way of ways) {
    costs.get(way)!.first.push(await cost(way, 1));
    costs.get(way)!.whole.push(await cost(way, tokens));
  }
}

const rows = ways.map((way) => {
  const { first, whole } = costs.get(way)!;
  const start = median(first.map(({ seconds }) => seconds));
  const seconds = median(whole.map((one) => one.seconds));
  // A sum, since the clock ticks in hundredths.
  const processor = whole.reduce((sum, one) => sum + one.processor, 0) / rounds;
  return {
    name: way.name,
    answers: way.answers,
    promptTokensPerSecond: (way.answers * promptTokens) / start,
    generatedTokensPerSecond: (way.answers * (tokens - 1)) / (seconds - start),
    seconds,
    processorSeconds: processor,
  };
});
const reference = rows.find(({ name }) => name === '8 plain runs')!;
const single = rows.find(({ name }) => name === 'plain')!;
const { model: name } = await together.describe();
console.log(
  `${name}, prompt ${promptTokens} tokens, ${tokens} generated, ${threads} thread(s), median of ${rounds}`,
);
console.log('prompt tok/s   generated tok/s   seconds   processor s   times plain   way');
for (const row of rows) {
  const base = row.answers === 1 ? single : reference;
  const numbers = [
    row.promptTokensPerSecond.toFixed(0).padStart(12),
    row.generatedTokensPerSecond.toFixed(0).padStart(17),
    row.seconds.toFixed(3).padStart(9),
    row.processorSeconds.toFixed(3).padStart(13),
    (base.processorSeconds / row.processorSeconds).toFixed(2).padStart(13),
  ];
  console.log(`${numbers.join(' ')}   ${row.name}`);
}
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ path, promptTokens, tokens, threads, rounds, rows }, null, 2));

child?.stdin?.end();
child?.kill();
await model.dispose();
await together.close();
await alone.close();
rmSync(folder, { recursive: true });
