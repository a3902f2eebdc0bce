// `ozma passes list` and `ozma passes check`: prints what src/passes/ knows and finds out.

import { fileURLToPath } from 'node:url';
import { exitCodes, OzmaError } from '../common/errors.ts';
import { findInstallation, type LlvmInstallation } from '../llvm/installation.ts';
import { checkPipelineNames } from '../passes/checking.ts';
import { parsePipeline, printPipeline } from '../passes/grammar.ts';
import { evaluatePassLists, type PassListResult } from '../passes/pass-list-evaluation.ts';
import { readVocabulary, type VocabularyPass } from '../passes/vocabulary.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { passesCheckOptions, passesListOptions } from './options.ts';
import { startProgress } from './progress.ts';

/** The suite that ships with the package, two folders above dist/cli/. */
export const ownSuite = fileURLToPath(new URL('../../suites/self-test', import.meta.url));

function print(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}

function passLine(pass: VocabularyPass, all: boolean): string {
  const names = pass.parameters.map(({ name, kind }) => (kind === 'flag' ? name : `${name}=…`));
  const parameters = names.length === 0 ? '' : `<${names.join(';')}>`;
  const verdict = all ? `${pass.verdict.padEnd(24)}  ` : '';
  return `${pass.level.padEnd(9)}  ${verdict}${pass.name}${parameters}  ${pass.reason}\n`;
}

/** Resolves to 0. */
export async function listPasses({ options }: CommandInput<typeof passesListOptions>): Promise<number> {
  const vocabulary = readVocabulary(findInstallation());
  const usable = vocabulary.passes.filter(({ verdict }) => verdict === 'usable');
  const shown = options.all ? vocabulary.passes : usable;
  if (options.json) {
    print({ llvm: vocabulary.llvm, passes: shown });
    return 0;
  }
  process.stdout.write(shown.map((pass) => passLine(pass, options.all)).join(''));
  process.stderr.write(
    `LLVM ${vocabulary.llvm}: ${usable.length} usable of ${vocabulary.passes.length} passes\n`,
  );
  return 0;
}

/** The pipeline without spaces. Throws `usage` with its first problem. */
function mustBeKnown(pipeline: string, installation: LlvmInstallation): string {
  const nodes = parsePipeline(pipeline);
  const [problem] = checkPipelineNames(nodes, readVocabulary(installation));
  if (problem !== undefined) throw new OzmaError('usage', problem.message);
  return printPipeline(nodes);
}

function resultLines(result: PassListResult): string[] {
  const failures = [
    ...result.broken.map(({ program, how }) => `broken      ${program}: ${how}`),
    ...result.timedOut.map(({ program, step }) => `timed out   ${program}: ${step}`),
    ...result.crashed.map(({ program, cause }) => `crashed     ${program}: ${cause}`),
  ];
  const head = `${result.verdict.padEnd(10)}  ${result.passed}/${result.programs}  ${result.pipeline}`;
  return [head, ...failures.map((line) => `    ${line.replace(/\s*\n\s*/g, ' ')}`)];
}

/** Resolves to 0 when every pass list passed the suite, else 1. */
export async function checkPasses(input: CommandInput<typeof passesCheckOptions>): Promise<number> {
  const { options, operands } = input;
  const installation = findInstallation();
  const pipelines = operands.map((pipeline) => mustBeKnown(pipeline, installation));
  const progress = startProgress({ label: 'checking', total: pipelines.length });
  let found;
  try {
    found = await evaluatePassLists(
      pipelines,
      options.suite ?? ownSuite,
      { installation, signal: interruptSignal() },
      ({ step, done, total }) => {
        if (step === 'lists') progress.update(done);
        else progress.update(0, `controls ${done}/${total}`);
      },
    );
  } finally {
    progress.stop();
  }
  if (options.json) print(found);
  else {
    process.stdout.write(found.results.flatMap(resultLines).join('\n') + '\n');
    for (const { program, control, reason } of found.leftOut) {
      process.stderr.write(`ozma: ${program} left out, its control (${control}) fails: ${reason}\n`);
    }
    process.stderr.write(`LLVM ${found.llvm}, ${found.programs.length} programs\n`);
  }
  return found.results.every(({ verdict }) => verdict === 'passed') ? 0 : exitCodes.negative;
}
