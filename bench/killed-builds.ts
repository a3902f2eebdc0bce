// Builds that are killed: each step from collected packages to task sets runs once undisturbed and once killed with
// SIGKILL at ten random moments; both must hold the same data, by content hash.
//
//   node dist-bench/killed-builds.js COLLECTED [--kills 10] [--seed 1] [--limit 600]
//
// COLLECTED is a folder of ozma data collect, or one Parquet file of it. --limit is the number of functions of the task sets.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '#ozma/common/random.js';
import { mustBeSet } from '#ozma/data/set-manifest.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    limit: { type: 'string', default: '600' },
  },
});
const [collected] = positionals;
if (collected === undefined) throw new Error('expected what ozma data collect left');
const wantedKills = Number(values.kills);
const random = createRandom(Number(values.seed));
const folder = mkdtempSync(join(tmpdir(), 'ozma-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const main = join(import.meta.dirname, '../dist/cli/main.js');

/** Runs the command; true when it was killed after so many milliseconds. */
async function run(words: readonly string[], killAfter?: number): Promise<boolean> {
  const child = spawn(process.execPath, [main, ...words], { stdio: 'ignore' });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  if (signal === null && code !== 0) throw new Error(`${words.join(' ')}: exit code ${code}`);
  return signal !== null;
}

const corpus = join(folder, 'corpus');
const task = (name: string): [string, (output: string) => string[]] => [
  name,
  (output) => ['data', name, corpus, '-o', output, '--limit', values.limit],
];
const steps: [string, (output: string) => string[]][] = [
  ['corpus', (output) => ['data', 'corpus', collected, '-o', output]],
  ...['pretraining', 'emulation', 'disassembly'].map(task),
];

process.stdout.write(
  '| step | rows | kills | seconds undisturbed | same data |\n| --- | ---: | ---: | ---: | --- |\n',
);
for (const [name, words] of steps) {
  const whole = join(folder, name);
  const start = performance.now();
  await run(words(whole));
  const milliseconds = performance.now() - start;
  const output = join(folder, `${name}-killed`);
  let kills = 0;
  // Moments over the whole length of a run, a later kill further on, so that it comes to an end.
  while (await run(words(output), kills < wantedKills ? (milliseconds * random.next()) / 6 : undefined))
    kills++;
  const [expected, found] = [await mustBeSet(whole), await mustBeSet(output)];
  const same = expected.contentHash === found.contentHash;
  process.stdout.write(
    `| ${name} | ${expected.rows} | ${kills} | ${(milliseconds / 1000).toFixed(1)} | ${same ? 'yes' : 'NO'} |\n`,
  );
  if (!same) process.exitCode = 1;
}
