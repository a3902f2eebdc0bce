// The x87 instructions, which compute with C's `long double`. A row counts the stack from its top before the
// instruction; what is pushed lies above it, at st(-1), which on the machine is the same place as st(7).
// Rows round to nearest; what they do under another rounding x87-rounding.ts says.

import {
  and,
  bitcast,
  compare,
  constant,
  convert,
  fadd,
  fdiv,
  fmul,
  fsub,
  intrinsic,
  isNegative,
  isZero,
  literal,
  lshr,
  operation,
  or,
  registerValue,
  select,
  shl,
  truncate,
  type Expression,
  type Type,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import { afterFloatComparison } from './conditions.ts';
import type { Row } from './integer-rows.ts';
import { controlWord, firstStack, stackPlaces, statusWord } from './registers.ts';
import type { Translation } from './translation.ts';

const extended: Type = 'x86_fp80';

const place = (index: number): number => firstStack + ((index + stackPlaces) % stackPlaces);
const st = (index: number): Expression => registerValue(place(index), extended);

/** i of the operand %st(i). */
function indexOf(t: Translation, at: number): number {
  const operand = t.operand(at);
  const match = operand.kind === 'register' ? /^st([0-7]?)$/.exec(operand.name) : null;
  if (match === null) throw new Unsupported('operands');
  return Number(match[1]);
}

/** By how much the stack grows; `rounds` where the control word decides about the result. */
function effect(t: Translation, growth: number, rounds: boolean): void {
  t.step.floatStack = { growth, rounds };
}

function write(t: Translation, index: number, value: Expression): void {
  t.writeRegister(place(index), value, 'zero');
}

/** fld and its kind. */
const push =
  (value: (t: Translation) => Expression, rounds = false): Row =>
  (t) => {
    write(t, -1, value(t));
    effect(t, 1, rounds);
  };

const fromFloat =
  (type: Type) =>
  (t: Translation): Expression =>
    convert('fpext', t.read(0, type), extended);
const fromInteger =
  (type: Type) =>
  (t: Translation): Expression =>
    convert('sitofp', t.read(0, type), extended);
const numbered = (digits: string): (() => Expression) => {
  return () => literal(extended, `0xK${digits}`);
};

/** The top to memory; `growth` is -1 where it is popped. */
const store =
  (growth: 0 | -1, value: Expression, rounds: boolean): Row =>
  (t) => {
    t.store(t.addressOf(0), value, 0);
    effect(t, growth, rounds);
  };

/** The top into another place of the stack. */
const copy =
  (growth: 0 | -1): Row =>
  (t) => {
    const index = indexOf(t, 0);
    if (index > 0) write(t, index, st(0));
    effect(t, growth, false);
  };

/** Out of range the machine gives the smallest integer, LLVM anything. */
const rounded = (type: Type): Expression => operation(type, 'llvm.lrint', st(0));
const truncated = (type: Type): Expression => convert('fptosi', st(0), type);

type Compute = (left: Expression, right: Expression) => Expression;

/** st(0) = st(0) OP memory */
const withMemory =
  (compute: Compute, value: (t: Translation) => Expression): Row =>
  (t) => {
    write(t, 0, compute(st(0), value(t)));
    effect(t, 0, true);
  };

/**
 * destination = destination OP source. In AT&T syntax fsub and fsubr, fdiv and fdivr are exchanged where the
 * destination is not the top: `exchanged` is then what the name does.
 */
const between =
  (compute: Compute, exchanged: Compute, growth: 0 | -1): Row =>
  (t) => {
    if (t.count === 0 && growth === 0) throw new Unsupported('operands');
    const destination = t.count === 0 ? 1 : growth === 0 && t.count === 1 ? 0 : indexOf(t, -1);
    const source = t.count === 0 || (t.count === 1 && growth < 0) ? 0 : indexOf(t, 0);
    if (destination !== 0 && source !== 0) throw new Unsupported('operands');
    const how = destination === 0 && growth === 0 ? compute : exchanged;
    write(t, destination, how(st(destination), st(source)));
    effect(t, growth, true);
  };

const ofTop =
  (value: (top: Expression) => Expression, rounds: boolean): Row =>
  (t) => {
    write(t, 0, value(st(0)));
    effect(t, 0, rounds);
  };

const exchange: Row = (t) => {
  const index = t.count === 0 ? 1 : indexOf(t, 0);
  if (index > 0) {
    write(t, 0, st(index));
    write(t, index, st(0));
  }
  effect(t, 0, false);
};

const compareWithTop =
  (growth: 0 | -1): Row =>
  (t) => {
    const { b, e, be, p } = afterFloatComparison(st(0), st(t.count === 0 ? 1 : indexOf(t, 0)));
    t.setConditions({ b: b!, e: e!, be: be!, p: p! });
    effect(t, growth, false);
  };

const moveIf =
  (condition: string): Row =>
  (t) => {
    write(t, 0, select(t.condition(condition), st(indexOf(t, 0)), st(0)));
    effect(t, 0, false);
  };

/** What a number is, in the four bits C0 to C3 of the status word. */
const examine: Row = (t) => {
  const [c0, c2, c3] = [0x100, 0x400, 0x4000];
  const is = (bits: number): Expression => constant('i16', bits);
  const whole = bitcast(st(0), 'i80');
  const high = truncate(lshr(whole, constant('i80', 64)), 'i16');
  const mantissa = truncate(whole, 'i64');
  const exponent = and(high, is(0x7fff));
  const small = select(isZero(mantissa), is(c3), is(c3 | c2));
  const large = select(isZero(shl(mantissa, constant('i64', 1))), is(c2 | c0), is(c0));
  const usual = select(compare('eq', exponent, is(0x7fff)), large, is(c2));
  const known = select(isNegative(mantissa), usual, is(0));
  const sign = shl(lshr(high, is(15)), is(9));
  t.writeRegister(statusWord, or(select(isZero(exponent), small, known), sign), 'zero');
  effect(t, 0, false);
};

/** Of the status word only what fxam just said is known. */
const storeStatus: Row = (t) => {
  const last = t.before.findLast(({ floatStack }) => floatStack !== undefined);
  if (last?.instruction.mnemonic !== 'fxam') throw new Unsupported('the x87 status word');
  t.write(0, registerValue(statusWord, 'i16'));
};

const storeControl: Row = (t) => t.store(t.addressOf(0), registerValue(controlWord, 'i16'), 0);

export const x87Rows: Record<string, Row> = {
  fld: push((t) => st(indexOf(t, 0))),
  fldt: push((t) => t.read(0, extended)),
  flds: push(fromFloat('float')),
  fldl: push(fromFloat('double')),
  filds: push(fromInteger('i16')),
  fildl: push(fromInteger('i32')),
  fildll: push(fromInteger('i64')),
  fildq: push(fromInteger('i64')),
  fldz: push(numbered('00000000000000000000')),
  fld1: push(numbered('3FFF8000000000000000')),
  fldpi: push(numbered('4000C90FDAA22168C235'), true),
  fldl2t: push(numbered('4000D49A784BCD1B8AFE'), true),
  fldl2e: push(numbered('3FFFB8AA3B295C17F0BC'), true),
  fldlg2: push(numbered('3FFD9A209A84FBCFF799'), true),
  fldln2: push(numbered('3FFEB17217F7D1CF79AC'), true),
  fst: copy(0),
  fstp: copy(-1),
  fstpt: store(-1, st(0), false),
  fsts: store(0, convert('fptrunc', st(0), 'float'), true),
  fstl: store(0, convert('fptrunc', st(0), 'double'), true),
  fstps: store(-1, convert('fptrunc', st(0), 'float'), true),
  fstpl: store(-1, convert('fptrunc', st(0), 'double'), true),
  fists: store(0, rounded('i16'), true),
  fistl: store(0, rounded('i32'), true),
  fistps: store(-1, rounded('i16'), true),
  fistpl: store(-1, rounded('i32'), true),
  fistpll: store(-1, rounded('i64'), true),
  fistpq: store(-1, rounded('i64'), true),
  fisttps: store(-1, truncated('i16'), false),
  fisttpl: store(-1, truncated('i32'), false),
  fisttpll: store(-1, truncated('i64'), false),
  fisttpq: store(-1, truncated('i64'), false),
  fxch: exchange,
  fchs: ofTop((top) => operation(extended, 'fneg', top), false),
  fabs: ofTop((top) => intrinsic('fabs', extended, top), false),
  fsqrt: ofTop((top) => intrinsic('sqrt', extended, top), true),
  frndint: ofTop((top) => intrinsic('rint', extended, top), true),
  fxam: examine,
  fnstsw: storeStatus,
  fnstcw: storeControl,
  fldcw: (t) => t.writeRegister(controlWord, t.read(0, 'i16'), 'zero'),
};

const reversed =
  (compute: Compute): Compute =>
  (left, right) =>
    compute(right, left);

const arithmetic: Record<string, readonly [Compute, Compute]> = {
  add: [fadd, fadd],
  mul: [fmul, fmul],
  sub: [fsub, reversed(fsub)],
  subr: [reversed(fsub), fsub],
  div: [fdiv, reversed(fdiv)],
  divr: [reversed(fdiv), fdiv],
};
for (const [name, [compute, exchanged]] of Object.entries(arithmetic)) {
  x87Rows[`f${name}`] = between(compute, exchanged, 0);
  x87Rows[`f${name}p`] = between(compute, exchanged, -1);
  x87Rows[`f${name}s`] = withMemory(compute, fromFloat('float'));
  x87Rows[`f${name}l`] = withMemory(compute, fromFloat('double'));
  x87Rows[`fi${name}s`] = withMemory(compute, fromInteger('i16'));
  x87Rows[`fi${name}l`] = withMemory(compute, fromInteger('i32'));
}

for (const name of ['fcomi', 'fucomi']) x87Rows[name] = compareWithTop(0);
for (const name of ['fcomip', 'fcompi', 'fucomip', 'fucompi']) x87Rows[name] = compareWithTop(-1);

const moves = { b: 'b', e: 'e', be: 'be', u: 'p', nb: 'ae', ne: 'ne', nbe: 'a', nu: 'np' };
for (const [name, condition] of Object.entries(moves)) x87Rows[`fcmov${name}`] = moveIf(condition);
