// Thousands of functions lifted and checked by the rules in one process: does memory stay where it is, and
// how long does a function take? Files come from packages, one level after the other, until there are enough.
//
//   node dist-bench/disassemble-endurance.js PLACE… [--functions 10000] [--levels Oz,O2,O1,Os,O0,O3]
//        [--longest 100] [--targets x86_64-pc-linux-gnu,aarch64-unknown-linux-gnu] [--seed 1]
//        [--minutes 120] [--part 1000]
//
// PLACE as for bench/lift.ts. Functions of more than --longest instructions are left out: they make a run
// longer and not harder for memory. Memory is this process and its workers together, the most in each --part
// of the functions, seen when one of them is done. After --minutes it ends with what it has.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { assemblyInputs } from './assembly-inputs.ts';
import type { Level } from '#ozma/data/task-sets/levels.js';
import { statuses } from '#ozma/disassemble/check.js';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { targetOfTriple } from '#ozma/lift/lift.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    functions: { type: 'string', default: '10000' },
    levels: { type: 'string', default: 'Oz,O2,O1,Os,O0,O3' },
    longest: { type: 'string', default: '100' },
    targets: { type: 'string', default: 'x86_64-pc-linux-gnu,aarch64-unknown-linux-gnu' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '120' },
    part: { type: 'string', default: '1000' },
  },
});
const installation = findInstallation();
const wanted = Number(values.functions);
const partSize = Number(values.part);
const end = performance.now() + Number(values.minutes) * 60_000;
const mebibyte = 2 ** 20;

/** Resident MiB of a process; 0 when it is gone. */
function residentOf(process: string): number {
  try {
    const kibibytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function resident(): { own: number; all: number } {
  const own = process.memoryUsage().rss / mebibyte;
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  return { own, all: children.reduce((sum, child) => sum + residentOf(child), own) };
}

interface Part {
  functions: number;
  own: number;
  all: number;
  seconds: number;
}
const parts: Part[] = [];
const counts = new Map<string, number>();
let done = 0;
let last = performance.now();

function note(status: string): void {
  const index = Math.floor(done++ / partSize);
  const part = (parts[index] ??= { functions: 0, own: 0, all: 0, seconds: 0 });
  const { own, all } = resident();
  part.functions++;
  part.own = Math.max(part.own, own);
  part.all = Math.max(part.all, all);
  part.seconds += (performance.now() - last) / 1000;
  last = performance.now();
  counts.set(status, (counts.get(status) ?? 0) + 1);
  if (done % 100 === 0) {
    process.stderr.write(
      `${done} functions, ${Math.round(all)} MiB, ${(part.seconds / part.functions).toFixed(3)} s each\n`,
    );
  }
}

const began = process.cpuUsage();
const pool = new WorkerPool({ installation, workers: 1 });
outer: for (const level of values.levels.split(',') as Level[]) {
  for (const triple of values.targets.split(',')) {
    for await (const { text } of assemblyInputs(installation, pool, positionals, {
      triple,
      level,
      compiler: 'clang',
    })) {
      const functions = parseAssembly(text, targetOfTriple(triple))
        .functions.filter(({ items }) => items.length <= Number(values.longest))
        .map(({ name }) => name)
        .slice(0, wanted - done);
      if (functions.length === 0) continue;
      const seed = Number(values.seed);
      // The last function of a file counts its module as well.
      await disassemble(text, {
        installation,
        target: triple,
        functions,
        jobs: 1,
        seed,
        onFunction: ({ status }) => note(status),
      });
      if (done >= wanted || performance.now() > end) break outer;
    }
  }
}
pool.close();

process.stdout.write(
  `${done} functions of at most ${values.longest} instructions, levels ${values.levels}, seed ${values.seed}, ` +
    `LLVM ${installation.version}\n${statuses.map((status) => `${counts.get(status) ?? 0} ${status}`).join(', ')}\n\n` +
    '| functions | most memory, MiB | with workers, MiB | seconds a function |\n| --- | ---: | ---: | ---: |\n',
);
for (const [index, { functions, own, all, seconds }] of parts.entries()) {
  const name = `${index * partSize + 1} to ${index * partSize + functions}`;
  process.stdout.write(
    `| ${name} | ${Math.round(own)} | ${Math.round(all)} | ${(seconds / functions).toFixed(3)} |\n`,
  );
}
const { user, system } = process.cpuUsage(began);
process.stdout.write(
  `\n${((user + system) / 1e6 / Math.max(1, done)).toFixed(3)} processor seconds a function without workers\n`,
);
