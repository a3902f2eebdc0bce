// Functions of `long double`, which x86-64 computes on the x87 stack: compiled, lifted, compiled back and
// linked against the same driver. The program must print the same.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readCode } from '#ozma/disassemble/read-code.js';
import { cleanUpPipeline, lightPipeline, sourceOf } from '#ozma/lift/clean-up.js';
import { lift } from '#ozma/lift/lift.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { recipeOf } from '#ozma/llvm/recipe.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { longDoubleDriver, longDoubleSource } from './long-double-programs.ts';

const installation = findInstallation();
const clang = programPath(installation, 'clang');
const triple = 'x86_64-pc-linux-gnu';
const folder = mkdtempSync(join(tmpdir(), 'ozma-long-double-'));
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

const functions = file('functions.c', longDoubleSource);
const driver = file('driver.c', longDoubleDriver);

function outputOf(parts: readonly string[]): string {
  const program = join(folder, 'program');
  execFileSync(clang, ['-w', driver, ...parts, '-lm', '-o', program]);
  return execFileSync(program, { encoding: 'utf8' });
}

/** What the driver prints when every function comes from lifted IR. */
async function liftedOutput(listing: string, pipeline: string): Promise<string> {
  const lifted = lift(listing, { triple }).functions.filter(
    ({ name }) => longDoubleSource.includes(` ${name}(`) || longDoubleSource.includes(`*${name}(`),
  );
  expect(lifted.length).toBeGreaterThan(40);
  const failures = lifted.filter(({ status }) => status === 'failed');
  expect(failures.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([]);
  const objects = await Promise.all(
    lifted.map(async ({ name, ir }) => {
      const emitted = await pool.emit(sourceOf(ir), recipeOf(pipeline), 'Oz', 'object');
      if (!emitted.ok) throw new Error(`${name}: ${JSON.stringify(emitted.failure)}`);
      const path = join(folder, `${name}.o`);
      writeFileSync(path, emitted.value);
      return path;
    }),
  );
  return outputOf(objects);
}

const onX86 = test.runIf(process.arch === 'x64');
const gcc = existsSync('/usr/bin/gcc') ? ['gcc -O0', 'gcc -O2', 'gcc -Os'] : [];

onX86.each(['clang -O0', 'clang -O2', 'clang -O3', 'clang -Os', 'clang -Oz', ...gcc])(
  '%s',
  async (compiler) => {
    const [name, ...flags] = compiler.split(' ');
    const words = ['-w', ...flags, functions, '-S', '-o', '-'];
    const assembly = execFileSync(name === 'gcc' ? 'gcc' : clang, words, { encoding: 'utf8' });
    const pipeline = flags[0] === '-O2' ? lightPipeline : cleanUpPipeline;
    const expected = outputOf([file('original.s', assembly)]);
    expect(await liftedOutput(assembly, pipeline)).toBe(expected);
  },
);

onX86('from an object', async () => {
  const object = join(folder, 'original.o');
  execFileSync(clang, ['-w', '-O2', '-c', functions, '-o', object]);
  const { text } = await readCode(installation, object);
  expect(await liftedOutput(text, cleanUpPipeline)).toBe(outputOf([object]));
});

function reasonOf(body: string): string | undefined {
  const { functions: all } = lift(`.globl f\n.type f,@function\nf:\n${body}\n.size f, .-f\n`, { triple });
  return all[0]!.reason;
}

test.each([
  [
    'a way that leaves a value and one that does not',
    ' testl %edi, %edi\n je .L1\n fld1\n.L1: retq',
    'an x87 stack of unknown depth',
  ],
  ['a value that nobody put there', ' fchs\n fchs\n retq', 'an empty x87 stack'],
  ['nine values', `${' fld1\n'.repeat(9)} retq`, 'more than the x87 stack holds'],
  ['a value that is kept around a call', ' fld1\n callq g\n retq', 'a value on the x87 stack around a call'],
  ['two results', ' fld1\n fld1\n retq', 'the x87 stack at a return'],
  ['the control word as a result', ' fnstcw -2(%rsp)\n movzwl -2(%rsp), %eax\n retq', 'the x87 control word'],
  ['a control word from elsewhere', ' fldcw (%rdi)\n retq', 'an unknown x87 control word'],
  [
    'a control word that stays',
    ' fnstcw -2(%rsp)\n orw $3072, -2(%rsp)\n fldcw -2(%rsp)\n retq',
    'an x87 control word that is not put back',
  ],
  [
    'a sum that is cut off',
    ' fnstcw -2(%rsp)\n movzwl -2(%rsp), %eax\n orl $3072, %eax\n movw %ax, -4(%rsp)\n fldcw -4(%rsp)\n fld1\n fld1\n faddp %st, %st(1)\n fldcw -2(%rsp)\n retq',
    'faddp that rounds towards zero',
  ],
])('%s', (_, body, reason) => {
  expect(reasonOf(body)).toBe(`unsupported ${reason}`);
});

test('the dance with the control word is a conversion', () => {
  const body =
    ' fnstcw -2(%rsp)\n movzwl -2(%rsp), %eax\n orb $12, %ah\n movw %ax, -4(%rsp)\n fldt 8(%rsp)\n fldcw -4(%rsp)\n fistpll -16(%rsp)\n fldcw -2(%rsp)\n movq -16(%rsp), %rax\n retq';
  const source = `.globl f\n.type f,@function\nf:\n${body}\n.size f, .-f\n`;
  const { ir } = lift(source, { triple }).functions[0]!;
  expect(ir).toContain('define dso_local i64 @f(x86_fp80 %a0)');
  expect(ir).toContain('fptosi x86_fp80');
});

test('a function that only passes on what a callee returns', () => {
  const source = `.globl f\n.type f,@function\nf:\n jmp floorl@PLT\n.size f, .-f\n`;
  const { ir } = lift(source, { triple }).functions[0]!;
  expect(ir).toContain('define dso_local x86_fp80 @f(x86_fp80 %a0)');
});
