// Runs a function as it was found and as it was lifted on the same made-up inputs and compares everything
// that a caller could see: result, calls with their arguments, memory. Equality on some inputs is evidence,
// not proof, which is why the number of inputs is part of every answer.

import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { arch } from 'node:process';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import type { Machine } from './machines.ts';
import { bytesOfInput, makeInputs } from './inputs.ts';
import { compareOutcomes } from './outcome.ts';
import type { Comparison, Outcome } from './outcome.ts';
import { runSide, timeLimitReason } from './run.ts';
import { buildPrograms, NotComparable } from './sides.ts';
import type { Pair } from './sides.ts';
import { shapeOf } from './shape.ts';
import { signaturesOf, whyNotCallable } from './signature.ts';

export type { Comparison } from './outcome.ts';
export type { Pair } from './sides.ts';

export interface EquivalenceOptions {
  /** How many inputs are made. */
  inputs?: number;
  seed?: number;
}

const machineOfHost: Readonly<Record<string, Machine>> = { x64: 'x86_64', arm64: 'aarch64' };

/** The program that runs the machine's code: none needed for the host's, qemu-user's for the other. */
function emulatorFor(machine: Machine): string | undefined {
  if (machineOfHost[arch] === machine) return undefined;
  const names = [`qemu-${machine}`, `qemu-${machine}-static`];
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of names) if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new NotComparable(`running ${machine} code needs ${names[0]} (Debian: apt-get install qemu-user)`);
}

/** Instructions that compute with floating point numbers, of both machines. */
const arithmetic =
  /^\s*(?:v?(?:add|sub|mul|div|sqrt|min|max|cvt\w*)[sp][sd]|f(?:add|sub|mul|div|i?mul|sqrt|madd|msub|nm|ml|cvt|abd|max|min)\w*)\s/m;

/** Of each process, which may have many inputs; lifted code gets twice as much where one input needs it. */
const processorSeconds = 2;

const isLate = (outcome: Outcome): boolean => 'stopped' in outcome && outcome.stopped === timeLimitReason;

/** Never throws for what a function is or does: `untested` with the reason then. */
export async function compareByRunning(
  pool: WorkerPool,
  pair: Pair,
  options: EquivalenceOptions = {},
): Promise<Comparison> {
  const untested = (detail: string): Comparison => ({ verdict: 'untested', inputs: 0, detail });
  const signature = signaturesOf(pair.ir).defined.find((one) => one.name === pair.name);
  if (signature === undefined)
    return untested(`expected a definition of ${pair.name}, found none that is known`);
  const reason = whyNotCallable(signature);
  if (reason !== undefined) return untested(reason);
  const folder = await mkdtemp(join(tmpdir(), 'ozma-equivalence-'));
  try {
    const emulator = emulatorFor(pair.machine);
    const shape = shapeOf(pair.ir, pair.name);
    const programs = await buildPrograms(pool, pair, signature, shape, folder);
    const globals = programs.globals.length;
    const inputs = makeInputs(signature, shape, programs, {
      count: options.inputs ?? 64,
      seed: options.seed ?? 1,
      floating: arithmetic.test(pair.assembly),
    });
    const inputsFile = join(folder, 'inputs');
    await writeFile(inputsFile, inputs);
    const run = {
      processorSeconds,
      timeLimit: 60_000,
      mostStops: 48,
      ...(emulator === undefined ? {} : { emulator }),
    };
    const start = performance.now();
    const original = await runSide(programs.original, inputsFile, globals, run);
    // Inputs that stop the original say nothing: the other side is spared them, and one stop of its own decides.
    const survived = [...original.keys()].filter((index) => !('stopped' in original[index]!));
    const size = bytesOfInput(globals);
    const runLifted = async (from: readonly number[], seconds: number): Promise<Outcome[]> => {
      const chosen = from.map((index) => inputs.subarray(index * size, (index + 1) * size));
      await writeFile(inputsFile, Buffer.concat(chosen));
      return runSide(programs.lifted, inputsFile, globals, {
        ...run,
        processorSeconds: seconds,
        mostStops: 1,
      });
    };
    const lifted: Outcome[] = [];
    let left = survived;
    let seconds = processorSeconds;
    for (;;) {
      const found = await runLifted(left, seconds);
      for (const [at, outcome] of found.entries()) lifted[left[at]!] = outcome;
      const last = found.at(-1);
      // Time is of a process, and the original may have had several: an input has the time of one for itself, and more.
      if (last === undefined || !isLate(last) || (found.length === 1 && seconds > processorSeconds)) break;
      left = left.slice(found.length - 1);
      seconds = 2 * processorSeconds;
    }
    return { ...compareOutcomes(original, lifted), seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    if (error instanceof NotComparable) return untested(error.message);
    throw error;
  } finally {
    // What was killed may still be writing.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
