// Vector instructions of AArch64 that change the width of lanes: long ones double it, narrow ones halve it,
// wide ones take one operand of either. The narrow lanes are those of the lower half, or with a 2 behind the
// name those of the upper half.

import {
  add,
  constant,
  lshr,
  mul,
  shl,
  signExtend,
  sub,
  truncate,
  zeroExtend,
  type Expression,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import type { Row } from './integer-rows.ts';
import {
  called,
  constantOf,
  elementBits,
  forBothHalves,
  halved,
  integerType,
  neon,
  readHalf,
  readLanes,
  writeHalf,
  type Change,
  type Compute,
  type Extend,
} from './lanes.ts';
import type { Translation } from './translation.ts';
import { difference } from './vector-arithmetic-rows.ts';

const narrowOperand = (t: Translation, index: number): Expression =>
  readHalf(t, index, halved(integerType(t, 0)));

/** Both operands widened. */
const longOf =
  (extend: Extend, compute: Compute) =>
  (t: Translation): Expression => {
    const [left, right] = [1, 2].map((index) => extend(narrowOperand(t, index), integerType(t, 0)));
    return compute(left!, right!);
  };

/** The difference of lanes fits their width. */
const longDifference =
  (sign: 's' | 'u') =>
  (t: Translation): Expression => {
    const distance = difference(sign)(narrowOperand(t, 1), narrowOperand(t, 2));
    return zeroExtend(distance, integerType(t, 0));
  };

/** Twice a product of signed lanes, saturated. */
const doubledProduct = (t: Translation): Expression =>
  neon('sqdmull', integerType(t, 0))(narrowOperand(t, 1), narrowOperand(t, 2));

const long =
  (compute: (t: Translation) => Expression): Row =>
  (t) =>
    t.write(0, compute(t));

const onto =
  (combine: Compute, compute: (t: Translation) => Expression): Row =>
  (t) =>
    t.write(0, combine(t.read(0, integerType(t, 0)), compute(t)));

const wide =
  (extend: Extend, compute: Compute): Row =>
  (t) => {
    const type = integerType(t, 0);
    t.write(0, compute(readLanes(t, 1, type), extend(narrowOperand(t, 2), type)));
  };

/** Widened and shifted up; `sxtl` and `uxtl` have no shift, that of `shll` is the width. */
const shiftLong =
  (extend: Extend): Row =>
  (t) => {
    const type = integerType(t, 0);
    const amount = t.count > 2 ? t.immediate(2) : 0;
    const value = extend(narrowOperand(t, 1), type);
    t.write(0, amount === 0 ? value : shl(value, constantOf(type, amount)));
  };

const narrow =
  (change: Change): Row =>
  (t) => {
    const type = integerType(t, 1);
    writeHalf(t, truncate(change(t.read(1, type)), halved(type)));
  };

/** Into the range that `bits` hold, told by a smallest and a largest number. */
const clamp =
  (sign: 's' | 'u', range: (bits: number) => [bigint, bigint]): Change =>
  (value) => {
    const [smallest, largest] = range(elementBits(value.type) / 2);
    const below = called(`${sign}min`)(value, constantOf(value.type, largest));
    return sign === 'u' ? below : called('smax')(below, constantOf(value.type, smallest));
  };

const unsignedRange = (bits: number): [bigint, bigint] => [0n, (1n << BigInt(bits)) - 1n];
const signedRange = (bits: number): [bigint, bigint] => {
  const half = 1n << BigInt(bits - 1);
  return [-half, half - 1n];
};

const amountOf = (t: Translation, bits: number): number => {
  const amount = t.immediate(2);
  if (amount < 1 || amount > bits) throw new Unsupported('operands');
  return amount;
};

/** Shifted down and narrowed, rounded where half a unit is added before. */
const shiftNarrow =
  (rounded: boolean): Row =>
  (t) => {
    const type = integerType(t, 1);
    const amount = amountOf(t, elementBits(type) / 2);
    const half = constantOf(type, 1n << BigInt(amount - 1));
    const value = t.read(1, type);
    const shifted = lshr(rounded ? add(value, half) : value, constantOf(type, amount));
    writeHalf(t, truncate(shifted, halved(type)));
  };

const saturatingShiftNarrow =
  (name: string): Row =>
  (t) => {
    const type = integerType(t, 1);
    const amount = constant('i32', amountOf(t, elementBits(type) / 2));
    writeHalf(t, neon(name, halved(type))(t.read(1, type), amount));
  };

/** The upper halves of sums or differences. */
const highNarrow =
  (compute: Compute, rounded: boolean): Row =>
  (t) => {
    const type = integerType(t, 1);
    const half = elementBits(type) / 2;
    const whole = compute(readLanes(t, 1, type), readLanes(t, 2, type));
    const sum = rounded ? add(whole, constantOf(type, 1n << BigInt(half - 1))) : whole;
    writeHalf(t, truncate(lshr(sum, constantOf(type, half)), halved(type)));
  };

const saturatingShifts = ['sqshrn', 'uqshrn', 'sqshrun', 'sqrshrn', 'uqrshrn', 'sqrshrun'];

export const vectorWidthRows: Record<string, Row> = forBothHalves({
  saddl: long(longOf(signExtend, add)),
  uaddl: long(longOf(zeroExtend, add)),
  ssubl: long(longOf(signExtend, sub)),
  usubl: long(longOf(zeroExtend, sub)),
  smull: long(longOf(signExtend, mul)),
  umull: long(longOf(zeroExtend, mul)),
  sabdl: long(longDifference('s')),
  uabdl: long(longDifference('u')),
  sqdmull: long(doubledProduct),
  smlal: onto(add, longOf(signExtend, mul)),
  umlal: onto(add, longOf(zeroExtend, mul)),
  smlsl: onto(sub, longOf(signExtend, mul)),
  umlsl: onto(sub, longOf(zeroExtend, mul)),
  sabal: onto(add, longDifference('s')),
  uabal: onto(add, longDifference('u')),
  sqdmlal: onto(called('sadd.sat'), doubledProduct),
  sqdmlsl: onto(called('ssub.sat'), doubledProduct),
  saddw: wide(signExtend, add),
  uaddw: wide(zeroExtend, add),
  ssubw: wide(signExtend, sub),
  usubw: wide(zeroExtend, sub),
  sxtl: shiftLong(signExtend),
  uxtl: shiftLong(zeroExtend),
  sshll: shiftLong(signExtend),
  ushll: shiftLong(zeroExtend),
  shll: shiftLong(zeroExtend),
  xtn: narrow((value) => value),
  sqxtn: narrow(clamp('s', signedRange)),
  uqxtn: narrow(clamp('u', unsignedRange)),
  sqxtun: narrow(clamp('s', unsignedRange)),
  shrn: shiftNarrow(false),
  rshrn: shiftNarrow(true),
  ...Object.fromEntries(saturatingShifts.map((name) => [name, saturatingShiftNarrow(name)])),
  addhn: highNarrow(add, false),
  subhn: highNarrow(sub, false),
  raddhn: highNarrow(add, true),
  rsubhn: highNarrow(sub, true),
});
