// What compilers make of C, lifted and put in the place of the compiled functions: the program must print
// the same. Every function of the file is lifted, none may fail but those that are named.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cleanUpPipeline, lightPipeline, sourceOf } from '#ozma/lift/clean-up.js';
import { readCode } from '#ozma/disassemble/read-code.js';
import { lift, type LiftedFunction } from '#ozma/lift/lift.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { recipeOf } from '#ozma/llvm/recipe.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { driverSource, functionsSource } from './programs.ts';

const installation = findInstallation();
const clang = programPath(installation, 'clang');
const folder = mkdtempSync(join(tmpdir(), 'ozma-lift-'));
const pool = new WorkerPool({ installation, workers: 2 });
afterAll(() => {
  pool.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const functions = file('functions.c', functionsSource);
const driver = file('driver.c', driverSource);

/** Compiles for the machine itself, or for AArch64 and runs under qemu. */
interface Machine {
  triple: string;
  words: readonly string[];
  emulator?: string;
}
const native: Machine = { triple: 'x86_64-pc-linux-gnu', words: [] };
const aarch64: Machine = {
  triple: 'aarch64-unknown-linux-gnu',
  words: ['--target=aarch64-linux-gnu', '-static', '-fuse-ld=lld'],
  emulator: 'qemu-aarch64',
};

function run(machine: Machine, words: string[], flags: readonly string[] = []): string {
  const program = join(folder, 'program');
  execFileSync(clang, ['-w', ...machine.words, ...flags, ...words, '-o', program]);
  return machine.emulator === undefined
    ? execFileSync(program, { encoding: 'utf8' })
    : execFileSync(machine.emulator, [program], { encoding: 'utf8' });
}

/** The assembly of the file without the functions that were lifted: their names are renamed away. */
function withoutBodies(assembly: string, lifted: readonly LiftedFunction[]): string {
  const names = new Set(lifted.map(({ name }) => name));
  return assembly
    .split('\n')
    .map((line) => {
      const label = /^(\w+):/.exec(line)?.[1];
      if (label !== undefined && names.has(label)) return `${label}.original:`;
      const directive = /^\s*\.(globl|type|size)\s+(\w+)/.exec(line);
      return directive !== null && names.has(directive[2]!) ? '' : line;
    })
    .join('\n');
}

/** Data that is private to the original must be seen from the lifted modules. */
const makeVisible = (assembly: string): string =>
  assembly
    .replace(/^\s*\.local\s+(\w[\w.]*)/gm, '\t.globl $1')
    .replace(/^(calls\.\d+|count\.calls|helper)(?=:| = )/gm, '\t.globl $1\n$1');

/** `listing` is what is lifted where that is not the assembly itself. */
async function liftedProgram(
  machine: Machine,
  assembly: string,
  pipeline: string,
  listing = assembly,
): Promise<string> {
  const { functions: every } = lift(listing, { triple: machine.triple });
  // A linked file holds more than the functions of the assembly.
  const all = every.filter(({ name }) => assembly.includes(`\n${name}:`));
  expect(all.length).toBeGreaterThan(20);
  const failures = all
    .filter(({ status }) => status === 'failed')
    .map(({ name, reason }) => `${name}: ${reason}`);
  expect(failures).toEqual([]);
  const objects = await Promise.all(
    all.map(async ({ name, ir }) => {
      const emitted = await pool.emit(sourceOf(ir), recipeOf(pipeline), 'Oz', 'object');
      expect(emitted.ok ? '' : `${name}: ${JSON.stringify(emitted.failure)}`).toBe('');
      const path = join(folder, `${name}.o`);
      if (emitted.ok) writeFileSync(path, emitted.value);
      return path;
    }),
  );
  const rest = file('rest.s', makeVisible(withoutBodies(assembly, all)));
  return run(machine, [driver, rest, ...objects], assembly.includes('$compare') ? ['-no-pie'] : []);
}

const expected = run(native, [functions, driver]);

const gcc = existsSync('/usr/bin/gcc') ? (['gcc -Os', 'gcc -O2', 'gcc -O0'] as const) : [];

test.each(['clang -Oz', 'clang -O2', 'clang -O0', 'clang -O3 -fno-pic', ...gcc])(
  'x86-64, %s',
  async (compiler) => {
    const [name, ...flags] = compiler.split(' ');
    const words = ['-w', ...flags, '-S', functions, '-o', '-'];
    const assembly = execFileSync(name === 'gcc' ? 'gcc' : clang, words, { encoding: 'utf8' });
    const pipeline = compiler === 'clang -O2' ? lightPipeline : cleanUpPipeline;
    expect(await liftedProgram(native, assembly, pipeline)).toBe(expected);
  },
);

// Debian: qemu-user, lld, libc6-dev-arm64-cross, libgcc-12-dev-arm64-cross.
const canRunAarch64 = existsSync('/usr/bin/qemu-aarch64') && existsSync('/usr/aarch64-linux-gnu/lib/libc.a');

test.runIf(canRunAarch64).each(['-Oz', '-O2', '-O0'])('AArch64, clang %s', async (level) => {
  const words = ['-w', '--target=aarch64-linux-gnu', level, '-ffp-contract=off', '-S', functions, '-o', '-'];
  const assembly = execFileSync(clang, words, { encoding: 'utf8' });
  expect(await liftedProgram(aarch64, assembly, cleanUpPipeline)).toBe(expected);
});

/** How the same code is written to a file: with relocations, or linked in one of three ways. */
const forms = {
  object: ['-c'],
  executable: ['-no-pie', '-fno-pic', driver],
  'position-independent executable': ['-pie', '-fPIE', driver],
  'shared library': ['-shared', '-fPIC'],
} as const;

describe.each([native, ...(canRunAarch64 ? [aarch64] : [])])('from machine code of $triple', (machine) => {
  test.each(
    Object.entries(forms).flatMap(([form, words]) =>
      ['-Oz', '-O2', '-O0'].map((level) => ({ form, words, level })),
    ),
  )('$form, clang $level', async ({ words, level }) => {
    const target = machine === native ? [] : ['--target=aarch64-linux-gnu', '-fuse-ld=lld'];
    const common = ['-w', ...target, level, '-ffp-contract=off', functions];
    const binary = join(folder, 'binary');
    execFileSync(clang, [...common, ...words, '-o', binary]);
    const { text } = await readCode(installation, binary);
    const independent = words.filter((word) => /^-f(?:no-pic|PI)/.test(word));
    const assembly = execFileSync(clang, [...common, ...independent, '-S', '-o', '-'], { encoding: 'utf8' });
    expect(await liftedProgram(machine, assembly, cleanUpPipeline, text)).toBe(expected);
  });
});

// gcc's callers rely on registers that a callee of the same file leaves alone; what is linked does not say that it is
// gcc's, so there they are told not to.
test.runIf(gcc.length > 0).each(['-Os', '-O2', '-O0', '-O2 -fno-pic -no-pie'])(
  'from an object and an executable of gcc %s',
  async (level) => {
    for (const words of [['-c'], [driver, '-fno-ipa-ra']]) {
      const common = ['-w', ...level.split(' '), ...words, functions];
      const binary = join(folder, 'binary');
      execFileSync('gcc', [...common, '-o', binary]);
      const assembly = execFileSync(
        'gcc',
        [...common.filter((word) => word !== driver && word !== '-c'), '-S', '-o', '-'],
        { encoding: 'utf8' },
      );
      const { text } = await readCode(installation, binary);
      expect(await liftedProgram(native, assembly, cleanUpPipeline, text)).toBe(expected);
    }
  },
);
