// Shifts of vectors on AArch64 in one width, by a number or by the lanes of another vector.

import { add, and, ashr, lshr, or, shl, type Expression } from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import type { Row } from './integer-rows.ts';
import { constantOf, elementBits, integerType, neon, readLanes } from './lanes.ts';
import type { Translation } from './translation.ts';

type Shift = (value: Expression, amount: number) => Expression;

const left: Shift = (value, amount) => shl(value, constantOf(value.type, amount));

/** By as many bits as there are, all are zero. */
const right: Shift = (value, amount) =>
  amount === elementBits(value.type)
    ? constantOf(value.type, 0)
    : lshr(value, constantOf(value.type, amount));

/** By as many bits as there are, all are the sign. */
const signedRight: Shift = (value, amount) =>
  ashr(value, constantOf(value.type, Math.min(amount, elementBits(value.type) - 1)));

/** Half a unit is added first, in unlimited width. */
const rounded =
  (name: string): Shift =>
  (value, amount) =>
    neon(name)(value, constantOf(value.type, -amount));

function amountOf(t: Translation, shift: Shift): number {
  const amount = t.immediate(2);
  const bits = elementBits(integerType(t, 0));
  const isLeft = shift === left;
  if (amount < (isLeft ? 0 : 1) || amount > (isLeft ? bits - 1 : bits)) throw new Unsupported('operands');
  return amount;
}

const byNumber =
  (shift: Shift): Row =>
  (t) =>
    t.write(0, shift(readLanes(t, 1, integerType(t, 0)), amountOf(t, shift)));

const onto =
  (shift: Shift): Row =>
  (t) => {
    const type = integerType(t, 0);
    t.write(0, add(t.read(0, type), shift(readLanes(t, 1, type), amountOf(t, shift))));
  };

/** Only the bits that were shifted in replace those of the destination. */
const insert =
  (shift: Shift): Row =>
  (t) => {
    const type = integerType(t, 0);
    const amount = amountOf(t, shift);
    const bits = BigInt(elementBits(type));
    const ones = (1n << bits) - 1n;
    const kept = shift === left ? (1n << BigInt(amount)) - 1n : ones ^ (ones >> BigInt(amount));
    t.write(0, or(and(t.read(0, type), constantOf(type, kept)), shift(readLanes(t, 1, type), amount)));
  };

/** To the left by the lanes of another vector, to the right where they are negative; saturating ones by a number too. */
const byLanes =
  (name: string): Row =>
  (t) => {
    const type = integerType(t, 0);
    const byNumber = name.includes('q') && t.operand(2).kind === 'immediate';
    const by = byNumber ? constantOf(type, amountOf(t, left)) : readLanes(t, 2, type);
    t.write(0, neon(name)(readLanes(t, 1, type), by));
  };

const shiftsByLanes = ['ushl', 'sshl', 'urshl', 'srshl', 'uqshl', 'sqshl', 'uqrshl', 'sqrshl'];

export const vectorShiftRows: Record<string, Row> = {
  shl: byNumber(left),
  ushr: byNumber(right),
  sshr: byNumber(signedRight),
  urshr: byNumber(rounded('urshl')),
  srshr: byNumber(rounded('srshl')),
  usra: onto(right),
  ssra: onto(signedRight),
  ursra: onto(rounded('urshl')),
  srsra: onto(rounded('srshl')),
  sli: insert(left),
  sri: insert(right),
  ...Object.fromEntries(shiftsByLanes.map((name) => [name, byLanes(name)])),
};
