// The integer instructions of x86-64, one row each. A row that is `sized` stands for its mnemonic with
// every suffix: add is addb, addw, addl, addq. Adding an instruction is adding a row, and a line to the
// instructions that test/lift runs on the machine.

import {
  add,
  and,
  ashr,
  compare,
  constant,
  intrinsic,
  isNegative,
  isZero,
  lshr,
  mul,
  negate,
  not,
  operation,
  or,
  sdiv,
  select,
  shl,
  signExtend,
  srem,
  sub,
  truncate,
  udiv,
  urem,
  xor,
  zeroExtend,
  type Expression,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import { exchangeWithMemory, fence } from './atomic-rows.ts';
import {
  afterAddition,
  afterAdditionWithCarry,
  afterCount,
  afterLogic,
  afterSubtraction,
  afterSubtractionWithBorrow,
} from './conditions.ts';
import { conditionSpellings, general } from './registers.ts';
import type { Conditions, Translation } from './translation.ts';

export type Row = (t: Translation) => void;

const zero = (type: string): Expression => constant(type, 0);

type Flags = (left: Expression, right: Expression, result: Expression) => Conditions;
const logic: Flags = (_left, _right, result) => afterLogic(result);

/** destination = destination OP source, and what that says in the flags. */
function binary(compute: (left: Expression, right: Expression) => Expression, flags: Flags): Row {
  return (t) => {
    const [left, right] = [t.read(1), t.read(0)];
    const result = compute(left, right);
    t.setConditions(flags(left, right, result));
    t.write(1, result);
  };
}

/** Two mentions of one register: `xorl %eax, %eax` is 0 whatever was in it. */
function sameRegister(t: Translation): boolean {
  const [first, second] = [t.part(0), t.part(1)];
  return (
    first !== undefined &&
    second !== undefined &&
    first.register === second.register &&
    first.from === second.from
  );
}

const exclusiveOr: Row = (t) => {
  if (!sameRegister(t)) return binary(xor, logic)(t);
  t.setConditions(afterLogic(zero(t.type)));
  t.write(1, zero(t.type));
};

/** `orl $-1, %eax` is how -Oz writes -1, `andl $0, …` how it writes 0: what was there before is not read. */
function withAbsorbing(row: Row, absorbing: 0n | -1n): Row {
  return (t) => {
    const operand = t.operand(0);
    if (operand.kind !== 'immediate' || operand.value !== absorbing) return row(t);
    const result = constant(t.type, absorbing);
    t.setConditions(afterLogic(result));
    t.write(1, result);
  };
}

const compareRow: Row = (t) => {
  const [left, right] = [t.read(1), t.read(0)];
  t.setConditions(afterSubtraction(left, right, sub(left, right)));
};

const testRow: Row = (t) => {
  const result = sameRegister(t) ? t.read(0) : and(t.read(1), t.read(0));
  t.setConditions(afterLogic(result));
};

const subtract: Row = (t) => {
  if (!sameRegister(t)) return binary(sub, afterSubtraction)(t);
  t.setConditions(afterSubtraction(zero(t.type), zero(t.type), zero(t.type)));
  t.write(1, zero(t.type));
};

const subtractWithBorrow: Row = (t) => {
  const borrow = t.condition('b');
  const [left, right] = sameRegister(t) ? [zero(t.type), zero(t.type)] : [t.read(1), t.read(0)];
  const result = sub(sub(left, right), zeroExtend(borrow, t.type));
  t.setConditions(afterSubtractionWithBorrow(left, right, borrow, result));
  t.write(1, sameRegister(t) ? signExtend(borrow, t.type) : result);
};

const addWithCarry: Row = (t) => {
  const carry = t.condition('b');
  const [left, right] = [t.read(1), t.read(0)];
  const result = add(add(left, right), zeroExtend(carry, t.type));
  t.setConditions(afterAdditionWithCarry(left, right, carry, result));
  t.write(1, result);
};

function step(by: 1 | -1): Row {
  return (t) => {
    const value = t.read(0);
    t.setConditions(afterCount(value, by, t.condition('b')), ['b']);
    t.write(0, add(value, constant(t.type, by)));
  };
}

const negation: Row = (t) => {
  const value = t.read(0);
  const result = negate(value);
  t.setConditions(afterSubtraction(zero(t.type), value, result));
  t.write(0, result);
};

/** The count of a shift: an immediate, cl, or 1 where it is left out; taken modulo 32 or 64. */
function shiftCount(t: Translation): Expression {
  const mask = t.bits === 64 ? 63 : 31;
  if (t.count === 1) return constant(t.type, 1);
  const operand = t.operand(0);
  if (operand.kind === 'immediate') return constant(t.type, Number(operand.value & 255n) & mask);
  const count = and(t.read(0, 'i8'), constant('i8', mask));
  return zeroExtend(count, t.type);
}

interface ShiftResult {
  result: Expression;
  /** The last bit shifted out. */
  carry: Expression;
  /** Defined for a count of one only. */
  overflow: (result: Expression, carry: Expression) => Expression;
}

/** Conditions after a shift: none change where the count is zero. */
function setShiftConditions(
  t: Translation,
  count: Expression,
  { result, carry, overflow }: ShiftResult,
): void {
  const e = isZero(result);
  const { p } = afterLogic(result);
  const s = isNegative(result);
  const plain: Conditions = { b: carry, e, be: or(carry, e), s, p: p! };
  if (count.kind === 'constant') {
    if (count.value === 0n) return;
    if (count.value === 1n) {
      const o = overflow(result, carry);
      const l = xor(s, o);
      Object.assign(plain, { o, l, le: or(l, e) });
    }
    t.setConditions(plain);
    return;
  }
  const none = isZero(count);
  const kept = Object.entries(plain).map(([name, value]) => [name, select(none, t.condition(name), value)]);
  t.setConditions(Object.fromEntries(kept) as Conditions);
}

/** Byte and word shifts by up to 31 are computed in 32 bits, where LLVM's shifts are defined. */
function shift(kind: 'shl' | 'lshr' | 'ashr'): Row {
  return (t) => {
    const count = shiftCount(t);
    const value = t.read(-1);
    const wide = t.bits < 32 ? 'i32' : t.type;
    const extended = kind === 'ashr' ? signExtend(value, wide) : zeroExtend(value, wide);
    const amount = zeroExtend(count, wide);
    const operator = { shl, lshr, ashr }[kind];
    const result = truncate(operator(extended, amount), t.type);
    const before = operator(extended, sub(amount, constant(wide, 1)));
    const carry = kind === 'shl' ? isNegative(truncate(before, t.type)) : truncate(before, 'i1');
    const msb = isNegative;
    const overflow = (after: Expression, out: Expression): Expression =>
      kind === 'shl' ? xor(msb(after), out) : kind === 'lshr' ? msb(value) : constant('i1', 0);
    setShiftConditions(t, count, { result, carry, overflow });
    t.write(-1, result);
  };
}

/** Rotations set carry and overflow alone. */
function rotate(kind: 'fshl' | 'fshr'): Row {
  return (t) => {
    const count = shiftCount(t);
    const value = t.read(-1);
    const result = intrinsic(kind, t.type, value, value, count);
    if (count.kind !== 'constant' || count.value !== 0n) {
      const bit = kind === 'fshl' ? truncate(result, 'i1') : isNegative(result);
      const b = count.kind === 'constant' ? bit : select(isZero(count), t.condition('b'), bit);
      t.setConditions({ b, be: or(b, t.condition('e')) }, ['e', 's', 'p']);
    }
    t.write(-1, result);
  };
}

/** shld and shrd: bits come in from another register. */
function doubleShift(kind: 'fshl' | 'fshr'): Row {
  return (t) => {
    if (t.bits < 32) throw new Unsupported('operand width');
    const operand = t.count === 3 ? t.operand(0) : undefined;
    const mask = t.bits - 1;
    const count =
      operand?.kind === 'immediate'
        ? constant(t.type, operand.value & BigInt(mask))
        : zeroExtend(
            and(t.count === 3 ? t.read(0, 'i8') : t.register('rcx', 'i8'), constant('i8', mask)),
            t.type,
          );
    const [from, into] = [t.read(-2), t.read(-1)];
    const [high, low] = kind === 'fshl' ? [into, from] : [from, into];
    t.setConditions({});
    t.write(-1, intrinsic(kind, t.type, high, low, count));
  };
}

const multiplyOnce =
  (signed: boolean): Row =>
  (t) => {
    const wide = `i${2 * t.bits}`;
    const extend = signed ? signExtend : zeroExtend;
    const [left, right] = [t.register('rax'), t.read(0)];
    const product = mul(extend(left, wide), extend(right, wide));
    const overflow = t.overflow(signed ? 'smul' : 'umul', left, right);
    t.setConditions({ b: overflow, o: overflow });
    if (t.bits === 8) t.writeRegister(general.rax, product);
    else {
      t.writeNamed('rax', truncate(product, t.type));
      t.writeNamed('rdx', t.highHalf(product, t.type));
    }
  };

const signedMultiply: Row = (t) => {
  if (t.count === 1) return multiplyOnce(true)(t);
  const [left, right] = t.count === 3 ? [t.read(1), t.read(0)] : [t.read(1), t.read(0)];
  const overflow = t.overflow('smul', left, right);
  t.setConditions({ b: overflow, o: overflow });
  t.write(-1, mul(left, right));
};

/** Whether rdx holds the sign of rax here, as cltd or cqto just left it. */
function highIsSign(t: Translation): boolean {
  const sign = { 16: 'cwtd', 32: 'cltd', 64: 'cqto' }[t.bits];
  for (const { instruction, writes } of t.before.toReversed()) {
    if (instruction.mnemonic === sign) return true;
    if (writes.some(({ register }) => register === general.rax || register === general.rdx)) return false;
  }
  return false;
}

const divide =
  (signed: boolean): Row =>
  (t) => {
    const divisor = t.read(0);
    const wide = `i${2 * t.bits}`;
    const extend = signed ? signExtend : zeroExtend;
    const [quotient, remainder] = signed ? [sdiv, srem] : [udiv, urem];
    t.setConditions({});
    const write = (low: Expression, high: Expression): void => {
      if (t.bits === 8) {
        t.writeRegister(
          general.rax,
          or(shl(zeroExtend(high, 'i16'), constant('i16', 8)), zeroExtend(low, 'i16')),
        );
        return;
      }
      t.writeNamed('rax', low);
      t.writeNamed('rdx', high);
    };
    if (signed && t.bits >= 16 && highIsSign(t)) {
      const low = t.register('rax');
      write(quotient(low, divisor), remainder(low, divisor));
      return;
    }
    const dividend = t.bits === 8 ? t.register('rax', 'i16') : t.join(t.register('rdx'), t.register('rax'));
    const wideDivisor = extend(divisor, wide);
    write(
      truncate(quotient(dividend, wideDivisor), t.type),
      truncate(remainder(dividend, wideDivisor), t.type),
    );
  };

/** Suffix letters of movzbl, movslq …, and their bits. */
const widths: Record<string, number> = { b: 8, w: 16, l: 32, q: 64 };

function extension(extend: (value: Expression, type: string) => Expression, from: string, to: string): Row {
  return (t) => t.write(1, extend(t.read(0, `i${widths[from]}`), `i${widths[to]}`));
}

const bitTest =
  (change?: (value: Expression, bit: Expression) => Expression): Row =>
  (t) => {
    const operand = t.operand(0);
    if (t.isMemory(1) && operand.kind !== 'immediate') throw new Unsupported('a bit string in memory');
    const mask = constant(t.type, t.bits - 1);
    const index =
      operand.kind === 'immediate'
        ? constant(t.type, operand.value & BigInt(t.bits - 1))
        : and(t.read(0), mask);
    const value = t.read(1);
    const b = truncate(lshr(value, index), 'i1');
    t.setConditions({ b, be: or(b, t.condition('e')) }, ['e']);
    if (change !== undefined) t.write(1, change(value, shl(constant(t.type, 1), index)));
  };

/** bsf and bsr leave the destination alone where the source is zero. */
const bitScan =
  (reverse: boolean): Row =>
  (t) => {
    const source = t.read(0);
    const e = isZero(source);
    const count = intrinsic(reverse ? 'ctlz' : 'cttz', t.type, source, constant('i1', 1));
    const result = reverse ? xor(count, constant(t.type, t.bits - 1)) : count;
    t.setConditions({ e });
    t.write(1, select(e, t.read(1), result));
  };

const countZeroes =
  (name: 'ctlz' | 'cttz'): Row =>
  (t) => {
    const source = t.read(0);
    const result = intrinsic(name, t.type, source, constant('i1', 0));
    const b = isZero(source);
    const e = isZero(result);
    t.setConditions({ b, e, be: or(b, e) });
    t.write(1, result);
  };

const exchange: Row = (t) => {
  if (t.isMemory(0) || t.isMemory(1)) return exchangeWithMemory(t);
  const [first, second] = [t.read(0), t.read(1)];
  t.write(0, second);
  t.write(1, first);
};

const exchangeAdd: Row = (t) => {
  const [source, destination] = [t.read(0), t.read(1)];
  const result = add(destination, source);
  t.setConditions(afterAddition(destination, source, result));
  t.write(0, destination);
  t.write(1, result);
};

const leave: Row = (t) => {
  const frame = t.register('rbp', 'i64');
  t.writeNamed('rbp', { kind: 'load', type: 'i64', address: frame });
  t.writeNamed('rsp', add(frame, constant('i64', 8)));
};

/** `pushq $5; popq %rax` is how -Oz writes a small constant. */
const pop: Row = (t) => {
  const last = t.before.at(-1)?.instruction;
  const pushed = last?.mnemonic.startsWith('push') === true ? last.operands[0] : undefined;
  const value = t.pop();
  if (pushed?.kind !== 'immediate') t.write(0, value);
  else t.write(0, constant(pushed.value >= 0n ? 'i32' : 'i64', pushed.value));
};

function callTarget(t: Translation): string | Expression {
  const operand = t.operand(0);
  if (operand.kind === 'symbol' && operand.addend === 0n) return operand.symbol;
  if (operand.kind !== 'indirect') throw new Unsupported('call target');
  const { target } = operand;
  if (target.kind === 'memory' && target.symbol?.modifier === 'gotpcrel') return target.symbol.symbol;
  return indirectAddress(t);
}

function indirectAddress(t: Translation): Expression {
  const operand = t.operand(0);
  if (operand.kind !== 'indirect') throw new Unsupported('jump target');
  const inner = { ...t.step.instruction, operands: [operand.target] };
  const plain = Object.assign(Object.create(Object.getPrototypeOf(t) as object) as Translation, t, {
    operands: inner.operands,
  });
  return plain.read(0, 'i64');
}

const jump: Row = (t) => {
  const operand = t.operand(0);
  if (operand.kind === 'symbol' && operand.addend === 0n) t.flow({ kind: 'jump', target: operand.symbol });
  else t.flow({ kind: 'indirect', address: indirectAddress(t) });
};

/** rep stos and rep movs, with the direction flag clear as the calling convention has it. */
function repeatedString(kind: 'memset' | 'memcpy'): Row {
  return (t) => {
    const prefix = t.step.instruction.prefix;
    const size = constant('i64', t.bits / 8);
    const to = t.register('rdi', 'i64');
    const count = t.register('rcx', 'i64');
    const repeated = prefix === 'rep';
    if (prefix !== undefined && !repeated) throw new Unsupported(`prefix ${prefix}`);
    const bytes = repeated ? mul(count, size) : size;
    if (kind === 'memset') {
      const value = t.register('rax');
      if (!repeated) t.store(to, value);
      else if (t.bits === 8) t.call(operation('void', 'llvm.memset', to, value, bytes, constant('i1', 0)));
      else if (t.before.some(({ writes }) => writes.some((write) => isZeroWrite(write)))) {
        t.call(operation('void', 'llvm.memset', to, constant('i8', 0), bytes, constant('i1', 0)));
      } else throw new Unsupported('a fill with more than a byte');
    } else {
      const from = t.register('rsi', 'i64');
      if (repeated) t.call(operation('void', 'llvm.memmove', to, from, bytes, constant('i1', 0)));
      else t.store(to, { kind: 'load', type: t.type, address: from });
      t.writeNamed('rsi', add(from, bytes));
    }
    t.writeNamed('rdi', add(to, bytes));
    if (repeated) t.writeNamed('rcx', constant('i64', 0));
  };
}

const isZeroWrite = ({ register, value }: { register: number; value: Expression }): boolean =>
  register === general.rax && value.kind === 'constant' && value.value === 0n;

const compareAndExchange: Row = (t) => {
  const [source, destination, expected] = [t.read(0), t.read(1), t.register('rax')];
  const equal = compare('eq', expected, destination);
  t.setConditions(afterSubtraction(expected, destination, sub(expected, destination)));
  t.write(1, select(equal, source, destination));
  t.writeNamed('rax', select(equal, expected, destination));
};

/** Rows whose mnemonic takes a suffix for the width of the operation. */
export const sizedRows: Record<string, Row> = {
  mov: (t) => t.write(1, t.read(0)),
  movabs: (t) => t.write(1, t.read(0)),
  add: binary(add, afterAddition),
  sub: subtract,
  adc: addWithCarry,
  sbb: subtractWithBorrow,
  and: withAbsorbing(binary(and, logic), 0n),
  or: withAbsorbing(binary(or, logic), -1n),
  xor: exclusiveOr,
  cmp: compareRow,
  test: testRow,
  inc: step(1),
  dec: step(-1),
  neg: negation,
  not: (t) => t.write(0, not(t.read(0))),
  shl: shift('shl'),
  sal: shift('shl'),
  shr: shift('lshr'),
  sar: shift('ashr'),
  rol: rotate('fshl'),
  ror: rotate('fshr'),
  shld: doubleShift('fshl'),
  shrd: doubleShift('fshr'),
  lea: (t) => t.write(1, t.addressOf(0, t.type)),
  imul: signedMultiply,
  mul: multiplyOnce(false),
  div: divide(false),
  idiv: divide(true),
  push: (t) => t.push(t.read(0, 'i64')),
  pop,
  bswap: (t) => t.write(0, intrinsic('bswap', t.type, t.read(0))),
  bt: bitTest(),
  bts: bitTest((value, bit) => or(value, bit)),
  btr: bitTest((value, bit) => and(value, not(bit))),
  btc: bitTest(xor),
  bsf: bitScan(false),
  bsr: bitScan(true),
  tzcnt: countZeroes('cttz'),
  lzcnt: countZeroes('ctlz'),
  popcnt: (t) => {
    const value = t.read(0);
    const e = isZero(value);
    t.setConditions({
      o: zero('i1'),
      b: zero('i1'),
      e,
      be: e,
      s: zero('i1'),
      p: zero('i1'),
      l: zero('i1'),
      le: e,
    });
    t.write(1, intrinsic('ctpop', t.type, value));
  },
  xchg: exchange,
  xadd: exchangeAdd,
  cmpxchg: compareAndExchange,
  movbe: (t) => t.write(1, intrinsic('bswap', t.type, t.read(0))),
  call: (t) => t.flow({ kind: 'call', target: callTarget(t) }),
  jmp: jump,
  ret: (t) => t.flow({ kind: 'return' }),
  leave,
  stos: repeatedString('memset'),
  movs: repeatedString('memcpy'),
  nop: () => undefined,
  // What memory will be read soon is nothing that code computes.
  prefetcht0: () => undefined,
  prefetcht1: () => undefined,
  prefetcht2: () => undefined,
  prefetchnta: () => undefined,
};

/** Rows with one width of their own. */
export const integerRows: Record<string, Row> = {
  cltd: (t) => t.writeNamed('rdx', ashr(t.register('rax', 'i32'), constant('i32', 31))),
  cqto: (t) => t.writeNamed('rdx', ashr(t.register('rax', 'i64'), constant('i64', 63))),
  cwtd: (t) => t.writeNamed('rdx', ashr(t.register('rax', 'i16'), constant('i16', 15))),
  cltq: (t) => t.writeNamed('rax', signExtend(t.register('rax', 'i32'), 'i64')),
  cwtl: (t) => t.writeNamed('rax', signExtend(t.register('rax', 'i16'), 'i32')),
  cbtw: (t) => t.writeNamed('rax', signExtend(t.register('rax', 'i8'), 'i16')),
  ud2: (t) => t.flow({ kind: 'stop' }),
  hlt: (t) => t.flow({ kind: 'stop' }),
  int3: (t) => t.flow({ kind: 'stop' }),
  endbr64: () => undefined,
  pause: (t) => t.call(operation('void', 'llvm.x86.sse2.pause')),
  mfence: fence,
  lfence: (t) => t.call(operation('void', 'llvm.x86.sse2.lfence')),
  sfence: (t) => t.call(operation('void', 'llvm.x86.sse.sfence')),
};

for (const from of ['b', 'w']) {
  for (const to of ['w', 'l', 'q']) {
    if (from === to) continue;
    integerRows[`movz${from}${to}`] = extension(zeroExtend, from, to);
    integerRows[`movs${from}${to}`] = extension(signExtend, from, to);
  }
}
integerRows['movslq'] = extension(signExtend, 'l', 'q');

for (const spelling of conditionSpellings.keys()) {
  integerRows[`j${spelling}`] = (t) => {
    const operand = t.operand(0);
    if (operand.kind !== 'symbol') throw new Unsupported('branch target');
    t.flow({ kind: 'branch', condition: t.condition(spelling), target: operand.symbol });
  };
  integerRows[`set${spelling}`] = (t) => t.write(0, zeroExtend(t.condition(spelling), 'i8'));
  sizedRows[`cmov${spelling}`] = (t) => t.write(1, select(t.condition(spelling), t.read(0), t.read(1)));
}
