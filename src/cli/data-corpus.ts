// `ozma data corpus`: collected modules in, the corpus and its card out. The work is src/data/build/'s.

import { OzmaError } from '../common/errors.ts';
import { mustBeFolder } from '../common/files.ts';
import { buildCorpus } from '../data/build/build-corpus.ts';
import { findInstallation } from '../llvm/installation.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { dataCorpusOptions } from './options.ts';
import { startProgress, type Progress } from './progress.ts';

const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);

/** Resolves to 0. */
export async function corpus({ options, operands }: CommandInput<typeof dataCorpusOptions>): Promise<number> {
  const { output } = options;
  if (output === undefined) throw new OzmaError('usage', '--output: expected a folder');
  await mustBeFolder(output);
  let progress: Progress | undefined;
  let manifest;
  try {
    manifest = await buildCorpus({
      installation: findInstallation(),
      collected: operands,
      folder: output,
      jobs: options.jobs,
      longestFunction: options.longestFunction,
      longestModule: options.longestModule,
      signal: interruptSignal(),
      onProgress: ({ done, total = 0, rows }) => {
        progress ??= startProgress({ label: 'cutting', total });
        progress.update(done, `${rows} rows`);
      },
      onPhase: (what) => (progress?.say ?? toStderr)(`ozma: ${what}`),
    });
  } finally {
    progress?.stop();
  }
  if (options.json) process.stdout.write(`${JSON.stringify(manifest, undefined, 2)}\n`);
  else {
    const parts = Object.entries(manifest.splits).map(([split, { rows }]) => `${rows} ${split}`);
    process.stderr.write(`${manifest.rows} rows (${parts.join(', ')}); the card is ${output}/README.md\n`);
  }
  return 0;
}
