// Runs one program of LLVM to its end, with a time limit; how it ended is data. On Node's own child
// processes and not on execa, which takes longer to import (60 ms) than a cached `ozma cc` may take.
// Not for programs that a terminal should own: see src/tune/cc/.

import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** Of each stream. Reports of compilers are far shorter; data of any length goes through `linesOfProgram`. */
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
  /** Who hears of it, or the file that it goes to. */
  output: ((text: string) => void) | number;
  errors: (text: string) => void;
}

type Ending = Omit<ProgramResult, 'stdout' | 'stderr'>;

function follow(
  program: string,
  words: readonly string[],
  options: ProgramOptions,
  { output, errors }: Listeners,
): Promise<Ending> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      stdio: ['ignore', typeof output === 'number' ? output : 'pipe', 'pipe'],
      detached: options.ownGroup ?? true,
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
      ...(options.environment === undefined ? {} : { env: options.environment }),
    });
    const command = [program, ...words];
    let timedOut = false;
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
    if (typeof output !== 'number') child.stdout!.setEncoding('utf8').on('data', output);
    child.stderr!.setEncoding('utf8').on('data', errors);
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

/**
 * Hands over each line that the program wrote, however many there are, where it ended well. They go through a
 * file: programs that write line by line (llvm-objdump) would wake us as often.
 */
export async function linesOfProgram(
  program: string,
  words: readonly string[],
  onLine: (line: string) => void,
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const folder = await mkdtemp(join(tmpdir(), 'ozma-output-'));
  const file = join(folder, 'stdout');
  const stderr = new KeptText();
  try {
    const handle = await open(file, 'w');
    const ending = await follow(program, words, options, { output: handle.fd, errors: stderr.add });
    await handle.close();
    if (ending.exitCode === 0) {
      let rest = '';
      for await (const text of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
        const lines = (rest + String(text)).split('\n');
        rest = lines.pop()!;
        for (const line of lines) onLine(line);
      }
      if (rest !== '') onLine(rest);
    }
    return { ...ending, stdout: '', stderr: stderr.toString() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
