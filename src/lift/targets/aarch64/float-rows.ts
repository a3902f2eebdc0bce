// Floating point on AArch64, scalars and vectors alike.

import {
  bitsOf,
  compareFloats,
  convert,
  fadd,
  fdiv,
  fmul,
  fsub,
  literal,
  operation,
  select,
  type Expression,
  type Type,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import { chooseConditions, type Row } from './integer-rows.ts';
import {
  allLanes,
  called,
  comparedWith,
  countOf,
  elementBits,
  floatType,
  forBothHalves,
  integersOf,
  integerType,
  isNumber,
  isSimd,
  neon,
  readHalf,
  readLanes,
  shapeOf,
  withElement,
  writeHalf,
  type Change,
  type Compute,
} from './lanes.ts';
import type { Conditions, Translation } from './translation.ts';

const binary =
  (compute: Compute): Row =>
  (t) => {
    const type = floatType(t, 0);
    t.write(0, compute(readLanes(t, 1, type), readLanes(t, 2, type)));
  };

const unary =
  (compute: Change): Row =>
  (t) =>
    t.write(0, compute(t.read(1, floatType(t, 0))));

const negated = (value: Expression): Expression => operation(value.type, 'fneg', value);
const magnitude = called('fabs');

/** accumulator ± product, rounded once. */
function fused(negateProduct: boolean, negateSum: boolean): Row {
  return (t) => {
    const type = floatType(t, 0);
    const first = t.read(1, type);
    const last = t.read(3, type);
    t.write(
      0,
      called('fma')(
        negateProduct ? negated(first) : first,
        t.read(2, type),
        negateSum ? negated(last) : last,
      ),
    );
  };
}

/** The same onto the destination; of `v0.s[1]` that lane everywhere. */
const accumulated =
  (change: Change): Row =>
  (t) => {
    const type = floatType(t, 0);
    t.write(0, called('fma')(change(t.read(1, type)), readLanes(t, 2, type), t.read(0, type)));
  };

/** Where an operand is not a number, carry and overflow are set. */
function afterComparison(left: Expression, right: Expression): Conditions {
  const is = (predicate: string): Expression => compareFloats(predicate, left, right);
  return {
    eq: is('oeq'),
    lo: is('olt'),
    mi: is('olt'),
    vs: is('uno'),
    ls: is('ole'),
    lt: is('ult'),
    le: is('ule'),
  };
}

function floatOperand(t: Translation, index: number, type: Type): Expression {
  const operand = t.operand(index);
  return operand.kind === 'float' || operand.kind === 'immediate'
    ? number(type, Number(operand.value))
    : t.read(index, type);
}

/** LLVM takes floating point numbers as the bits of a double. */
function numberText(value: number, type: Type): string {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleBE(type === 'float' ? Math.fround(value) : value);
  return `0x${buffer.toString('hex').toUpperCase()}`;
}

/** A number, in all lanes of a vector. */
function number(type: Type, value: number): Expression {
  const { count, element } = shapeOf(type);
  const text = numberText(value, element);
  if (count === undefined) return literal(type, text);
  return literal(type, `<${Array.from({ length: count }, () => `${element} ${text}`).join(', ')}>`);
}

const compareRow: Row = (t) => {
  const type = floatType(t, 0);
  t.setConditions(afterComparison(t.read(0, type), floatOperand(t, 1, type)));
};

const conditionalCompare: Row = (t) => {
  const type = floatType(t, 0);
  const compared = afterComparison(t.read(0, type), t.read(1, type));
  t.setConditions(chooseConditions(t.condition(t.conditionOperand(3)), compared, t.immediate(2)));
};

/** All ones in the lanes where it holds. */
const compareLanes =
  (predicate: string, change: Change = (value) => value): Row =>
  (t) => {
    const type = floatType(t, 0);
    const sides = [t.read(1, type), comparedWith(t, 2, type)].map((side) => change(side));
    const holds = operation(withElement(type, 'i1'), `fcmp ${predicate}`, ...sides);
    t.write(0, operation(integersOf(type), 'sext', holds));
  };

/** Between general and floating point registers, or a constant. */
const move: Row = (t) => {
  if (isNumber(t, 1)) {
    t.write(0, floatOperand(t, 1, floatType(t, 0)));
    return;
  }
  const target = t.part(0);
  if (target.lanes !== undefined) throw new Unsupported('operands');
  const general = !isSimd(target) || !isSimd(t.part(1));
  t.write(0, t.read(1, general ? `i${target.bits}` : floatType(t, 0)));
};

/** With a number of bits behind the point as third operand. */
const toInteger =
  (operator: string, round: Change = (value) => value): Row =>
  (t) => {
    const type = floatType(t, 1);
    const value = round(t.read(1, type));
    const scaled = t.count > 2 ? fmul(value, number(type, 2 ** t.immediate(2))) : value;
    const to = t.part(0).lanes === undefined ? t.type : integerType(t, 0);
    if (countOf(to) !== countOf(type)) throw new Unsupported('operands');
    t.write(0, convert(operator, scaled, to));
  };

const fromInteger =
  (operator: string): Row =>
  (t) => {
    const type = floatType(t, 0);
    const source = t.part(1).lanes === undefined ? `i${t.bits(1)}` : integerType(t, 1);
    const value = convert(operator, t.read(1, source), type);
    t.write(0, t.count > 2 ? fmul(value, number(type, 2 ** -t.immediate(2))) : value);
  };

const convertWidth: Row = (t) => {
  const [from, to] = [floatType(t, 1, true), floatType(t, 0, true)];
  t.write(0, convert(bitsOf(from) < bitsOf(to) ? 'fpext' : 'fptrunc', t.read(1, from), to));
};

/** The floating point type of half the width. */
const narrower = (type: Type): Type => withElement(type, elementBits(type) === 64 ? 'float' : 'half');

const widen: Row = (t) => {
  const type = floatType(t, 0);
  t.write(0, convert('fpext', readHalf(t, 1, narrower(type)), type));
};

const narrow: Row = (t) => {
  const type = floatType(t, 1);
  writeHalf(t, convert('fptrunc', t.read(1, type), narrower(type)));
};

/** `faddp d0, v0.2d` takes the two lanes; with two vectors neighbours are taken. */
const pairwise =
  (name: string, compute: Compute): Row =>
  (t) => {
    if (t.count === 2) {
      const [low, high] = allLanes(t.read(1, floatType(t, 1)));
      t.write(0, compute(low!, high!));
    } else binary(neon(name))(t);
  };

const acrossLanes =
  (name: string): Row =>
  (t) =>
    t.write(0, called(`vector.reduce.${name}`, floatType(t, 0))(t.read(1, floatType(t, 1))));

/** How conversions to integers round, by their letter. */
const roundings: [string, Change?][] = [
  ['z'],
  ['m', called('floor')],
  ['p', called('ceil')],
  ['a', called('round')],
  ['n', called('roundeven')],
];

export const floatRows: Record<string, Row> = {
  fmov: move,
  fadd: binary(fadd),
  fsub: binary(fsub),
  fmul: binary(fmul),
  fdiv: binary(fdiv),
  fnmul: binary((left, right) => negated(fmul(left, right))),
  fabd: binary((left, right) => magnitude(fsub(left, right))),
  fmaxnm: binary(called('maxnum')),
  fminnm: binary(called('minnum')),
  fmax: binary(called('maximum')),
  fmin: binary(called('minimum')),
  faddp: pairwise('faddp', fadd),
  fmaxnmp: pairwise('fmaxnmp', called('maxnum')),
  fminnmp: pairwise('fminnmp', called('minnum')),
  fmaxp: pairwise('fmaxp', called('maximum')),
  fminp: pairwise('fminp', called('minimum')),
  fmaxnmv: acrossLanes('fmax'),
  fminnmv: acrossLanes('fmin'),
  fmaxv: acrossLanes('fmaximum'),
  fminv: acrossLanes('fminimum'),
  fneg: unary(negated),
  fabs: unary(magnitude),
  fsqrt: unary(called('sqrt')),
  frintm: unary(called('floor')),
  frintp: unary(called('ceil')),
  frintz: unary(called('trunc')),
  frinta: unary(called('round')),
  frintx: unary(called('rint')),
  frinti: unary(called('nearbyint')),
  frintn: unary(called('roundeven')),
  fmadd: fused(false, false),
  fmsub: fused(true, false),
  fnmadd: fused(true, true),
  fnmsub: fused(false, true),
  fmla: accumulated((value) => value),
  fmls: accumulated(negated),
  fcmp: compareRow,
  fcmpe: compareRow,
  fccmp: conditionalCompare,
  fccmpe: conditionalCompare,
  fcmeq: compareLanes('oeq'),
  fcmgt: compareLanes('ogt'),
  fcmge: compareLanes('oge'),
  fcmlt: compareLanes('olt'),
  fcmle: compareLanes('ole'),
  facgt: compareLanes('ogt', magnitude),
  facge: compareLanes('oge', magnitude),
  fcsel: (t) => {
    const type = floatType(t, 0);
    t.write(0, select(t.condition(t.conditionOperand(3)), t.read(1, type), t.read(2, type)));
  },
  fcvt: convertWidth,
  ...forBothHalves({ fcvtl: widen, fcvtn: narrow }),
  scvtf: fromInteger('sitofp'),
  ucvtf: fromInteger('uitofp'),
  ...Object.fromEntries(
    roundings.flatMap(([letter, round]) => [
      [`fcvt${letter}s`, toInteger('fptosi', round)],
      [`fcvt${letter}u`, toInteger('fptoui', round)],
    ]),
  ),
};
