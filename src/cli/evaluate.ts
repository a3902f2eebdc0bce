// `ozma evaluate TASK`: options in, progress on stderr, figures or one JSON document on stdout. The work is
// src/evaluate/'s.

import { OzmaError } from '../common/errors.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { TaskName } from '../evaluate/evaluation.ts';
import { summaryText } from '../evaluate/summary.ts';
import type { OptimisationLevel } from '../llvm/module.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { evaluateTaskOptions } from './options.ts';
import { startProgress, type Progress } from './progress.ts';

type Input = CommandInput<typeof evaluateTaskOptions>;

/** Resolves to 0. Throws `usage` without `--data`. */
export async function evaluateTask(
  task: TaskName,
  { options, afterDashes }: Input & { options: { level?: OptimisationLevel } },
): Promise<number> {
  const { json, data, model, ...rest } = options;
  if (data === undefined) throw new OzmaError('usage', 'expected --data PATH, found none');
  let progress: Progress | undefined;
  try {
    const report = await evaluate(task, {
      ...rest,
      data,
      ...(model === undefined ? {} : { model }),
      flags: afterDashes,
      signal: interruptSignal(),
      onRecord: ({ origin, methods }, done, of) => {
        progress ??= startProgress({ label: task, total: of });
        const outcomes = Object.entries(methods).map(([method, { outcome }]) => `${method}: ${outcome}`);
        progress.update(done, `${origin.name} ${outcomes.join(', ')}`);
      },
    });
    progress?.stop();
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 1)}\n` : summaryText(report));
    return 0;
  } finally {
    progress?.stop();
  }
}
