// Vector instructions of AArch64 that compute lane by lane in one width, and those that bring all lanes
// together. `add d0, d1, d2` is among them.

import {
  add,
  and,
  constant,
  lshr,
  ashr,
  mul,
  not,
  operation,
  or,
  signExtend,
  sub,
  truncate,
  xor,
  zeroExtend,
  type Expression,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import type { Row } from './integer-rows.ts';
import {
  allLanes,
  called,
  comparedWith,
  constantOf,
  countOf,
  elementBits,
  integerType,
  neon,
  readLanes,
  vectorOf,
  withElement,
  type Change,
  type Compute,
  type Extend,
} from './lanes.ts';
import { modifiedImmediate } from './vector-move-rows.ts';

const binary =
  (compute: Compute): Row =>
  (t) => {
    const type = integerType(t, 0);
    t.write(0, compute(readLanes(t, 1, type), readLanes(t, 2, type)));
  };

const unary =
  (compute: Change): Row =>
  (t) =>
    t.write(0, compute(readLanes(t, 1, integerType(t, 0))));

/** The destination with what is computed of two others. */
const onto =
  (combine: Compute, compute: Compute): Row =>
  (t) => {
    const type = integerType(t, 0);
    t.write(0, combine(t.read(0, type), compute(readLanes(t, 1, type), readLanes(t, 2, type))));
  };

/** `orr v0.4s, #1, lsl #8` changes its destination. */
const logic =
  (compute: Compute): Row =>
  (t) => {
    const type = integerType(t, 0);
    if (t.operand(1).kind === 'immediate')
      t.write(0, compute(t.read(0, type), constantOf(type, modifiedImmediate(t))));
    else binary(compute)(t);
  };

const inverted =
  (compute: Compute): Compute =>
  (left, right) =>
    compute(left, not(right));

/** bsl, bit, bif: bits of two operands, chosen by the bits of a third. */
const chooseBits =
  (mask: number, yes: number, no: number): Row =>
  (t) => {
    const type = integerType(t, 0);
    const chosen = (index: number, by: Expression): Expression => and(readLanes(t, index, type), by);
    const bits = readLanes(t, mask, type);
    t.write(0, or(chosen(yes, bits), chosen(no, not(bits))));
  };

/** All ones in the lanes where it holds. */
const holds = (predicate: string, left: Expression, right: Expression): Expression =>
  operation(left.type, 'sext', operation(withElement(left.type, 'i1'), `icmp ${predicate}`, left, right));

const comparison =
  (predicate: string): Row =>
  (t) => {
    const type = integerType(t, 0);
    t.write(0, holds(predicate, readLanes(t, 1, type), comparedWith(t, 2, type)));
  };

const test: Compute = (left, right) => holds('ne', and(left, right), constantOf(left.type, 0));

/** Half of a sum or difference that does not overflow; `by` is 1 where it is rounded up. */
const halving =
  (extend: Extend, compute: Compute, by: 0 | 1): Compute =>
  (left, right) => {
    const wide = withElement(left.type, `i${2 * elementBits(left.type)}`);
    const whole = compute(extend(left, wide), extend(right, wide));
    const rounded = by === 0 ? whole : add(whole, constantOf(wide, by));
    const shift = extend === signExtend ? ashr : lshr;
    return truncate(shift(rounded, constantOf(wide, 1)), left.type);
  };

/** |left - right| */
export const difference =
  (sign: 's' | 'u'): Compute =>
  (left, right) =>
    sub(called(`${sign}max`)(left, right), called(`${sign}min`)(left, right));

/** `addp d0, v0.2d` takes the two lanes; with two vectors neighbours are taken. */
const pairwise =
  (name: string, compute?: Compute): Row =>
  (t) => {
    if (t.count > 2) return binary(neon(name))(t);
    if (compute === undefined) throw new Unsupported('operands');
    const [low, high] = allLanes(t.read(1, integerType(t, 1)));
    t.write(0, compute(low!, high!));
  };

/** The sum, smallest or largest of all lanes; long forms widen them first. */
const acrossLanes =
  (name: string, widen?: Extend): Row =>
  (t) => {
    const lanes = t.read(1, integerType(t, 1));
    const wide = withElement(lanes.type, t.type);
    const values = widen === undefined ? lanes : widen(lanes, wide);
    t.write(0, called(`vector.reduce.${name}`, t.type)(values));
  };

/** Sums of neighbours in twice the width; `onto` the destination. */
const pairsWidened =
  (name: string, accumulate: boolean): Row =>
  (t) => {
    const type = integerType(t, 0);
    const from = vectorOf(countOf(type) * 2, `i${elementBits(type) / 2}`);
    const sums = neon(name, type)(readLanes(t, 1, from));
    t.write(0, accumulate ? add(t.read(0, type), sums) : sums);
  };

const no = constant('i1', 0);

export const vectorArithmeticRows: Record<string, Row> = {
  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  mla: onto(add, mul),
  mls: onto(sub, mul),
  neg: unary((value) => sub(constantOf(value.type, 0), value)),
  abs: unary((value) => called('abs')(value, no)),
  and: binary(and),
  orr: logic(or),
  eor: binary(xor),
  bic: logic(inverted(and)),
  orn: binary(inverted(or)),
  mvn: unary(not),
  not: unary(not),
  bsl: chooseBits(0, 1, 2),
  bit: chooseBits(2, 1, 0),
  bif: chooseBits(2, 0, 1),
  cmeq: comparison('eq'),
  cmgt: comparison('sgt'),
  cmge: comparison('sge'),
  cmlt: comparison('slt'),
  cmle: comparison('sle'),
  cmhi: comparison('ugt'),
  cmhs: comparison('uge'),
  cmtst: binary(test),
  smax: binary(called('smax')),
  smin: binary(called('smin')),
  umax: binary(called('umax')),
  umin: binary(called('umin')),
  sabd: binary(difference('s')),
  uabd: binary(difference('u')),
  saba: onto(add, difference('s')),
  uaba: onto(add, difference('u')),
  shadd: binary(halving(signExtend, add, 0)),
  uhadd: binary(halving(zeroExtend, add, 0)),
  srhadd: binary(halving(signExtend, add, 1)),
  urhadd: binary(halving(zeroExtend, add, 1)),
  shsub: binary(halving(signExtend, sub, 0)),
  uhsub: binary(halving(zeroExtend, sub, 0)),
  sqadd: binary(called('sadd.sat')),
  uqadd: binary(called('uadd.sat')),
  sqsub: binary(called('ssub.sat')),
  uqsub: binary(called('usub.sat')),
  sqdmulh: binary(neon('sqdmulh')),
  sqrdmulh: binary(neon('sqrdmulh')),
  sqabs: unary(neon('sqabs')),
  sqneg: unary(neon('sqneg')),
  cnt: unary(called('ctpop')),
  clz: unary((value) => called('ctlz')(value, no)),
  cls: unary(neon('cls')),
  rbit: unary(called('bitreverse')),
  addp: pairwise('addp', add),
  ...Object.fromEntries(['smaxp', 'sminp', 'umaxp', 'uminp'].map((name) => [name, pairwise(name)])),
  addv: acrossLanes('add'),
  uaddlv: acrossLanes('add', zeroExtend),
  saddlv: acrossLanes('add', signExtend),
  ...Object.fromEntries(['smax', 'smin', 'umax', 'umin'].map((name) => [`${name}v`, acrossLanes(name)])),
  saddlp: pairsWidened('saddlp', false),
  uaddlp: pairsWidened('uaddlp', false),
  sadalp: pairsWidened('saddlp', true),
  uadalp: pairsWidened('uaddlp', true),
};
