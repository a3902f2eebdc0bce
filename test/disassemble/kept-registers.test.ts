// Callers that keep values in registers which a callee of the same file leaves alone, as gcc compiles them: the
// values must come through the call, and the check's stubs must leave them alone as the callee does.

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import { findInstallation } from '#ozma/llvm/installation.js';

const installation = findInstallation();
/** Others than gcc are not believed to do this. */
const gcc = '\t.ident\t"GCC: (Debian 12.2.0-14) 12.2.0"\n';

/** Functions in the order of the file; all but the last are local. */
function fileOf(functions: Readonly<Record<string, readonly string[]>>): string {
  const names = Object.keys(functions);
  const texts = names.map((name) =>
    [
      name === names.at(-1) ? `\t.globl\t${name}` : '',
      `\t.type\t${name}, %function`,
      `${name}:`,
      ...functions[name]!.map((line) => `\t${line}`),
      `\t.size\t${name}, .-${name}`,
    ].join('\n'),
  );
  return `\t.text\n${texts.join('\n')}\n`.replaceAll('%function', '@function');
}

/** `leaf` calls itself and changes its parameter and its result alone, `middle` its second parameter as well. */
const x86 = fileOf({
  leaf: [
    'xorl %eax, %eax',
    'testl %edi, %edi',
    'jle .Ldone',
    'subq $8, %rsp',
    'decl %edi',
    'call leaf',
    'addl $3, %eax',
    'addq $8, %rsp',
    '.Ldone:',
    'ret',
  ],
  middle: ['subq $8, %rsp', 'call leaf', 'movl %eax, %esi', 'addq $8, %rsp', 'ret'],
  f: [
    'subq $8, %rsp',
    'call middle',
    'mulsd %xmm1, %xmm0',
    'movsd %xmm0, (%rdx)',
    'leal (%r8,%rcx), %eax',
    'movl %r9d, 8(%rdx)',
    'addq $8, %rsp',
    'ret',
  ],
});

const aarch64 = fileOf({
  leaf: ['add w0, w0, w0, lsl 1', 'ret'],
  middle: ['stp x29, x30, [sp, -16]!', 'bl leaf', 'add w9, w0, 1', 'ldp x29, x30, [sp], 16', 'ret'],
  f: [
    'stp x29, x30, [sp, -16]!',
    'mov w10, w1',
    'bl middle',
    'fmul d0, d0, d1',
    'str d0, [x2]',
    'add w0, w0, w10',
    'add w0, w0, w3',
    'ldp x29, x30, [sp], 16',
    'ret',
  ],
});

async function statusOf(text: string, target: string): Promise<{ status: string; ir: string }> {
  const report = await disassemble(text, { installation, target, functions: ['f'], jobs: 1 });
  return report.functions[0]!;
}

const canRunAarch64 = existsSync('/usr/bin/qemu-aarch64');

describe.each([
  ['x86_64-linux-gnu', x86, process.arch === 'x64'],
  [
    'aarch64-linux-gnu',
    aarch64.replaceAll('@function', '%function'),
    canRunAarch64 || process.arch === 'arm64',
  ],
])('%s', (target, text, canRun) => {
  it.runIf(canRun)('a value comes through calls that leave its register alone', async () => {
    const { status, ir } = await statusOf(text + gcc, target);
    expect(ir).toMatch(/fmul double/);
    expect(['exact', 'equivalent']).toContain(status);
  });
});
