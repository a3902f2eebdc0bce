// `ozma evaluate all` and `ozma evaluate report`: which evaluations, one after the other, and what is written of
// them. The work is src/evaluate/'s.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { writeFileAtomically } from '../common/files.ts';
import { planTasks } from '../evaluate/evaluate-all.ts';
import { lossCharts } from '../evaluate/report/charts.ts';
import { putBetweenMarkers, writeMarkdown } from '../evaluate/report/markdown.ts';
import { writePage } from '../evaluate/report/page.ts';
import { readResults } from '../evaluate/report/results.ts';
import { tasks } from '../evaluate/tasks.ts';
import { chooseModel } from '../inference/model-choice.ts';
import { releasedModel } from '../inference/released-models.ts';
import type { CommandInput } from './command-row.ts';
import { evaluateTask } from './evaluate.ts';
import type { evaluateAllOptions, evaluateReportOptions } from './options.ts';

const words = (text: string | undefined): string[] => (text ?? '').split(',').filter((word) => word !== '');

/** Resolves to 0. Throws `usage` without `--data` and `--output`. */
export async function evaluateAll({
  options,
  operands,
  afterDashes,
}: CommandInput<typeof evaluateAllOptions>): Promise<number> {
  const { programs, data, output, model, ...rest } = options;
  if (data === undefined) throw new OzmaError('usage', 'expected --data PATH, found none');
  if (output === undefined) throw new OzmaError('usage', 'expected -o FOLDER, found none');
  for (const planned of await planTasks(data, words(programs))) {
    const { task } = planned;
    const file = model === undefined ? releasedModel(tasks[task].model) : chooseModel(model);
    if (task === 'perplexity' && file?.endsWith('.gguf') !== true) {
      process.stderr.write('ozma: perplexity left out: it needs a model in a GGUF file\n');
      continue;
    }
    const own = { ...rest, data: planned.data, output, model };
    await evaluateTask(task, { options: own, operands, afterDashes });
  }
  return writeReport(output, { output: undefined, logs: undefined, markdown: undefined });
}

/** Resolves to 0. Throws `usage` for a folder without results. */
export async function evaluateReport({
  options,
  operands,
}: CommandInput<typeof evaluateReportOptions>): Promise<number> {
  const [folder, another] = operands;
  if (folder === undefined || another !== undefined) {
    throw new OzmaError('usage', `expected one folder of results, found ${operands.length}`);
  }
  return writeReport(folder, options);
}

async function writeReport(
  folder: string,
  { output, logs, markdown }: CommandInput<typeof evaluateReportOptions>['options'],
): Promise<number> {
  const reports = await readResults(folder);
  const page = output ?? join(folder, 'report.html');
  await writeFileAtomically(page, writePage(reports, await lossCharts(words(logs))));
  const table = writeMarkdown(reports);
  const beside = join(dirname(page), 'report.md');
  await writeFileAtomically(beside, table);
  if (markdown !== undefined) {
    const text = await readFile(markdown, 'utf8').catch((cause: unknown) => {
      throw new OzmaError('usage', `${markdown}: expected a Markdown file, cannot read it`, { cause });
    });
    await writeFileAtomically(markdown, putBetweenMarkers(text, table, markdown));
  }
  process.stdout.write(`${page}\n${beside}\n`);
  return 0;
}
