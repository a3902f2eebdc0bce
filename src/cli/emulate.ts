// `ozma emulate`: from checked options to src/emulate/ and back to stdout. Predicted code goes there, or with
// `--check` how it differs from the compiler's; what was checked goes to stderr. Only parsing, printing and
// exit codes belong here.

import { exitCodes, OzmaError } from '../common/errors.ts';
import { emulate as emulateFile } from '../emulate/emulate.ts';
import type { EmulateReport, PredictedFunction } from '../emulate/result.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { emulateOptions } from './options.ts';
import { startProgress } from './progress.ts';

type Input = CommandInput<typeof emulateOptions>;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function sizes(one: PredictedFunction): string {
  const { before, instructions = '?', bytes = '?' } = one;
  return `${before.instructions} → ${instructions} instructions, ${before.bytes} → ${bytes} bytes`;
}

/** What was checked of a prediction, and what came out. */
function checked({ accepted, reason, complete, comparison, compilerFailure }: PredictedFunction): string {
  const llvm = {
    yes: 'LLVM takes it',
    no: `LLVM does not take it (${reason})`,
    'not tried': 'assembly, compared only with --check',
  }[accepted];
  const parts = [complete ? llvm : `cut off, ${llvm}`];
  if (compilerFailure !== undefined) parts.push(`nothing to compare with: ${compilerFailure}`);
  if (comparison !== undefined) {
    const { exact, bleu, sizeError, sizes: real } = comparison;
    const error = sizeError === undefined ? '' : `, size off by ${percent(sizeError)}`;
    parts.push(
      exact ? 'exact' : `not exact, BLEU ${bleu.toFixed(3)}`,
      `the compiler: ${real.instructions} instructions, ${real.bytes} bytes${error}`,
    );
  }
  return parts.join('; ');
}

/** The predicted code of all functions, each under a line of comment; or the differences. */
function output(report: EmulateReport, check: boolean): string {
  if (check) return report.functions.map(({ comparison }) => comparison?.difference ?? '').join('');
  const comment = report.answer === 'ir' ? ';' : '#';
  return report.functions
    .map((one) => `${comment} ${one.name}: ${sizes(one)}; ${checked(one)}\n${one.code ?? ''}`)
    .join('\n');
}

function summary({ functions, refused, llvm, model, answer }: EmulateReport, check: boolean): string {
  const file = model.hash === undefined ? '' : ` (sha256 ${model.hash.slice(0, 12)})`;
  const counts = [`${functions.length} functions predicted`];
  if (answer === 'ir') counts.push(`${functions.filter(({ accepted }) => accepted === 'yes').length} valid`);
  if (check) counts.push(`${functions.filter(({ comparison }) => comparison?.exact === true).length} exact`);
  if (refused.length > 0) counts.push(`${refused.length} not asked about`);
  return `${counts.join(', ')}; LLVM ${llvm}, model ${model.name}${file}, greedy`;
}

/** Resolves to the exit code: 1 where a function has no valid prediction, with --check where one is not exact. */
export async function emulate({ options, operands, afterDashes }: Input): Promise<number> {
  const [file] = operands;
  if (file === undefined || operands.length > 1) {
    throw new OzmaError('usage', `expected one file, found ${operands.length}`);
  }
  const { pipeline, check, model } = options;
  if (pipeline === undefined) throw new OzmaError('usage', 'expected -p and a pass list, found none');
  const progress = startProgress({ label: 'emulating', total: 1 });
  let report: EmulateReport;
  try {
    report = await emulateFile(file, {
      pipeline,
      check,
      answer: options.asm ? 'assembly' : 'ir',
      flags: afterDashes,
      signal: interruptSignal(),
      ...(model === undefined ? {} : { model }),
      ...(options.function === undefined ? {} : { functions: [options.function] }),
      onFunction: ({ name }, done, of) => progress.update(done / of, name),
    });
  } finally {
    progress.stop();
  }
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : output(report, check));
  const say = (line: string): void => void process.stderr.write(`${line.replace(/\s*\n\s*/g, ' ')}\n`);
  for (const one of report.functions) say(`${one.name}: ${sizes(one)}; ${checked(one)}`);
  for (const { name, reason } of report.refused) say(`${name}: not asked about: ${reason}`);
  say(summary(report, check));
  const good = (one: PredictedFunction): boolean =>
    check ? one.comparison?.exact === true : one.accepted !== 'no';
  return report.refused.length === 0 && report.functions.every(good) ? 0 : exitCodes.negative;
}
