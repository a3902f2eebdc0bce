// Mines the coreset that src/search tries first. Three steps, each of which can be stopped and goes on
// where it was: search every module of a folder of bitcode at length and keep the list that each function
// ended with; measure the lists that most functions ended with on all modules; choose greedily, each time
// the list that saves most after those chosen before, with every function taking its best.
//
//   node dist-bench/mine-coreset.js FOLDER WORK-FOLDER [--compiles 200] [--lists 150] [--choose 60]
//       [--objective bytes|instructions]
//
// Never point it at packages that results are reported for.

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { contentHash } from '#ozma/llvm/module.js';
import type { ModuleSource } from '#ozma/llvm/worker-protocol.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { parsePipeline, printPipeline } from '#ozma/passes/grammar.js';
import { usablePasses } from '#ozma/passes/vocabulary.js';
import { recipeOfPlan, type Choice } from '#ozma/search/plan.js';
import { search, type Objective } from '#ozma/search/search.js';
import { skeletonOf } from '#ozma/search/skeleton.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    compiles: { type: 'string', default: '200' },
    lists: { type: 'string', default: '150' },
    choose: { type: 'string', default: '60' },
    objective: { type: 'string', default: 'bytes' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
  },
});
const [folder, workFolder] = positionals;
if (folder === undefined || workFolder === undefined) throw new Error('expected FOLDER and WORK-FOLDER');
mkdirSync(workFolder, { recursive: true });

const installation = findInstallation();
const workers = Number(values.workers);
const pool = new WorkerPool({ installation, workers, timeoutSeconds: 20 });
const skeleton = skeletonOf(await baselinePipeline(installation));
const skeletonNames = new Set(parsePipeline(skeleton.functionPasses.join(',')).map(({ name }) => name));
const objective = values.objective as Objective;
const codegen = objective !== 'instructions';
const defaultModule = {
  before: [],
  prelude: 'raw',
  relaxFirst: false,
  extra: [],
  neverInline: [],
  alwaysInline: [],
  switches: [],
} as const;
const files = readdirSync(folder).filter((name) => name.endsWith('.bc'));

function load(name: string): ModuleSource {
  const bytes = new Uint8Array(readFileSync(join(folder!, name)));
  return { hash: contentHash(bytes), bytes };
}

function readLines<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as T);
}

/** Runs the job for every file that has no line yet, and appends one line each. */
async function resumable<T extends { file: string }>(
  path: string,
  job: (file: string) => Promise<T | undefined>,
): Promise<T[]> {
  const done = new Set(readLines<T>(path).map(({ file }) => file));
  const limit = pLimit(workers);
  let finished = done.size;
  await Promise.all(
    files
      .filter((file) => !done.has(file))
      .map((file) =>
        limit(async () => {
          const line = await job(file);
          finished++;
          if (line === undefined) return;
          appendFileSync(path, `${JSON.stringify(line)}\n`);
          process.stderr.write(`${path}: ${finished} of ${files.length}\n`);
        }),
      ),
  );
  return readLines<T>(path);
}

interface Found {
  file: string;
  choices: Choice[];
}

async function collect(file: string): Promise<Found | undefined> {
  const module = load(file);
  const result = await search(pool, module, {
    objective,
    level: 'Oz',
    compiles: Number(values.compiles),
    seed: Number(values.seed),
    perFunction: true,
  });
  const choices = new Map<string, Choice>();
  for (const step of result.best.recipe) {
    if (step.kind !== 'functions') continue;
    for (const [name, pipeline] of Object.entries(step.pipelines)) {
      const passes = parsePipeline(pipeline).map((node) => printPipeline([node]));
      choices.set(name, { passes, relax: 'never' });
    }
  }
  const functionsAt = result.best.recipe.findIndex((step) => step.kind === 'functions');
  for (const [index, step] of result.best.recipe.entries()) {
    if (step.kind !== 'relax' || step.functions === 'all') continue;
    const relax = index < functionsAt ? 'before passes' : 'before code generation';
    for (const name of step.functions) {
      const choice = choices.get(name);
      if (choice !== undefined) choice.relax = relax;
    }
  }
  pool.forget(module);
  return { file, choices: [...choices.values()] };
}

interface Row {
  file: string;
  /** Bytes (or instructions) of each function under each list; a missing list failed. */
  sizes: Record<string, (number | null)[]>;
}

const relax = codegen ? 'before code generation' : 'never';
const first: Choice = { passes: skeleton.functionPasses, relax };

async function broadcast(file: string, lists: readonly Choice[]): Promise<Row | undefined> {
  const module = load(file);
  const summary = await pool.describe(module);
  if (!summary.ok) return undefined;
  const names = summary.value.functions.map(({ name }) => name);
  const sizes: Row['sizes'] = Object.fromEntries(names.map((name) => [name, lists.map(() => null)]));
  for (const [index, choice] of lists.entries()) {
    const plan = { module: defaultModule, choices: new Map(names.map((name) => [name, choice])) };
    const outcome = await pool.measure(module, recipeOfPlan(plan, skeleton), {
      level: 'Oz',
      codegen,
      perFunction: true,
    });
    if (!outcome.ok) continue;
    const counted = codegen
      ? (outcome.value.functions ?? []).map(({ name, bytes }) => [name, bytes] as const)
      : outcome.value.functionInstructions!.map(({ name, instructions }) => [name, instructions] as const);
    for (const [name, size] of counted) {
      const row = sizes[name];
      if (row !== undefined) row[index] = size;
    }
  }
  pool.forget(module);
  return { file, sizes };
}

const found = await resumable(join(workFolder, 'found.jsonl'), collect);
const frequency = new Map<string, { choice: Choice; count: number }>();
const add = (choice: Choice, count: number): void => {
  const key = JSON.stringify([choice.passes, choice.relax]);
  const entry = frequency.get(key) ?? { choice, count: 0 };
  entry.count += count;
  frequency.set(key, entry);
};
for (const { choices } of found) for (const choice of choices) add(choice, 1);
/** Verdicts may have become stricter since the lists were found. */
const usable = new Set(usablePasses(installation).map(({ name }) => name));
const trusted = ({ passes }: Choice): boolean =>
  parsePipeline(passes.join(',')).every(
    (node) =>
      usable.has(node.name) ||
      skeletonNames.has(node.name) ||
      node.children?.every((child) => usable.has(child.name)),
  );
const ranked = [...frequency.values()]
  .filter(({ choice }) => trusted(choice))
  .sort((left, right) => right.count - left.count || left.choice.passes.length - right.choice.passes.length);
const listsPath = join(workFolder, 'lists.json');
if (!existsSync(listsPath)) {
  const most = [first, ...ranked.map(({ choice }) => choice)].slice(0, Number(values.lists));
  process.stderr.write(`${frequency.size} distinct lists, ${most.length} measured everywhere\n`);
  writeFileSync(listsPath, JSON.stringify(most));
}
const lists = JSON.parse(readFileSync(listsPath, 'utf8')) as Choice[];

const rows = await resumable(join(workFolder, 'rows.jsonl'), (file) => broadcast(file, lists));
const functions = rows
  .flatMap(({ sizes }) => Object.values(sizes))
  .filter((row) => typeof row[0] === 'number');
const best = functions.map((row) => row[0]!);
const total = best.reduce((sum, size) => sum + size, 0);
const chosen: { choice: Choice; saved: number }[] = [{ choice: first, saved: 0 }];
while (chosen.length < Number(values.choose)) {
  const gains = lists.map((list, index) =>
    !trusted(list)
      ? 0
      : functions.reduce((sum, row, at) => sum + Math.max(0, best[at]! - (row[index] ?? Infinity)), 0),
  );
  const winner = gains.indexOf(Math.max(...gains));
  if (gains[winner]! <= 0) break;
  for (const [at, row] of functions.entries()) best[at] = Math.min(best[at]!, row[winner] ?? Infinity);
  const saved = 1 - best.reduce((sum, size) => sum + size, 0) / total;
  chosen.push({ choice: lists[winner]!, saved });
  process.stderr.write(
    `${chosen.length}: ${(100 * saved).toFixed(2)} % after ${lists[winner]!.passes.length} passes\n`,
  );
}

const defaultText = skeleton.functionPasses.join(' ');
const entries = chosen.map(({ choice }) => {
  const passes = choice.passes.join(' ').replace(defaultText, '-Oz');
  return `  { passes: ${JSON.stringify(passes)}, relax: '${choice.relax}' },`;
});
const [fileName, exportName] = codegen
  ? ['mined-coreset.ts', 'minedCoreset']
  : ['mined-instructions-coreset.ts', 'minedInstructionsCoreset'];
writeFileSync(
  join(workFolder, fileName),
  `// Written by bench/mine-coreset.ts; see coreset.ts.\n\nimport type { KnownChoice } from './known-choice.ts';\n\n` +
    `export const ${exportName}: readonly KnownChoice[] = [\n${entries.join('\n')}\n];\n`,
);
pool.close();
