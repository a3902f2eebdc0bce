// The lifter on real code: every function of the inputs lifted, compiled back and compared, as `ozma
// disassemble` does it but without running code: what is exact, what compiles, and what is missing.
//
//   node dist-bench/lift.js PLACE… [--triple T] [--level Oz|O0|O1|O2|O3|Os|paper] [--compiler clang|gcc]
//        [--limit FUNCTIONS-OF-EACH-PLACE] [--show NAME] [--misses N]
//
// PLACE is a prepared package (bench/packages.ts), a folder of them, or a Parquet file of collected modules.
// `paper` is the published setting: code of -Oz IR generated at -O0. --misses names the commonest differences.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { assemblyInputs } from './assembly-inputs.ts';
import type { Level } from '#ozma/data/task-sets/levels.js';
import { liftedCandidates } from '#ozma/disassemble/candidates.js';
import { recompileClosest, type Recompiled, type Subject } from '#ozma/disassemble/recompile.js';
import { likelySettings } from '#ozma/disassemble/settings.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { liftFile, targetOfTriple, type LiftedFunction } from '#ozma/lift/lift.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    triple: { type: 'string', default: 'x86_64-pc-linux-gnu' },
    level: { type: 'string', default: 'Oz' },
    compiler: { type: 'string', default: 'clang' },
    limit: { type: 'string', default: '1000000' },
    show: { type: 'string' },
    misses: { type: 'string', default: '0' },
  },
});
const installation = findInstallation();
const pool = new WorkerPool({
  installation,
  workers: Math.min(2, availableParallelism()),
  timeoutSeconds: 60,
});

interface Counts {
  functions: number;
  lifted: number;
  recompiled: number;
  exact: number;
  instructions: number;
  liftedInstructions: number;
  seconds: number;
}
const emptyCounts = (): Counts => ({
  functions: 0,
  lifted: 0,
  recompiled: 0,
  exact: 0,
  instructions: 0,
  liftedInstructions: 0,
  seconds: 0,
});
const missing = new Map<string, number>();
const reasons = new Map<string, number>();
const misses = new Map<string, number>();
const examples = new Map<string, string>();
const variants = new Map<string, number>();
const buckets = [10, 30, 100, 300, Infinity];
const perBucket = buckets.map(emptyCounts);
const packages = new Map<string, Counts>();

function count(map: Map<string, number>, key: string, by = 1): void {
  map.set(key, (map.get(key) ?? 0) + by);
}

function noteMiss(name: string, { comparison }: Recompiled): void {
  const [first] = comparison.differences;
  const shown = ({ expected = 'nothing', found = 'nothing' }): string =>
    `${expected.replace(/ [^ ]*$/, '')} ≠ ${found}`;
  if (first !== undefined) {
    const key = `${first.kind}: ${shown(first)}`;
    count(misses, key);
    examples.set(key, name);
  }
  if (values.show === name) {
    for (const one of comparison.differences.slice(0, 40))
      process.stdout.write(`${one.kind}: ${one.expected ?? '–'} ≠ ${one.found ?? '–'}\n`);
  }
}

async function check(subject: Subject, lifted: LiftedFunction): Promise<'exact' | 'recompiled' | 'lifted'> {
  const settings = likelySettings(subject.file, subject.function);
  const { candidates, reasons: problems } = await liftedCandidates(pool, lifted);
  let closest: Recompiled | undefined;
  for (const { ir, variant } of candidates) {
    if (values.show === lifted.name) process.stdout.write(`; ${variant}\n${ir}\n`);
    const result = await recompileClosest(pool, subject, ir, settings);
    if ('reason' in result) {
      problems.push(result.reason);
      continue;
    }
    if (result.recompiled.comparison.equal) {
      count(variants, `${variant}, ${result.recompiled.settings.level}`);
      return 'exact';
    }
    if (closest === undefined || result.recompiled.bleu > closest.bleu) closest = result.recompiled;
  }
  if (closest === undefined) {
    process.stderr.write(`${lifted.name}: ${problems[0] ?? 'no candidate'}\n`);
    return 'lifted';
  }
  noteMiss(lifted.name, closest);
  return 'recompiled';
}

const settings = {
  triple: values.triple,
  level: values.level as Level,
  compiler: values.compiler === 'gcc' ? ('gcc' as const) : ('clang' as const),
};
for (const place of positionals) {
  let left = Number(values.limit);
  for await (const input of assemblyInputs(installation, pool, [place], settings)) {
    const counts = packages.get(input.package) ?? emptyCounts();
    packages.set(input.package, counts);
    const file = parseAssembly(input.text, targetOfTriple(values.triple));
    const functions = liftFile(file, { triple: values.triple })
      .functions.filter(({ name }) => values.show === undefined || values.show === name)
      .slice(0, left);
    left -= functions.length;
    await Promise.all(
      functions.map(async (lifted) => {
        for (const [name, times] of lifted.unsupported) count(missing, name, times);
        if (lifted.reason !== undefined)
          count(reasons, lifted.unsupported.size > 0 ? 'missing instructions' : lifted.reason);
        const original = file.functions.find(({ name }) => name === lifted.name)!;
        const subject = { file, split: { functions: new Map(), blocks: [] }, function: original };
        const began = performance.now();
        const status = lifted.status === 'lifted' ? await check(subject, lifted) : 'failed';
        const seconds = (performance.now() - began) / 1000;
        const bucket = perBucket[buckets.findIndex((limit) => lifted.instructions <= limit)]!;
        for (const into of [counts, bucket]) {
          into.functions++;
          into.instructions += lifted.instructions;
          into.seconds += seconds;
          if (status === 'failed') continue;
          into.lifted++;
          into.liftedInstructions += lifted.instructions;
          if (status !== 'lifted') into.recompiled++;
          if (status === 'exact') into.exact++;
        }
      }),
    );
    if (left <= 0) break;
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
process.stdout.write(
  `${values.compiler} -${values.level}, ${values.triple}, LLVM ${installation.version}\n` +
    '              functions  lifted  (instr)  recompiled  exact\n',
);
const total = emptyCounts();
for (const [name, counts] of packages) {
  process.stdout.write(`${row(name, counts)}\n`);
  for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
}
process.stdout.write(`${row('all', total)}\n`);
for (const [index, counts] of perBucket.entries())
  process.stdout.write(`${row(`≤ ${buckets[index]}`, counts)}\n`);
const top = (map: Map<string, number>, most: number, between = ', ', notes?: Map<string, string>): string =>
  [...map]
    .sort(([, one], [, other]) => other - one)
    .slice(0, most)
    .map(([name, times]) => `${name} ${times}${notes === undefined ? '' : `  (${notes.get(name)})`}`)
    .join(between);
process.stdout.write(`exact by: ${top(variants, 12)}\n`);
process.stdout.write(`not lifted: ${top(reasons, 12)}\nmissing instructions: ${top(missing, 30)}\n`);
const most = Number(values.misses);
if (most > 0) process.stdout.write(`first differences:\n${top(misses, most, '\n', examples)}\n`);
