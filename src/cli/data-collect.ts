// `ozma data collect`: packages, folders and files in, Parquet of unoptimised bitcode out. The work is
// src/data/collect/'s.

import { OzmaError } from '../common/errors.ts';
import { mustBeFolder } from '../common/files.ts';
import { collect as collectAll } from '../data/collect/collect.ts';
import type { CollectRecord } from '../data/collect/collected.ts';
import { readInputs, type CollectInput } from '../data/collect/inputs.ts';
import { allPackages } from '../data/collect/packages.ts';
import { findInstallation } from '../llvm/installation.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { dataCollectOptions } from './options.ts';
import { startProgress } from './progress.ts';

function recordLine(record: CollectRecord): string {
  const { package: name, version, status, how, modules, sources, seconds, line } = record;
  if (status !== 'collected') return `${name}: ${status}${line === undefined ? '' : `, ${line}`}`;
  return `${name} ${version}: ${modules} modules of ${sources} sources, ${how}, ${seconds} s`;
}

function sum(records: readonly CollectRecord[], value: (record: CollectRecord) => number): number {
  return records.reduce((total, record) => total + value(record), 0);
}

function dropped(records: readonly CollectRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const record of records) {
    for (const [reason, count] of Object.entries(record.dropped))
      counts[reason] = (counts[reason] ?? 0) + count;
  }
  return counts;
}

/** Resolves to 0. Packages that gave nothing are told and counted; they are no error. */
export async function collect(input: CommandInput<typeof dataCollectOptions>): Promise<number> {
  const { options, operands } = input;
  const { output, csmith } = options;
  if (output === undefined) throw new OzmaError('usage', '--output: expected a folder');
  await mustBeFolder(output);
  const inputs: CollectInput[] =
    operands.length > 0 || csmith > 0
      ? await readInputs(operands)
      : allPackages().map((name) => ({ kind: 'package', name }));
  if (csmith > 0) inputs.push({ kind: 'csmith', name: 'csmith', programs: csmith });
  const progress = startProgress({ label: 'collecting', total: inputs.length });
  const start = performance.now();
  let records: CollectRecord[];
  try {
    records = await collectAll(inputs, {
      installation: findInstallation(),
      folder: output,
      jobs: options.jobs,
      build: options.build,
      buildDependencies: options.buildDependencies,
      packageSeconds: options.seconds,
      filesPerPackage: options.files,
      signal: interruptSignal(),
      onRecord: (record, done) => {
        progress.say(recordLine(record));
        const minutes = (((performance.now() - start) / done) * (inputs.length - done)) / 60_000;
        progress.update(done, `about ${Math.ceil(minutes)} minutes left`);
      },
    });
  } finally {
    progress.stop();
  }
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ packages: records, dropped: dropped(records) }, undefined, 2)}\n`,
    );
    return 0;
  }
  const good = records.filter(({ modules }) => modules > 0);
  process.stderr.write(
    `${good.length} of ${records.length} packages, ${sum(records, ({ modules }) => modules)} modules, ` +
      `${(sum(records, ({ bytes }) => bytes) / 2 ** 20).toFixed(0)} MB of bitcode\n`,
  );
  for (const [reason, count] of Object.entries(dropped(records)).sort((a, b) => b[1] - a[1])) {
    process.stderr.write(`  ${String(count).padStart(7)} left out: ${reason}\n`);
  }
  return 0;
}
