// What the instruction tables know of real code: modules of packages compiled at every level for both
// machines, instructions and functions counted, and what is missing, the commonest first.
//
//   node dist-bench/coverage.js PLACE… [--levels O0,O1,O2,O3,Os,Oz,paper] [--compiler clang|gcc] [--files 10]
//
// PLACE as for bench/lift.ts; --files is how many of each place are taken, at each level.

import { parseArgs } from 'node:util';
import { assemblyInputs } from './assembly-inputs.ts';
import type { Level } from '#ozma/data/task-sets/levels.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { addCoverage, emptyCoverage, mostMissing } from '#ozma/lift/coverage.js';
import { targetOfTriple } from '#ozma/lift/lift.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    levels: { type: 'string', default: 'O0,O1,O2,O3,Os,Oz,paper' },
    compiler: { type: 'string', default: 'clang' },
    files: { type: 'string', default: '10' },
  },
});
const installation = findInstallation();
const pool = new WorkerPool({ installation, workers: 1 });
const compiler = values.compiler === 'gcc' ? 'gcc' : 'clang';

const percent = (part: number, whole: number): string => ((100 * part) / Math.max(1, whole)).toFixed(2);
process.stdout.write('| target | level | instructions | known, % | functions | known, % |\n');
process.stdout.write('| --- | --- | ---: | ---: | ---: | ---: |\n');
for (const triple of ['x86_64-pc-linux-gnu', 'aarch64-unknown-linux-gnu']) {
  const all = emptyCoverage();
  for (const level of values.levels.split(',') as Level[]) {
    const counted = emptyCoverage();
    for (const place of positionals) {
      let files = Number(values.files);
      for await (const { text } of assemblyInputs(installation, pool, [place], { triple, level, compiler })) {
        const file = parseAssembly(text, targetOfTriple(triple));
        addCoverage(counted, file);
        addCoverage(all, file);
        if (--files <= 0) break;
      }
    }
    const { instructions, handledInstructions, functions, handledFunctions } = counted;
    process.stdout.write(
      `| ${triple.split('-')[0]} | ${level} | ${instructions} | ${percent(handledInstructions, instructions)} | ` +
        `${functions} | ${percent(handledFunctions, functions)} |\n`,
    );
  }
  const missing = mostMissing(all, 20).map(([name, times]) => `${name} ${times}`);
  process.stdout.write(`\nMissing for ${triple}: ${missing.join(', ')}\n\n`);
}
pool.close();
