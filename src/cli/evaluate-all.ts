// `ozma evaluate all` and `ozma evaluate report`: which evaluations, one after the other, and what is written of
// them. The work is src/evaluate/'s.

import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { mustBeWritable, writeFileAtomically } from '../common/files.ts';
import { readPrograms } from '../evaluate/code/evaluation.ts';
import { planTasks, type PlannedTask } from '../evaluate/evaluate-all.ts';
import { lossCharts } from '../evaluate/report/charts.ts';
import { putBetweenMarkers, writeTables } from '../evaluate/report/markdown.ts';
import { writePage } from '../evaluate/report/page.ts';
import { readResults } from '../evaluate/report/results.ts';
import { summaryText, writeDuration } from '../evaluate/summary.ts';
import { tasks } from '../evaluate/tasks.ts';
import { chooseModel } from '../inference/model-choice.ts';
import { releasedModel } from '../inference/released-models.ts';
import { findInstallation } from '../llvm/installation.ts';
import type { CommandInput } from './command-row.ts';
import { runTask } from './evaluate.ts';
import type { evaluateAllOptions, evaluateReportOptions } from './options.ts';

type All = CommandInput<typeof evaluateAllOptions>;
type Written = CommandInput<typeof evaluateReportOptions>['options'];

const words = (text: string | undefined): string[] => (text ?? '').split(',').filter((word) => word !== '');
const say = (line: string): void => void process.stderr.write(`ozma: ${line}\n`);

/**
 * Resolves to 0. Throws `usage` without `--data` and `--output`, and before anything is evaluated where the files
 * that the results go into cannot take them or where programs cannot be run.
 */
export async function evaluateAll({ options, afterDashes }: All): Promise<number> {
  const { programs, data, output, page, logs, markdown, limit, candidates, tokens, ...rest } = options;
  if (data === undefined) throw new OzmaError('usage', 'expected --data PATH, found none');
  if (output === undefined) throw new OzmaError('usage', 'expected -o FOLDER, found none');
  const written = { page, logs, markdown };
  await mustTakeResults(written);
  const planned = (await planTasks(data, words(programs))).filter((one) => canRun(one, options));
  for (const { task, data: files } of planned) {
    if (task === 'code')
      await readPrograms(files, limit[task] ?? tasks[task].usual.limit, findInstallation());
  }
  sayPlan(planned, options);
  const start = performance.now();
  const reports = [];
  for (const { task, data: own } of planned) {
    const report = await runTask(
      task,
      {
        ...rest,
        data: own,
        output,
        limit: limit[task],
        candidates: candidates[task] ?? 1,
        tokens: tokens[task] ?? 2048,
      },
      afterDashes,
    );
    reports.push(report);
    if (!rest.json) process.stdout.write(summaryText(report));
  }
  const files = await writeReport(output, written);
  process.stdout.write(rest.json ? `${JSON.stringify(reports, undefined, 1)}\n` : `${files.join('\n')}\n`);
  say(`all of it took ${writeDuration((performance.now() - start) / 1000)}`);
  return 0;
}

function modelFile({ task }: PlannedTask, { model }: All['options']): string | undefined {
  return model === undefined ? releasedModel(tasks[task].model) : chooseModel(model);
}

/** A server does not tell how probable a given text is. */
function canRun(planned: PlannedTask, options: All['options']): boolean {
  if (planned.task !== 'perplexity' || modelFile(planned, options)?.endsWith('.gguf') === true) return true;
  say('perplexity left out: it needs a model in a GGUF file');
  return false;
}

/** What will be done and about how long it takes, before it is. */
function sayPlan(planned: readonly PlannedTask[], options: All['options']): void {
  const { limit, candidates, jobs } = options;
  let all = 0;
  for (const one of planned) {
    const { task, data } = one;
    const { usual } = tasks[task];
    const samples = limit[task] ?? usual.limit;
    const model = basename(modelFile(one, options) ?? 'none');
    const answers = candidates[task] ?? 1;
    const seconds = (samples * usual.seconds) / jobs;
    all += seconds;
    say(
      `${task}: up to ${samples} samples of ${data}, model ${model}, ${answers === 1 ? 'one answer' : `${answers} answers`} each; ` +
        `about ${writeDuration(seconds)}`,
    );
  }
  say(
    `together about ${writeDuration(all)} on ${jobs} cores with nothing else to do, with a model as small as the released ` +
      'ones and one answer each; the same command goes on after an interruption',
  );
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
  process.stdout.write(`${(await writeReport(folder, options)).join('\n')}\n`);
  return 0;
}

async function mustTakeResults({ page, logs, markdown }: Written): Promise<void> {
  if (page !== undefined) await mustBeWritable(page);
  await lossCharts(words(logs));
  const tables = { full: '', short: '' };
  for (const file of words(markdown)) putBetweenMarkers(await readMarkdown(file), tables, file);
}

async function readMarkdown(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new OzmaError('usage', `${file}: expected a Markdown file, cannot read it`, { cause });
  });
}

/** The files that were written. */
async function writeReport(folder: string, { page, logs, markdown }: Written): Promise<string[]> {
  const reports = await readResults(folder);
  const html = page ?? join(folder, 'report.html');
  await writeFileAtomically(html, writePage(reports, await lossCharts(words(logs))));
  const tables = writeTables(reports);
  const beside = join(folder, 'report.md');
  await writeFileAtomically(beside, tables.full);
  for (const file of words(markdown)) {
    await writeFileAtomically(file, putBetweenMarkers(await readMarkdown(file), tables, file));
  }
  return [html, beside, ...words(markdown)];
}
