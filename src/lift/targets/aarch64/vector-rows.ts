// Floating point and the vector instructions of AArch64 that compilers use most.

import {
  add,
  and,
  bitsOf,
  compareFloats,
  constant,
  convert,
  extractLane,
  fadd,
  fdiv,
  fmul,
  fsub,
  intrinsic,
  literal,
  mul,
  not,
  operation,
  or,
  select,
  signExtend,
  sub,
  xor,
  zeroExtend,
  type Expression,
  type Type,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import { chooseConditions, integerRows, type Row } from './integer-rows.ts';
import { firstVector } from './registers.ts';
import type { Conditions, Translation } from './translation.ts';

type Compute = (left: Expression, right: Expression) => Expression;

/** float or double by the register's letter; vectors of them by its lanes. */
function floatType(t: Translation, index: number): Type {
  const { bits, lanes, register } = t.part(index);
  if (lanes !== undefined) {
    const element = { 32: 'float', 64: 'double' }[lanes.bits];
    if (element === undefined) throw new Unsupported('lanes');
    return `<${lanes.count} x ${element}>`;
  }
  const type = { 32: 'float', 64: 'double' }[bits];
  if (type === undefined || register === 'zero' || register < firstVector) throw new Unsupported('operands');
  return type;
}

function laneType(t: Translation, index: number): Type {
  const { lanes } = t.part(index);
  if (lanes === undefined) throw new Unsupported('operands');
  return `<${lanes.count} x i${lanes.bits}>`;
}

const isVector = (t: Translation): boolean => {
  const operand = t.operand(0);
  return operand.kind === 'register' && operand.name.startsWith('v');
};

const floatBinary =
  (compute: Compute): Row =>
  (t) => {
    const type = floatType(t, 0);
    t.write(0, compute(t.read(1, type), t.read(2, type)));
  };

const floatUnary =
  (compute: (value: Expression) => Expression): Row =>
  (t) =>
    t.write(0, compute(t.read(1, floatType(t, 0))));

const called =
  (name: string) =>
  (...values: Expression[]): Expression =>
    intrinsic(name, values[0]!.type, ...values);

const negated = (value: Expression): Expression => operation(value.type, 'fneg', value);

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
  if (operand.kind === 'float' || operand.kind === 'immediate')
    return literal(type, floatText(Number(operand.value), type));
  return t.read(index, type);
}

/** LLVM takes floating point numbers as the bits of a double. */
function floatText(value: number, type: Type): string {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleBE(type === 'float' ? Math.fround(value) : value);
  return `0x${buffer.toString('hex').toUpperCase()}`;
}

const compareRow: Row = (t) => {
  const type = floatType(t, 0);
  t.setConditions(afterComparison(t.read(0, type), floatOperand(t, 1, type)));
};

/** Between general and floating point registers, or a constant. */
const move: Row = (t) => {
  const source = t.operand(1);
  if (isVector(t)) {
    if (source.kind !== 'float' && source.kind !== 'immediate') throw new Unsupported('operands');
    t.write(0, splatFloat(floatType(t, 0), Number(source.value)));
    return;
  }
  const target = t.part(0);
  const inVector = target.register !== 'zero' && target.register >= firstVector;
  if (source.kind !== 'register') t.write(0, floatOperand(t, 1, floatType(t, 0)));
  else
    t.write(
      0,
      t.read(
        1,
        inVector && t.part(1).register !== 'zero' && (t.part(1).register as number) >= firstVector
          ? floatType(t, 0)
          : `i${target.bits}`,
      ),
    );
};

const splatFloat = (type: Type, value: number): Expression => {
  const vector = /^<(\d+) x (\w+)>$/.exec(type);
  if (vector === null) return literal(type, floatText(value, type));
  const lane = `${vector[2]} ${floatText(value, vector[2]!)}`;
  return literal(type, `<${Array.from({ length: Number(vector[1]) }, () => lane).join(', ')}>`);
};

/** With a number of bits behind the point as third operand. */
const toInteger =
  (operator: string): Row =>
  (t) => {
    const type = floatType(t, 1);
    const value = t.read(1, type);
    const scaled = t.count > 2 ? fmul(value, splatFloat(type, 2 ** t.immediate(2))) : value;
    t.write(0, convert(operator, scaled, isVector(t) ? laneType(t, 0) : t.type));
  };

const fromInteger =
  (operator: string): Row =>
  (t) => {
    const type = floatType(t, 0);
    const source = isVector(t) ? t.read(1, laneType(t, 1)) : t.read(1, `i${t.bits(1)}`);
    const value = convert(operator, source, type);
    t.write(0, t.count > 2 ? fmul(value, splatFloat(type, 2 ** -t.immediate(2))) : value);
  };

const convertWidth: Row = (t) => {
  const [from, to] = [floatType(t, 1), floatType(t, 0)];
  t.write(0, convert(bitsOf(from) < bitsOf(to) ? 'fpext' : 'fptrunc', t.read(1, from), to));
};

/** `movi v0.2d, #0` and `movi d0, #0`: a byte, halfword or word in every lane. */
const moveImmediate: Row = (t) => {
  const shift = t.operands[2];
  if (shift?.kind === 'shift' && shift.operation === 'msl') throw new Unsupported('msl');
  const value = BigInt(t.immediate(1)) << BigInt(shift?.kind === 'shift' ? shift.amount : 0);
  const { lanes, bits } = t.part(0);
  if (lanes === undefined) {
    t.write(0, constant(`i${bits}`, value));
    return;
  }
  let all = 0n;
  for (let lane = 0; lane < lanes.count; lane++)
    all |= BigInt.asUintN(lanes.bits, value) << BigInt(lane * lanes.bits);
  t.write(0, constant(`i${bits}`, all));
};

const duplicate: Row = (t) => {
  const type = laneType(t, 0);
  const [, count, element] = /^<(\d+) x (\w+)>$/.exec(type)!;
  let vector: Expression = operation(type, 'zeroinitializer');
  const value = t.read(1, element);
  for (let lane = 0; lane < Number(count); lane++)
    vector = operation(type, 'insertelement', vector, value, constant('i32', lane));
  t.write(0, vector);
};

/** The rows of scalars, with lanes where the destination is a vector. */
function withLanes(scalar: Row | undefined, compute: Compute): Row {
  return (t) => {
    if (!isVector(t)) {
      if (scalar === undefined) throw new Unsupported('operands');
      return scalar(t);
    }
    const type = laneType(t, 0);
    if (t.count !== 3 || t.operand(2).kind !== 'register') throw new Unsupported('operands');
    t.write(0, compute(t.read(1, type), t.read(2, type)));
  };
}

const compareLanes = (predicate: string): Row => {
  return (t) => {
    const type = laneType(t, 0);
    const other = t.operand(2).kind === 'immediate' ? operation(type, 'zeroinitializer') : t.read(2, type);
    const condition = operation(type.replace(/i\d+/, 'i1'), `icmp ${predicate}`, t.read(1, type), other);
    t.write(0, operation(type, 'sext', condition));
  };
};

const lanesOf = (vector: Expression): Expression[] => {
  const count = Number(/^<(\d+)/.exec(vector.type)![1]);
  return Array.from({ length: count }, (_, lane) => extractLane(vector, lane));
};

/** The sum of all lanes; long forms widen them first. */
const acrossLanes =
  (widen: ((value: Expression, type: Type) => Expression) | undefined): Row =>
  (t) => {
    const lanes = lanesOf(t.read(1, laneType(t, 1)));
    const type = `i${t.part(0).bits}`;
    t.write(0, lanes.map((lane) => (widen === undefined ? lane : widen(lane, type))).reduce(add));
  };

/** `faddp d0, v0.2d` adds the two lanes; with vectors neighbours are added. */
const pairwise: Row = (t) => {
  if (isVector(t)) throw new Unsupported('lanes');
  const [low, high] = lanesOf(t.read(1, floatType(t, 1)));
  t.write(0, fadd(low!, high!));
};

export const vectorRows: Record<string, Row> = {
  fmov: move,
  fadd: floatBinary(fadd),
  fsub: floatBinary(fsub),
  fmul: floatBinary(fmul),
  fdiv: floatBinary(fdiv),
  fnmul: floatBinary((left, right) => negated(fmul(left, right))),
  fmaxnm: floatBinary(called('maxnum')),
  fminnm: floatBinary(called('minnum')),
  fmax: floatBinary(called('maximum')),
  fmin: floatBinary(called('minimum')),
  fneg: floatUnary(negated),
  fabs: floatUnary(called('fabs')),
  fsqrt: floatUnary(called('sqrt')),
  frintm: floatUnary(called('floor')),
  frintp: floatUnary(called('ceil')),
  frintz: floatUnary(called('trunc')),
  frinta: floatUnary(called('round')),
  frintx: floatUnary(called('rint')),
  frinti: floatUnary(called('nearbyint')),
  frintn: floatUnary(called('roundeven')),
  fmadd: fused(false, false),
  fmsub: fused(true, false),
  fnmadd: fused(true, true),
  fnmsub: fused(false, true),
  fcmp: compareRow,
  fcmpe: compareRow,
  fccmp: (t) => {
    const type = floatType(t, 0);
    const holds = t.condition(t.conditionOperand(3));
    t.setConditions(
      chooseConditions(holds, afterComparison(t.read(0, type), t.read(1, type)), t.immediate(2)),
    );
  },
  fcsel: (t) => {
    const type = floatType(t, 0);
    t.write(0, select(t.condition(t.conditionOperand(3)), t.read(1, type), t.read(2, type)));
  },
  fcvt: convertWidth,
  scvtf: fromInteger('sitofp'),
  ucvtf: fromInteger('uitofp'),
  fcvtzs: toInteger('fptosi'),
  fcvtzu: toInteger('fptoui'),
  movi: moveImmediate,
  dup: duplicate,
  umov: (t) => t.write(0, t.read(1)),
  cmeq: compareLanes('eq'),
  cmgt: compareLanes('sgt'),
  cmge: compareLanes('sge'),
  cmhi: compareLanes('ugt'),
  cmhs: compareLanes('uge'),
  add: withLanes(integerRows['add'], add),
  sub: withLanes(integerRows['sub'], sub),
  mul: withLanes(integerRows['mul'], mul),
  and: withLanes(integerRows['and'], and),
  orr: withLanes(integerRows['orr'], or),
  eor: withLanes(integerRows['eor'], xor),
  bic: withLanes(integerRows['bic'], (left, right) => and(left, not(right))),
  smax: withLanes(undefined, called('smax')),
  smin: withLanes(undefined, called('smin')),
  umax: withLanes(undefined, called('umax')),
  umin: withLanes(undefined, called('umin')),
  addv: acrossLanes(undefined),
  uaddlv: acrossLanes(zeroExtend),
  saddlv: acrossLanes(signExtend),
  faddp: pairwise,
  cnt: (t) => t.write(0, intrinsic('ctpop', laneType(t, 0), t.read(1, laneType(t, 1)))),
};
