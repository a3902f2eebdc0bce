// The clang driver: from a source and the user's flags to unoptimised bitcode, to the real `clang -Oz`
// object, and from tuned bitcode to the object that is shipped, all by the clang of one installation.
// The way through bitcode changes nothing by itself: with -Oz's own pipeline it gives the very object of
// `clang -Oz`, byte for byte, whatever the flags (test/llvm/clang.test.ts). Also the independent judge of
// sizes, llvm-size. Refusals of clang are OzmaError `refused` with its first error line.

import { OzmaError } from '../common/errors.ts';
import { codegenFlags } from './clang-flags.ts';
import type { CodegenLevel } from './module.ts';
import { programPath, type LlvmInstallation } from './installation.ts';
import type { CodegenSwitch } from './recipe.ts';
import { failureLine, runProgram } from './run-program.ts';

/** One translation unit and how its owner compiles it. */
export interface Translation {
  /** Absolute, or relative to `directory`. */
  file: string;
  directory: string;
  language: 'c' | 'c++' | 'ir';
  /** The user's, as compileFlags leaves them. For IR only those that code generation reads are used. */
  flags: readonly string[];
  /** Where IR goes; a C or C++ source says it by its flags. */
  triple?: string;
}

export type ClangOutput = 'object' | 'assembly';

const outputMode: Record<ClangOutput, string> = { object: '-c', assembly: '-S' };

/** Keeps the module as the front end made it; `minsize` is on the functions already. */
export const withoutPasses = ['-Xclang', '-disable-llvm-passes'] as const;
/** clang says of flags that IR does not need that they are not used, and of `--target` that it overrides. */
const quietForIr = ['-Wno-unused-command-line-argument', '-Wno-override-module'] as const;

async function run(
  installation: LlvmInstallation,
  cpp: boolean,
  words: string[],
  directory?: string,
): Promise<void> {
  const clang = programPath(installation, cpp ? 'clang++' : 'clang');
  const result = await runProgram(clang, words, directory === undefined ? {} : { directory });
  if (result.exitCode !== 0) throw new OzmaError('refused', failureLine(result));
}

/** The words between `clang` and the mode: flags and, for IR, language and target. */
function translationWords(translation: Translation): string[] {
  if (translation.language !== 'ir') return [...translation.flags];
  return [...codegenFlags(translation.flags), ...targetWords(translation.triple), ...quietForIr];
}

function targetWords(triple: string | undefined): string[] {
  return triple === undefined ? [] : [`--target=${triple}`];
}

function inputWords({ file, language }: Translation): string[] {
  return ['-x', language, file];
}

/**
 * The words of `clang` that make unoptimised bitcode of a translation unit; `output` may be `-`. `-Oz` comes
 * last: it must win over the user's own -O, and no flag that lacks its value can swallow it there.
 */
export function bitcodeWords(translation: Translation, output: string): string[] {
  const words = [...translationWords(translation), ...withoutPasses, '-emit-llvm', '-c'];
  return [...words, ...inputWords(translation), '-o', output, '-Oz'];
}

/** The words of the real `clang -Oz`. */
export function baselineWords(
  translation: Translation,
  output: string,
  kind: ClangOutput = 'object',
): string[] {
  return [
    ...translationWords(translation),
    outputMode[kind],
    ...inputWords(translation),
    '-o',
    output,
    '-Oz',
  ];
}

/** Source → unoptimised bitcode, with -Oz after the user's own -O. For IR it sets target and data layout. */
export async function compileToBitcode(
  installation: LlvmInstallation,
  translation: Translation,
  output: string,
): Promise<void> {
  await run(
    installation,
    translation.language === 'c++',
    bitcodeWords(translation, output),
    translation.directory,
  );
}

/** Source → what `clang -Oz` makes of it. */
export async function compileBaseline(
  installation: LlvmInstallation,
  translation: Translation,
  output: string,
  kind: ClangOutput = 'object',
): Promise<void> {
  const words = baselineWords(translation, output, kind);
  await run(installation, translation.language === 'c++', words, translation.directory);
}

export interface CodegenSettings {
  /** The module's. Without it clang would quietly compile any module for the host. */
  triple: string;
  flags: readonly string[];
  level: CodegenLevel;
  switches: readonly CodegenSwitch[];
}

/** The words of `clang` that make code of optimised bitcode; `input` may be `-`. O0 is clang without -O. */
export function codegenWords(
  input: string,
  settings: CodegenSettings,
  output: string,
  kind: ClangOutput = 'object',
): string[] {
  return [
    ...codegenFlags(settings.flags),
    ...targetWords(settings.triple),
    ...quietForIr,
    ...(settings.level === 'Oz' ? ['-Oz', ...withoutPasses] : []),
    ...settings.switches.flatMap((name) => ['-mllvm', `-${name}`]),
    outputMode[kind],
    '-x',
    'ir',
    input,
    '-o',
    output,
  ];
}

/** Optimised bitcode → object or assembly; no pass of the middle end runs again. */
export async function compileBitcode(
  installation: LlvmInstallation,
  bitcode: string,
  settings: CodegenSettings,
  output: string,
  kind: ClangOutput = 'object',
): Promise<void> {
  await run(installation, false, codegenWords(bitcode, settings, output, kind));
}

/** clang's own target triple. */
export async function defaultTriple(installation: LlvmInstallation): Promise<string> {
  const result = await runProgram(programPath(installation, 'clang'), ['-print-target-triple']);
  if (result.exitCode !== 0) throw new OzmaError('environment', failureLine(result));
  return result.stdout.trim();
}

export interface FileSizes {
  /** Allocated bytes without BSS: Berkeley text + data. */
  bytes: number;
  /** Bytes of code alone. */
  text: number;
}

/** Sizes of a written object as llvm-size reads them: independent of our own reader. */
export async function llvmSize(installation: LlvmInstallation, file: string): Promise<FileSizes> {
  const program = programPath(installation, 'llvm-size');
  const [berkeley, sections] = await Promise.all([
    runProgram(program, ['-B', file]),
    runProgram(program, ['-A', file]),
  ]);
  for (const result of [berkeley, sections]) {
    if (result.exitCode !== 0) throw new OzmaError('refused', failureLine(result));
  }
  const rows = [...sections.stdout.matchAll(/^(\S+)[ \t]+(\d+)[ \t]+(?:0x)?[\da-f]+[ \t]*$/gm)].map(
    ([, name = '', size = '']) => ({ name, size: Number(size) }),
  );
  const total = (pattern: RegExp): number =>
    rows.filter(({ name }) => pattern.test(name)).reduce((sum, { size }) => sum + size, 0);
  const [, text, data] = /^\s*(\d+)\s+(\d+)/m.exec(berkeley.stdout) ?? [];
  if (text === undefined || data === undefined) {
    throw new OzmaError(
      'refused',
      `${program} -B ${file}: expected sizes, found '${berkeley.stdout.trim()}'`,
    );
  }
  return { bytes: Number(text) + Number(data), text: total(/^(\.text|\.init$|\.fini$|\.plt|CODE$)/) };
}
