// Candidates per second: in process (a pool of one worker) against starting `opt` and `llc` for each, on the
// same random pass lists and with the same sizes, or it stops. Three classes by instructions after -Oz:
// single functions under 50, files of hundreds, modules of thousands. The ways take turns candidate by
// candidate, so that whatever else the machine does falls on all of them.
//
// Two kinds of candidates. Random lists share no work. Neighbours of -Oz (its own pipeline without one to four
// passes, what a search tries) often end in IR that was measured before, and its code is not generated again.
//
//   npm run bench:throughput -- [--candidates N] [--seed N] [--json FILE] [FILE.c FILE.bc FOLDER …]

import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { createRandom, type Random } from '#ozma/common/random.js';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { recipeOf } from '#ozma/llvm/recipe.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { parsePipeline, printPipeline } from '#ozma/passes/grammar.js';
import { nestPasses } from '#ozma/passes/nesting.js';
import { samplePassList } from '#ozma/passes/sampling.js';
import { readVocabulary, usablePasses } from '#ozma/passes/vocabulary.js';
import { compileModules, extractFunction, linkModules, shippedSources, type NamedModule } from './modules.ts';
import { processorSeconds } from './processor-time.ts';
import { createSpawner } from './spawned-compiler.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    candidates: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const candidates = Number(values.candidates);
const seed = Number(values.seed);
const sources = positionals.length > 0 ? positionals : [shippedSources];

const installation = findInstallation();
const vocabulary = readVocabulary(installation);
// Of all usable passes `gvn-sink` alone gives, now and then, another result for the same input, in `opt` too.
const passes = usablePasses(installation).filter(({ name }) => name !== 'gvn-sink');
const ozPipeline = await baselinePipeline(installation);
const baseline = recipeOf(ozPipeline);
const options = { level: 'Oz', codegen: true } as const;
const settings = { installation, workers: 1, timeoutSeconds: 120 };
// One worker each, so that neither remembers what the other measured; never busy at the same time.
const pool = new WorkerPool(settings);
const forgetful = new WorkerPool(settings);
const spawner = createSpawner(installation);
const relocations = new Map<NamedModule, 'pic' | 'static'>();

const ways = ['in process', 'in process, no reuse', 'opt + llc', 'opt + llc + llvm-size'] as const;
type Way = (typeof ways)[number];

type Kind = 'random lists' | 'neighbours of -Oz';

interface ClassResult {
  name: string;
  kind: Kind;
  modules: number;
  instructions: [number, number];
  candidates: number;
  /** Refused or crashed in every way alike. */
  failed: number;
  /** Accepted by us and refused by `opt`, which verifies its output. */
  invalid: number;
  /** Of the candidates, those whose IR the worker had measured before. */
  reused: number;
  medianMilliseconds: Record<Way, number>;
  totalMilliseconds: Record<Way, number>;
  /** Of a candidate on average; does not hang on what else the machine does. */
  processorMilliseconds: Record<Way, number>;
}

const median = (numbers: number[]): number => {
  const sorted = numbers.toSorted((left, right) => left - right);
  return sorted.length === 0 ? Number.NaN : sorted[Math.floor(sorted.length / 2)]!;
};

/** Bytes, or nothing where the candidate fails. */
async function compile(
  way: Way,
  module: NamedModule,
  pipeline: string,
): Promise<[number | undefined, boolean]> {
  switch (way) {
    case 'in process': {
      const outcome = await pool.measure(module.source, recipeOf(pipeline), options);
      return outcome.ok ? [outcome.value.bytes, outcome.value.reused] : [undefined, false];
    }
    case 'in process, no reuse': {
      const outcome = await forgetful.measure(module.source, recipeOf(pipeline), {
        ...options,
        reuse: false,
      });
      return [outcome.ok ? outcome.value.bytes : undefined, false];
    }
    case 'opt + llc':
      return [await spawner.compile(module.source, relocations.get(module)!, pipeline, false), false];
    case 'opt + llc + llvm-size':
      return [await spawner.compile(module.source, relocations.get(module)!, pipeline, true), false];
  }
}

/** -Oz's own pipeline without one to four of its passes, whichever adaptors they stand in. */
function neighbour(random: Random): string {
  const pipeline = parsePipeline(ozPipeline);
  for (let times = 1 + random.below(4); times > 0; times--) {
    let siblings = pipeline;
    for (;;) {
      const at = random.below(siblings.length);
      const children = siblings[at]!.children;
      if (children === undefined || children.length < 2) {
        if (siblings.length > 1) siblings.splice(at, 1);
        break;
      }
      siblings = children;
    }
  }
  return printPipeline(pipeline);
}

async function measureClass(name: string, kind: Kind, { modules, sizes }: Collected): Promise<ClassResult> {
  const random = createRandom(seed).fork(name);
  const times = Object.fromEntries(ways.map((way) => [way, [] as number[]])) as Record<Way, number[]>;
  const processor = Object.fromEntries(ways.map((way) => [way, [] as number[]])) as Record<Way, number[]>;
  const used = (): number => processorSeconds([...pool.processIds(), ...forgetful.processIds()]);
  let [failed, invalid, reused] = [0, 0, 0];
  for (const module of modules) {
    // The first request of a module sends it to the worker: once in hundreds of candidates, so not counted.
    const outcome = await pool.describe(module.source);
    relocations.set(module, outcome.ok && outcome.value.positionIndependent ? 'pic' : 'static');
    await pool.measure(module.source, [], options);
    await forgetful.measure(module.source, [], options);
  }
  for (let index = 0; index < candidates; index++) {
    const module = modules[index % modules.length]!;
    const pipeline =
      kind === 'random lists'
        ? nestPasses(samplePassList(random, { passes }), vocabulary.levelOf)
        : neighbour(random);
    const found = new Map<Way, number | undefined>();
    const taken = new Map<Way, [clock: number, processor: number]>();
    let known = false;
    for (let turn = 0; turn < ways.length; turn++) {
      const way = ways[(turn + index) % ways.length]!;
      const [start, before] = [performance.now(), used()];
      const [bytes, again] = await compile(way, module, pipeline);
      taken.set(way, [performance.now() - start, (used() - before) * 1000]);
      found.set(way, bytes);
      known ||= again;
    }
    const ours = found.get('in process');
    const theirs = found.get('opt + llc');
    if (found.get('in process, no reuse') !== ours || found.get('opt + llc + llvm-size') !== theirs) {
      throw new Error(
        `${module.name}: expected equal sizes, found ${JSON.stringify([...found])}: ${pipeline}`,
      );
    }
    if (theirs === undefined) {
      if (ours === undefined) failed++;
      else invalid++;
      continue;
    }
    if (ours !== theirs) {
      throw new Error(`${module.name}: expected ${theirs} bytes, found ${ours}: ${pipeline}`);
    }
    if (known) reused++;
    for (const way of ways) {
      times[way].push(taken.get(way)![0]);
      processor[way].push(taken.get(way)![1]);
    }
  }
  const summarise = (
    of: Record<Way, number[]>,
    summary: (numbers: number[]) => number,
  ): Record<Way, number> =>
    Object.fromEntries(ways.map((way) => [way, summary(of[way])])) as Record<Way, number>;
  const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    name,
    kind,
    modules: modules.length,
    instructions: [Math.min(...sizes), Math.max(...sizes)],
    candidates: times['opt + llc'].length,
    failed,
    invalid,
    reused,
    medianMilliseconds: summarise(times, median),
    totalMilliseconds: summarise(times, sum),
    processorMilliseconds: summarise(processor, (numbers) => sum(numbers) / numbers.length),
  };
}

/** Modules of one class, and their instructions after -Oz. */
interface Collected {
  modules: NamedModule[];
  sizes: number[];
}

async function instructionsAfterOz(module: NamedModule): Promise<number> {
  const outcome = await pool.measure(module.source, baseline, { level: 'Oz', codegen: false });
  return outcome.ok ? outcome.value.instructions : 0;
}

async function collect(
  all: NamedModule[],
  fits: (size: number) => boolean,
  most: number,
): Promise<Collected> {
  const collected: Collected = { modules: [], sizes: [] };
  for (const module of all) {
    if (collected.modules.length >= most) break;
    const size = await instructionsAfterOz(module);
    if (!fits(size)) continue;
    collected.modules.push(module);
    collected.sizes.push(size);
  }
  return collected;
}

async function smallFunctions(files: NamedModule[], most: number): Promise<Collected> {
  const functions: NamedModule[] = [];
  for (const file of files) {
    const outcome = await pool.measure(file.source, baseline, {
      ...options,
      perFunction: true,
      codegen: false,
    });
    if (!outcome.ok) continue;
    const small = outcome.value.functionInstructions!.filter(
      ({ name, instructions }) => instructions >= 5 && instructions < 50 && /^\w+$/.test(name),
    );
    functions.push(...small.slice(0, 2).map(({ name }) => extractFunction(installation, file, name)));
  }
  return collect(functions, (size) => size > 0 && size < 50, most);
}

function report(result: ClassResult): void {
  const ratio = (way: Way, times: Record<Way, number>): string =>
    `${(times['opt + llc'] / times[way]).toFixed(1).padStart(5)}x`;
  const number = (value: number): string => value.toFixed(1).padStart(8);
  console.log(
    `\n${result.name}, ${result.kind}: ${result.modules} modules of ${result.instructions.join(' to ')} instructions, ` +
      `${result.candidates} candidates of equal size, ${result.reused} of them IR seen before; ` +
      `${result.failed} failed everywhere, ${result.invalid} that only opt's verifier refuses`,
  );
  console.log(`  ${''.padEnd(22)} median ms        /s   ratio   total  processor ms, ratio`);
  for (const way of ways) {
    const { medianMilliseconds, totalMilliseconds, processorMilliseconds } = result;
    const milliseconds = medianMilliseconds[way];
    console.log(
      `  ${way.padEnd(22)} ${number(milliseconds)}  ${number(1000 / milliseconds)}  ${ratio(way, medianMilliseconds)}` +
        `  ${ratio(way, totalMilliseconds)}  ${number(processorMilliseconds[way])} ${ratio(way, processorMilliseconds)}`,
    );
  }
}

const files = compileModules(installation, sources);
const large = await collect(files, (size) => size >= 2000, 6);
// Small programs only: all that link together, with a main of their own each, make a large one.
if (large.modules.length === 0) {
  const parts = compileModules(installation, sources, (name) => [`-Dmain=main_${name}`]);
  const linked = linkModules(
    installation,
    'all C programs',
    parts.filter(({ name }) => name.endsWith('.c')),
  );
  large.modules.push(linked);
  large.sizes.push(await instructionsAfterOz(linked));
}
const results: ClassResult[] = [];
for (const [name, collected] of [
  ['functions under 50 instructions', await smallFunctions(files, 8)],
  ['files of hundreds', await collect(files, (size) => size >= 100 && size < 1000, 8)],
  ['modules of thousands', large],
] as const) {
  if (collected.modules.length === 0) continue;
  for (const kind of ['random lists', 'neighbours of -Oz'] as const) {
    const result = await measureClass(name, kind, collected);
    report(result);
    results.push(result);
  }
}
pool.close();
forgetful.close();
spawner.dispose();
if (values.json !== undefined) {
  const document = { llvm: installation.version, seed, sources, results };
  writeFileSync(values.json, `${JSON.stringify(document, undefined, 2)}\n`);
}
