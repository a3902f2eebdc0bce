// What one instruction does, as the rows of the tables record it: all expressions read the state before
// the instruction; stores happen before register writes, in order. A function is a list of these between
// labels; every later layer works on them and never looks at mnemonics again.

import type { Expression, Type } from './expression.ts';
import type { Instruction } from './assembly/types.ts';

export interface RegisterWrite {
  register: number;
  value: Expression;
  /** Bits above the value: zeroed, or kept as they were. */
  rest: 'zero' | 'keep';
  /**
   * Somebody read it, before that read was replaced by the value itself, so it was not written for a call. What
   * is `scratch` is no result either: the address of a jump, a copy of the x87 control word.
   */
  read?: 'value' | 'scratch';
}

export interface Store {
  address: Expression;
  value: Expression;
  /** In bytes, where the instruction demands it. */
  alignment?: number;
}

export type Flow =
  | { kind: 'jump'; target: string }
  | { kind: 'branch'; condition: Expression; target: string }
  | { kind: 'indirect'; address: Expression }
  /** A symbol's name, or a computed address; the site is found by call-sites.ts. */
  | {
      kind: 'call';
      target: string | Expression;
      site?: CallSite;
      /** It leaves its result on the x87 stack. */
      extended?: boolean;
      /** What it changes, where the callee's own code says less than the convention (kept-registers.ts). */
      clobbered?: readonly number[];
    }
  | { kind: 'return' }
  /** ud2, brk: never goes on. */
  | { kind: 'stop' };

/** What a call passes and gives back. */
export interface CallSite {
  arguments: Expression[];
  /** The type of each argument where a prototype says it. */
  parameterTypes: (Type | undefined)[];
  /** From which argument on they are variadic. */
  fixed?: number;
  /** The first argument is the address of a returned structure, in the register that is kept for it. */
  structureResult?: boolean;
  /** Where the members of the result lie afterwards; what nobody told, demand decides. */
  result: ResultPart[] | 'unknown';
}

/** One member of a result, or all of it. */
export interface ResultPart {
  register: number;
  type: Type;
}

export function resultPart(result: CallSite['result'] | undefined, register: number): ResultPart | undefined {
  return typeof result === 'object' ? result.find((part) => part.register === register) : undefined;
}

export interface Step {
  instruction: Instruction;
  writes: RegisterWrite[];
  stores: Store[];
  /** Registers whose value nobody can know from here on: flags after a multiplication. */
  undefined: number[];
  /** Memory that is changed by an intrinsic: memset and memcpy of string instructions, atomics. */
  calls: Expression[];
  flow?: Flow;
  /** By how many places the x87 stack grows, and whether the result depends on how it rounds. */
  floatStack?: { growth: number; rounds: boolean };
}

/** A row that cannot say what this form of the instruction does throws it; the function is then failed. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}
