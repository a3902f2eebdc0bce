// Every row of the instruction tables against the machine, on random states. OZMA_ROW_STATES sets how many
// (200 here; some thousands when a table was changed).

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { aarch64Instructions, x86Instructions } from './instructions.ts';
import { compareWithMachine, machines, type Machine } from './machine.ts';
import { emitSingleStep } from '#ozma/lift/single-step.js';

const states = Number(process.env['OZMA_ROW_STATES'] ?? '200');

test.runIf(process.arch === 'x64')('x86-64 natively', { timeout: 240_000 }, () => {
  expect(compareWithMachine(machines['x86-64'], x86Instructions, states, 1)).toEqual([]);
});

const canRunAarch64 = existsSync('/usr/bin/qemu-aarch64') && existsSync('/usr/aarch64-linux-gnu/lib/libc.a');

test.runIf(canRunAarch64)('AArch64 under qemu', { timeout: 240_000 }, () => {
  expect(compareWithMachine(machines.aarch64, aarch64Instructions, states, 1)).toEqual([]);
});

test('a wrong row is noticed', () => {
  // What one instruction does, said of another: the comparison must not be blind.
  const lying = (instruction: string): Machine => ({
    ...machines['x86-64'],
    stub: (name) => machines['x86-64'].stub(name, instruction),
  });
  const [line] = compareWithMachine(lying('subl %ecx, %ebx'), ['addl %ecx, %ebx'], 20, 1);
  expect(line).toMatch(/^addl %ecx, %ebx: register \d+: the machine says/);
  const [other] = compareWithMachine(lying('fsubp %st, %st(1)'), ['fsubrp %st, %st(1)'], 20, 1);
  expect(other).toMatch(/^fsubrp %st, %st\(1\): register 41: the machine says/);
});

test('gcc writes a fence as a locked or with zero; a locked and with zero clears memory', () => {
  const text = (instruction: string) => emitSingleStep(instruction, 'f', 'x86-64').text;
  expect(text('lock orl $0, (%rsp)')).toContain('fence seq_cst');
  expect(text('lock andl $0, (%rsp)')).toContain('atomicrmw and ');
});
