// Runs one side over all inputs. A function that crashes ends its process; the next one goes on with the
// next input, since both read the same open file. What it may do is bounded: strict seccomp in the driver,
// a time limit here, memory that is mapped before it starts.

import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { readOutcome, recordBytes } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { endedByCallee, endOfInputs, logHead, tooManyCalls } from './layout.ts';

export interface RunOptions {
  /** A program that runs the other machine's code; absent for this machine's own. */
  emulator?: string;
  /** Milliseconds on the clock for one process, should its limit of processor time not end it. */
  timeLimit: number;
  /** How many times a process may be ended before the rest of the inputs is given up. */
  mostStops: number;
}

/**
 * Becomes the program. All outcomes together take a few megabytes, those with large data of the file more; code that
 * writes without end would fill the disk within its time.
 */
const mostOutputBytes = 1 << 28;
const limitOutput = `ulimit -f ${mostOutputBytes / 512}; exec "$@"`;

/** Each costs the whole time limit. */
const mostTimeouts = 2;
const timeLimitPassed = 'time limit';

interface Stop {
  /** Bytes written until then. */
  at: number;
  why: string;
}

/** Nothing at the end of all inputs, else why it ended before. */
function runOnce(
  words: readonly string[],
  input: number,
  output: number,
  limit: number,
): Promise<string | typeof endedByCallee | undefined> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', limitOutput, 'sh', ...words], { stdio: [input, output, 'ignore'] });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limit);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve(error.message);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (late) resolve(timeLimitPassed);
      else if (signal === 'SIGXCPU') resolve(timeLimitPassed);
      else if (signal !== null) resolve(signal);
      else if (code === tooManyCalls) resolve('endless calls');
      else if (code === endedByCallee) resolve(endedByCallee);
      // An emulator reports the signal of its guest as 128 + its number.
      else resolve(code === endOfInputs ? undefined : `exit code ${code}`);
    });
  });
}

/** Splits what was written into outcomes; `stops` says where processes were ended, and why. */
function outcomesOf(bytes: Buffer, stops: readonly Stop[], globals: number): Outcome[] {
  const outcomes: Outcome[] = [];
  let at = 0;
  let stop = 0;
  for (;;) {
    for (; stop < stops.length && stops[stop]!.at <= at; stop++) outcomes.push({ stopped: stops[stop]!.why });
    if (at + logHead > bytes.length) return outcomes;
    const length = recordBytes(bytes.subarray(at, at + logHead), globals);
    if (at + length > bytes.length) return outcomes;
    outcomes.push(readOutcome(bytes.subarray(at, at + length)));
    at += length;
  }
}

/** Outcomes of the inputs in order; fewer than there are inputs when too many processes were ended. */
export async function runSide(
  program: string,
  inputsFile: string,
  globals: number,
  options: RunOptions,
): Promise<Outcome[]> {
  const words = options.emulator === undefined ? [program] : [options.emulator, program];
  const outputFile = `${program}.out`;
  const input = openSync(inputsFile, 'r');
  const output = openSync(outputFile, 'w');
  const stops: Stop[] = [];
  let timeouts = 0;
  try {
    for (;;) {
      const why = await runOnce(words, input, output, options.timeLimit);
      if (why === undefined) break;
      if (why === endedByCallee) continue;
      stops.push({ at: statSync(outputFile).size, why });
      if (why === timeLimitPassed && ++timeouts === mostTimeouts) break;
      if (stops.length >= options.mostStops) break;
    }
  } finally {
    closeSync(input);
    closeSync(output);
  }
  return outcomesOf(readFileSync(outputFile), stops, globals);
}
