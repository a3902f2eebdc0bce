// Functions cut, normalised, checked and stored per second, and how the time grows from 1,000 to 10,000 to
// 100,000 functions: corpora of that many functions (before equal ones are left out) are built from what
// `ozma data collect` left, smallest first, and the phases are timed apart.
//
//   node dist-bench/data-throughput.js COLLECTED [--sizes 1000,10000,100000] [--jobs 2]
//
// Processor seconds are of this process and its workers, so they hold on a busy machine, too.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildCorpus } from '#ozma/data/build/build-corpus.js';
import { openDatabase, sqlText } from '#ozma/data/database.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { processorSeconds } from './processor-time.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    jobs: { type: 'string', default: '2' },
  },
});
const [collected] = positionals;
if (collected === undefined) throw new Error('expected the folder of ozma data collect');

/** Defined functions are not known before cutting: bytes of bitcode stand for them. */
async function bitcodeBytes(file: string): Promise<number> {
  const database = await openDatabase();
  const result = await database.runAndReadAll(
    `SELECT sum(octet_length(content))::DOUBLE FROM ${sqlText(file)}`,
  );
  database.closeSync();
  return Number(result.getRowsJS()[0]![0]);
}

const files: { file: string; bytes: number }[] = [];
for (const name of readdirSync(collected).sort()) {
  if (!name.endsWith('.parquet')) continue;
  const file = join(collected, name);
  files.push({ file, bytes: await bitcodeBytes(file) });
}

const installation = findInstallation();
const bytesPerFunction = 1600;
for (const size of values.sizes.split(',').map(Number)) {
  let bytes = 0;
  const chosen: string[] = [];
  for (const entry of files) {
    if (bytes >= size * bytesPerFunction) break;
    bytes += entry.bytes;
    chosen.push(entry.file);
  }
  const folder = mkdtempSync(join(tmpdir(), 'ozma-throughput-'));
  const start = performance.now();
  const before = processorSeconds([]);
  let cut = 0;
  const manifest = await buildCorpus({
    installation,
    collected: chosen,
    folder,
    jobs: Number(values.jobs),
    longestFunction: 65_536,
    longestModule: 1_048_576,
    onProgress: () => {
      cut = (performance.now() - start) / 1000;
    },
  });
  const seconds = (performance.now() - start) / 1000;
  // The workers' time is known when their ends have been noticed.
  await sleep(500);
  const functions =
    manifest.rows +
    Object.entries(manifest.dropped).reduce(
      (sum, [reason, count]) => sum + (/seen|split/.test(reason) ? count : 0),
      0,
    );
  const line = {
    functions,
    kept: manifest.rows,
    seconds: seconds.toFixed(1),
    cutting: cut.toFixed(1),
    splitting: (seconds - cut).toFixed(1),
    perSecond: Math.round(functions / seconds),
    processorSeconds: (processorSeconds([]) - before).toFixed(1),
    megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  console.log(JSON.stringify(line));
  rmSync(folder, { recursive: true });
}
