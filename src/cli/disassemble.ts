// `ozma disassemble`: reads the file, calls src/disassemble/, prints IR on stdout and what was reached on
// stderr. Only parsing, printing and exit codes belong here.

import { exitCodes, OzmaError } from '../common/errors.ts';
import { writeFileAtomically } from '../common/files.ts';
import { disassemble as disassembleText, hostTriple } from '../disassemble/disassemble.ts';
import type { DisassembleReport, FunctionResult } from '../disassemble/result.ts';
import { codeFiles, readCode } from '../disassemble/read-code.ts';
import { statuses } from '../disassemble/check.ts';
import { openEngine } from '../inference/engine.ts';
import type { Engine, EngineDescription } from '../inference/engine.ts';
import { chooseModel } from '../inference/model-choice.ts';
import { releasedModel } from '../inference/released-models.ts';
import { parseAssembly } from '../lift/assembly/parse-assembly.ts';
import { addCoverage, emptyCoverage, mostMissing } from '../lift/coverage.ts';
import { targetOfTriple } from '../lift/lift.ts';
import { findInstallation } from '../llvm/installation.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { disassembleOptions } from './options.ts';
import { startProgress } from './progress.ts';
import type { Progress } from './progress.ts';

type Input = CommandInput<typeof disassembleOptions>;

const mostMissingShown = 20;

/** The machine that was asked for, which must be the file's own where that says one; or the host. */
function targetFor(file: string, asked: string | undefined, own: string | undefined): string {
  if (asked === undefined || own === undefined) return asked ?? own ?? hostTriple();
  if (targetOfTriple(asked) === targetOfTriple(own)) return asked;
  throw new OzmaError('usage', `${file}: expected code for ${asked}, found code for ${own}`);
}

/** Counts what the instruction tables know. Resolves to 0, or to 1 where something is missing. */
async function printCoverage({ options, operands }: Input): Promise<number> {
  const installation = findInstallation();
  const total = emptyCoverage();
  const files = await codeFiles(operands);
  for (const file of files) {
    const { text, triple } = await readCode(installation, file);
    addCoverage(total, parseAssembly(text, targetOfTriple(targetFor(file, options.target, triple))));
  }
  const missing = mostMissing(total, mostMissingShown);
  const lines = [
    `${files.length} files`,
    `${total.handledInstructions} of ${total.instructions} instructions`,
    `${total.handledFunctions} of ${total.functions} functions`,
    ...missing.map(([name, times]) => `${String(times).padStart(8)}  ${name}`),
  ];
  const document = { ...total, files: files.length, missing: Object.fromEntries(missing) };
  process.stdout.write(`${options.json ? JSON.stringify(document, undefined, 2) : lines.join('\n')}\n`);
  return total.missing.size > 0 ? exitCodes.negative : 0;
}

function describe({
  name,
  status,
  origin,
  repaired,
  settings,
  inputs,
  reason,
  instructions,
}: FunctionResult): string {
  const by =
    origin === undefined
      ? ''
      : ` (${origin}${repaired === true ? ', repaired' : ''}, compiled back as at ${settings})`;
  const run = inputs === undefined ? '' : `, ${inputs} inputs`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${status.padEnd(11)} ${String(instructions).padStart(5)}  ${name}${by}${run}${why}`;
}

/** What a model is called on a line for people. */
function modelLine({ model, hash, source }: EngineDescription): string {
  return `model ${model} (${source}${hash === undefined ? '' : `, sha256 ${hash.slice(0, 16)}`})`;
}

/** The rules do without a model that nobody asked for by name, where llama.cpp does not start here. */
async function engineFor(model: string | undefined): Promise<Engine | undefined> {
  const wanted = model === undefined ? releasedModel('ftd') : chooseModel(model);
  if (wanted === undefined) return undefined;
  try {
    return await openEngine(wanted);
  } catch (error) {
    if (model !== undefined || !(error instanceof OzmaError) || error.code !== 'environment') throw error;
    process.stderr.write(`by rules alone: ${error.message}\n`);
    return undefined;
  }
}

function summary(report: DisassembleReport): string {
  const counts = statuses.map((status) => {
    const count = report.functions.filter((one) => one.status === status).length;
    return `${count} ${status}`;
  });
  return `${report.functions.length} functions: ${counts.join(', ')}; LLVM ${report.llvm}, seed ${report.seed}`;
}

/** Resolves to the exit code: 0 when every function has IR, 1 when one has none. */
export async function disassemble(input: Input): Promise<number> {
  const { options, operands } = input;
  if (options.coverage) return printCoverage(input);
  const [file] = operands;
  if (file === undefined || operands.length > 1) {
    throw new OzmaError('usage', `expected one assembly file, found ${operands.length}`);
  }
  const { text, triple, notes } = await readCode(findInstallation(), file);
  const target = targetFor(file, options.target, triple);
  for (const note of notes) process.stderr.write(`${file}: ${note}\n`);
  const engine = await engineFor(options.model);
  if (engine !== undefined) process.stderr.write(`${modelLine(await engine.describe())}\n`);
  let progress: Progress | undefined;
  let report: DisassembleReport;
  try {
    report = await disassembleText(text, {
      target,
      seed: options.seed,
      jobs: options.jobs,
      rules: options.rules === 'yes',
      ...(engine === undefined ? {} : { model: { engine, candidates: options.candidates } }),
      ...(options.function === undefined ? {} : { functions: [options.function] }),
      signal: interruptSignal(),
      onFunction: ({ name, status }, done, of) => {
        progress ??= startProgress({ label: 'lifting', total: of });
        progress.update(done, `${name} ${status}`);
      },
    });
  } finally {
    progress?.stop();
    await engine?.close();
  }
  const document = options.json || options.emit === 'json';
  const output = document ? `${JSON.stringify(report, undefined, 2)}\n` : report.ir;
  if (options.output === undefined) process.stdout.write(output);
  else await writeFileAtomically(options.output, output);
  for (const one of report.functions) process.stderr.write(`${describe(one)}\n`);
  process.stderr.write(`${summary(report)}\n`);
  return report.functions.some(({ status }) => status === 'failed') ? exitCodes.negative : 0;
}
