// Code around a stub that leaves every register as it was but those of the result. The arguments on the stack
// must lie where the stub looks for them, so what is saved goes to memory of its own; stubs call no stubs.

import * as layout from './layout.ts';

const { address } = layout.registers;

/** The registers of each kind that a call may change, those of results first. */
const changed: Readonly<Record<'x86_64' | 'aarch64', { integers: string[]; floats: string[] }>> = {
  x86_64: {
    integers: ['rax', 'rdx', 'rcx', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11'],
    floats: Array.from({ length: 16 }, (_, index) => `xmm${index}`),
  },
  aarch64: {
    integers: Array.from({ length: 16 }, (_, index) => `x${index}`),
    floats: Array.from({ length: 32 }, (_, index) => `q${index}`),
  },
};

/** The first word is for the return address. */
const placeOf = (index: number): number => 16 + index * 16;

function aroundX86(body: string, saved: readonly string[], restored: readonly string[]): string[] {
  const at = (register: string): string => `0x${(address + placeOf(saved.indexOf(register))).toString(16)}`;
  const move = (register: string): string => (register.startsWith('xmm') ? 'movups' : 'movq');
  return [
    `popq 0x${address.toString(16)}`,
    ...saved.map((register) => `${move(register)} %${register}, ${at(register)}`),
    `callq "${body}"`,
    ...restored.map((register) => `${move(register)} ${at(register)}, %${register}`),
    `jmpq *0x${address.toString(16)}`,
  ];
}

function aroundAarch64(body: string, saved: readonly string[], restored: readonly string[]): string[] {
  const area = `movz x16, #0x${(address >> 16).toString(16)}, lsl #16`;
  const at = (register: string): string => `[x16, #${placeOf(saved.indexOf(register))}]`;
  return [
    area,
    'str x30, [x16]',
    ...saved.map((register) => `str ${register}, ${at(register)}`),
    `bl "${body}"`,
    area,
    'ldr x30, [x16]',
    ...restored.map((register) => `ldr ${register}, ${at(register)}`),
    'ret',
  ];
}

/** Module assembly that defines `name` as a call of `body`, which returns values of these types. */
export function keepingRegisters(
  machine: keyof typeof changed,
  name: string,
  body: string,
  members: readonly string[],
): string {
  const { integers, floats } = changed[machine];
  const floating = members.filter((type) => /^(?:float|double|<)/.test(type)).length;
  const results = [
    ...integers.slice(0, members.filter((type) => /^(?:i\d+|ptr)$/.test(type)).length),
    ...floats.slice(0, floating),
  ];
  const saved = [...integers, ...floats];
  const around = machine === 'x86_64' ? aroundX86 : aroundAarch64;
  const lines = [
    '.pushsection ozma_stubs, "ax", @progbits',
    `.globl "${name}"`,
    `"${name}":`,
    ...around(
      body,
      saved,
      saved.filter((register) => !results.includes(register)),
    ),
    '.popsection',
  ];
  return lines.map((line) => `module asm "${line.replaceAll('"', String.raw`\22`)}"\n`).join('');
}
