// One AArch64 instruction on its way to a step: how rows of the tables read and write operands. The
// destination comes first; a shift or extension behind an operand belongs to it. `adrp` gives a symbol's
// whole address and `:lo12:` names it again, so that the pair needs no arithmetic.

import type { Instruction, MemoryOperand, Operand } from '../../assembly/types.ts';
import {
  add,
  ashr,
  bitcast,
  bitsOf,
  constant,
  extractLane,
  insertLane,
  isInteger,
  lshr,
  intrinsic,
  not,
  registerValue,
  shl,
  signExtend,
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
  registerPart,
  type ConditionName,
  type RegisterPart,
} from './registers.ts';

export type Conditions = Record<ConditionName, Expression>;

const extensionBits: Record<string, number> = { b: 8, h: 16, w: 32, x: 64 };

export class Translation {
  readonly step: Step;
  /** What happens before the step, which reads the temporaries that it leaves. */
  readonly first: Step;
  readonly operands: readonly Operand[];

  constructor(instruction: Instruction) {
    this.step = { instruction, writes: [], stores: [], undefined: [], calls: [] };
    this.first = { instruction, writes: [], stores: [], undefined: [], calls: [] };
    this.operands = instruction.operands;
  }

  get mnemonic(): string {
    return this.step.instruction.mnemonic;
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

  part(index: number): RegisterPart {
    const operand = this.operand(index);
    const part = operand.kind === 'register' ? registerPart(operand.name) : undefined;
    if (part === undefined) throw new Unsupported('operands');
    return part;
  }

  /** Bits of the register that an operand names. */
  bits(index = 0): number {
    return this.part(index).bits;
  }

  /** The integer type of the destination. */
  get type(): Type {
    return `i${this.bits(0)}`;
  }

  registerAs(part: RegisterPart, type: Type): Expression {
    if (part.register === 'zero') return constant(type, 0);
    const value = registerValue(part.register, `i${bitsOf(type)}`);
    return isInteger(type) ? value : bitcast(value, type);
  }

  /** An operand's value with the shift or extension that follows it. */
  read(index: number, type: Type = this.type): Expression {
    const operand = this.operand(index);
    if (operand.kind === 'immediate') {
      const shift = this.shiftAfter(index);
      return shl(constant(type, operand.value), constant(type, shift?.amount ?? 0));
    }
    if (operand.kind === 'symbol') {
      const { modifier, symbol, addend } = operand;
      if (modifier !== 'lo12') throw new Unsupported(`relocation ${modifier ?? ''}`);
      return { kind: 'symbol', type: 'i64', symbol, addend };
    }
    if (operand.kind !== 'register') throw new Unsupported(`operand ${operand.kind}`);
    const part = this.part(index);
    if (part.lane !== undefined) return this.laneOf(part, type);
    const shift = this.shiftAfter(index);
    return shift === undefined
      ? this.registerAs(part, type)
      : this.shifted(part, shift.operation, shift.amount, type);
  }

  /** One lane; as a wider integer with zeroes above. */
  laneOf(part: RegisterPart, type: Type): Expression {
    const vector = bitcast(
      registerValue(part.register as number, 'i128'),
      `<${128 / part.bits} x i${part.bits}>`,
    );
    const lane = extractLane(vector, part.lane!);
    return isInteger(type) ? zeroExtend(lane, type) : bitcast(lane, type);
  }

  private shiftAfter(index: number): (Operand & { kind: 'shift' }) | undefined {
    const next = this.operands[index + 1];
    return next?.kind === 'shift' ? next : undefined;
  }

  shifted(part: RegisterPart, operation: string, amount: number, type: Type): Expression {
    const count = constant(type, amount);
    if (operation === 'lsl') return shl(this.registerAs(part, type), count);
    if (operation === 'lsr') return lshr(this.registerAs(part, type), count);
    if (operation === 'asr') return ashr(this.registerAs(part, type), count);
    if (operation === 'ror') {
      const value = this.registerAs(part, type);
      return intrinsic('fshr', type, value, value, count);
    }
    const from = extensionBits[operation.at(-1)!];
    if (from === undefined) throw new Unsupported(operation);
    const narrow = this.registerAs(part, `i${Math.min(from, bitsOf(type))}`);
    return shl((operation.startsWith('s') ? signExtend : zeroExtend)(narrow, type), count);
  }

  immediate(index: number): number {
    const operand = this.operand(index);
    if (operand.kind !== 'immediate') throw new Unsupported('operands');
    return Number(operand.value);
  }

  /** Writes a register; what lies above the value is cleared. */
  write(index: number, value: Expression): void {
    this.writePart(this.part(index), value);
  }

  writePart(part: RegisterPart, value: Expression): void {
    if (part.register === 'zero') return;
    if (part.lane !== undefined) {
      const vector = bitcast(registerValue(part.register, 'i128'), `<${128 / part.bits} x i${part.bits}>`);
      const lane = isInteger(value.type) ? truncate(value, `i${part.bits}`) : bitcast(value, `i${part.bits}`);
      this.writeRegister(part.register, insertLane(vector, lane, part.lane));
    } else this.writeRegister(part.register, value);
  }

  writeRegister(register: number, value: Expression): void {
    this.step.writes.push({ register, value, rest: 'zero' });
  }

  memory(index: number): MemoryOperand {
    const operand = this.operand(index);
    if (operand.kind !== 'memory') throw new Unsupported('operands');
    return operand;
  }

  /** Where a memory operand lies; changes its base where it is written back. */
  address(operand: MemoryOperand): Expression {
    const base = registerPart(operand.base ?? '');
    if (base === undefined || base.bits !== 64) throw new Unsupported('address');
    if (operand.symbol !== undefined) {
      const { modifier, symbol } = operand.symbol;
      if (modifier !== 'lo12') throw new Unsupported(`relocation ${modifier ?? ''}`);
      return { kind: 'symbol', type: 'i64', symbol, addend: operand.displacement };
    }
    const start = this.registerAs(base, 'i64');
    const step = operand.writeBack === 'after' ? registerPart(operand.index ?? '') : undefined;
    const moved = add(
      start,
      step === undefined ? constant('i64', operand.displacement) : this.registerAs(step, 'i64'),
    );
    if (operand.writeBack !== undefined) this.writePart(base, moved);
    if (operand.writeBack === 'after') return start;
    if (operand.index === undefined) return moved;
    const part = registerPart(operand.index);
    if (part === undefined) throw new Unsupported('address');
    const operation = operand.extend === undefined || operand.extend === 'sxtx' ? 'lsl' : operand.extend;
    return add(start, this.shifted(part, operation, Math.log2(operand.scale), 'i64'));
  }

  store(address: Expression, value: Expression): void {
    this.step.stores.push({ address, value });
  }

  /** A condition before the instruction, by its spelling. */
  condition(spelling: string): Expression {
    if (spelling === 'al' || spelling === 'nv') return constant('i1', 1);
    const found = conditionSpellings.get(spelling);
    if (found === undefined) throw new Unsupported(`condition ${spelling}`);
    const value = registerValue(conditionRegister(found.name), 'i1');
    return found.negated ? not(value) : value;
  }

  /** The condition that an operand names: the parser takes it for a symbol. */
  conditionOperand(index: number): string {
    const operand = this.operand(index);
    if (operand.kind === 'symbol') return operand.symbol.toLowerCase();
    if (operand.kind === 'word') return operand.text.toLowerCase();
    throw new Unsupported('operands');
  }

  setConditions(conditions: Conditions): void {
    for (const name of conditionNames) this.writeRegister(conditionRegister(name), conditions[name]);
  }

  label(index: number): string {
    const operand = this.operand(index);
    if (operand.kind !== 'symbol' || operand.addend !== 0n) throw new Unsupported('branch target');
    return operand.symbol;
  }

  flow(flow: Flow): void {
    this.step.flow = flow;
  }
}
