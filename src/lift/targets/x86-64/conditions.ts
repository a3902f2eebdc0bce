// What arithmetic says in the flags, each condition in the form that reads best: after `cmp a, b` less is
// `a < b`, not a formula over sign and overflow.

import {
  add,
  and,
  compare,
  compareFloats,
  constant,
  intrinsic,
  isNegative,
  isZero,
  operation,
  or,
  truncate,
  xor,
  type Expression,
} from '../../expression.ts';
import type { Conditions } from './translation.ts';

const no: Expression = constant('i1', 0);

/** An even number of ones in the low byte. */
function parity(result: Expression): Expression {
  const ones = intrinsic('ctpop', 'i8', truncate(result, 'i8'));
  return isZero(and(ones, constant('i8', 1)));
}

const overflow = (kind: string, left: Expression, right: Expression): Expression =>
  operation('i1', `overflow ${kind}`, left, right);

export function afterAddition(left: Expression, right: Expression, result: Expression): Conditions {
  const o = overflow('sadd', left, right);
  const b = overflow('uadd', left, right);
  const e = isZero(result);
  const s = isNegative(result);
  const l = xor(s, o);
  return { o, b, e, be: or(b, e), s, p: parity(result), l, le: or(l, e) };
}

export function afterSubtraction(left: Expression, right: Expression, result: Expression): Conditions {
  return {
    o: overflow('ssub', left, right),
    b: compare('ult', left, right),
    e: compare('eq', left, right),
    be: compare('ule', left, right),
    s: isNegative(result),
    p: parity(result),
    l: compare('slt', left, right),
    le: compare('sle', left, right),
  };
}

/** inc and dec leave the carry flag as it was. */
export function afterCount(value: Expression, by: 1 | -1, carry: Expression): Conditions {
  const after = by === 1 ? afterAddition : afterSubtraction;
  const others = after(value, constant(value.type, 1), add(value, constant(value.type, by)));
  delete others.b;
  return { ...others, be: or(carry, others.e!) };
}

export function afterLogic(result: Expression): Conditions {
  const e = isZero(result);
  const s = isNegative(result);
  return {
    o: no,
    b: no,
    e,
    be: e,
    s,
    p: parity(result),
    l: s,
    le: compare('sle', result, constant(result.type, 0)),
  };
}

/** left + right + carry */
export function afterAdditionWithCarry(
  left: Expression,
  right: Expression,
  carry: Expression,
  result: Expression,
): Conditions {
  const e = isZero(result);
  const s = isNegative(result);
  const b = or(compare('ult', result, left), and(carry, compare('eq', result, left)));
  const o = isNegative(and(xor(left, result), xor(right, result)));
  const l = xor(s, o);
  return { o, b, e, be: or(b, e), s, p: parity(result), l, le: or(l, e) };
}

/** left - right - borrow */
export function afterSubtractionWithBorrow(
  left: Expression,
  right: Expression,
  borrow: Expression,
  result: Expression,
): Conditions {
  const e = isZero(result);
  const equalAndBorrow = and(borrow, compare('eq', left, right));
  const b = or(compare('ult', left, right), equalAndBorrow);
  const l = or(compare('slt', left, right), equalAndBorrow);
  return {
    o: isNegative(and(xor(left, right), xor(left, result))),
    b,
    e,
    be: or(b, e),
    s: isNegative(result),
    p: parity(result),
    l,
    le: or(l, e),
  };
}

/** ucomiss, ucomisd: an operand that is not a number makes below, equal and parity true. */
export function afterFloatComparison(left: Expression, right: Expression): Conditions {
  const e = compareFloats('ueq', left, right);
  return {
    o: no,
    b: compareFloats('ult', left, right),
    e,
    be: compareFloats('ule', left, right),
    s: no,
    p: compareFloats('uno', left, right),
    l: no,
    le: e,
  };
}
