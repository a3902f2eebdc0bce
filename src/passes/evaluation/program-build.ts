// One self-testing program, from source to outcome: source → unoptimised bitcode (once), pass list → bitcode,
// bitcode → executable with real code generation, executable → exit code and stdout. The unoptimised
// bitcode is what `clang -Oz` would hand to its passes; its attributes (`minsize`) are kept.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programPath } from '../../llvm/installation.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { causeOfEnd, runLimited } from './limited-process.ts';
import type { ProcessEnd, ProcessLimits } from './limited-process.ts';
import type { SelfTestingProgram } from './self-testing-program.ts';

export interface BuildSettings {
  installation: LlvmInstallation;
  compileLimits: ProcessLimits;
  runLimits: ProcessLimits;
  signal?: AbortSignal | undefined;
}

/** What became of a program under a pass list. */
export type ProgramOutcome =
  | { kind: 'passed' }
  /** The compiler died or gave up; `step` says whether in the passes or after them. */
  | { kind: 'crashed'; step: 'passes' | 'code generation'; cause: string }
  | { kind: 'timed-out'; step: 'passes' | 'code generation' | 'run' }
  /** The compiler was content and the program is wrong. */
  | { kind: 'broken'; how: string }
  | { kind: 'interrupted' };

/** What the program does when it works. */
export interface ExpectedBehaviour {
  exitCode: number;
  stdout: string;
}

export interface ProgramBuild {
  program: SelfTestingProgram;
  /** A folder of its own, removed with the suite's. */
  folder: string;
  /** What is known of bitcode by its hash: equal bitcode is linked and run once. */
  outcomes: Map<string, Promise<ProgramOutcome>>;
  expected?: ExpectedBehaviour;
  /** How many executables were linked and run. */
  runs: number;
}

const unoptimised = ['-Oz', '-Xclang', '-disable-llvm-passes'];

function clangFor(program: SelfTestingProgram, installation: LlvmInstallation): string {
  return programPath(installation, program.language === 'c' ? 'clang' : 'clang++');
}

/** Compiles to unoptimised bitcode; answers the reason where clang refuses. */
export async function compileProgram(
  build: ProgramBuild,
  settings: BuildSettings,
): Promise<string | undefined> {
  const { program, folder } = build;
  await mkdir(folder, { recursive: true });
  let file: string;
  if ('file' in program.source) {
    file = program.source.file;
  } else {
    file = join(folder, program.language === 'c' ? 'program.c' : 'program.cc');
    await writeFile(file, program.source.text);
  }
  const end = await runLimited(
    clangFor(program, settings.installation),
    [...unoptimised, '-w', ...program.flags, '-emit-llvm', '-c', file, '-o', join(folder, 'program.bc')],
    settings.compileLimits,
    { folder, signal: settings.signal },
  );
  return end.exitCode === 0 ? undefined : end.timedOut ? 'took too long to compile' : causeOfEnd(end);
}

let serial = 0;

/** Applies the pipeline (any text that `opt -passes=` takes), links, runs and compares. */
export async function tryPipeline(
  build: ProgramBuild,
  pipeline: string,
  settings: BuildSettings,
): Promise<ProgramOutcome> {
  const { folder } = build;
  const id = ++serial;
  const optimised = join(folder, `${id}.bc`);
  try {
    const end = await runLimited(
      programPath(settings.installation, 'opt'),
      [`-passes=${pipeline}`, join(folder, 'program.bc'), '-o', optimised],
      settings.compileLimits,
      { folder, signal: settings.signal },
    );
    const failed = compilerFailure(end, 'passes');
    if (failed !== undefined) return failed;
    const hash = createHash('sha256')
      .update(await readFile(optimised))
      .digest('hex');
    const known = build.outcomes.get(hash);
    if (known !== undefined) return await known;
    const outcome = linkAndRun(build, optimised, join(folder, `${id}.program`), settings);
    build.outcomes.set(hash, outcome);
    if ((await outcome).kind === 'interrupted') build.outcomes.delete(hash);
    return await outcome;
  } finally {
    await rm(optimised, { force: true });
  }
}

async function linkAndRun(
  build: ProgramBuild,
  bitcode: string,
  executable: string,
  settings: BuildSettings,
): Promise<ProgramOutcome> {
  const { program, folder } = build;
  const surroundings = { folder, signal: settings.signal };
  try {
    const link = await runLimited(
      clangFor(program, settings.installation),
      [...unoptimised, '-w', bitcode, '-o', executable, '-lm'],
      settings.compileLimits,
      surroundings,
    );
    if (/undefined reference|undefined symbol|multiple definition/.test(link.stderr)) {
      return { kind: 'broken', how: `does not link: ${causeOfEnd(link)}` };
    }
    const failed = compilerFailure(link, 'code generation');
    if (failed !== undefined) return failed;
    build.runs += 1;
    const run = await runLimited(executable, [], settings.runLimits, surroundings);
    if (run.cancelled) return { kind: 'interrupted' };
    if (run.timedOut) return { kind: 'timed-out', step: 'run' };
    return compare(build, run);
  } finally {
    await rm(executable, { force: true });
  }
}

function compilerFailure(end: ProcessEnd, step: 'passes' | 'code generation'): ProgramOutcome | undefined {
  if (end.cancelled) return { kind: 'interrupted' };
  if (end.timedOut) return { kind: 'timed-out', step };
  return end.exitCode === 0 ? undefined : { kind: 'crashed', step, cause: causeOfEnd(end) };
}

function compare(build: ProgramBuild, run: ProcessEnd): ProgramOutcome {
  const { expected } = build;
  if (run.signal !== undefined) return { kind: 'broken', how: `ended by ${run.signal}` };
  // The first control has nothing to be compared with: it says what is expected.
  if (expected === undefined) {
    if (run.exitCode !== 0) return { kind: 'broken', how: `exit code ${run.exitCode}, expected 0` };
    build.expected = { exitCode: 0, stdout: run.stdout };
    return { kind: 'passed' };
  }
  if (run.exitCode !== expected.exitCode) {
    return { kind: 'broken', how: `exit code ${run.exitCode}, expected ${expected.exitCode}` };
  }
  if (run.stdout !== expected.stdout) {
    return {
      kind: 'broken',
      how: `printed '${shorten(run.stdout)}', expected '${shorten(expected.stdout)}'`,
    };
  }
  return { kind: 'passed' };
}

function shorten(text: string): string {
  const line = text.trimEnd().replaceAll('\n', '\\n');
  return line.length <= 60 ? line : `${line.slice(0, 57)}…`;
}
