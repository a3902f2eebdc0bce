// PassListEval (paper §4): a pass list is trusted only after programs that test themselves still passed their
// tests when compiled with it. Think of it as a table, pipelines by programs; a program whose controls
// fail (no pass, `default<Oz>`) is reported and left out, so that every failure is the list's own.
// Lists are run with the inlining that clang never leaves out (mandatory-inlining.ts).
// Departures from the paper: crashes and time-outs of the compiler are kept apart from wrong programs, and
// code generation is the real one (-Oz). Not for measuring sizes.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { createRandom } from '../common/random.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';
import { compileProgram, tryPipeline } from './evaluation/program-build.ts';
import type { BuildSettings, ProgramBuild, ProgramOutcome } from './evaluation/program-build.ts';
import { readSuite } from './evaluation/self-testing-program.ts';
import type { SelfTestingProgram } from './evaluation/self-testing-program.ts';
import { parsePipeline, printPipeline } from './grammar.ts';
import { withMandatoryInlining } from './mandatory-inlining.ts';
import { readVocabulary } from './vocabulary.ts';

export interface EvaluationOptions {
  installation: LlvmInstallation;
  /** Processes at once; default 2. */
  concurrency?: number;
  /** Milliseconds for `opt` or `clang` on one program; default 20,000 (the paper allows 120,000). */
  compileTime?: number;
  /** Milliseconds for a program to run; default 5,000. */
  runTime?: number;
  /** Bytes of address space for each process; default 4 GiB. */
  memory?: number;
  /** Try each list on this many programs drawn at random; default all. */
  programsPerList?: number;
  /** Seed of that draw; default 1. */
  seed?: number;
  /** Stop a list at its first failure; default false. */
  stopAtFirstFailure?: boolean;
  /** Interrupts; what is known by then is answered. */
  signal?: AbortSignal;
}

export interface PassListResult {
  /** As given; `always-inline` is run before it where it lacks that. */
  pipeline: string;
  /** How many programs it was tried on. */
  programs: number;
  passed: number;
  crashed: { program: string; cause: string }[];
  timedOut: { program: string; step: string }[];
  broken: { program: string; how: string }[];
  /** `passed` only where every program did; `incomplete` when interrupted before that was known,
   * and where there was no program to try it on. */
  verdict: 'passed' | 'crashed' | 'timed-out' | 'broken' | 'incomplete';
}

export interface LeftOutProgram {
  program: string;
  /** `compile`, `no pass` (which is `always-inline`) or `default<Oz>`. */
  control: string;
  reason: string;
}

export interface SuiteEvaluation {
  /** LLVM's version. */
  llvm: string;
  /** Names of the programs whose controls passed. */
  programs: string[];
  leftOut: LeftOutProgram[];
  results: PassListResult[];
  interrupted: boolean;
}

export interface EvaluationProgress {
  step: 'controls' | 'lists';
  done: number;
  total: number;
}

/** A suite compiled once; `dispose` removes its temporary folder. */
export interface PreparedSuite {
  builds: readonly ProgramBuild[];
  leftOut: readonly LeftOutProgram[];
  dispose(): Promise<void>;
}

/** The options with their defaults, as a single try needs them. */
export function settingsOf(options: EvaluationOptions): BuildSettings {
  const memory = options.memory ?? 4 * 2 ** 30;
  return {
    installation: options.installation,
    compileLimits: { time: options.compileTime ?? 20_000, memory },
    runLimits: { time: options.runTime ?? 5_000, memory },
    signal: options.signal,
  };
}

/** Compiles every program to unoptimised bitcode and runs the controls. */
export async function prepareSuite(
  programs: readonly SelfTestingProgram[],
  options: EvaluationOptions,
  onProgress?: (progress: EvaluationProgress) => void,
): Promise<PreparedSuite> {
  const folder = await mkdtemp(join(tmpdir(), 'ozma-suite-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const settings = settingsOf(options);
  const limit = pLimit(options.concurrency ?? 2);
  const builds: ProgramBuild[] = [];
  const leftOut: LeftOutProgram[] = [];
  let done = 0;
  const prepare = async (program: SelfTestingProgram, index: number): Promise<void> => {
    const build: ProgramBuild = {
      program,
      folder: join(folder, String(index)),
      outcomes: new Map(),
      runs: 0,
    };
    if (program.expectedOutput !== undefined)
      build.expected = { exitCode: 0, stdout: program.expectedOutput };
    const failed = await failingControl(build, settings);
    if (failed === undefined) builds[index] = build;
    else leftOut.push({ program: program.name, ...failed });
    onProgress?.({ step: 'controls', done: ++done, total: programs.length });
  };
  try {
    await Promise.all(programs.map((program, index) => limit(() => prepare(program, index))));
  } catch (error) {
    await dispose();
    throw error;
  }
  return { builds: builds.filter((build) => build !== undefined), leftOut, dispose };
}

async function failingControl(
  build: ProgramBuild,
  settings: BuildSettings,
): Promise<{ control: string; reason: string } | undefined> {
  const refused = await compileProgram(build, settings);
  if (refused !== undefined) return { control: 'compile', reason: refused };
  for (const [control, pipeline] of [
    ['no pass', 'always-inline'],
    ['default<Oz>', 'default<Oz>'],
  ] as const) {
    const outcome = await tryPipeline(build, pipeline, settings);
    if (outcome.kind !== 'passed') return { control, reason: describeOutcome(outcome) };
  }
  return undefined;
}

/** One line on an outcome. */
export function describeOutcome(outcome: ProgramOutcome): string {
  switch (outcome.kind) {
    case 'passed':
    case 'interrupted':
      return outcome.kind;
    case 'crashed':
      return outcome.step === 'passes' ? outcome.cause : `${outcome.step}: ${outcome.cause}`;
    case 'timed-out':
      return `time limit: ${outcome.step}`;
    case 'broken':
      return outcome.how;
  }
}

/** Tries every pipeline on the prepared programs. */
export async function evaluatePrepared(
  pipelines: readonly string[],
  suite: PreparedSuite,
  options: EvaluationOptions,
  onProgress?: (progress: EvaluationProgress) => void,
): Promise<PassListResult[]> {
  const settings = settingsOf(options);
  const { levelOf } = readVocabulary(options.installation);
  const limit = pLimit(options.concurrency ?? 2);
  let done = 0;
  const evaluate = async (pipeline: string, index: number): Promise<PassListResult> => {
    const result: PassListResult = {
      pipeline,
      programs: 0,
      passed: 0,
      crashed: [],
      timedOut: [],
      broken: [],
      verdict: 'incomplete',
    };
    const applied = printPipeline(withMandatoryInlining(parsePipeline(pipeline), levelOf));
    let interrupted = false;
    for (const build of chooseBuilds(suite.builds, options, index)) {
      interrupted ||= options.signal?.aborted === true;
      const outcome: ProgramOutcome = interrupted
        ? { kind: 'interrupted' as const }
        : await tryPipeline(build, applied, settings);
      interrupted ||= outcome.kind === 'interrupted';
      if (interrupted) break;
      record(result, build.program.name, outcome);
      if (outcome.kind !== 'passed' && options.stopAtFirstFailure === true) break;
    }
    result.verdict = verdictOf(result, interrupted);
    onProgress?.({ step: 'lists', done: ++done, total: pipelines.length });
    return result;
  };
  return await Promise.all(pipelines.map((pipeline, index) => limit(() => evaluate(pipeline, index))));
}

/**
 * Reads the suite (programs, or the path of a folder or .jsonl file), runs the controls, tries every
 * pipeline and cleans up. Failures of compilers and programs are data; throws `usage` where there is no suite
 * or a pipeline cannot be read.
 */
export async function evaluatePassLists(
  pipelines: readonly string[],
  suite: string | readonly SelfTestingProgram[],
  options: EvaluationOptions,
  onProgress?: (progress: EvaluationProgress) => void,
): Promise<SuiteEvaluation> {
  const programs = typeof suite === 'string' ? await readSuite(suite) : suite;
  const prepared = await prepareSuite(programs, options, onProgress);
  try {
    const results = await evaluatePrepared(pipelines, prepared, options, onProgress);
    return {
      llvm: options.installation.version,
      programs: prepared.builds.map((build) => build.program.name),
      leftOut: [...prepared.leftOut],
      results,
      interrupted: options.signal?.aborted === true,
    };
  } finally {
    await prepared.dispose();
  }
}

function chooseBuilds(
  builds: readonly ProgramBuild[],
  options: EvaluationOptions,
  index: number,
): readonly ProgramBuild[] {
  const count = options.programsPerList;
  if (count === undefined || count >= builds.length) return builds;
  const random = createRandom(options.seed ?? 1).fork(`programs of list ${index}`);
  const rest = [...builds];
  return Array.from({ length: count }, () => rest.splice(random.below(rest.length), 1)[0]!);
}

function record(result: PassListResult, program: string, outcome: ProgramOutcome): void {
  result.programs += 1;
  if (outcome.kind === 'passed') result.passed += 1;
  if (outcome.kind === 'crashed') result.crashed.push({ program, cause: describeOutcome(outcome) });
  if (outcome.kind === 'timed-out') result.timedOut.push({ program, step: outcome.step });
  if (outcome.kind === 'broken') result.broken.push({ program, how: outcome.how });
}

/** The worst that happened: a wrong program is worse than a compiler that says no. */
function verdictOf(result: PassListResult, interrupted: boolean): PassListResult['verdict'] {
  if (result.broken.length > 0) return 'broken';
  if (result.timedOut.length > 0) return 'timed-out';
  if (result.crashed.length > 0) return 'crashed';
  return interrupted || result.programs === 0 ? 'incomplete' : 'passed';
}
