// `ozma evaluate TASK`: options in, progress on stderr, figures or one JSON document on stdout. The work is
// src/evaluate/'s.

import { OzmaError } from '../common/errors.ts';
import { unknownCommit } from '../evaluate/commit.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { TaskName } from '../evaluate/evaluation.ts';
import type { EvaluationReport } from '../evaluate/run-evaluation.ts';
import { summaryText } from '../evaluate/summary.ts';
import type { OptimisationLevel } from '../llvm/module.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { evaluateTaskOptions } from './options.ts';
import { Pace } from './pace.ts';
import { startProgress, type Progress } from './progress.ts';

type Input = CommandInput<typeof evaluateTaskOptions>;
type Options = Input['options'] & { level?: OptimisationLevel };

/** Resolves to 0. Throws `usage` without `--data`. */
export async function evaluateTask(
  task: TaskName,
  { options, afterDashes }: Input & { options: Options },
): Promise<number> {
  const report = await runTask(task, options, afterDashes);
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 1)}\n` : summaryText(report));
  return 0;
}

/** Where stderr is no terminal, how often it is said how far the run is. */
const millisecondsOfSilence = 30_000;

/** One evaluation with its progress on stderr. */
export async function runTask(
  task: TaskName,
  options: Options,
  flags: readonly string[],
): Promise<EvaluationReport> {
  const { data, model, limit, ...rest } = options;
  if (data === undefined) throw new OzmaError('usage', 'expected --data PATH, found none');
  const say = (line: string): void => void process.stderr.write(`ozma: ${task}: ${line}\n`);
  let progress: Progress | undefined;
  let pace: Pace | undefined;
  let saidAt = performance.now();
  try {
    const report = await evaluate(task, {
      ...rest,
      data,
      ...(model === undefined ? {} : { model }),
      ...(limit === undefined ? {} : { limit }),
      flags,
      signal: interruptSignal(),
      onStart: (samples, available, done) => {
        const choice =
          available !== undefined && available > samples
            ? ` of ${available.toLocaleString('en')}, those with the smallest hashes`
            : '';
        say(`${samples} samples${choice}${done === 0 ? '' : `; ${done} done before`}`);
        pace = new Pace(samples, done);
        progress = startProgress({ label: task, total: samples });
      },
      onRecord: ({ origin }, done) => {
        const note = pace?.at(done) ?? '';
        progress?.update(done, `${note}  ${origin.name}`);
        if (process.stderr.isTTY || performance.now() - saidAt < millisecondsOfSilence) return;
        saidAt = performance.now();
        say(note);
      },
    });
    if (report.commits.includes(unknownCommit)) {
      say('no git checkout and no stamp says which commit this is: results name it as unknown');
    }
    return report;
  } finally {
    progress?.stop();
  }
}
