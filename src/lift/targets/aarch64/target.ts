// AArch64 with the AAPCS64 calling convention, as a target of the lifter.

import type { Instruction } from '../../assembly/types.ts';
import { Unsupported, type Step } from '../../step.ts';
import type { Target } from '../target.ts';
import { integerRows, type Row } from './integer-rows.ts';
import { conditionNames, firstCondition, firstVector, registerCount, stackPointer } from './registers.ts';
import { Translation } from './translation.ts';
import { vectorRows } from './vector-rows.ts';

const rows = new Map<string, Row>([...Object.entries(integerRows), ...Object.entries(vectorRows)]);

function translate(instruction: Instruction): Step[] {
  const row = rows.get(instruction.mnemonic);
  if (row === undefined) throw new Unsupported(instruction.mnemonic);
  const translation = new Translation(instruction);
  try {
    row(translation);
  } catch (error) {
    if (error instanceof Unsupported) throw new Unsupported(`${instruction.mnemonic} (${error.message})`);
    throw error;
  }
  return translation.steps;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
const vectors = (from: number, to: number): number[] => range(firstVector + from, firstVector + to);
const conditions = range(firstCondition, firstCondition + conditionNames.length);
const linkRegister = 30;

/** Functions with unnamed arguments save all argument registers in their frame, whole vector registers among them. */
function isVariadic(steps: readonly Step[]): boolean {
  const lastVector = firstVector + 7;
  return steps.some(({ stores }) =>
    stores.some(({ address, value }) => {
      const inner = value.kind === 'operation' && value.operator === 'bitcast' ? value.operands[0]! : value;
      const isSaved = inner.kind === 'register' && inner.type === 'i128' && inner.register === lastVector;
      return isSaved && address.kind === 'frame';
    }),
  );
}

/** The linker's stubs may use x16 and x17. */
const changedByCall = [16, 17, 18, linkRegister, ...conditions];

export const aarch64Target: Target = {
  name: 'aarch64',
  registerCount,
  registerType: (register) => (register < firstVector ? 'i64' : register < firstCondition ? 'i128' : 'i1'),
  registerName: (register) => {
    if (register === stackPointer) return 'sp';
    if (register < firstVector) return `x${register}`;
    if (register < firstCondition) return `v${register - firstVector}`;
    return `is_${conditionNames[register - firstCondition]}`;
  },
  stackPointer,
  convention: {
    integerArguments: range(0, 8),
    floatArguments: vectors(0, 8),
    integerResults: [0, 1],
    floatResults: vectors(0, 4),
    clobbered: [...range(0, 16), ...vectors(0, 8), ...vectors(16, 32), ...changedByCall],
    changedByCall,
    preserved: [...range(19, 31), ...vectors(8, 16)],
    stackArguments: 0,
    incomingStackArguments: 0,
    structureResult: 8,
  },
  translate,
  writesEveryJump: true,
  dataLayout: 'e-m:e-p270:32:32-p271:32:32-p272:64:64-i8:8:32-i16:16:32-i64:64-i128:128-n32:64-S128-Fn32',
  isVariadic,
  // { ptr stack, ptr behind saved integers, ptr behind saved vectors, i32 and i32 left of them, negative }
  variadicList: {
    bytes: 32,
    alignment: 8,
    numbers: 24,
    stackField: 0,
    savedFields: [8, 16],
    savedBehind: true,
    integersNamed: (first) => 8 + first / 8,
    floatsNamed: (second) => 8 + second / 16,
  },
};
