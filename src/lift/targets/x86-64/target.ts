// x86-64 with the System V calling convention, as a target of the lifter.

import type { Instruction, Operand } from '../../assembly/types.ts';
import { Unsupported, type Step } from '../../step.ts';
import type { Target } from '../target.ts';
import { lockedRows } from './atomic-rows.ts';
import { integerRows, sizedRows, type Row } from './integer-rows.ts';
import { packedIntegerRows } from './packed-integer-rows.ts';
import { vectorRows } from './vector-rows.ts';
import { settleRounding } from './x87-rounding.ts';
import { x87Rows } from './x87-rows.ts';
import { placeStack } from './x87-stack.ts';
import {
  conditionNames,
  controlWord,
  firstCondition,
  firstStack,
  firstVector,
  general,
  registerCount,
  registerParts,
  stackPlaces,
} from './registers.ts';
import { Translation } from './translation.ts';

const suffixBits: Record<string, number> = { b: 8, w: 16, l: 32, q: 64 };
const rows = new Map<string, Row>([
  ...Object.entries(vectorRows),
  ...Object.entries(packedIntegerRows),
  ...Object.entries(x87Rows),
  ...Object.entries(integerRows),
]);
const sized = new Map<string, Row>(Object.entries(sizedRows));
const locked = new Map<string, Row>(Object.entries(lockedRows));
/** Work on 64 bits whatever their operands. */
const always64 = new Set(['push', 'pop', 'call', 'jmp', 'ret', 'leave']);

/** The width that a mnemonic without suffix has by its last register operand. */
function bitsByOperands(instruction: Instruction): number {
  for (const operand of instruction.operands.toReversed()) {
    const part = operand.kind === 'register' ? registerParts.get(operand.name) : undefined;
    if (part !== undefined && part.bits <= 64) return part.bits;
  }
  return 64;
}

const isMemory = ({ kind }: Operand): boolean => kind === 'memory' || kind === 'symbol';

interface FoundRow {
  row: Row;
  bits: number;
}

function findRow(instruction: Instruction): FoundRow | undefined {
  const { mnemonic, prefix } = instruction;
  const isLocked = prefix === 'lock' && instruction.operands.some(isMemory);
  const bySuffix = isLocked ? locked : sized;
  const fixed = isLocked ? undefined : rows.get(mnemonic);
  if (fixed !== undefined) return { row: fixed, bits: bitsByOperands(instruction) };
  const plain = bySuffix.get(mnemonic);
  if (plain !== undefined)
    return { row: plain, bits: always64.has(mnemonic) ? 64 : bitsByOperands(instruction) };
  const stem = mnemonic.slice(0, -1);
  const bits = suffixBits[mnemonic.at(-1)!];
  const row = bits === undefined ? undefined : bySuffix.get(stem);
  return row === undefined ? undefined : { row, bits: bits! };
}

function translate(instruction: Instruction, before: readonly Step[]): Step[] {
  const { mnemonic, prefix } = instruction;
  const found = findRow(instruction);
  if (found === undefined) throw new Unsupported(prefix === 'lock' ? `lock ${mnemonic}` : mnemonic);
  const translation = new Translation(instruction, found.bits, before);
  try {
    found.row(translation);
  } catch (error) {
    if (error instanceof Unsupported) throw new Unsupported(`${mnemonic} (${error.message})`);
    throw error;
  }
  return translation.steps;
}

/** Functions with unnamed arguments ask their caller whether vector registers are among them. */
function isVariadic(steps: readonly Step[]): boolean {
  for (const { instruction, writes, flow } of steps) {
    const asks = instruction.operands.every(
      (operand) => operand.kind === 'register' && operand.name === 'al',
    );
    if (instruction.mnemonic === 'testb' && asks) return true;
    if (flow?.kind === 'call' || writes.some(({ register }) => register === rax)) return false;
  }
  return false;
}

const vectors = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => firstVector + from + index);

const { rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15, rsp } = general;

const names = Object.keys(general);

interface RegisterKind {
  from: number;
  type: ReturnType<Target['registerType']>;
  name: (index: number) => string;
}

const kinds: readonly RegisterKind[] = [
  { from: controlWord, type: 'i16', name: (index) => (index === 0 ? 'control' : 'status') },
  { from: firstStack, type: 'x86_fp80', name: (index) => `st${index}` },
  { from: firstCondition, type: 'i1', name: (index) => `is_${conditionNames[index]}` },
  { from: firstVector, type: 'i128', name: (index) => `xmm${index}` },
  { from: 0, type: 'i64', name: (index) => names[index]! },
];
const kindOf = (register: number): RegisterKind => kinds.find(({ from }) => register >= from)!;

const changedByCall = [
  ...conditionNames.map((_, index) => firstCondition + index),
  ...Array.from({ length: stackPlaces }, (_, index) => firstStack + index),
];

export const x86Target: Target = {
  name: 'x86-64',
  registerCount,
  registerType: (register) => kindOf(register).type,
  registerName: (register) => {
    const { from, name } = kindOf(register);
    return name(register - from);
  },
  stackPointer: rsp,
  convention: {
    integerArguments: [rdi, rsi, rdx, rcx, r8, r9],
    floatArguments: vectors(0, 8),
    integerResults: [rax, rdx],
    floatResults: vectors(0, 2),
    clobbered: [rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11, ...vectors(0, 16), ...changedByCall],
    changedByCall,
    preserved: [rbx, rbp, r12, r13, r14, r15],
    stackArguments: 0,
    incomingStackArguments: 8,
    variadicCount: rax,
    extendedResult: firstStack,
  },
  translate,
  floatStack: { place: placeStack, settleRounding, controlWord },
  writesEveryJump: false,
  isVariadic,
  // { i32 integers used, i32 floats used, ptr stack, ptr saved registers }, both in bytes from the last.
  variadicList: {
    bytes: 24,
    alignment: 16,
    numbers: 0,
    stackField: 8,
    savedFields: [16],
    savedBehind: false,
    integersNamed: (first) => first / 8,
    floatsNamed: (second) => (second - 48) / 16,
  },
  dataLayout: 'e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128',
};
