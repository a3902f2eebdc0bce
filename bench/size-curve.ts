// How much smaller than `clang -Oz` after how many compiles: tunes every file of the packages that
// bench/packages.ts prepared and tabulates the saving at each budget. Every finished file is one line of a
// JSONL file; a killed run goes on with the files that are missing.
//
//   node dist-bench/size-curve.js PACKAGES-FOLDER RESULTS.jsonl [--compiles 1000] [--codegen Oz|O0]
//       [--objective bytes|instructions] [--only zlib,lz4] [--every N] [--jobs 2] [--no-per-function] [--seed 1]
//       [--model FILE --candidates 1]
//
// With `--model` the first compiles are lists that it was asked for; the seconds it took are in each line.
//
// `--every N` takes every Nth file, the first among them, of all in the order of package and file name: an even
// choice that is the same wherever the packages are. The table is of the files in RESULTS.jsonl, whatever chose
// them. With `--jobs 1` a line also says the processor time of its file, which a busy machine does not change.
//
// Counting IR instructions, a second table has the baseline of the papers that count them: `opt -p
// 'default<Oz>'` on IR whose functions are marked neither minsize nor optsize. Every instruction in a function
// body counts on both sides, calls of intrinsics too; debug records are no instructions.
//
// The last budget's size is that of the written, checked object; those before are the search's own
// measurements, of which bench and tests show that they agree with llvm-size.

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { withoutPasses } from '#ozma/llvm/clang.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { contentHash, type CodegenLevel } from '#ozma/llvm/module.js';
import { recipeOf } from '#ozma/llvm/recipe.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import type { Objective } from '#ozma/search/search.js';
import type { TuneResult } from '#ozma/tune/result.js';
import { tune } from '#ozma/tune/tune.js';
import { processorSeconds } from './processor-time.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    compiles: { type: 'string', default: '1000' },
    codegen: { type: 'string', default: 'Oz' },
    objective: { type: 'string', default: 'bytes' },
    every: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    only: { type: 'string' },
    'per-function': { type: 'boolean', default: true },
    seed: { type: 'string', default: '1' },
    model: { type: 'string' },
    candidates: { type: 'string', default: '1' },
    table: { type: 'boolean', default: false },
  },
});
const [packages, results] = positionals;
if (packages === undefined || results === undefined)
  throw new Error('expected PACKAGES-FOLDER RESULTS.jsonl');

const objective = values.objective as Objective;
const compiles = Number(values.compiles);
const every = Number(values.every);
const jobsAtOnce = Number(values.jobs);
const budgets = [1, 2, 4, 5, 16, 20, 50, 200, 500, 1000].filter((budget) => budget <= compiles);

interface Entry {
  directory: string;
  file: string;
  arguments: string[];
}

interface Line {
  package: string;
  file: string;
  seconds: number;
  /** Of processor time, all processes together; only where files were tuned one after another. */
  processorSeconds?: number;
  /** Instructions after `opt -p 'default<Oz>'` of IR without size attributes. */
  optOz?: number;
  result: Pick<
    TuneResult,
    'baseline' | 'best' | 'saving' | 'trace' | 'compiles' | 'reused' | 'crashed' | 'model'
  > &
    Pick<TuneResult, 'timedOut' | 'checks' | 'rejected'>;
}

function readResults(): Line[] {
  if (!existsSync(results!)) return [];
  return readFileSync(results!, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line);
}

// Time enough on a machine with much else to do: without this figure a file is lost.
const pool = new WorkerPool({ installation: findInstallation(), workers: 1, timeoutSeconds: 600 });

async function countOptOz(entry: Entry): Promise<number> {
  const words = [...entry.arguments.slice(1), '-w', ...withoutPasses, '-emit-llvm', '-o', '-', '-O1'];
  const bytes = execFileSync(programPath(pool.installation, 'clang'), words, {
    cwd: entry.directory,
    maxBuffer: 1 << 28,
  });
  const module = { hash: contentHash(bytes), bytes };
  const outcome = await pool.measure(module, recipeOf('default<Oz>'), { level: 'Oz', codegen: false });
  pool.forget(module);
  if (!outcome.ok) throw new Error(`${entry.file}: default<Oz> fails`);
  return outcome.value.instructions;
}

async function measure(name: string, entry: Entry, folder: string): Promise<void> {
  const own = mkdtempSync(join(folder, 'one-'));
  const commands = join(own, 'compile_commands.json');
  writeFileSync(commands, JSON.stringify([entry]));
  const start = performance.now();
  const before = processorSeconds([]);
  const report = await tune([commands], {
    compiles,
    objective,
    codegen: values.codegen as CodegenLevel,
    perFunction: values['per-function'],
    seed: Number(values.seed),
    jobs: 1,
    ...(values.model === undefined ? {} : { model: values.model, candidates: Number(values.candidates) }),
  });
  const [result] = report.results;
  if (result === undefined) {
    process.stderr.write(`${entry.file}: ${report.failures[0]?.message ?? 'nothing'}\n`);
    return;
  }
  // What the workers used counts when they have ended.
  const ended = performance.now();
  await setTimeout(500);
  const { baseline, best, saving, trace, crashed, timedOut, reused, checks, rejected, model } = result;
  const line: Line = {
    package: name,
    file: entry.file,
    seconds: (ended - start) / 1000,
    ...(jobsAtOnce === 1 ? { processorSeconds: processorSeconds([]) - before } : {}),
    ...(objective === 'instructions' ? { optOz: await countOptOz(entry) } : {}),
    result: {
      baseline: { ...baseline, pipeline: '' },
      best: { ...best, pipeline: '', recipe: [] },
      saving,
      trace,
      compiles: result.compiles,
      reused,
      crashed,
      timedOut,
      checks,
      ...(model === undefined ? {} : { model }),
      ...(rejected === undefined ? {} : { rejected: { ...rejected, pipeline: '', recipe: [] } }),
    },
  };
  appendFileSync(results!, `${JSON.stringify(line)}\n`);
  process.stderr.write(
    `${name} ${entry.file}: ${(100 * saving).toFixed(2)} %, ${line.seconds.toFixed(0)} s\n`,
  );
}

/** The objective's value after so many compiles; at the end, that of the checked object. */
function valueAt({ result }: Line, budget: number): number {
  if (budget >= compiles) return result.best[objective];
  return result.trace.findLast((step) => step.compiles <= budget)?.value ?? result.baseline[objective];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** How long the files took, each on average: by the clock, and of processor time where that is known. */
function time(lines: readonly Line[]): string {
  const mean = (seconds: number[]): string =>
    (seconds.reduce((sum, value) => sum + value, 0) / seconds.length).toFixed(1);
  const processor = lines.flatMap((line) => line.processorSeconds ?? []);
  const clock = `${mean(lines.map(({ seconds }) => seconds))} seconds a file`;
  return processor.length === lines.length ? `${clock}, ${mean(processor)} of processor time` : clock;
}

/** One row a budget; `of` is what a line is compared with, by default clang's -Oz. */
function table(
  lines: readonly Line[],
  baseline = 'clang -Oz',
  of = (line: Line): number => line.result.baseline[objective],
): string {
  const names = [...new Set(lines.map((line) => line.package))];
  const sum = (list: readonly Line[], value: (line: Line) => number): number =>
    list.reduce((total, line) => total + value(line), 0);
  const total = sum(lines, of);
  const rows = budgets.map((budget) => {
    const after = sum(lines, (line) => valueAt(line, budget));
    const nonEmpty = lines.filter((line) => of(line) > 0);
    const mean = sum(nonEmpty, (line) => 1 - valueAt(line, budget) / of(line)) / nonEmpty.length;
    const each = names.map((name) => {
      const own = lines.filter((line) => line.package === name);
      return percent(1 - sum(own, (line) => valueAt(line, budget)) / sum(own, of));
    });
    return `| ${[budget, total - after, percent(1 - after / total), percent(mean), ...each].join(' | ')} |`;
  });
  const head = ['compiles a file', `${objective} saved`, 'of the total', 'mean over files', ...names];
  const failures = `${sum(lines, ({ result }) => result.crashed)} crashed, ${sum(lines, ({ result }) => result.timedOut)} timed out, ${sum(lines, ({ result }) => result.reused)} without code generation`;
  const checks = lines.filter(({ result }) => !result.checks.every(({ passed }) => passed)).length;
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => ' ---: |').join('')}`,
    ...rows,
    '',
    `${lines.length} files, ${total} ${objective} with ${baseline}, code generation at ${values.codegen}, seed ${values.seed}; ` +
      `${sum(lines, ({ result }) => result.compiles)} compiles: ${failures}; ` +
      `${checks} files with a failed check; ${time(lines)}.`,
  ].join('\n');
}

const done = new Set(readResults().map((line) => `${line.package} ${line.file}`));
const folder = mkdtempSync(join(tmpdir(), 'ozma-size-curve-'));
const limit = pLimit(jobsAtOnce);
const wanted = values.only?.split(',');
const jobs = readdirSync(packages)
  .sort()
  .filter((name) => wanted === undefined || wanted.includes(name))
  .flatMap((name) => {
    const commands = join(packages, name, 'compile_commands.json');
    const entries = JSON.parse(readFileSync(commands, 'utf8')) as Entry[];
    // Recorded in the order in which the build finished them, which is another one every time.
    return entries
      .toSorted((left, right) => (left.file < right.file ? -1 : 1))
      .map((entry) => ({ name, entry }));
  })
  .filter((_, index) => index % every === 0)
  .filter(({ name, entry }) => !done.has(`${name} ${entry.file}`));
if (!values.table) {
  await Promise.all(jobs.map(({ name, entry }) => limit(() => measure(name, entry, folder))));
}
rmSync(folder, { recursive: true });
pool.close();
const lines = readResults();
process.stdout.write(`${table(lines)}\n`);
if (objective === 'instructions') {
  process.stdout.write(
    `\n${table(lines, "opt -p 'default<Oz>' without size attributes", (line) => line.optOz!)}\n`,
  );
}
