// The integer instructions of AArch64, one row each.

import {
  add,
  and,
  ashr,
  bitsOf,
  compare,
  constant,
  intrinsic,
  isNegative,
  isZero,
  load,
  lshr,
  mul,
  negate,
  not,
  operation,
  or,
  select,
  shl,
  signExtend,
  sub,
  truncate,
  xor,
  zeroExtend,
  type Expression,
  type Type,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import { conditionSpellings, registerCount, registerPart } from './registers.ts';
import type { Conditions, Translation } from './translation.ts';

export type Row = (t: Translation) => void;

const no = constant('i1', 0);
const yes = constant('i1', 1);
const overflow = (kind: string, left: Expression, right: Expression): Expression =>
  operation('i1', `overflow ${kind}`, left, right);

/** The carry is set where nothing is borrowed, so `lo` (carry clear) is `<`. */
function afterSubtraction(left: Expression, right: Expression): Conditions {
  return {
    eq: compare('eq', left, right),
    lo: compare('ult', left, right),
    mi: isNegative(sub(left, right)),
    vs: overflow('ssub', left, right),
    ls: compare('ule', left, right),
    lt: compare('slt', left, right),
    le: compare('sle', left, right),
  };
}

function afterAddition(left: Expression, right: Expression, result: Expression): Conditions {
  const eq = isZero(result);
  const lo = not(overflow('uadd', left, right));
  const mi = isNegative(result);
  const vs = overflow('sadd', left, right);
  const lt = xor(mi, vs);
  return { eq, lo, mi, vs, ls: or(lo, eq), lt, le: or(lt, eq) };
}

/** Logic clears carry and overflow. */
function afterLogic(result: Expression): Conditions {
  const mi = isNegative(result);
  return {
    eq: isZero(result),
    lo: yes,
    mi,
    vs: no,
    ls: yes,
    lt: mi,
    le: compare('sle', result, constant(result.type, 0)),
  };
}

type Compute = (left: Expression, right: Expression) => Expression;

const binary =
  (compute: Compute): Row =>
  (t) =>
    t.write(0, compute(t.read(1), t.read(2)));

/** The same with the second operand inverted: bic, orn, eon. */
const inverted =
  (compute: Compute): Row =>
  (t) =>
    t.write(0, compute(t.read(1), not(t.read(2))));

/** `add x0, x0, :lo12:table` is the symbol that adrp began with. */
const addition: Row = (t) => {
  const last = t.operand(2);
  if (last.kind === 'symbol') t.write(0, t.read(2));
  else t.write(0, add(t.read(1), t.read(2)));
};

/** The forms that set flags take a destination, or none: subs and cmp. */
function setting(
  compute: Compute,
  conditions: (left: Expression, right: Expression, result: Expression) => Conditions,
): Row {
  return (t) => {
    const [left, right] = [t.read(1), t.read(2)];
    const result = compute(left, right);
    t.setConditions(conditions(left, right, result));
    t.write(0, result);
  };
}

function comparing(
  compute: Compute,
  conditions: (left: Expression, right: Expression, result: Expression) => Conditions,
): Row {
  return (t) => {
    const [left, right] = [t.read(0), t.read(1)];
    t.setConditions(conditions(left, right, compute(left, right)));
  };
}

const logic = (_left: Expression, _right: Expression, result: Expression): Conditions => afterLogic(result);

function shift(kind: 'shl' | 'lshr' | 'ashr' | 'fshr'): Row {
  return (t) => {
    const mask = constant(t.type, t.bits() - 1);
    const last = t.operand(2);
    const count = last.kind === 'immediate' ? constant(t.type, last.value) : and(t.read(2), mask);
    const value = t.read(1);
    if (kind === 'fshr') t.write(0, intrinsic('fshr', t.type, value, value, count));
    else t.write(0, { shl, lshr, ashr }[kind](value, count));
  };
}

/** A division by zero is 0 here, and the smallest number by -1 is itself; LLVM's is undefined. */
const divide =
  (kind: 'sdiv' | 'udiv'): Row =>
  (t) =>
    t.write(0, operation(t.type, kind, t.read(1), t.read(2)));

/** madd and msub: accumulator plus or minus a product. */
const multiplyAdd =
  (combine: Compute): Row =>
  (t) =>
    t.write(0, combine(t.read(3), mul(t.read(1), t.read(2))));

type Extend = (value: Expression, type: Type) => Expression;

const wideProduct = (t: Translation, extend: Extend): Expression =>
  mul(extend(t.read(1, 'i32'), 'i64'), extend(t.read(2, 'i32'), 'i64'));

const highProduct =
  (extend: Extend): Row =>
  (t) => {
    const product = mul(extend(t.read(1), 'i128'), extend(t.read(2), 'i128'));
    t.write(0, truncate(lshr(product, constant('i128', 64)), 'i64'));
  };

const carry = (t: Translation, type: Type): Expression => zeroExtend(t.condition('hs'), type);

/** left + right + carry with its flags; sbcs is adcs with the second operand inverted. */
const addWithCarry =
  (invert: boolean): Row =>
  (t) => {
    const left = t.read(1);
    const right = invert ? not(t.read(2)) : t.read(2);
    const carryIn = t.condition('hs');
    const result = add(add(left, right), zeroExtend(carryIn, t.type));
    const carryOut = or(compare('ult', result, left), and(carryIn, compare('eq', result, left)));
    const [eq, lo, mi] = [isZero(result), not(carryOut), isNegative(result)];
    const vs = isNegative(and(xor(left, result), xor(right, result)));
    const lt = xor(mi, vs);
    t.setConditions({ eq, lo, mi, vs, ls: or(lo, eq), lt, le: or(lt, eq) });
    t.write(0, result);
  };

/** What csel and its kind do with the second choice. */
const choose =
  (change: (value: Expression) => Expression): Row =>
  (t) =>
    t.write(0, select(t.condition(t.conditionOperand(3)), t.read(1), change(t.read(2))));

/** cinc, cinv, cneg: the change where the condition holds. */
const chooseSame =
  (change: (value: Expression) => Expression): Row =>
  (t) =>
    t.write(0, select(t.condition(t.conditionOperand(2)), change(t.read(1)), t.read(1)));

const increment = (value: Expression): Expression => add(value, constant(value.type, 1));

/** A comparison if the condition holds, else the flags that the instruction names. */
const conditionalCompare =
  (
    compute: Compute,
    conditions: (left: Expression, right: Expression, result: Expression) => Conditions,
  ): Row =>
  (t) => {
    const [left, right] = [t.read(0), t.read(1)];
    const holds = t.condition(t.conditionOperand(3));
    const flags = t.immediate(2);
    const compared = conditions(left, right, compute(left, right));
    t.setConditions(chooseConditions(holds, compared, flags));
  };

/** Bits of an immediate: negative 8, zero 4, carry 2, overflow 1. */
export function chooseConditions(holds: Expression, compared: Conditions, flags: number): Conditions {
  const [n, z, c, v] = [8, 4, 2, 1].map((bit) => (flags & bit) !== 0) as [boolean, boolean, boolean, boolean];
  const otherwise: Record<keyof Conditions, boolean> = {
    eq: z,
    lo: !c,
    mi: n,
    vs: v,
    ls: !c || z,
    lt: n !== v,
    le: z || n !== v,
  };
  const entries = Object.entries(compared).map(([name, value]) => [
    name,
    select(holds, value, constant('i1', otherwise[name as keyof Conditions] ? 1 : 0)),
  ]);
  return Object.fromEntries(entries) as Conditions;
}

/** ubfx and sbfx take bits out, ubfiz and sbfiz put them further up. */
function bitField(signed: boolean, insert: boolean): Row {
  return (t) => {
    const bits = t.bits();
    const [from, width] = [t.immediate(2), t.immediate(3)];
    const value = t.read(1);
    const up = shl(value, constant(t.type, insert ? bits - width : bits - width - from));
    const down = (signed ? ashr : lshr)(up, constant(t.type, bits - width));
    t.write(0, insert ? shl(down, constant(t.type, from)) : down);
  };
}

/** bfi and bfxil: bits of the source replace those of the destination. */
function bitInsert(extract: boolean): Row {
  return (t) => {
    const [from, width] = [t.immediate(2), t.immediate(3)];
    const mask = (1n << BigInt(width)) - 1n;
    const at = extract ? 0 : from;
    const source = extract ? lshr(t.read(1), constant(t.type, from)) : t.read(1);
    const field = shl(and(source, constant(t.type, mask)), constant(t.type, at));
    t.write(0, or(and(t.read(0), constant(t.type, ~(mask << BigInt(at)))), field));
  };
}

const extension =
  (extend: Extend, from: Type): Row =>
  (t) =>
    t.write(0, extend(t.read(1, from), t.type));

function wideImmediate(t: Translation): bigint {
  const operand = t.operand(1);
  const shift = t.operands[2];
  if (operand.kind !== 'immediate') throw new Unsupported('relocation');
  return operand.value << BigInt(shift?.kind === 'shift' ? shift.amount : 0);
}

const moveKeep: Row = (t) => {
  const shift = t.operands[2];
  const at = BigInt(shift?.kind === 'shift' ? shift.amount : 0);
  const kept = and(t.read(0), constant(t.type, ~(0xffffn << at)));
  t.write(0, or(kept, constant(t.type, wideImmediate(t))));
};

const address: Row = (t) => {
  const operand = t.operand(1);
  if (operand.kind !== 'symbol') throw new Unsupported('operands');
  const { modifier, symbol, addend } = operand;
  if (modifier !== undefined && modifier !== 'got' && modifier !== 'pg_hi21')
    throw new Unsupported(`relocation ${modifier}`);
  t.write(0, { kind: 'symbol', type: 'i64', symbol, addend });
};

/** Loads of `memory` bits, widened to the register. */
export function loadRow(type?: Type, extend: Extend = zeroExtend): Row {
  return (t) => {
    const memory = t.memory(1);
    if (memory.symbol?.modifier === 'got_lo12') {
      t.write(0, { kind: 'symbol', type: 'i64', symbol: memory.symbol.symbol, addend: 0n });
      return;
    }
    const vector = vectorType(t, 0);
    const value = load(t.address(memory), type ?? vector ?? t.type);
    t.write(0, type === undefined ? value : extend(value, t.type));
  };
}

/** Floating point registers are moved as floating point numbers. */
function vectorType(t: Translation, index: number): Type | undefined {
  const { register, bits } = t.part(index);
  if (register === 'zero' || register < 32) return undefined;
  return { 32: 'float', 64: 'double', 128: '<2 x i64>' }[bits];
}

export function storeRow(type?: Type): Row {
  return (t) => {
    const value = t.read(0, type ?? vectorType(t, 0) ?? t.type);
    t.store(t.address(t.memory(1)), value);
  };
}

const loadPair =
  (type?: Type): Row =>
  (t) => {
    const start = t.address(t.memory(2));
    const memoryType = type ?? vectorType(t, 0) ?? t.type;
    const bytes = bitsOf(memoryType) / 8;
    for (const index of [0, 1]) {
      const value = load(add(start, constant('i64', index * bytes)), memoryType);
      t.write(index, type === undefined ? value : signExtend(value, t.type));
    }
  };

const storePair: Row = (t) => {
  const start = t.address(t.memory(2));
  const type = vectorType(t, 0) ?? t.type;
  for (const index of [0, 1])
    t.store(add(start, constant('i64', (index * bitsOf(type)) / 8)), t.read(index, type));
};

const compareAndBranch =
  (wanted: 'eq' | 'ne'): Row =>
  (t) => {
    const value = t.read(0);
    t.flow({
      kind: 'branch',
      condition: compare(wanted, value, constant(value.type, 0)),
      target: t.label(1),
    });
  };

const testAndBranch =
  (wanted: 0 | 1): Row =>
  (t) => {
    const bit = truncate(lshr(t.read(0), constant(t.type, t.immediate(1))), 'i1');
    t.flow({ kind: 'branch', condition: wanted === 1 ? bit : not(bit), target: t.label(2) });
  };

const atomicLoad =
  (type?: Type): Row =>
  (t) => {
    const value = operation(type ?? t.type, 'atomicload seq_cst', t.address(t.memory(1)));
    const { register } = t.part(0);
    const loaded = register === 'zero' ? registerCount : register;
    t.step.writes.push({ register: loaded, value, rest: 'zero' });
  };

const atomicStore =
  (type?: Type): Row =>
  (t) => {
    const value = t.read(0, type ?? t.type);
    t.step.calls.push(operation('void', 'atomicstore seq_cst', t.address(t.memory(1)), value));
  };

const branchTo: Row = (t) => t.flow({ kind: 'jump', target: t.label(0) });

export const integerRows: Record<string, Row> = {
  movz: (t) => t.write(0, constant(t.type, wideImmediate(t))),
  movn: (t) => t.write(0, constant(t.type, ~wideImmediate(t))),
  movk: moveKeep,
  mvn: (t) => t.write(0, not(t.read(1))),
  neg: (t) => t.write(0, negate(t.read(1))),
  negs: (t) => {
    const value = t.read(1);
    t.setConditions(afterSubtraction(constant(t.type, 0), value));
    t.write(0, negate(value));
  },
  add: addition,
  sub: binary(sub),
  and: binary(and),
  orr: binary(or),
  eor: binary(xor),
  bic: inverted(and),
  orn: inverted(or),
  eon: inverted(xor),
  adds: setting(add, afterAddition),
  subs: setting(sub, afterSubtraction),
  ands: setting(and, logic),
  bics: setting((left, right) => and(left, not(right)), logic),
  cmp: comparing(sub, afterSubtraction),
  cmn: comparing(add, afterAddition),
  tst: comparing(and, logic),
  lsl: shift('shl'),
  lsr: shift('lshr'),
  asr: shift('ashr'),
  ror: shift('fshr'),
  mul: binary(mul),
  mneg: binary((left, right) => negate(mul(left, right))),
  madd: multiplyAdd(add),
  msub: multiplyAdd(sub),
  smull: (t) => t.write(0, wideProduct(t, signExtend)),
  umull: (t) => t.write(0, wideProduct(t, zeroExtend)),
  smnegl: (t) => t.write(0, negate(wideProduct(t, signExtend))),
  umnegl: (t) => t.write(0, negate(wideProduct(t, zeroExtend))),
  smaddl: (t) => t.write(0, add(t.read(3), wideProduct(t, signExtend))),
  umaddl: (t) => t.write(0, add(t.read(3), wideProduct(t, zeroExtend))),
  smsubl: (t) => t.write(0, sub(t.read(3), wideProduct(t, signExtend))),
  umsubl: (t) => t.write(0, sub(t.read(3), wideProduct(t, zeroExtend))),
  smulh: highProduct(signExtend),
  umulh: highProduct(zeroExtend),
  sdiv: divide('sdiv'),
  udiv: divide('udiv'),
  adc: (t) => t.write(0, add(add(t.read(1), t.read(2)), carry(t, t.type))),
  sbc: (t) => t.write(0, add(add(t.read(1), not(t.read(2))), carry(t, t.type))),
  adcs: addWithCarry(false),
  sbcs: addWithCarry(true),
  csel: choose((value) => value),
  csinc: choose(increment),
  csinv: choose(not),
  csneg: choose(negate),
  cinc: chooseSame(increment),
  cinv: chooseSame(not),
  cneg: chooseSame(negate),
  cset: (t) => t.write(0, zeroExtend(t.condition(t.conditionOperand(1)), t.type)),
  csetm: (t) => t.write(0, signExtend(t.condition(t.conditionOperand(1)), t.type)),
  ccmp: conditionalCompare(sub, afterSubtraction),
  ccmn: conditionalCompare(add, afterAddition),
  sxtb: extension(signExtend, 'i8'),
  sxth: extension(signExtend, 'i16'),
  sxtw: extension(signExtend, 'i32'),
  uxtb: extension(zeroExtend, 'i8'),
  uxth: extension(zeroExtend, 'i16'),
  uxtw: extension(zeroExtend, 'i32'),
  ubfx: bitField(false, false),
  sbfx: bitField(true, false),
  ubfiz: bitField(false, true),
  sbfiz: bitField(true, true),
  bfi: bitInsert(false),
  bfxil: bitInsert(true),
  extr: (t) => t.write(0, intrinsic('fshr', t.type, t.read(1), t.read(2), constant(t.type, t.immediate(3)))),
  rev: (t) => t.write(0, intrinsic('bswap', t.type, t.read(1))),
  rev16: (t) => {
    const swapped = intrinsic('bswap', t.type, t.read(1));
    const half = constant(t.type, t.bits() / 2);
    if (t.bits() === 32) t.write(0, intrinsic('fshl', t.type, swapped, swapped, half));
    else throw new Unsupported('64 bits');
  },
  clz: (t) => t.write(0, intrinsic('ctlz', t.type, t.read(1), no)),
  rbit: (t) => t.write(0, intrinsic('bitreverse', t.type, t.read(1))),
  adr: address,
  adrp: address,
  ldr: loadRow(),
  ldrb: loadRow('i8'),
  ldrh: loadRow('i16'),
  ldrsb: loadRow('i8', signExtend),
  ldrsh: loadRow('i16', signExtend),
  ldrsw: loadRow('i32', signExtend),
  ldar: atomicLoad(),
  ldarb: atomicLoad('i8'),
  ldarh: atomicLoad('i16'),
  stlr: atomicStore(),
  stlrb: atomicStore('i8'),
  stlrh: atomicStore('i16'),
  dmb: (t) => {
    const option = t.conditionOperand(0);
    if (!option.startsWith('ish')) throw new Unsupported(option);
    const ordering = option === 'ishld' ? 'acquire' : option === 'ishst' ? 'release' : 'seq_cst';
    t.step.calls.push(operation('void', `fence ${ordering}`));
  },
  str: storeRow(),
  strb: storeRow('i8'),
  strh: storeRow('i16'),
  ldp: loadPair(),
  ldpsw: loadPair('i32'),
  ldnp: loadPair(),
  stp: storePair,
  stnp: storePair,
  b: branchTo,
  bl: (t) => t.flow({ kind: 'call', target: t.label(0) }),
  blr: (t) => t.flow({ kind: 'call', target: t.read(0) }),
  br: (t) => t.flow({ kind: 'indirect', address: t.read(0) }),
  ret: (t) => t.flow({ kind: 'return' }),
  cbz: compareAndBranch('eq'),
  cbnz: compareAndBranch('ne'),
  tbz: testAndBranch(0),
  tbnz: testAndBranch(1),
  brk: (t) => t.flow({ kind: 'stop' }),
  udf: (t) => t.flow({ kind: 'stop' }),
  nop: () => undefined,
  hint: () => undefined,
  paciasp: () => undefined,
  autiasp: () => undefined,
  bti: () => undefined,
  prfm: () => undefined,
};

for (const name of ['ldr', 'ldrb', 'ldrh', 'ldrsb', 'ldrsh', 'ldrsw', 'str', 'strb', 'strh']) {
  integerRows[name.replace(/r/, 'ur')] = integerRows[name]!;
}
for (const spelling of conditionSpellings.keys()) {
  const row: Row = (t) => t.flow({ kind: 'branch', condition: t.condition(spelling), target: t.label(0) });
  integerRows[`b.${spelling}`] = row;
  integerRows[`b${spelling}`] = row;
}

/** `mov` between registers, from an immediate, or of a vector register. */
integerRows['mov'] = (t) => {
  const source = t.operand(1);
  const part = source.kind === 'register' ? registerPart(source.name) : undefined;
  if (part?.lanes !== undefined) t.write(0, t.registerAs(part, part.bits === 128 ? 'i128' : 'i64'));
  else t.write(0, t.read(1, t.part(0).lane === undefined ? t.type : `i${t.part(0).bits}`));
};
