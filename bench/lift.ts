// The lifter on real code: every function of the given sources compiled to assembly, lifted, cleaned up,
// compiled back and compared.
//
//   node dist-bench/lift.js PACKAGE-FOLDER… [--triple T] [--level Oz|O0|O2] [--compiler clang|gcc]
//        [--codegen O0] [--limit FUNCTIONS] [--show NAME]
//
// PACKAGE-FOLDER holds compile_commands.json (bench/packages.ts makes them). --codegen O0 is the published
// setting: code of -Oz IR generated without optimisation.

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareAssembly } from './compare-lifted.ts';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { cleanUpPipeline, sourceOf } from '#ozma/lift/clean-up.js';
import { liftFile, targetOfTriple, type LiftedFunction } from '#ozma/lift/lift.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { recipeOf } from '#ozma/llvm/recipe.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import type { AssemblyFile } from '#ozma/lift/assembly/types.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    triple: { type: 'string', default: 'x86_64-pc-linux-gnu' },
    level: { type: 'string', default: 'Oz' },
    compiler: { type: 'string', default: 'clang' },
    codegen: { type: 'string', default: 'Oz' },
    limit: { type: 'string', default: '1000000' },
    show: { type: 'string' },
    failures: { type: 'boolean', default: false },
  },
});

const installation = findInstallation();
const clang = programPath(installation, 'clang');
const target = targetOfTriple(values.triple);

interface Entry {
  directory: string;
  file: string;
  arguments: string[];
}

/** Assembly text of one source, or nothing where it does not compile. */
function assemble(entry: Entry): string | undefined {
  const flags = entry.arguments
    .slice(1)
    .filter((word) => word !== '-c' && word !== entry.file && !/^-O/.test(word));
  const cross = target === 'aarch64' && values.compiler === 'clang' ? ['--target=aarch64-linux-gnu'] : [];
  const run = (program: string, words: string[], input?: Buffer): Buffer | undefined => {
    const result = spawnSync(program, words, { cwd: entry.directory, input, maxBuffer: 1 << 28 });
    return result.status === 0 ? result.stdout : undefined;
  };
  if (values.codegen === 'O0') {
    const bitcode = run(clang, [...flags, ...cross, '-w', '-Oz', '-emit-llvm', '-c', entry.file, '-o', '-']);
    if (bitcode === undefined) return undefined;
    return run(clang, [...cross, '-S', '-x', 'ir', '-w', '-', '-o', '-'], bitcode)?.toString();
  }
  const compiler =
    values.compiler === 'gcc' ? (target === 'aarch64' ? 'aarch64-linux-gnu-gcc' : 'gcc') : clang;
  const wanted = values.compiler === 'gcc' && values.level === 'Oz' ? 'Os' : values.level;
  return run(compiler, [
    ...flags,
    ...cross,
    '-w',
    `-${wanted === 'O0' ? 'O0' : wanted}`,
    '-S',
    entry.file,
    '-o',
    '-',
  ])?.toString();
}

interface Counts {
  functions: number;
  lifted: number;
  recompiled: number;
  exact: number;
  instructions: number;
  liftedInstructions: number;
  /** Lift (parse aside), and passes with code generation. */
  liftSeconds: number;
  checkSeconds: number;
}

const emptyCounts = (): Counts => ({
  functions: 0,
  lifted: 0,
  recompiled: 0,
  exact: 0,
  instructions: 0,
  liftedInstructions: 0,
  liftSeconds: 0,
  checkSeconds: 0,
});

const pool = new WorkerPool({
  installation,
  workers: Math.min(2, availableParallelism()),
  timeoutSeconds: 60,
});
const missing = new Map<string, number>();
const reasons = new Map<string, number>();
const buckets = [10, 30, 100, 300, Infinity];
const perBucket = buckets.map(emptyCounts);
const packages = new Map<string, Counts>();

function count(map: Map<string, number>, key: string, by = 1): void {
  map.set(key, (map.get(key) ?? 0) + by);
}

async function compileBack(ir: string): Promise<{ assembly?: string; message?: string }> {
  const source = sourceOf(ir);
  const outcome = await pool.emit(
    source,
    recipeOf(cleanUpPipeline),
    values.codegen === 'O0' ? 'O0' : 'Oz',
    'assembly',
  );
  pool.forget(source);
  if (outcome.ok) return { assembly: Buffer.from(outcome.value).toString() };
  return { message: JSON.stringify(outcome.failure) };
}

async function check(file: AssemblyFile, lifted: LiftedFunction): Promise<'exact' | 'recompiled' | 'lifted'> {
  const original = file.functions.find(({ name }) => name === lifted.name)!;
  let best: 'recompiled' | 'lifted' = 'lifted';
  for (const variant of lifted.variants) {
    const { assembly, message } = await compileBack(variant.ir);
    if (assembly === undefined) {
      if (values.failures) process.stderr.write(`${lifted.name}: ${message}\n`);
      continue;
    }
    best = 'recompiled';
    const back = parseAssembly(assembly, target);
    const found = back.functions.find(({ name }) => name === lifted.name);
    if (found === undefined) continue;
    const difference = compareAssembly({ file, function: original }, { file: back, function: found });
    if (difference === undefined) return 'exact';
    if (values.failures) process.stderr.write(`${lifted.name}: ${difference.message}\n`);
  }
  return best;
}

let left = Number(values.limit);
for (const folder of positionals) {
  const entries = JSON.parse(readFileSync(join(folder, 'compile_commands.json'), 'utf8')) as Entry[];
  const counts = emptyCounts();
  packages.set(basename(folder), counts);
  for (const entry of entries) {
    if (left <= 0) break;
    const text = assemble(entry);
    if (text === undefined) continue;
    const file = parseAssembly(text, target);
    const started = performance.now();
    const { functions } = liftFile(file, {
      triple: values.triple,
      level: values.level === 'O2' ? 'O2' : 'Oz',
    });
    const liftSeconds = (performance.now() - started) / 1000;
    counts.liftSeconds += liftSeconds;
    const chosen = functions
      .filter(({ name }) => values.show === undefined || values.show === name)
      .slice(0, left);
    left -= chosen.length;
    await Promise.all(
      chosen.map(async (lifted) => {
        for (const [name, times] of lifted.unsupported) count(missing, name, times);
        if (lifted.reason !== undefined) {
          count(
            reasons,
            lifted.reason.startsWith('unsupported') && lifted.unsupported.size > 0
              ? 'missing instructions'
              : lifted.reason,
          );
        }
        const bucket = perBucket[buckets.findIndex((limit) => lifted.instructions <= limit)]!;
        const began = performance.now();
        const status = lifted.status === 'lifted' ? await check(file, lifted) : 'failed';
        const seconds = (performance.now() - began) / 1000;
        if (values.failures && status !== 'failed')
          process.stdout.write(`${status} ${basename(entry.file)} ${lifted.name} ${lifted.instructions}\n`);
        for (const into of [counts, bucket]) {
          into.functions++;
          into.instructions += lifted.instructions;
          if (status === 'failed') continue;
          into.lifted++;
          into.liftedInstructions += lifted.instructions;
          into.checkSeconds += seconds;
          if (status !== 'lifted') into.recompiled++;
          if (status === 'exact') into.exact++;
        }
      }),
    );
  }
}
pool.close();

const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
function row(name: string, counts: Counts): string {
  const { functions, lifted, recompiled, exact, instructions, liftedInstructions } = counts;
  return [
    name.padEnd(12),
    String(functions).padStart(6),
    share(lifted, functions).padStart(8),
    share(liftedInstructions, instructions).padStart(8),
    share(recompiled, functions).padStart(8),
    share(exact, functions).padStart(8),
  ].join('  ');
}
const compiler = execFileSync(values.compiler === 'gcc' ? 'gcc' : clang, ['--version'])
  .toString()
  .split('\n')[0];
process.stdout.write(`${compiler}, ${values.triple}, -${values.level}, code generation ${values.codegen}\n`);
process.stdout.write('              functions  lifted  (instr)  recompiled  exact\n');
const total = emptyCounts();
for (const [name, counts] of packages) {
  process.stdout.write(`${row(name, counts)}\n`);
  for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
}
process.stdout.write(`${row('all', total)}\n`);
for (const [index, counts] of perBucket.entries())
  process.stdout.write(`${row(`≤ ${buckets[index]}`, counts)}\n`);
process.stdout.write(`lifting ${((1000 * total.liftSeconds) / total.functions).toFixed(2)} ms a function\n`);
const top = (map: Map<string, number>, most: number): string =>
  [...map]
    .sort(([, one], [, other]) => other - one)
    .slice(0, most)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');
process.stdout.write(`not lifted: ${top(reasons, 12)}\nmissing instructions: ${top(missing, 30)}\n`);
