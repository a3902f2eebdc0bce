// Ten thousand random candidates from all passes that LLVM has, also those that crash and those that are no
// optimisations, with hangs and killed workers planted among them: the run must reach its end with every
// failure named and memory flat. Each candidate is a line of a JSONL file before the next one starts, so a
// killed run loses nothing, and `--resume` goes on where it ended.
//
//   npm run bench:endurance -- [--candidates N] [--seed N] [--timeout SECONDS] [--memory MEGABYTES]
//                              [--passes all|usable] [--longest N] [--output FILE.jsonl] [--resume] [FILE.c FOLDER …]

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRandom } from '#ozma/common/random.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { recipeOf } from '#ozma/llvm/recipe.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { describeFailure, type Measurement, type Outcome } from '#ozma/llvm/worker-protocol.js';
import { nestPasses } from '#ozma/passes/nesting.js';
import { samplePassList } from '#ozma/passes/sampling.js';
import { readVocabulary, usablePasses } from '#ozma/passes/vocabulary.js';
import { printSummary, summarise } from './endurance-summary.ts';
import { LineLog, type CandidateLine, type HeaderLine } from './line-log.ts';
import { compileModules, extractFunction, shippedSources, type NamedModule } from './modules.ts';
import { residentMegabytes } from './processor-time.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    candidates: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    timeout: { type: 'string', default: '2' },
    memory: { type: 'string', default: '1024' },
    passes: { type: 'string', default: 'all' },
    longest: { type: 'string', default: '12' },
    output: { type: 'string', default: '.ozma/bench/endurance.jsonl' },
    resume: { type: 'boolean', default: false },
  },
});
const candidates = Number(values.candidates);
const installation = findInstallation();
const vocabulary = readVocabulary(installation);
/** Every pass at the level where its bare name puts it; whole pipelines are no passes. */
const everyPass = vocabulary.passes.filter(
  (pass) => !pass.pipeline && vocabulary.levelOf({ name: pass.name }) === pass.level,
);
const passes = values.passes === 'usable' ? usablePasses(installation) : everyPass;
const defaults = ['unions.c', 'exceptions.cc', 'big-switch.c', 'linked-list.c', 'matrices.c', 'strings.c'];
const paths = positionals.length > 0 ? positionals : defaults.map((name) => join(shippedSources, name));
const pool = new WorkerPool({
  installation,
  workers: 1,
  timeoutSeconds: Number(values.timeout),
  memoryMegabytes: Number(values.memory),
});
const modules = await chooseModules();

/** The first two files, and three functions of each: small, so that many candidates fit into a night. */
async function chooseModules(): Promise<NamedModule[]> {
  const files = compileModules(installation, paths);
  const functions: NamedModule[] = [];
  for (const file of files) {
    const outcome = await pool.describe(file.source);
    if (!outcome.ok) continue;
    const small = outcome.value.functions.filter(
      ({ name, instructions }) => instructions >= 10 && instructions <= 150 && /^\w+$/.test(name),
    );
    functions.push(...small.slice(0, 3).map(({ name }) => extractFunction(installation, file, name)));
  }
  return [...files.slice(0, 2), ...functions];
}

/** Minutes of work in one request. */
const hang = `function(${Array<string>(300_000).fill('gvn').join(',')})`;
/** One in this many candidates hangs, and one in this many finds its worker killed. */
const plantedEvery = values.passes === 'usable' ? Number.POSITIVE_INFINITY : 100;

type Planted = 'hang' | 'kill' | undefined;

/** Candidate `index`, whatever came before it. */
function candidateAt(index: number): {
  module: (typeof modules)[number];
  pipeline: string;
  planted: Planted;
} {
  const random = createRandom(Number(values.seed)).fork(`candidate ${index}`);
  const module = random.pick(modules);
  const pipeline = nestPasses(
    samplePassList(random, { passes, longest: Number(values.longest) }),
    vocabulary.levelOf,
  );
  const draw = random.below(Number.isFinite(plantedEvery) ? plantedEvery : 1);
  if (!Number.isFinite(plantedEvery) || draw > 1) return { module, pipeline, planted: undefined };
  return draw === 0 ? { module, pipeline: hang, planted: 'hang' } : { module, pipeline, planted: 'kill' };
}

const header: HeaderLine = {
  kind: 'header',
  llvm: installation.version,
  seed: Number(values.seed),
  passes: passes.length,
  longest: Number(values.longest),
  timeoutSeconds: Number(values.timeout),
  memoryMegabytes: Number(values.memory),
  modules: modules.map(({ name, source }) => ({ name, hash: source.hash })),
};
mkdirSync(dirname(values.output), { recursive: true });
const log = LineLog.open(values.output, header, values.resume);
if (log.next > 0) console.error(`goes on at candidate ${log.next} of ${candidates}`);

async function killSoon(): Promise<void> {
  await sleep(2);
  for (const worker of pool.processIds()) process.kill(worker, 'SIGKILL');
}

function lineOf(
  index: number,
  outcome: Outcome<Measurement>,
): Pick<CandidateLine, 'outcome' | 'cause' | 'bytes'> {
  if (!outcome.ok) return { outcome: outcome.failure.kind, cause: describeFailure(outcome.failure) };
  if (outcome.value.bytes === undefined) throw new Error(`candidate ${index}: expected a size, found none`);
  return { outcome: 'measured', bytes: outcome.value.bytes };
}

let worker = 0;
let workerAge = 0;
while (log.next < candidates) {
  const index = log.next;
  const { module, pipeline, planted } = candidateAt(index);
  const start = performance.now();
  const pending = pool.measure(module.source, recipeOf(pipeline), { level: 'Oz', codegen: true });
  if (planted === 'kill') await killSoon();
  const outcome = await pending;
  const [current = 0] = pool.processIds();
  workerAge = current === worker ? workerAge + 1 : 1;
  worker = current;
  log.append({
    kind: 'candidate',
    index,
    module: module.name,
    ...lineOf(index, outcome),
    ...(planted === undefined ? {} : { planted }),
    ...(outcome.ok || planted === 'hang' ? {} : { pipeline }),
    milliseconds: Math.round(performance.now() - start),
    workerAge,
    workerMegabytes: Math.round(residentMegabytes(current)),
    parentMegabytes: Math.round(residentMegabytes('self')),
  });
  if (log.next % 500 === 0) console.error(`${log.next} of ${candidates}`);
}
pool.close();
log.close();

const summary = summarise(header, LineLog.read(values.output));
writeFileSync(
  values.output.replace(/(\.jsonl)?$/, '.summary.json'),
  `${JSON.stringify(summary, undefined, 2)}\n`,
);
printSummary(summary);
