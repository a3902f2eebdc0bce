// One source → unoptimised bitcode, within limits of time and memory. How it ended is data: what cannot be
// compiled is counted by reason and never stops a collection.

import { readFile, rm } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { bitcodeWords, type Translation } from '../../llvm/clang.ts';
import { programPath, type LlvmInstallation } from '../../llvm/installation.ts';
import { causeOfEnd, runLimited, type ProcessEnd } from '../../passes/evaluation/limited-process.ts';

/** Why a source gave no bitcode. */
export type CompileFailure = 'header not found' | 'error' | 'timed out' | 'crashed' | 'too large';

export type CompileResult =
  { ok: true; bitcode: Uint8Array } | { ok: false; reason: CompileFailure; line: string; stderr: string };

export interface CompileLimits {
  /** Seconds before clang is ended. */
  seconds: number;
  megabytes: number;
  /** Larger bitcode is left out. */
  bytes: number;
}

export const usualLimits: CompileLimits = { seconds: 20, megabytes: 3072, bytes: 8 * 2 ** 20 };

/** Debug information, warnings and colours are of no use to anybody here. */
const quiet = ['-g0', '-w', '-fno-color-diagnostics', '-fno-caret-diagnostics', '-ferror-limit=4'];

/** `root` is the package's folder: `__FILE__` names files from there, the same on every machine. */
export async function compileFile(
  installation: LlvmInstallation,
  translation: Translation,
  root: string,
  output: string,
  limits: CompileLimits = usualLimits,
): Promise<CompileResult> {
  const clang = programPath(installation, translation.language === 'c++' ? 'clang++' : 'clang');
  // Ours last: they win over the build's own.
  const words = [...bitcodeWords(translation, output), ...quiet, `-fmacro-prefix-map=${root}/=`];
  try {
    const end = await runLimited(
      clang,
      words,
      { time: limits.seconds * 1000, memory: limits.megabytes * 2 ** 20 },
      { folder: translation.directory },
    );
    if (end.exitCode === 0) {
      const bitcode = await readFile(output);
      if (bitcode.length <= limits.bytes) return { ok: true, bitcode };
      return { ok: false, reason: 'too large', line: `${bitcode.length} bytes of bitcode`, stderr: '' };
    }
    return { ok: false, reason: reasonOfEnd(end), line: lineOfEnd(end), stderr: end.stderr };
  } finally {
    await rm(output, { force: true });
  }
}

function reasonOfEnd(end: ProcessEnd): CompileFailure {
  if (end.timedOut) return 'timed out';
  if (end.signal !== undefined || /PLEASE submit a bug report|LLVM ERROR/.test(end.stderr)) return 'crashed';
  return /fatal error: '.*' file not found/.test(end.stderr) ? 'header not found' : 'error';
}

/** clang's first error without folders, or what ended it. */
function lineOfEnd(end: ProcessEnd): string {
  const [, error] = /^(?:.*\/)?([^\n]*?error: .*)$/m.exec(end.stderr) ?? [];
  return error === undefined || end.timedOut ? causeOfEnd(end) : error.slice(0, 200);
}

/** Flags without the folders of this machine: what lies in the package stays, relative to its root. */
export function portableFlags(flags: readonly string[], root: string, directory: string): string[] {
  return flags.flatMap((flag, at) => {
    const joined = /^(-I|-iquote|-isystem|-idirafter|-include)(.+)$/.exec(flag);
    if (joined !== null) return [`${joined[1]}${insidePath(joined[2]!, root, directory)}`];
    const before = flags[at - 1] ?? '';
    if (/^(-I|-iquote|-isystem|-idirafter|-include)$/.test(before))
      return [insidePath(flag, root, directory)];
    return [flag.replaceAll(root, '.')];
  });
}

function insidePath(path: string, root: string, directory: string): string {
  const absolute = isAbsolute(path) ? path : join(directory, path);
  const inside = relative(root, absolute);
  return inside.startsWith('..') ? path : inside || '.';
}
