// Runs one program of LLVM to its end, with a time limit; how it ended is data. On Node's own child
// processes and not on execa, which takes longer to import (60 ms) than a cached `ozma cc` may take.
// Not for programs that a terminal should own: see src/tune/cc/.

import { spawn } from 'node:child_process';

export interface ProgramOptions {
  directory?: string;
  /** Wall-clock limit; default 300. */
  timeoutSeconds?: number;
  environment?: NodeJS.ProcessEnv;
  /** A process group of its own (default), so that Ctrl-C reaches it only through us. */
  ownGroup?: boolean;
}

export interface ProgramResult {
  command: readonly string[];
  /** Absent when a signal ended it or it could not be started. */
  exitCode?: number;
  signal?: NodeJS.Signals;
  timedOut: boolean;
  stdout: string;
  stderr: string;
}

/** More output than this is cut: error lists, never data. */
const outputLimit = 1 << 24;

/** Resolves however the program ends. */
export function runProgram(
  program: string,
  words: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.ownGroup ?? true,
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
      ...(options.environment === undefined ? {} : { env: options.environment }),
    });
    const command = [program, ...words];
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < outputLimit) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < outputLimit) stderr += text;
    });
    const timer = setTimeout(
      () => {
        timedOut = true;
        try {
          // The whole group: clang may have started an assembler.
          if (options.ownGroup ?? true) process.kill(-child.pid!, 'SIGKILL');
          else child.kill('SIGKILL');
        } catch {
          child.kill('SIGKILL');
        }
      },
      (options.timeoutSeconds ?? 300) * 1000,
    );
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ command, timedOut: false, stdout, stderr: `${error.message}\n` });
    });
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({
        command,
        ...(exitCode === null ? {} : { exitCode }),
        ...(signal === null ? {} : { signal }),
        timedOut,
        stdout,
        stderr,
      });
    });
  });
}

/** The one line that a person needs from a failed compile: the first error, else what ended it. */
export function failureLine(result: ProgramResult): string {
  const name = result.command[0] ?? '';
  if (result.timedOut) return `${name}: did not end within its time limit`;
  if (result.signal !== undefined) return `${name}: ended by ${result.signal}`;
  const lines = result.stderr.split('\n').map((line) => line.trim());
  const error = lines.find((line) => /\berror:/.test(line)) ?? lines.find((line) => line !== '');
  return error ?? `${name}: exit code ${result.exitCode ?? '?'} and no message`;
}
