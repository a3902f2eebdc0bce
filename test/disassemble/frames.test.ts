// Frames in which what belongs to an array shows only in how it is reached: the check decides which reading of the
// frame is right.

import { describe, expect, it } from 'vitest';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import { findInstallation } from '#ozma/llvm/installation.js';

const installation = findInstallation();

/** ((a * 3) + b) * 3 + c through an array, and to the place that the fourth parameter points to. */
const middleOfAnArray = `
	.text
	.globl	f
	.type	f, @function
f:
	movq	%rcx, -8(%rsp)
	movl	%edi, -24(%rsp)
	movl	%esi, -20(%rsp)
	movl	%edx, -16(%rsp)
	leaq	-16(%rsp), %rcx
	xorl	%eax, %eax
	movl	$3, %edx
.Lnext:
	leal	(%rax,%rax,2), %eax
	addl	-8(%rcx), %eax
	addq	$4, %rcx
	decl	%edx
	jne	.Lnext
	movq	-8(%rsp), %rcx
	movl	%eax, (%rcx)
	retq
	.size	f, .-f
`;

/** The second or the third parameter, by the fourth, from an array below the stack pointer. */
const belowTheStackPointer = `
	.text
	.globl	f
	.type	f, @function
f:
	movl	%edi, -24(%rsp)
	movl	%esi, -20(%rsp)
	movl	%edx, -16(%rsp)
	andl	$1, %ecx
	leaq	-20(%rsp,%rcx,4), %rax
	movl	(%rax), %eax
	retq
	.size	f, .-f
`;

describe.runIf(process.arch === 'x64')('x86-64', () => {
  it('a pointer into the middle of an array reaches what lies below it', async () => {
    const report = await disassemble(middleOfAnArray, {
      installation,
      target: 'x86_64-linux-gnu',
      jobs: 1,
    });
    expect(report.functions[0]).toMatchObject({ name: 'f', status: 'equivalent' });
    expect(report.functions[0]!.ir).toMatch(/@f\(i32 %\w+, i32 %\w+, i32 %\w+, ptr/);
  });

  it('an array below the stack pointer is found where the index is added', async () => {
    const report = await disassemble(belowTheStackPointer, {
      installation,
      target: 'x86_64-linux-gnu',
      jobs: 1,
    });
    expect(['exact', 'equivalent']).toContain(report.functions[0]!.status);
  });
});
