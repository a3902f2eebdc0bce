// Runs one side over all inputs. A function that crashes ends its process; the next one goes on with the
// next input, since both read the same open file. What it may do is bounded: strict seccomp in the driver,
// a time limit here, memory that is mapped before it starts.

import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { readOutcome, recordBytes } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { endedByCallee, endOfInputs, logHead, tooManyCalls } from './layout.ts';

export interface RunOptions {
  /** A program that runs the other machine's code; absent for this machine's own. */
  emulator?: string;
  /** Processor time that each process may take: what decides, since the clock also measures how busy the machine is. */
  processorSeconds: number;
  /** Milliseconds on the clock for all inputs, should limits of processor time not end it. */
  timeLimit: number;
  /** How many times a process may be ended before the rest of the inputs is given up. */
  mostStops: number;
}

/**
 * All outcomes together take a few megabytes, those with large data of the file more; code that writes without end would
 * fill the disk within its time.
 */
const mostOutputBytes = 1 << 28;
/** Each costs the whole time limit. */
const mostTimeouts = 8;
/** As shells and emulators report it: 128 and the signal's number. */
const timeLimitPassed = 128 + constants.signals.SIGXCPU;

/**
 * Starts the program again and again until it comes to the end of the inputs, and notes each time that it was stopped: why,
 * and how much had been written ($0 is the file). A shell starts processes many times as fast as we do.
 */
const runAll = `ulimit -f ${mostOutputBytes / 512}
ulimit -Ht $(($1 + 1)); ulimit -St $1
most=$2; stops=0; late=0; shift 2
while [ $stops -lt $most ] && [ $late -lt ${mostTimeouts} ]; do
  "$@" 3>&-
  code=$?
  [ $code = ${endOfInputs} ] && exit
  [ $code = ${endedByCallee} ] && continue
  [ $code = ${timeLimitPassed} ] && late=$((late + 1))
  stops=$((stops + 1))
  echo $code $(wc -c < "$0") >&3
done`;

/** Why an outcome was stopped that took too long. */
export const timeLimitReason = 'time limit';

interface Stop {
  /** Bytes written until then. */
  at: number;
  why: string;
}

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

function reasonOf(code: number): string {
  if (code === timeLimitPassed) return timeLimitReason;
  if (code === tooManyCalls) return 'endless calls';
  return signalNames.get(code - 128) ?? `exit code ${code}`;
}

/** Where the program was stopped; the last stop is made up where it took too long by the clock. */
function stopsOf(
  words: readonly string[],
  output: string,
  streams: { input: number; output: number },
  { processorSeconds, timeLimit, mostStops }: RunOptions,
): Promise<Stop[]> {
  return new Promise((resolve) => {
    const numbers = [processorSeconds, mostStops].map(String);
    const child = spawn('/bin/sh', ['-c', runAll, output, ...numbers, ...words], {
      stdio: [streams.input, streams.output, 'ignore', 'pipe'],
    });
    let notes = '';
    let late = false;
    child.stdio[3]!.on('data', (data: Buffer) => (notes += data.toString()));
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeLimit);
    const finish = (last: Stop[]): void => {
      clearTimeout(timer);
      const stops = [...notes.matchAll(/^(\d+) (\d+)$/gm)].map((match) => ({
        why: reasonOf(Number(match[1])),
        at: Number(match[2]),
      }));
      resolve([...stops, ...last]);
    };
    child.on('error', (error) => finish([{ at: 0, why: error.message }]));
    child.on('close', () => finish(late ? [{ at: statSync(output).size, why: timeLimitReason }] : []));
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
  try {
    const stops = await stopsOf(words, outputFile, { input, output }, options);
    return outcomesOf(readFileSync(outputFile), stops, globals);
  } finally {
    closeSync(input);
    closeSync(output);
  }
}
