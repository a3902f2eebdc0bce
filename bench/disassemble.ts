// What `ozma disassemble` reaches on real code: functions drawn by chance, lifted by the rules (and a model, or a
// model alone) and checked; statuses by length, what keeps the others, seconds a function, memory over the run.
//
//   node dist-bench/disassemble.js PLACE… [--level Oz|O0|O1|O2|O3|Os|paper] [--compiler clang|gcc]
//        [--target TRIPLE] [--functions 100] [--longest N] [--seed 1] [--jobs 1]
//        [--model FILE.gguf [--candidates 8] [--without-rules]]
//
// PLACE is a prepared package (bench/packages.ts), a folder of them, or a Parquet file of collected modules.

import { parseArgs } from 'node:util';
import { choiceOptions, chooseFunctions } from './chosen-functions.ts';
import { createRandom } from '#ozma/common/random.js';
import { statuses } from '#ozma/disassemble/check.js';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import type { FunctionResult } from '#ozma/disassemble/result.js';
import { openEngine } from '#ozma/inference/engine.js';
import { findInstallation } from '#ozma/llvm/installation.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...choiceOptions,
    jobs: { type: 'string', default: '1' },
    model: { type: 'string' },
    candidates: { type: 'string', default: '8' },
    'without-rules': { type: 'boolean', default: false },
  },
});
const installation = findInstallation();
const engine = values.model === undefined ? undefined : await openEngine(values.model);

const random = createRandom(Number(values.seed));
const { chosen, available } = await chooseFunctions(installation, positionals, values, random);

/** What is kept of a result: its IR would fill memory. */
type Kept = Omit<FunctionResult, 'ir'>;
const results: Kept[] = [];
const memory: number[] = [];
const began = performance.now();
for (const text of new Set(chosen.map((one) => one.text))) {
  const names = chosen.filter((one) => one.text === text).map(({ name }) => name);
  await disassemble(text, {
    installation,
    target: values.target,
    functions: names,
    jobs: Number(values.jobs),
    rules: !values['without-rules'],
    ...(engine === undefined ? {} : { model: { engine, candidates: Number(values.candidates) } }),
    onFunction: ({ ir: _, ...kept }) => {
      results.push(kept);
      const every = Math.max(1, Math.floor(chosen.length / 10));
      if (results.length % every === 0) memory.push(Math.round(process.memoryUsage().rss / 2 ** 20));
    },
  });
}
const seconds = (performance.now() - began) / 1000;
await engine?.close();

const buckets = [
  ['up to 20', 0, 20],
  ['21 to 100', 21, 100],
  ['over 100', 101, Infinity],
  ['up to 100', 0, 100],
  ['all', 0, Infinity],
] as const;
const mean = (list: number[]): number => list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length);
process.stdout.write(
  `${values.compiler} -${values.level}, ${values.target}, seed ${values.seed}: ` +
    `${results.length} of ${available} functions, LLVM ${installation.version}\n\n` +
    `| instructions | functions | ${statuses.join(' | ')} | mean BLEU | seconds each |\n` +
    `| --- | ---: |${' ---: |'.repeat(statuses.length + 2)}\n`,
);
for (const [label, low, high] of buckets) {
  const those = results.filter(({ instructions }) => instructions >= low && instructions <= high);
  const share = (status: string): string => {
    const count = those.filter((one) => one.status === status).length;
    return `${((100 * count) / Math.max(1, those.length)).toFixed(1)} %`;
  };
  const compiled = those.flatMap(({ bleu }) => (bleu === undefined ? [] : [bleu]));
  process.stdout.write(
    `| ${label} | ${those.length} | ${statuses.map(share).join(' | ')} | ${mean(compiled).toFixed(3)} | ` +
      `${mean(those.map((one) => one.seconds)).toFixed(2)} |\n`,
  );
}
const origins = new Map<string, number>();
for (const { origin = 'nothing' } of results) origins.set(origin, (origins.get(origin) ?? 0) + 1);
const inputs = results.flatMap((one) => (one.status === 'equivalent' ? [one.inputs ?? 0] : []));
process.stdout.write(
  `\n${(seconds / Math.max(1, results.length)).toFixed(2)} s a function with ${values.jobs} jobs; ` +
    `equivalent on ${mean(inputs).toFixed(0)} inputs on average\n` +
    `kept from: ${[...origins].map(([origin, count]) => `${origin} ${count}`).join(', ')}\n` +
    `resident memory after each tenth of the functions, MiB: ${memory.join(', ')}\n\n`,
);
const reasons = new Map<string, string[]>();
for (const { name, status, reason = '' } of results) {
  if (status === 'exact' || status === 'equivalent') continue;
  const kind = `${status}: ${reason.replace(/^input \d+: /, '').replace(/\/\S+/g, '…')}`;
  reasons.set(kind, [...(reasons.get(kind) ?? []), name]);
}
for (const [kind, names] of [...reasons]
  .sort((left, right) => right[1].length - left[1].length)
  .slice(0, 20)) {
  process.stdout.write(`${String(names.length).padStart(4)}  ${kind} (${names.slice(0, 3).join(', ')})\n`);
}
