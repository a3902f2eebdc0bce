// Vector operands of AArch64: the types that registers have by their letters, and how rows take vectors apart
// and put them together. Most of it holds for d0 as well as for v0.2d: a scalar is its own only lane.

import {
  bitcast,
  bitsOf,
  constant,
  extractLane,
  insertLane,
  intrinsic,
  isInteger,
  literal,
  registerValue,
  shuffle,
  splat,
  type Expression,
  type Type,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import { firstVector, type RegisterPart } from './registers.ts';
import type { Translation } from './translation.ts';

export type Compute = (left: Expression, right: Expression) => Expression;
export type Change = (value: Expression) => Expression;
export type Extend = (value: Expression, type: Type) => Expression;

export const vectorOf = (count: number, element: Type): Type => `<${count} x ${element}>`;

/** `<4 x i32>` taken apart; a scalar has no count. */
export function shapeOf(type: Type): { count?: number; element: Type } {
  const match = /^<(\d+) x (\w+)>$/.exec(type);
  return match === null ? { element: type } : { count: Number(match[1]), element: match[2]! };
}

export const elementBits = (type: Type): number => bitsOf(shapeOf(type).element);
export const countOf = (type: Type): number => shapeOf(type).count ?? 1;

/** As many lanes of another type. */
export function withElement(type: Type, element: Type): Type {
  const { count } = shapeOf(type);
  return count === undefined ? element : vectorOf(count, element);
}

/** Integer lanes of the same width. */
export const integersOf = (type: Type): Type => withElement(type, `i${elementBits(type)}`);
/** Integer lanes of half the width. */
export const halved = (type: Type): Type => withElement(type, `i${elementBits(type) / 2}`);
/** Twice as many lanes. */
export const doubled = (type: Type): Type => vectorOf(countOf(type) * 2, shapeOf(type).element);

export const constantOf = (type: Type, value: bigint | number): Expression =>
  shapeOf(type).count === undefined ? constant(type, value) : splat(type, value);

export const isSimd = ({ register }: RegisterPart): boolean => register !== 'zero' && register >= firstVector;

function lanesOf(t: Translation, index: number): RegisterPart {
  const part = t.part(index);
  if (!isSimd(part) || part.lane !== undefined) throw new Unsupported('operands');
  return part;
}

/** `<4 x i32>` of v0.4s, i64 of d0. */
export function integerType(t: Translation, index: number): Type {
  const { lanes, bits } = lanesOf(t, index);
  return lanes === undefined ? `i${bits}` : vectorOf(lanes.count, `i${lanes.bits}`);
}

const floats: Record<number, Type> = { 32: 'float', 64: 'double' };

/** `<4 x float>` of v0.4s, double of d0. Half precision is converted only, never computed with. */
export function floatType(t: Translation, index: number, half = false): Type {
  const { lanes, bits } = lanesOf(t, index);
  const element = lanes?.bits ?? bits;
  const type = half && element === 16 ? 'half' : floats[element];
  if (type === undefined) throw new Unsupported(lanes === undefined ? 'operands' : 'lanes');
  return lanes === undefined ? type : vectorOf(lanes.count, type);
}

/** An operand as such a vector; of `v0.s[1]` that lane everywhere. */
export function readLanes(t: Translation, index: number, type: Type): Expression {
  const part = t.part(index);
  const { count, element } = shapeOf(type);
  if (!isSimd(part) || part.bits !== bitsOf(part.lane === undefined ? type : element))
    throw new Unsupported('operands');
  if (part.lane === undefined || count === undefined) return t.read(index, type);
  return everywhere(wholeOf(part, element), part.lane, count);
}

/** All of a register as lanes. */
export const wholeOf = ({ register }: RegisterPart, element: Type): Expression =>
  bitcast(registerValue(register as number, 'i128'), vectorOf(128 / bitsOf(element), element));

const undefinedOf = (type: Type): Expression => literal(type, 'poison');

/** `count` numbers from a first one. */
export const range = (first: number, count: number, step = 1): number[] =>
  Array.from({ length: count }, (_, index) => first + index * step);

/** Lanes of one vector in a new order. */
export const reorder = (vector: Expression, lanes: readonly number[]): Expression =>
  shuffle(vector, undefinedOf(vector.type), lanes);

/** One lane in all of `count` lanes. */
export const everywhere = (vector: Expression, lane: number, count: number): Expression =>
  reorder(vector, range(lane, count, 0));

/** A scalar in all lanes. */
export function spread(value: Expression, type: Type): Expression {
  return everywhere(insertLane(undefinedOf(type), value, 0), 0, countOf(type));
}

/** One vector behind another; behind nothing come undefined lanes. */
export const joined = (low: Expression, high: Expression = undefinedOf(low.type)): Expression =>
  shuffle(low, high, range(0, 2 * countOf(low.type)));

export const allLanes = (vector: Expression): Expression[] =>
  range(0, countOf(vector.type)).map((lane) => extractLane(vector, lane));

/** xtn2, umull2: narrow lanes are those of the upper half. */
const isUpper = (t: Translation): boolean => t.mnemonic.endsWith('2');

/** The narrow lanes that an instruction widens. */
export function readHalf(t: Translation, index: number, type: Type): Expression {
  if (!isUpper(t) || t.part(index).lane !== undefined) return readLanes(t, index, type);
  const count = countOf(type);
  return reorder(readLanes(t, index, doubled(type)), range(count, count));
}

/** Narrowed lanes into the lower half, zeroes above; or into the upper half, below it stays what was there. */
export function writeHalf(t: Translation, value: Expression): void {
  const whole = isUpper(t) ? joined(t.read(0, value.type), value) : value;
  if (t.bits() !== bitsOf(whole.type)) throw new Unsupported('operands');
  t.write(0, whole);
}

/** Rows that exist for both halves. */
export const forBothHalves = <Row>(rows: Record<string, Row>): Record<string, Row> =>
  Object.fromEntries(
    Object.entries(rows).flatMap(([name, row]) => [
      [name, row],
      [`${name}2`, row],
    ]),
  );

/** An intrinsic over values of one type, as a function. */
export const called =
  (name: string, type?: Type) =>
  (...values: Expression[]): Expression =>
    intrinsic(name, type ?? values[0]!.type, ...values);

/** What LLVM has no general operation for. */
export const neon = (name: string, type?: Type): ((...values: Expression[]) => Expression) =>
  called(`aarch64.neon.${name}`, type);

export const isNumber = (t: Translation, index: number): boolean => {
  const { kind } = t.operand(index);
  return kind === 'immediate' || kind === 'float';
};

/** The other side of a comparison: a vector, or zero. */
export function comparedWith(t: Translation, index: number, type: Type): Expression {
  const operand = t.operand(index);
  if (!isNumber(t, index)) return readLanes(t, index, type);
  if (Number((operand as { value: bigint | number }).value) !== 0) throw new Unsupported('operands');
  const { count, element } = shapeOf(type);
  if (count !== undefined) return literal(type, 'zeroinitializer');
  return isInteger(element) ? constant(type, 0) : literal(type, '0.0');
}
