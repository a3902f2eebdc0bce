// Instructions with a lock prefix, and xchg with memory, which has one anyway. The step before reads and
// changes memory, once; flags and registers are computed from what it found there.

import {
  add,
  and,
  ashr,
  constant,
  lshr,
  not,
  operation,
  or,
  registerValue,
  shl,
  sub,
  truncate,
  xor,
  type Expression,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import { afterAddition, afterCount, afterLogic, afterSubtraction } from './conditions.ts';
import { registerCount } from './registers.ts';
import type { Conditions, Translation } from './translation.ts';

type Row = (t: Translation) => void;
type Compute = (left: Expression, right: Expression) => Expression;

const [found, succeeded] = [registerCount, registerCount + 1];

/** What memory held before `operator` changed it. */
function exchangeWith(
  t: Translation,
  operator: string,
  address: Expression,
  ...operands: Expression[]
): Expression {
  const value = operation(t.type, operator, address, ...operands);
  t.first.writes.push({ register: found, value, rest: 'zero' });
  return registerValue(found, t.type);
}

const modify = (t: Translation, operator: string, address: Expression, value: Expression): Expression =>
  exchangeWith(t, `atomicrmw ${operator} seq_cst`, address, value);

/** `lock orl $0, (%rsp)` changes nothing: it is how gcc writes a fence. */
function isFence(t: Translation): boolean {
  const [value, place] = [t.operand(0), t.operand(1)];
  return value.kind === 'immediate' && value.value === 0n && place.kind === 'memory' && place.base === 'rsp';
}

export const fence: Row = (t) => t.call(operation('void', 'fence seq_cst'));

function binary(
  operator: string,
  compute: Compute,
  flags: (left: Expression, right: Expression, result: Expression) => Conditions,
): Row {
  return (t) => {
    // `and` with 0 changes what it finds.
    if (operator !== 'and' && isFence(t)) {
      t.setConditions({});
      return fence(t);
    }
    const value = t.read(0);
    const before = modify(t, operator, t.addressOf(1), value);
    t.setConditions(flags(before, value, compute(before, value)));
  };
}

const count =
  (by: 1 | -1): Row =>
  (t) => {
    const one = constant(t.type, 1);
    const before = modify(t, by === 1 ? 'add' : 'sub', t.addressOf(0), one);
    t.setConditions(afterCount(before, by, t.condition('b')), ['b']);
  };

const exchangeAdd: Row = (t) => {
  const value = t.read(0);
  const before = modify(t, 'add', t.addressOf(1), value);
  t.setConditions(afterAddition(before, value, add(before, value)));
  t.write(0, before);
};

const compareAndExchange: Row = (t) => {
  const expected = t.register('rax');
  const before = exchangeWith(t, 'cmpxchg seq_cst seq_cst', t.addressOf(1), expected, t.read(0));
  t.first.writes.push({ register: succeeded, value: operation('i1', 'exchanged'), rest: 'zero' });
  const conditions = afterSubtraction(expected, before, sub(expected, before));
  t.setConditions({ ...conditions, e: registerValue(succeeded, 'i1') });
  t.writeNamed('rax', before);
};

/** The bit that a register names may lie beyond the operand, where that is memory. */
function bitPlace(t: Translation): { address: Expression; bit: Expression } {
  const operand = t.operand(0);
  const address = t.addressOf(1);
  const mask = t.bits - 1;
  if (operand.kind === 'immediate') return { address, bit: constant(t.type, operand.value & BigInt(mask)) };
  if (t.bits < 32) throw new Unsupported('operand width');
  const index = t.read(0);
  const unit = ashr(index, constant(t.type, Math.log2(t.bits)));
  const wide = t.bits === 64 ? unit : operation('i64', 'sext', unit);
  const further = shl(wide, constant('i64', Math.log2(t.bits / 8)));
  return { address: add(address, further), bit: and(index, constant(t.type, mask)) };
}

const bitTest =
  (operator: 'or' | 'and' | 'xor'): Row =>
  (t) => {
    const { address, bit } = bitPlace(t);
    const mask = shl(constant(t.type, 1), bit);
    const before = modify(t, operator, address, operator === 'and' ? not(mask) : mask);
    const b = truncate(lshr(before, bit), 'i1');
    t.setConditions({ b, be: or(b, t.condition('e')) }, ['e']);
  };

const logic = (_left: Expression, _right: Expression, result: Expression): Conditions => afterLogic(result);

/** Rows whose mnemonic takes a suffix for the width of the operation. */
export const lockedRows: Record<string, Row> = {
  add: binary('add', add, afterAddition),
  sub: binary('sub', sub, afterSubtraction),
  and: binary('and', and, logic),
  or: binary('or', or, logic),
  xor: binary('xor', xor, logic),
  inc: count(1),
  dec: count(-1),
  not: (t) => void modify(t, 'xor', t.addressOf(0), constant(t.type, -1)),
  bts: bitTest('or'),
  btr: bitTest('and'),
  btc: bitTest('xor'),
  xadd: exchangeAdd,
  cmpxchg: compareAndExchange,
  xchg: exchangeWithMemory,
};

export function exchangeWithMemory(t: Translation): void {
  const [place, register] = t.isMemory(0) ? [0, 1] : [1, 0];
  t.write(register, modify(t, 'xchg', t.addressOf(place), t.read(register)));
}
