// `ozma tune`: from checked options to src/tune/ and back to stdout. Only parsing, printing and exit codes
// belong here.

import { readFile } from 'node:fs/promises';
import { exitCodes, OzmaError } from '../common/errors.ts';
import { findInstallation } from '../llvm/installation.ts';
import { readRecipe } from '../tune/recipe-file.ts';
import { tune as tuneSources, type TuneOptions } from '../tune/tune.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { tuneOptions } from './options.ts';
import { startProgress } from './progress.ts';
import { formatTable } from './tune-table.ts';

type Input = CommandInput<typeof tuneOptions>;

/** The options of the library call. Absent ones are left out. */
async function libraryOptions({ options, afterDashes }: Input): Promise<TuneOptions> {
  const { output, seconds, target, test, recipe, model } = options;
  return {
    flags: afterDashes,
    compiles: options.compiles,
    candidates: options.candidates,
    objective: options.objective,
    codegen: options.codegen,
    seed: options.seed,
    perFunction: options.perFunction,
    jobs: options.jobs,
    emit: options.emit,
    ...(output === undefined ? {} : { output }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(target === undefined ? {} : { target }),
    ...(test === undefined ? {} : { test }),
    ...(model === undefined ? {} : { model }),
    ...(recipe === undefined ? {} : { recipe: readRecipe(await readRecipeFile(recipe), recipe) }),
  };
}

async function readRecipeFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new OzmaError('usage', `${file}: expected a recipe, cannot read it`, { cause });
  }
}

/** Which of them have their result on stdout, in place of the table. */
function toStdout({ options, operands }: Input): boolean {
  if (options.output !== undefined || options.json || options.emit === 'obj') return false;
  if (options.emit === 'bc')
    throw new OzmaError('usage', '--emit bc: expected -o, bitcode is not for a terminal');
  if (operands.length > 1 && options.emit !== 'pipeline') {
    throw new OzmaError('usage', `--emit ${options.emit}: expected -o FOLDER for several sources`);
  }
  return true;
}

/** Resolves to the exit code: 0 done, 1 when the tests fail with clang -Oz too, 4 when a source was refused. */
export async function tune(input: Input): Promise<number> {
  const { options, operands } = input;
  const printResults = toStdout(input);
  const installation = findInstallation();
  const library = await libraryOptions(input);
  const signal = interruptSignal();
  const compiles = new Map<string, number>();
  const progress = startProgress({ label: 'tuning', total: options.compiles * operands.length });
  let report;
  try {
    report = await tuneSources(operands, {
      ...library,
      installation,
      signal,
      onProgress: (source, { compiles: done, baseline, best }) => {
        compiles.set(source, done);
        const saved = baseline === 0 ? 0 : (100 * (baseline - best)) / baseline;
        const sum = [...compiles.values()].reduce((total, count) => total + count, 0);
        progress.update(sum, `${source} ${baseline} → ${best} (${saved.toFixed(1)} %)`);
      },
      onQuestion: (source, done, of) =>
        progress.update(0, `${source}: asking about function ${done + 1} of ${of}`),
      onNote: (line) => progress.say(`ozma: ${line.replace(/\s*\n\s*/g, ' ')}`),
      ...(printResults ? { onResult: (_result, rendered) => void process.stdout.write(rendered) } : {}),
    });
  } finally {
    progress.stop();
  }
  if (report.results.length > 0) {
    process.stderr.write(`LLVM ${installation.version}, seed ${options.seed}\n`);
  }
  if (options.json) {
    const documents = [
      ...report.results,
      ...report.failures.map(({ source, code, message }) => ({ source, error: { code, message } })),
    ];
    const document = documents.length === 1 ? documents[0] : documents;
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  } else if (report.results.length > 0) {
    (printResults ? process.stderr : process.stdout).write(formatTable(report.results));
  }
  return sayEnd(report, options.test);
}

function sayEnd(report: Awaited<ReturnType<typeof tuneSources>>, test: string | undefined): number {
  const say = (line: string): void => void process.stderr.write(`ozma: ${line}\n`);
  if (report.notStarted.length > 0) say(`interrupted before ${report.notStarted.join(', ')}`);
  if (report.tests?.passed === true) {
    const { runs, broken } = report.tests;
    const without = broken.length === 0 ? '' : ` with ${broken.join(', ')} at -Oz`;
    say(`the tests pass${without} (${runs} ${runs === 1 ? 'run' : 'runs'})`);
  }
  const [failure] = report.failures;
  if (failure !== undefined) return exitCodes[failure.code];
  if (report.tests?.passed === false) {
    say(`the tests fail with clang -Oz too, so they say nothing about tuning: ${test}`);
    return exitCodes.negative;
  }
  const unchecked = report.results.filter(({ checks }) => checks.some(({ passed }) => !passed));
  for (const { source, checks } of unchecked) {
    for (const { name, passed, detail } of checks) {
      if (!passed) say(`${source}: check failed: ${name}${detail === undefined ? '' : `: ${detail}`}`);
    }
  }
  return unchecked.length > 0 ? exitCodes.negative : 0;
}
