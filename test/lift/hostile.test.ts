// Input that is no assembly, or none that a compiler would write: every answer is bounded in time and says
// what is wrong; other functions of the same file are lifted all the same.

import { execFileSync } from 'node:child_process';
import { expect, test, vi } from 'vitest';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { lift } from '#ozma/lift/lift.js';
import { x86Target } from '#ozma/lift/targets/x86-64/target.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { createRandom } from '#ozma/common/random.js';

const options = { triple: 'x86_64-pc-linux-gnu' };
const good =
  '.globl twice\n.type twice,@function\ntwice:\n leal (%rdi,%rdi), %eax\n retq\n.size twice, .-twice\n';

function reasonOf(body: string): string | undefined {
  const { functions } = lift(`${good}.globl f\n.type f,@function\nf:\n${body}\n.size f, .-f\n`, options);
  expect(functions[0]).toMatchObject({ name: 'twice', status: 'lifted' });
  return functions.find(({ name }) => name === 'f')?.reason;
}

test.each([
  ['an instruction without a row', ' cpuid\n retq', 'unsupported cpuid'],
  ['a jump out of the function', ' jmp .Lelsewhere', 'unsupported a jump out of the function'],
  ['a call into itself', ' callq .L1\n.L1: popq %rax\n retq', 'unsupported a call into the function itself'],
  ['data that is run', ' .byte 0xf, 0x1\n retq', 'unsupported .data'],
  [
    'a stack pointer that is lost',
    ' pushq %rbx\n retq',
    'unsupported a stack pointer that is not given back',
  ],
  [
    'a frame of variable size that is not given back',
    ' subq %rdi, %rsp\n movl $1, (%rsp)\n retq',
    'unsupported a stack pointer that is not given back',
  ],
  [
    'a stack pointer out of memory',
    ' movq (%rdi), %rsp\n movl $1, (%rsp)\n retq',
    'unsupported a stack frame of variable size',
  ],
  ['a register that there is not', ' movl %foo, %eax\n retq', 'unsupported movl (register foo)'],
  ['operands that there are not', ' addl %eax\n retq', 'unsupported addl (operands)'],
  ['a branch past the end', ' je .L2\n .L2x: jne .L2x', 'unsupported a jump out of the function'],
  ['nothing at all', '', 'unsupported function: without instructions'],
])('%s', (_, body, reason) => {
  expect(reasonOf(body)).toBe(reason);
});

test('an endless loop is lifted, not run', () => {
  expect(reasonOf('.L1: jmp .L1')).toBeUndefined();
});

test('a register that holds a pointer and then a 32-bit sum gives IR that LLVM takes', () => {
  const source = `${good}.globl f\n.type f,@function\nf:\n movq %rdi, %rax\n.L1: incq %rax\n cmpb $0, (%rax)\n jne .L1\n addl %esi, %eax\n subl %edi, %eax\n retq\n`;
  const { ir } = lift(source, options).functions[1]!;
  const opt = programPath(findInstallation(), 'opt');
  expect(execFileSync(opt, ['-passes=verify', '-S'], { input: ir, encoding: 'utf8' })).toContain('@f(');
});

test('random bytes, and assembly with bytes changed', () => {
  const random = createRandom(7);
  for (let round = 0; round < 200; round++) {
    const text = [...good.repeat(3)].map((letter) =>
      random.below(12) === 0 ? String.fromCharCode(random.below(256)) : letter,
    );
    for (const triple of ['x86_64-pc-linux-gnu', 'aarch64-unknown-linux-gnu']) {
      for (const { status, reason, ir } of lift(text.join(''), { triple }).functions) {
        expect(status === 'lifted' ? ir : reason).not.toBe('');
      }
    }
  }
});

test('a fault of the tables costs the function that meets it', () => {
  const translate = x86Target.translate.bind(x86Target);
  const watched = vi.spyOn(x86Target, 'translate').mockImplementation((instruction, before) => {
    if (instruction.mnemonic === 'nop') throw new TypeError('expected equal types');
    return translate(instruction, before);
  });
  expect(reasonOf(' nop\n retq')).toBe('a fault of the lifter: expected equal types');
  watched.mockRestore();
});

test('names like those of every object', () => {
  const { functions } = lift(
    '.globl constructor\nconstructor:\n __proto__ %eax\n toString\n valueOf %rax, %rbx\n ret\n',
    options,
  );
  expect(functions[0]).toMatchObject({ name: 'constructor', status: 'failed' });
});

test('5 MB in one function is refused quickly, and parsed within memory', () => {
  const body = Array.from(
    { length: 160_000 },
    (_, index) => `.L${index}:\n addl $${index}, %eax\n jne .L${index}\n`,
  ).join('');
  const started = performance.now();
  expect(body.length).toBeGreaterThan(5_000_000);
  expect(reasonOf(`${body} retq`)).toBe('unsupported function: longer than 20000 instructions');
  expect(performance.now() - started).toBeLessThan(20_000);
});

test('a long function within the limit is lifted in seconds', () => {
  const body = Array.from(
    { length: 6_000 },
    (_, index) => `.L${index}:\n addl $${index}, %eax\n cmpl %edi, %eax\n jne .L${(index * 7) % 6000}\n`,
  ).join('');
  const started = performance.now();
  expect(reasonOf(` xorl %eax, %eax\n${body} retq`)).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(25_000);
});

test('data that claims to be huge', () => {
  const file = parseAssembly(
    '.data\nx:\n.zero 99999999999999\n.zero 1048576\n.fill 1\n.long 1+1+(\n',
    'x86-64',
  );
  expect(file.problems.length).toBeGreaterThan(0);
  expect(file.data.get('x')?.section.bytes.length).toBe(1_048_576 + 4);
});
