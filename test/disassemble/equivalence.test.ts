// Code against code: equal pairs come from one C source compiled in two ways, different ones from two
// sources that a reader would have to look at twice.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareByRunning } from '#ozma/disassemble/equivalence/equivalence.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';

const installation = findInstallation();
const clang = programPath(installation, 'clang');
let folder: string;
let pool: WorkerPool;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
  pool = new WorkerPool({ installation, workers: 1 });
});
afterAll(() => {
  pool.close();
  rmSync(folder, { recursive: true, force: true });
});

function compile(source: string, words: string[], machine: string): string {
  const file = join(folder, 'source.c');
  writeFileSync(file, source);
  execFileSync(clang, [
    `--target=${machine}-linux-gnu`,
    '-S',
    '-fno-pic',
    ...words,
    file,
    '-o',
    join(folder, 'out'),
  ]);
  return readFileSync(join(folder, 'out'), 'utf8');
}

/** The function `f` of one source as assembly, of the other as IR. */
function compare(original: string, lifted: string, machine: 'x86_64' | 'aarch64' = 'x86_64') {
  return compareByRunning(pool, {
    name: 'f',
    machine,
    assembly: compile(original, ['-O2'], machine),
    data: '',
    ir: compile(lifted, ['-O1', '-emit-llvm'], machine),
  });
}

const list = `struct node { struct node *next; int value; };
  int f(struct node *n, int limit) { int s = 0; while (n) { if (n->value > limit) s += n->value; n = n->next; } return s; }`;
const calls = `int g(int, const char *); extern int table[8];
  int f(int a, char *b) { int r = g(a + 1, b); if (r > 2) { table[r & 7] += a; return g(r, b + 1); } b[3] = 'x'; return r; }`;
const floats = `double f(double a, float b, long c) { return a * b + (double)c / 3; }`;
const record = `int g(long *, int); int f(long a, char *b) {
    long r[4] = {a, 7, (long)b, (long)"text"}; int s = g(r, 1); r[1] = s; return g(r + 1, 2) + r[0]; }`;
const unnamed = `int f(int n, ...) {
    __builtin_va_list a; __builtin_va_start(a, n); int s = 0; for (int i = 0; i < n; i++) s = s * 3 + __builtin_va_arg(a, int);
    __builtin_va_end(a); return s; }`;

describe.each(['x86_64', 'aarch64'] as const)('%s', (machine) => {
  it.each([
    ['a walk along a list', list],
    ['calls and an external variable', calls],
    ['floating point', floats],
    ['an array in the frame that callees see', record],
    ['unnamed arguments', unnamed],
  ])('equal: %s', async (_, source) => {
    const found = await compare(source, source, machine);
    expect(found).toMatchObject({ verdict: 'equal' });
    expect(found.inputs).toBeGreaterThanOrEqual(24);
  });

  it.each([
    [
      'an unsigned comparison',
      list,
      list.replace('n->value > limit', '(unsigned)n->value > (unsigned)limit'),
      'another result',
    ],
    ['another field', list, list.replace('s += n->value', 's += *((char *)&n->value)'), 'another result'],
    ['another argument', calls, calls.replace('b + 1)', 'b + 2)'), 'other calls'],
    ['a store too few', calls, calls.replace("b[3] = 'x';", ''), 'other memory'],
    ['a variable left alone', calls, calls.replace('table[r & 7] += a;', ''), 'other memory'],
    ['a call left out', calls, calls.replace('return g(r, b + 1)', 'return r'), ''],
    ['an element of an array in the frame left out', record, record.replace('7,', '0,'), 'other calls'],
    ['another pointer in it', record, record.replace('(long)b,', '(long)(b + 1),'), 'other calls'],
    ['another text behind one', record, record.replace('"text"', '"next"'), 'other calls'],
    ['a change between calls left out', record, record.replace('r[1] = s;', ''), 'other calls'],
    ['an unnamed argument left out', unnamed, unnamed.replace('i = 0', 'i = 1'), 'another result'],
    ['an endless loop', floats, 'double f(double a, float b, long c) { for (;;) __asm__(""); }', 'does not'],
    ['a crash', floats, 'double f(double a, float b, long c) { __builtin_trap(); }', 'does not'],
  ])('different: %s', async (_, original, lifted, detail) => {
    const found = await compare(original, lifted, machine);
    expect(found).toMatchObject({ verdict: 'different' });
    expect(found.detail).toContain(detail);
  });
});

it('what an input left behind external variables is not there for the next', async () => {
  // Inputs that crash begin a new process with the next, on the side that sees them.
  const source = `extern int table[]; int f(int a) { if (a & 1) __builtin_trap(); return table[200] += a + 2; }`;
  expect(await compare(source, source)).toMatchObject({ verdict: 'equal' });
});

it('a loop that takes long on every input is no difference', async () => {
  // So long that one process does not get through all inputs; how many the original gets through is the machine's affair.
  const source = `long f(long a) { for (long i = 0; i < 300000000; i++) __asm__("" : "+r"(a)); return a; }`;
  const found = await compare(source, source);
  expect(['equal', 'untested']).toContain(found.verdict);
  expect(found.inputs).toBeGreaterThan(0);
});

it('what a callee should have written is the same on both sides', async () => {
  const source = `int g(long *); long f(int a) { long out; g(&out); return out * a; }`;
  expect(await compare(source, source)).toMatchObject({ verdict: 'equal' });
  expect(await compare(source, source, 'aarch64')).toMatchObject({ verdict: 'equal' });
});

it('arguments that not every call passes are not compared', async () => {
  const found = await compareByRunning(pool, {
    name: 'f',
    machine: 'x86_64',
    assembly: compile('int g(int); int f(int a, int b) { return g(a) + g(b); }', ['-O2'], 'x86_64'),
    data: '',
    ir: `target triple = "x86_64-pc-linux-gnu"
define i32 @f(i32 %a, i32 %b) {
      %r = call i32 @g(i32 %a, i32 %b)
      %s = call i32 @g(i32 %b)
      %t = add i32 %r, %s
      ret i32 %t
}
declare i32 @g(i64, i32)`,
  });
  expect(found).toMatchObject({ verdict: 'equal' });
});

describe('long double', () => {
  const source = `long double g(long double, int);
    long double f(long double a, int n, const long double *p, long double b) { return g(a * b, n) / (b + 3) - p[1]; }`;

  it('equal', async () => {
    expect(await compare(source, source)).toMatchObject({ verdict: 'equal' });
  });

  it.each([
    ['another order', '(b + 3) - p[1]', '(b + 3) + p[1]', 'another result'],
    ['another argument', 'a * b', 'a + b', 'other calls'],
    ['the last bit', '(b + 3)', '(double)(b + 3)', 'another result'],
  ])('different: %s', async (_, from, to, detail) => {
    const found = await compare(source, source.replace(from, to));
    expect(found).toMatchObject({ verdict: 'different' });
    expect(found.detail).toContain(detail);
  });
});

describe('where there is no number', () => {
  const quotient = 'void f(double *p, float *q, double a) { *p = (a - a) / (a - a); q[2] = *p; }';

  it("the sign of it is nobody's", async () => {
    const found = await compare(quotient, quotient.replace('q[2] = *p', 'q[2] = *p, *p = -*p'));
    expect(found).toMatchObject({ verdict: 'equal' });
  });

  it('a number is something else', async () => {
    const found = await compare(quotient, quotient.replace('/ (a - a)', ''));
    expect(found).toMatchObject({ verdict: 'different' });
  });
});

describe('what cannot be run is said', () => {
  it('a function that always crashes', async () => {
    const source = 'int f(void) { return *(volatile int *)8; }';
    expect(await compare(source, source)).toMatchObject({ verdict: 'untested', inputs: 0 });
  });

  it('files stay where they are: system calls but read, write and exit end the process', async () => {
    const file = join(folder, 'precious');
    writeFileSync(file, 'still here');
    const malicious = `long f(void) { long r; const char *p = "${file}";
      __asm__ volatile("syscall" : "=a"(r) : "a"(87), "D"(p) : "rcx", "r11", "memory"); return r; }`;
    await compare(malicious, malicious);
    expect(readFileSync(file, 'utf8')).toBe('still here');
  });
});
