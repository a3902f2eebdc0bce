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

/** Of each stream. Reports of compilers are far shorter; data of any length goes through `streamProgram`. */
const outputLimit = 1 << 24;

/** Keeps the beginning of a long output, and says where it ends. */
class KeptText {
  private text = '';
  private dropped = 0;

  readonly add = (text: string): void => {
    const room = outputLimit - this.text.length;
    this.text += text.length <= room ? text : text.slice(0, room);
    this.dropped += Math.max(0, text.length - room);
  };

  toString(): string {
    if (this.dropped === 0) return this.text;
    return `${this.text}\n[cut here: ${this.dropped} more characters were written]\n`;
  }
}

interface Listeners {
  output: (text: string) => void;
  errors: (text: string) => void;
}

type Ending = Omit<ProgramResult, 'stdout' | 'stderr'>;

function follow(
  program: string,
  words: readonly string[],
  options: ProgramOptions,
  { output, errors }: Listeners,
): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.ownGroup ?? true,
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
      ...(options.environment === undefined ? {} : { env: options.environment }),
    });
    const command = [program, ...words];
    let timedOut = false;
    const end = (): void => {
      try {
        // The whole group: clang may have started an assembler.
        if (options.ownGroup ?? true) process.kill(-child.pid!, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        child.kill('SIGKILL');
      }
    };
    const timer = setTimeout(
      () => {
        timedOut = true;
        end();
      },
      (options.timeoutSeconds ?? 300) * 1000,
    );
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      try {
        output(text);
      } catch (error) {
        clearTimeout(timer);
        end();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    child.stderr.setEncoding('utf8').on('data', errors);
    child.on('error', (error) => {
      clearTimeout(timer);
      errors(`${error.message}\n`);
      resolve({ command, timedOut: false });
    });
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({
        command,
        ...(exitCode === null ? {} : { exitCode }),
        ...(signal === null ? {} : { signal }),
        timedOut,
      });
    });
  });
}

/** Resolves however the program ends. More than 16 MiB of a stream are cut, and its text ends by saying so. */
export async function runProgram(
  program: string,
  words: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const [stdout, stderr] = [new KeptText(), new KeptText()];
  const ending = await follow(program, words, options, { output: stdout.add, errors: stderr.add });
  return { ...ending, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Hands each line of output over as it is written, however many there are; what `onLine` throws ends the program. */
export async function streamProgram(
  program: string,
  words: readonly string[],
  onLine: (line: string) => void,
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const stderr = new KeptText();
  let rest = '';
  const output = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (rest.length > outputLimit)
      throw new Error(`${program}: expected lines, found one of more than ${outputLimit} characters`);
    for (const line of lines) onLine(line);
  };
  const ending = await follow(program, words, options, { output, errors: stderr.add });
  if (rest !== '') onLine(rest);
  return { ...ending, stdout: '', stderr: stderr.toString() };
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
