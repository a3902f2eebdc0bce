// Runs a program under limits of time and memory and says how it ended, as data: a compiler that crashes and
// a test that loops for ever are expected here. Not for programs whose output is large.

import { execa } from 'execa';

export interface ProcessLimits {
  /** Milliseconds before it is killed. */
  time: number;
  /** Bytes of address space; more makes allocations fail. */
  memory: number;
}

export interface ProcessEnd {
  exitCode: number | undefined;
  /** The signal by name, `SIGSEGV`, where one ended it. */
  signal: string | undefined;
  timedOut: boolean;
  cancelled: boolean;
  stdout: string;
  stderr: string;
}

const mostOutput = 1 << 20;

/** Sets the limit and becomes the program, so that signals and exit codes are the program's own. */
const limitMemory = 'ulimit -v "$1" 2>/dev/null; ulimit -c 0 2>/dev/null; shift; exec "$@"';

export async function runLimited(
  program: string,
  parameters: readonly string[],
  limits: ProcessLimits,
  options: { folder: string; signal?: AbortSignal | undefined; input?: string },
): Promise<ProcessEnd> {
  const kilobytes = String(Math.ceil(limits.memory / 1024));
  const result = await execa('/bin/sh', ['-c', limitMemory, 'sh', kilobytes, program, ...parameters], {
    cwd: options.folder,
    reject: false,
    stripFinalNewline: false,
    timeout: limits.time,
    killSignal: 'SIGKILL',
    maxBuffer: mostOutput,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  return {
    exitCode: result.exitCode,
    signal: result.signal ?? signalOfShell(result.exitCode),
    timedOut: result.timedOut,
    cancelled: result.isCanceled,
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
  };
}

/** clang reports the signal of a crashed child as 128 + its number. */
function signalOfShell(exitCode: number | undefined): string | undefined {
  const names: Readonly<Record<number, string>> = {
    132: 'SIGILL',
    134: 'SIGABRT',
    136: 'SIGFPE',
    139: 'SIGSEGV',
  };
  return exitCode === undefined ? undefined : names[exitCode];
}

const tellingLine = [
  /^LLVM ERROR: .*/m,
  /^.*Assertion .* failed\..*/m,
  /undefined reference.*/m,
  /^.*error: .*/m,
];

/** One line on why a tool failed: LLVM's own error where there is one, else the signal or exit code. */
export function causeOfEnd(end: ProcessEnd): string {
  for (const pattern of tellingLine) {
    const line = pattern.exec(end.stderr)?.[0];
    if (line !== undefined) return withoutPlaces(line);
  }
  if (end.signal !== undefined) return end.signal;
  const first = end.stderr.split('\n').find((line) => line.trim() !== '');
  return first === undefined ? `exit code ${end.exitCode ?? 'unknown'}` : withoutPlaces(first);
}

/** The line without folders and addresses, which differ from machine to machine. */
function withoutPlaces(line: string): string {
  return line
    .replaceAll(/(?<=^|[\s'"(])\/(?:[^\s:'"()/]+\/)+/g, '')
    .replaceAll(/0x[0-9a-f]{6,}/g, '0x…')
    .slice(0, 200);
}
