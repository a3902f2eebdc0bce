// What the layers above the instruction tables must know about a target: its registers by number, its
// calling convention, and how one instruction becomes a step.

import type { Instruction, TargetName } from '../assembly/types.ts';
import type { FunctionBody } from '../blocks.ts';
import type { Step } from '../step.ts';

/** The layout of a target's va_list, and how a function describes its saved registers there. */
export interface VariadicList {
  bytes: number;
  alignment: number;
  /** The field that points to the unnamed arguments on the stack. */
  stackField: number;
  /** Fields that point to saved registers, or behind them. */
  savedFields: readonly number[];
  savedBehind: boolean;
  /** Where the two numbers of 32 bits lie that say what was used up. */
  numbers: number;
  integersNamed(first: number): number;
  floatsNamed(second: number): number;
}

export interface CallingConvention {
  integerArguments: readonly number[];
  floatArguments: readonly number[];
  /** Where the members of a result lie, in order: one, or several of a small structure. */
  integerResults: readonly number[];
  floatResults: readonly number[];
  /** A call leaves nothing in these that can be relied on. */
  clobbered: readonly number[];
  /** Among them what every call changes, whatever the callee does: conditions, the return address. */
  changedByCall: readonly number[];
  /** A function gives these back as it found them. */
  preserved: readonly number[];
  /** Where the first argument on the stack lies, from the stack pointer before the call instruction. */
  stackArguments: number;
  /** The same, from the stack pointer at a function's first instruction. */
  incomingStackArguments: number;
  /** Holds the number of vector registers in a call of a variadic function (x86-64: al). */
  variadicCount?: number;
  /** The address of a large returned structure. */
  structureResult?: number;
  /** Where a long double is returned; they are passed on the stack (x86-64). */
  extendedResult?: number;
}

/**
 * Registers behind the target's own: what memory held before an atomic instruction, and whether a comparison
 * with it succeeded. Its first step writes them, its second reads them.
 */
export const temporaries = ['i64', 'i1'] as const;

/** Registers that are a stack, as x87 has them. */
export interface FloatStack {
  /**
   * Gives every use of the stack a register of its own, in place. `leavesResult` says whether a callee leaves
   * its result on the stack, where that is known. Throws Unsupported.
   */
  place(body: FunctionBody, leavesResult: (callee: string) => boolean | undefined): void;
  /** Says what is computed where the control word was changed, in place. Throws Unsupported. */
  settleRounding(body: FunctionBody, clobbered: readonly number[]): void;
  /** A register that no function may read. */
  controlWord: number;
}

export interface Target {
  name: TargetName;
  registerCount: number;
  /** i64 for general registers, i128 for vector registers, i1 for conditions. */
  registerType(register: number): 'i64' | 'i128' | 'i1' | 'x86_fp80' | 'i16';
  registerName(register: number): string;
  stackPointer: number;
  convention: CallingConvention;
  /** One step, or several where later ones work on what the first left in `temporaries`. Throws Unsupported. */
  translate(instruction: Instruction, before: readonly Step[]): Step[];
  /** Whether code generation at -O0 writes jumps to the block that follows anyway. */
  writesEveryJump: boolean;
  dataLayout: string;
  /** Whether these first steps of a function, its frame found, save its unnamed arguments for va_arg. */
  isVariadic(steps: readonly Step[]): boolean;
  variadicList: VariadicList;
  floatStack?: FloatStack;
}
