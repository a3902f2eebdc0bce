// `ozma data labels`: a corpus in, the set of flag-tuning labels out. The work is src/data/labels/'s.

import { OzmaError } from '../common/errors.ts';
import { mustBeFolder } from '../common/files.ts';
import { buildLabels } from '../data/labels/labels.ts';
import type { LabelSummary } from '../data/labels/writing.ts';
import { findInstallation } from '../llvm/installation.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { dataLabelsOptions } from './options.ts';
import { ownSuite } from './passes.ts';
import { startProgress, type Progress } from './progress.ts';

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function summaryLines({
  programs,
  measured,
  failed,
  processorSeconds,
  checked,
  rejected,
  levels,
}: LabelSummary): string[] {
  const each = (total: number): string => (programs === 0 ? '0' : (total / programs).toFixed(1));
  const lines = [
    `${programs} programs, ${each(measured)} lists and ${each(processorSeconds)} processor seconds each; ` +
      `${failed} of ${measured} failed; ${rejected} of ${checked} lists rejected`,
  ];
  for (const [level, { lists, meanLength, train, heldOut, curve }] of Object.entries(levels)) {
    lines.push(
      `code generation at ${level}: ${lists.length} lists, ${meanLength.toFixed(2)} passes on average; ` +
        `below clang -Oz: ${percent(train)} in training, ${percent(heldOut)} held out`,
    );
    for (const point of curve) {
      lines.push(
        `  ${String(point.lists).padStart(4)} lists: ${percent(point.train)}, held out ${percent(point.heldOut)}`,
      );
    }
  }
  return lines;
}

/** Resolves to 0. Throws `usage` without `--output` and where the corpus is none. */
export async function labels(input: CommandInput<typeof dataLabelsOptions>): Promise<number> {
  const { options, operands } = input;
  const { output, limit, largest, suite, ...rest } = options;
  if (output === undefined) throw new OzmaError('usage', 'expected -o FOLDER, found none');
  const [corpus, another] = operands;
  if (corpus === undefined || another !== undefined) {
    throw new OzmaError('usage', `expected one corpus, found ${operands.length}`);
  }
  await mustBeFolder(output);
  let progress: Progress | undefined;
  let current = '';
  try {
    const { manifest, summary } = await buildLabels({
      installation: findInstallation(),
      corpus,
      output,
      filter: { maximumInstructions: largest, ...(limit === undefined ? {} : { limit }) },
      seed: rest.seed,
      rounds: rest.rounds,
      budget: rest.search,
      broadcast: rest.broadcast,
      distinct: rest.distinct,
      suite: suite ?? ownSuite,
      jobs: rest.jobs,
      signal: interruptSignal(),
      onProgress: (step, { done, total }) => {
        if (step !== current) {
          progress?.stop();
          progress = startProgress({ label: step, total: total ?? limit ?? 0 });
          current = step;
        }
        progress?.update(done);
      },
    });
    progress?.stop();
    if (options.json) process.stdout.write(`${JSON.stringify({ output, manifest }, undefined, 2)}\n`);
    else process.stdout.write(`${output}: ${manifest.rows} labels\n${summaryLines(summary).join('\n')}\n`);
    return 0;
  } finally {
    progress?.stop();
  }
}
