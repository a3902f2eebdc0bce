// One x86-64 instruction on its way to a step: how rows of the tables read and write operands. Operands
// stand in AT&T order, the destination last. Reads see the state before the instruction.

import type { Instruction, MemoryOperand, Operand } from '../../assembly/types.ts';
import {
  add,
  and,
  bitcast,
  bitsOf,
  constant,
  isInteger,
  load,
  lshr,
  not,
  operation,
  or,
  registerValue,
  shl,
  sub,
  truncate,
  zeroExtend,
  type Expression,
  type Type,
} from '../../expression.ts';
import { Unsupported, type Flow, type Step } from '../../step.ts';
import {
  conditionNames,
  conditionRegister,
  conditionSpellings,
  general,
  registerParts,
  type ConditionName,
  type RegisterPart,
} from './registers.ts';

export type Conditions = Partial<Record<ConditionName, Expression>>;

/** Addresses relative to the thread's own segment are in an address space of LLVM's. */
const segmentSpaces: Record<string, number> = { fs: 257, gs: 256 };

export class Translation {
  readonly step: Step;
  /** What happens before the step, which reads the temporaries that it leaves. */
  readonly first: Step;
  readonly operands: readonly Operand[];
  /** Bits of the operation: 8, 16, 32 or 64. */
  readonly bits: number;
  /** Steps since the last label. */
  readonly before: readonly Step[];

  constructor(instruction: Instruction, bits: number, before: readonly Step[]) {
    this.step = { instruction, writes: [], stores: [], undefined: [], calls: [] };
    this.first = { instruction, writes: [], stores: [], undefined: [], calls: [] };
    this.operands = instruction.operands;
    this.bits = bits;
    this.before = before;
  }

  /** The integer type of the operation. */
  get type(): Type {
    return `i${this.bits}`;
  }

  get count(): number {
    return this.operands.length;
  }

  get steps(): Step[] {
    return this.first.writes.length === 0 ? [this.step] : [this.first, this.step];
  }

  operand(index: number): Operand {
    const operand = this.operands.at(index);
    if (operand === undefined) throw new Unsupported('operands');
    return operand;
  }

  part(index: number): RegisterPart | undefined {
    const operand = this.operand(index);
    if (operand.kind !== 'register') return undefined;
    const part = registerParts.get(operand.name);
    if (part === undefined) throw new Unsupported(`register ${operand.name}`);
    return part;
  }

  isMemory(index: number): boolean {
    const { kind } = this.operand(index);
    return kind === 'memory' || kind === 'symbol';
  }

  register(name: keyof typeof general, type: Type = this.type): Expression {
    return registerValue(general[name], type);
  }

  /** An operand's value; vector registers give their low bits. */
  read(index: number, type: Type = this.type): Expression {
    const operand = this.operand(index);
    switch (operand.kind) {
      case 'immediate':
        return constant(type, operand.value);
      case 'register': {
        const { register, from } = this.part(index)!;
        const bits = bitsOf(type);
        if (from > 0) return truncate(lshr(registerValue(register, 'i16'), constant('i16', from)), 'i8');
        return isInteger(type)
          ? registerValue(register, type)
          : bitcast(registerValue(register, `i${bits}`), type);
      }
      case 'symbol':
      case 'memory':
        if (operand.kind === 'symbol' && operand.immediate === true) {
          return truncate(this.symbolAddress(operand.symbol, operand.addend), type);
        }
        return this.readMemory(operand.kind === 'memory' ? operand : this.absolute(operand), type);
      default:
        throw new Unsupported(`operand ${operand.kind}`);
    }
  }

  private absolute(operand: Operand & { kind: 'symbol' }): MemoryOperand {
    return { kind: 'memory', scale: 1, displacement: operand.addend, symbol: operand };
  }

  private readMemory(operand: MemoryOperand, type: Type): Expression {
    const modifier = operand.symbol?.modifier;
    if (modifier === 'gotpcrel' && operand.base === 'rip') {
      return this.addressIn(operand, this.symbolAddress(operand.symbol!.symbol, 0n), type);
    }
    if (modifier === 'gottpoff') {
      // What is added to the segment's base: its address less that of the segment.
      return this.addressIn(operand, sub(this.threadLocalAddress(operand), this.segmentBase()), type);
    }
    if (operand.segment === undefined) return load(this.address(operand), type);
    const space = segmentSpaces[operand.segment];
    if (space === undefined) throw new Unsupported(`segment ${operand.segment}`);
    if (operand.base !== undefined || operand.index !== undefined || operand.symbol !== undefined) {
      return load(this.address(operand), type);
    }
    return { kind: 'load', type, address: constant('i64', operand.displacement), space };
  }

  /** What a read of the linker's table gives that holds this address: all of it, or its low bits. */
  private addressIn({ displacement }: MemoryOperand, address: Expression, type: Type): Expression {
    if (displacement !== 0n || !isInteger(type) || bitsOf(type) > 64) {
      throw new Unsupported("a part of an address in the linker's table");
    }
    return truncate(address, type);
  }

  private segmentBase(): Expression {
    return { kind: 'load', type: 'i64', address: constant('i64', 0), space: segmentSpaces['fs']! };
  }

  private threadLocalAddress(operand: MemoryOperand): Expression {
    return { kind: 'symbol', type: 'i64', symbol: operand.symbol!.symbol, addend: 0n, threadLocal: true };
  }

  private symbolAddress(symbol: string, addend: bigint): Expression {
    return { kind: 'symbol', type: 'i64', symbol, addend };
  }

  /** Where a memory operand lies. */
  address(operand: MemoryOperand, type: Type = 'i64'): Expression {
    const parts: Expression[] = [];
    const register = (name: string): Expression => {
      const part = registerParts.get(name);
      if (part === undefined || part.bits < 32 || part.bits > 64)
        throw new Unsupported(`address with ${name}`);
      if (part.bits === 32 && type === 'i64') return zeroExtend(registerValue(part.register, 'i32'), 'i64');
      return registerValue(part.register, type);
    };
    if (operand.base !== undefined && operand.base !== 'rip') parts.push(register(operand.base));
    if (operand.index !== undefined && operand.index !== 'riz') {
      const index = register(operand.index);
      parts.push(operand.scale === 1 ? index : shl(index, constant(type, Math.log2(operand.scale))));
    }
    if (operand.symbol !== undefined) {
      const { symbol, modifier } = operand.symbol;
      if (modifier === 'tpoff' && operand.segment === 'fs') parts.unshift(this.threadLocalAddress(operand));
      else if (modifier !== undefined && modifier !== 'plt') throw new Unsupported(`relocation ${modifier}`);
      else parts.unshift(truncate(this.symbolAddress(symbol, 0n), type));
    } else if (operand.segment !== undefined) parts.unshift(this.segmentBase());
    parts.push(constant(type, operand.displacement));
    return parts.reduce((sum, part) => add(sum, part));
  }

  addressOf(index: number, type: Type = 'i64'): Expression {
    const operand = this.operand(index);
    if (operand.kind === 'symbol') return this.address(this.absolute(operand), type);
    if (operand.kind !== 'memory') throw new Unsupported('an address that is no memory operand');
    return this.address(operand, type);
  }

  /** Writes an operand. 32-bit writes clear the upper half, smaller ones keep it. */
  write(index: number, value: Expression): void {
    const part = this.part(index);
    if (part !== undefined) {
      if (part.from > 0) {
        const low = and(registerValue(part.register, 'i16'), constant('i16', 0xff));
        const high = shl(zeroExtend(value, 'i16'), constant('i16', 8));
        this.writeRegister(part.register, or(low, high), 'keep');
      } else this.writeRegister(part.register, value);
    } else this.store(this.addressOf(index), value, index);
  }

  writeRegister(register: number, value: Expression, rest?: 'zero' | 'keep'): void {
    const bits = bitsOf(value.type);
    this.step.writes.push({ register, value, rest: rest ?? (bits < 32 && bits > 1 ? 'keep' : 'zero') });
  }

  writeNamed(name: keyof typeof general, value: Expression): void {
    this.writeRegister(general[name], value);
  }

  store(address: Expression, value: Expression, index?: number): void {
    const operand = index === undefined ? undefined : this.operand(index);
    if (
      operand?.kind === 'memory' &&
      operand.segment !== undefined &&
      operand.symbol === undefined &&
      operand.base === undefined
    ) {
      throw new Unsupported('a store to a segment');
    }
    this.step.stores.push({ address, value });
  }

  /** A condition as it is before the instruction, by its spelling in `jne`, `setg` … */
  condition(spelling: string): Expression {
    const found = conditionSpellings.get(spelling);
    if (found === undefined) throw new Unsupported(`condition ${spelling}`);
    const value = registerValue(conditionRegister(found.name), 'i1');
    return found.negated ? not(value) : value;
  }

  /** Sets the given conditions; the named ones keep their value, all others are undefined from here on. */
  setConditions(conditions: Conditions, kept: readonly ConditionName[] = []): void {
    for (const name of conditionNames) {
      const value = conditions[name];
      if (value !== undefined) this.writeRegister(conditionRegister(name), value);
      else if (!kept.includes(name)) this.step.undefined.push(conditionRegister(name));
    }
  }

  flow(flow: Flow): void {
    this.step.flow = flow;
  }

  push(value: Expression): void {
    const top = add(this.register('rsp', 'i64'), constant('i64', -8));
    this.store(top, value);
    this.writeNamed('rsp', top);
  }

  pop(): Expression {
    const top = this.register('rsp', 'i64');
    this.writeNamed('rsp', add(top, constant('i64', 8)));
    return load(top, 'i64');
  }

  call(expression: Expression): void {
    this.step.calls.push(expression);
  }

  /** The high half of a double-width product and the like. */
  highHalf(value: Expression, type: Type): Expression {
    return truncate(lshr(value, constant(value.type, bitsOf(type))), type);
  }

  /** Two halves as one value of twice the width. */
  join(high: Expression, low: Expression): Expression {
    const bits = bitsOf(low.type);
    const wide = `i${2 * bits}`;
    return or(shl(zeroExtend(high, wide), constant(wide, bits)), zeroExtend(low, wide));
  }

  overflow(
    kind: 'sadd' | 'ssub' | 'smul' | 'umul' | 'uadd' | 'usub',
    left: Expression,
    right: Expression,
  ): Expression {
    return operation('i1', `overflow ${kind}`, left, right);
  }
}
