// What a call passes, where only the code says it: what was pushed for it, and what merely lay there.

import { expect, test } from 'vitest';
import { lift } from '#ozma/lift/lift.js';

/** The arguments' types of the first call in the lifted function. */
function passedBy(lines: readonly string[]): string[] {
  const text = ['f:', ...lines.map((line) => `\t${line}`), ''].join('\n');
  const [lifted] = lift(text, { triple: 'x86_64-linux-gnu' }).functions;
  expect(lifted?.reason).toBeUndefined();
  const list = /call \S+ @g\((.*)\)/.exec(lifted!.ir)![1]!;
  return list.split(', ').map((argument) => argument.split(' ')[0]!);
}

test('a register that is pushed to move the stack pointer is no argument', () => {
  const lines = ['pushq %rbx', 'movl $2, %esi', 'movq %rdi, %rbx', 'pushq %rax', 'call g@PLT'];
  expect(passedBy([...lines, 'movq %rbx, %rax', 'popq %rdx', 'popq %rbx', 'ret'])).toEqual(['i64', 'i32']);
});

test('what is computed and pushed is an argument behind those in registers', () => {
  const registers = ['leal 1(%rdi), %r10d', 'movl %edi, %edx', 'movl %edi, %ecx', 'movl %edi, %r8d'];
  const lines = ['pushq %rax', ...registers, 'movl %edi, %esi', 'movzbl (%r9), %r9d', 'pushq %r10'];
  expect(passedBy([...lines, 'pushq %r9', 'call g@PLT', 'addq $24, %rsp', 'ret'])).toHaveLength(8);
});

test('an address in the frame through which something was stored first is passed', () => {
  const lines = [
    'subq $24, %rsp',
    'movl $1, %edi',
    'movl $2, %esi',
    'leaq 12(%rsp), %rdx',
    'movl %edi, (%rdx)',
  ];
  expect(passedBy([...lines, 'call g@PLT', 'addq $24, %rsp', 'ret'])).toEqual(['i32', 'i32', 'ptr']);
});

test('the address of a jump is no result', () => {
  const entries = Array.from({ length: 4 }, (_, index) => `.long .L${index}-.Ltable`);
  const text = `f:
	cmpl $3, %edi
	ja .Lend
	movl %edi, %edi
	leaq .Ltable(%rip), %rdx
	movslq (%rdx,%rdi,4), %rax
	addq %rdx, %rax
	jmpq *%rax
${[0, 1, 2, 3].map((index) => `.L${index}:\n\tmovl $${index + 5}, counter(%rip)\n\tretq`).join('\n')}
.Lend:
	retq
	.section .rodata
.Ltable:
	${entries.join('\n\t')}
`;
  const [lifted] = lift(text, { triple: 'x86_64-linux-gnu' }).functions;
  expect(lifted!.ir).toContain('void @f(');
  expect(lifted!.ir).toContain('switch');
});

test('what was written for its flags alone is no second result', () => {
  const lines = ['callq g', 'testl %eax, %eax', 'setne %cl', 'testq %rbx, %rbx', 'sete %dl', 'orb %cl, %dl'];
  const text = ['f:', 'pushq %rbx', 'movq %rdi, %rbx', ...lines, 'jne .Lend', 'movl $0, (%rbx)', '.Lend:'];
  const [lifted] = lift([...text, 'popq %rbx', 'retq', ''].join('\n'), {
    triple: 'x86_64-linux-gnu',
  }).functions;
  expect(lifted!.ir).toMatch(/define \S*\s*(?:dso_local )?i64 @f\(/);
});

test.each([
  [
    'x86_64-linux-gnu',
    ['subq $24, %rsp', 'movq %rdi, (%rsp)', 'movq $7, 8(%rsp)', 'movq %rsp, %rdi', 'callq g'],
  ],
  [
    'aarch64-linux-gnu',
    ['sub sp, sp, #32', 'mov x8, #7', 'stp x0, x8, [sp]', 'str x30, [sp, #16]', 'mov x0, sp', 'bl g'],
  ],
])('a field that only the callee reads stays one in every variant: %s', (triple, start) => {
  const end = triple.startsWith('x86')
    ? ['addq $24, %rsp', 'retq']
    : ['ldr x30, [sp, #16]', 'add sp, sp, #32', 'ret'];
  const [lifted] = lift(['f:', ...start, ...end, ''].join('\n'), { triple }).functions;
  expect(lifted!.variants.map(({ name }) => name)).toEqual(expect.arrayContaining(['whole', 'split']));
  for (const { ir } of lifted!.variants) expect(ir).toMatch(/store i64 7, ptr/);
});
