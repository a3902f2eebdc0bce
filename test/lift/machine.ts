// The instruction tables against the machine: every instruction of a list is run on random states by the
// machine itself (a stub in assembly) and by its row (IR compiled by LLVM), in one program that compares.
// x86-64 runs natively, AArch64 under qemu. Random numbers are seeded; small and extreme ones come often.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emitSingleStep } from '#ozma/lift/single-step.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

export interface Machine {
  name: 'x86-64' | 'aarch64';
  triple: string;
  words: readonly string[];
  emulator?: string;
  registers: number;
  /** Loads the state, runs the instruction, stores the state. */
  stub: (name: string, instruction: string) => string;
  /** Code that the stubs have in common. */
  frame: string;
  /** C that turns the flags of the machine into the conditions of the state, and back. */
  conditions: string;
}

const x86Names = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
];

/** The pointer to the state lies on the stack meanwhile; rsp itself is not part of the game. */
function x86Stub(name: string, instruction: string): string {
  const general = x86Names
    .map((register, index) => ({ register, at: index * 16 }))
    .filter(({ register }) => register !== 'rsp');
  const load = general.filter(({ register }) => register !== 'rdi');
  const vectors = Array.from({ length: 16 }, (_, index) => index);
  // The place above seven values on the x87 stack is free; what was in it stays.
  const stack = [7, 6, 5, 4, 3, 2, 1, 0].map((index) => `fldt ${(40 + index) * 16}(%rdi)`);
  return [
    `.globl ${name}`,
    `${name}:`,
    'fninit',
    ...stack,
    'ffree %st(7)',
    ...['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15', 'rdi'].map((register) => `pushq %${register}`),
    ...vectors.map((index) => `movups ${(16 + index) * 16}(%rdi), %xmm${index}`),
    'pushq 800(%rdi)',
    'popfq',
    ...load.map(({ register, at }) => `movq ${at}(%rdi), %${register}`),
    'movq 112(%rdi), %rdi',
    instruction,
    'pushq %rdi',
    'pushfq',
    'movq 16(%rsp), %rdi',
    'popq 800(%rdi)',
    'popq 112(%rdi)',
    ...load.map(({ register, at }) => `movq %${register}, ${at}(%rdi)`),
    ...vectors.map((index) => `movups %xmm${index}, ${(16 + index) * 16}(%rdi)`),
    'fxsave 816(%rdi)',
    'fninit',
    'cld',
    ...['rdi', 'r15', 'r14', 'r13', 'r12', 'rbp', 'rbx'].map((register) => `popq %${register}`),
    'ret',
  ].join('\n');
}

/** x18, x29, x30 and the stack pointer are left alone; what all have in common is called. */
const aarch64Stub = (name: string, instruction: string): string =>
  [
    `.globl ${name}`,
    `${name}:`,
    'str x30, [sp, #-16]!',
    'bl load_state',
    instruction,
    'bl store_state',
    'ldr x30, [sp], #16',
    'ret',
  ].join('\n');

function aarch64Frame(): string {
  const general = Array.from({ length: 29 }, (_, index) => index).filter(
    (index) => index !== 18 && index !== 28,
  );
  const vectors = Array.from({ length: 32 }, (_, index) => index);
  const pairs = [19, 21, 23, 25, 27];
  const floats = [8, 10, 12, 14];
  return [
    'load_state:',
    'sub sp, sp, #256',
    ...pairs.map((index) => `stp x${index}, x${index + 1}, [sp, #${(index - 19) * 8}]`),
    ...floats.map((index) => `stp d${index}, d${index + 1}, [sp, #${96 + (index - 8) * 8}]`),
    'mov x28, x0',
    ...vectors.map((index) => `ldr q${index}, [x28, #${(32 + index) * 16}]`),
    'ldr x1, [x28, #1136]',
    'msr nzcv, x1',
    ...general.map((index) => `ldr x${index}, [x28, #${index * 16}]`),
    'ret',
    'store_state:',
    ...general.map((index) => `str x${index}, [x28, #${index * 16}]`),
    'mrs x1, nzcv',
    'str x1, [x28, #1136]',
    ...vectors.map((index) => `str q${index}, [x28, #${(32 + index) * 16}]`),
    ...pairs.map((index) => `ldp x${index}, x${index + 1}, [sp, #${(index - 19) * 8}]`),
    ...floats.map((index) => `ldp d${index}, d${index + 1}, [sp, #${96 + (index - 8) * 8}]`),
    'add sp, sp, #256',
    'ret',
  ].join('\n');
}

export const machines: Record<'x86-64' | 'aarch64', Machine> = {
  'x86-64': {
    name: 'x86-64',
    triple: 'x86_64-pc-linux-gnu',
    words: [],
    registers: 50,
    stub: x86Stub,
    frame: '',
    conditions: `
static void from_flags(struct state *s) {
  unsigned long f = s->flags; int c = f & 1, p = f >> 2 & 1, z = f >> 6 & 1, n = f >> 7 & 1, o = f >> 11 & 1;
  unsigned char all[8] = {o, c, z, c | z, n, p, n ^ o, z | (n ^ o)};
  for (int i = 0; i < 8; i++) s->registers[32 + i].bytes[0] = all[i];
}
static void random_flags(struct state *s) { s->flags = 0x202 | (next() & 0x8d5 & ~0x10); }
static long double extended(void) {
  long double value = number(); unsigned char bytes[16] = {0}; memcpy(bytes, &value, 10);
  if (!plain) switch (next() % 4) {
    case 0: { unsigned long mantissa = interesting(); unsigned short high = next() % 3 ? next() : next() & 1 ? 0x7fff : 0; memcpy(bytes, &mantissa, 8); memcpy(bytes + 8, &high, 2); break; }
    case 1: bytes[next() % 3] ^= next(); }
  memcpy(&value, bytes, 16); return value;
}
static void random_stack(struct state *s) {
  for (int i = 40; i < 48; i++) { long double value = extended(); memcpy(s->registers[i].bytes, &value, 10); }
  s->registers[48].bytes[0] = 0x7f; s->registers[48].bytes[1] = 3;
}
static void from_stack(struct state *s) {
  unsigned short status; memcpy(&status, s->save + 2, 2); int top = status >> 11 & 7; status &= 0x4700;
  for (int i = 0; i < 8; i++) memcpy(s->registers[40 + i].bytes, s->save + 32 + 16 * (i - top & 7), 10);
  memcpy(s->registers[49].bytes, &status, 2);
}
#define POINTER 7
#define SPECIAL (i == 4)`,
  },
  aarch64: {
    name: 'aarch64',
    triple: 'aarch64-unknown-linux-gnu',
    words: ['--target=aarch64-linux-gnu', '-static', '-fuse-ld=lld'],
    emulator: 'qemu-aarch64',
    registers: 71,
    stub: aarch64Stub,
    frame: aarch64Frame(),
    conditions: `
static void from_flags(struct state *s) {
  unsigned long f = s->flags; int n = f >> 31 & 1, z = f >> 30 & 1, c = f >> 29 & 1, v = f >> 28 & 1;
  unsigned char all[7] = {z, !c, n, v, !c | z, n ^ v, z | (n ^ v)};
  for (int i = 0; i < 7; i++) s->registers[64 + i].bytes[0] = all[i];
}
static void random_flags(struct state *s) { s->flags = next() & 0xf0000000ul; }
static void random_stack(struct state *s) {}
static void from_stack(struct state *s) {}
#define POINTER 1
#define SPECIAL (i == 18 || i == 28 || i == 29 || i == 30 || i == 31)`,
  },
};

/** The state: registers, then the machine's flags. The register POINTER points into \`memory\`. */
function driver(machine: Machine, tests: readonly Case[]): string {
  return `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct state { struct { unsigned char bytes[16]; } registers[${machine.registers}]; unsigned long flags; unsigned char save[512] __attribute__((aligned(16))); };
static unsigned long seed;
static unsigned long next(void) { seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17; return seed; }
static unsigned long interesting(void) {
  static const unsigned long special[] = {0, 1, -1ul, 0x80000000ul, 0x7fffffffff, 0x8000000000000000ul, 0x7fffffffffffffff, 0xff, 0x8080, 0xffffffff};
  switch (next() % 4) { case 0: return special[next() % 10]; case 1: return next() % 64; default: return next(); }
}
static int plain;
static double number(void) {
  if (plain) return ((double)(next() % 1000000) - (plain == 2 ? 500000 : 0)) / 64;
  switch (next() % 6) { case 0: return 0.0 / (double)(next() & 0); case 1: return -0.0; case 2: return (double)(long)(next() % 41) - 20; default: return (double)(long)(next() >> 20) / 65536 - 1e6; }
}
${machine.conditions}
${tests.map(({ name }) => `void machine_${name}(struct state *); void row_${name}(struct state *);`).join('\n')}
static const struct { const char *text; void (*machine)(struct state *), (*row)(struct state *); int floats; int plain; unsigned char skip[${machine.registers}]; } tests[] = {
${tests.map(({ name, instruction, floats, skip }) => `{"${instruction}", machine_${name}, row_${name}, ${floats}, ${plainOf(instruction)}, {${Array.from({ length: machine.registers }, (_, index) => (skip.includes(index) ? 1 : 0)).join(',')}}},`).join('\n')}
};
static unsigned char memory[256], kept[256], expected_memory[256];
int main(int count, char **words) {
  long states = atol(words[1]); unsigned long start = atol(words[2]); int failures = 0;
  for (unsigned t = 0; t < sizeof tests / sizeof *tests; t++) {
    plain = tests[t].plain; seed = start * 2654435761ul + t + 88172645463325252ul;
    static struct state before, machine, row; memset(&before, 0, sizeof before);
    for (long n = 0; n < states; n++) {
      for (int i = 0; i < ${machine.registers}; i++) {
        int vector = ${machine.name === 'x86-64' ? 'i >= 16 && i < 32' : 'i >= 32 && i < 64'};
        if (i >= ${machine.name === 'x86-64' ? 32 : 64}) continue;
        if (i % 16 >= 8 && n % 16 != 0) continue; /* Hardly an instruction of the lists reads them. */
        unsigned long halves[2] = {interesting(), vector ? interesting() : 0};
        if (tests[t].floats == 32 && vector) for (int k = 0; k < 4; k++) { float f = number(); memcpy((char *)halves + 4 * k, &f, 4); }
        if (tests[t].floats == 64 && vector) for (int k = 0; k < 2; k++) { double d = number(); memcpy(halves + k, &d, 8); }
        memcpy(before.registers[i].bytes, halves, vector ? 16 : 8);
      }
      for (int i = 0; i < 256; i += 8) { unsigned long v = interesting(); if (tests[t].floats == 64) { double d = number(); memcpy(&v, &d, 8); } if (tests[t].floats == 32) { float f[2] = {number(), number()}; memcpy(&v, f, 8); } memcpy(memory + i, &v, 8); }
      unsigned long pointer = (unsigned long)(memory + 128); memcpy(before.registers[POINTER].bytes, &pointer, 8);
      random_flags(&before); random_stack(&before); memcpy(kept, memory, 256);
      machine = before; tests[t].machine(&machine); from_flags(&machine); from_stack(&machine); memcpy(expected_memory, memory, 256);
      memcpy(memory, kept, 256); row = before; from_flags(&row); tests[t].row(&row);
      int bad = memcmp(memory, expected_memory, 256) != 0 ? 1000 : -1;
      if (bad < 0 && memcmp(machine.registers, row.registers, sizeof row.registers) != 0) for (int i = 0; i < ${machine.registers} && bad < 0; i++)
        if (!tests[t].skip[i] && !SPECIAL && memcmp(machine.registers[i].bytes, row.registers[i].bytes, 16)) bad = i;
      if (bad >= 0) { unsigned long *m = (unsigned long *)machine.registers[bad % 1000].bytes, *r = (unsigned long *)row.registers[bad % 1000].bytes;
        printf("%s: register %d: the machine says %lx %lx, the row %lx %lx\\n", tests[t].text, bad, m[1], m[0], r[1], r[0]); failures++; break; }
    }
  }
  return failures != 0;
}
`;
}

interface Case {
  name: string;
  instruction: string;
  floats: number;
  skip: number[];
}

/** Runs a list of instructions on so many states each. Gives one line for each that differs. */
export function compareWithMachine(
  machine: Machine,
  instructions: readonly string[],
  states: number,
  seed: number,
): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-rows-'));
  try {
    const declarations = new Set<string>();
    const rows: string[] = [];
    const cases = instructions.map((instruction, index): Case => {
      const step = emitSingleStep(instruction, `row_case_${index}`, machine.name);
      for (const declaration of step.declarations) declarations.add(declaration);
      rows.push(step.text);
      // Only fxam says all of the status word.
      const status = machine.name === 'x86-64' && instruction !== 'fxam' ? [49] : [];
      const skip = [...step.undefined, ...status];
      return { name: `case_${index}`, instruction, floats: floatsOf(instruction), skip };
    });
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const ir = `target triple = "${machine.triple}"\n${rows.join('\n')}\n${[...declarations].join('\n')}\n`;
    const stubs = `.text\n${machine.frame}\n${cases.map(({ name, instruction }) => machine.stub(`machine_${name}`, instruction)).join('\n')}\n.section .note.GNU-stack,"",@progbits\n`;
    const inputs = [file('rows.ll', ir), file('stubs.s', stubs), file('driver.c', driver(machine, cases))];
    const program = join(folder, 'program');
    const clang = programPath(findInstallation(), 'clang');
    execFileSync(clang, ['-w', '-O1', ...machine.words, ...inputs, '-lm', '-o', program]);
    const words = [String(states), String(seed)];
    try {
      if (machine.emulator === undefined) execFileSync(program, words, { encoding: 'utf8' });
      else execFileSync(machine.emulator, [program, ...words], { encoding: 'utf8' });
      return [];
    } catch (error) {
      const { stdout, signal, stderr } = error as { stdout?: string; signal?: string; stderr?: string };
      if (stdout === undefined || stdout === '') return [`ended by ${signal ?? ''} ${stderr ?? ''}`];
      return stdout.trim().split('\n');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether registers should hold floating point numbers: conversions of arbitrary bits are undefined in LLVM. */
function floatsOf(instruction: string): number {
  if (/^(cvt|add|sub|mul|div|min|max|sqrt|ucomi|comi|cmp\w+)s[sd]|^cvt|^\w+p[sd] /.test(instruction)) {
    return /ss |ps |ss2/.test(instruction) ? 32 : 64;
  }
  // The memory that x87 reads: a number of the width of the suffix, or an integer.
  if (/^fi|^f\w+t /.test(instruction)) return 0;
  if (/^f\w+[sl] .*\(%r/.test(instruction)) return /^f\w+s /.test(instruction) ? 32 : 64;
  if (!/^(f|scvtf|ucvtf)/.test(instruction)) return 0;
  return /, (s\d|v\d+\.[24]?s\b)/.test(instruction) ? 32 : 64;
}

/**
 * Whether numbers should be small enough for conversions to integers: 1, and 2 where they may be negative. The
 * sign of what is not a number is left open by LLVM where a product is subtracted.
 */
function plainOf(instruction: string): number {
  if (/^(cvtt|fcvt[amnpz]u|fistt?p?[slq])/.test(instruction)) return 1;
  return /^fcvt[amnpz]s|^fmls/.test(instruction) ? 2 : 0;
}
