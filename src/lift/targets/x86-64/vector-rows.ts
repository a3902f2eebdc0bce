// SSE and SSE2: scalar floating point, moves and the packed instructions that compilers use most. A vector
// register is 128 bits; scalar instructions change its low bits and keep the rest.

import {
  add,
  and,
  bitcast,
  bitsOf,
  compareFloats,
  constant,
  convert,
  extractLane,
  fadd,
  fdiv,
  fmul,
  fsub,
  insertLane,
  intrinsic,
  isInteger,
  load,
  lshr,
  mul,
  operation,
  or,
  select,
  shl,
  ashr,
  shuffle,
  signExtend,
  splat,
  sub,
  truncate,
  xor,
  zeroExtend,
  type Expression,
  type Type,
} from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import { afterFloatComparison } from './conditions.ts';
import type { Row } from './integer-rows.ts';
import { firstVector } from './registers.ts';
import type { Translation } from './translation.ts';

const isVector = (t: Translation, index: number): boolean => (t.part(index)?.register ?? 0) >= firstVector;

/** Low bits of a vector register are written; what is above is kept, or zeroed by loads. */
function writeLow(t: Translation, index: number, value: Expression, rest: 'zero' | 'keep'): void {
  const part = t.part(index);
  if (part === undefined) t.store(t.addressOf(index), value, index);
  else if (part.register >= firstVector) t.writeRegister(part.register, value, rest);
  else t.write(index, isInteger(value.type) ? value : bitcast(value, `i${bitsOf(value.type)}`));
}

/** movss, movsd: a load clears the rest of the register, a move between registers keeps it. */
function scalarMove(type: Type): Row {
  return (t) => {
    if (t.count === 0) throw new Unsupported('string form');
    writeLow(t, 1, t.read(0, type), t.isMemory(0) ? 'zero' : 'keep');
  };
}

function scalarBinary(type: Type, compute: (left: Expression, right: Expression) => Expression): Row {
  return (t) => writeLow(t, 1, compute(t.read(1, type), t.read(0, type)), 'keep');
}

/** Lane by lane: `left` is what is written to. */
export function packed(type: Type, compute: (left: Expression, right: Expression) => Expression): Row {
  return (t) => writeLow(t, 1, compute(t.read(1, type), t.read(0, type)), 'zero');
}

const sameVector = (t: Translation): boolean =>
  t.part(0) !== undefined && t.part(0)?.register === t.part(1)?.register;

/** Exclusive or of a register with itself is how compilers write zero. */
function packedXor(type: Type): Row {
  return (t) => {
    const value = sameVector(t) ? operation(type, 'zeroinitializer') : xor(t.read(1, type), t.read(0, type));
    writeLow(t, 1, sameVector(t) ? constant('i128', 0) : value, 'zero');
  };
}

/**
 * Between registers the bits are just copied; memory is read and written as the type that the mnemonic names.
 * `alignment` in bytes is what the instruction demands of memory.
 */
const packedMove =
  (type: Type, alignment?: number): Row =>
  (t) => {
    const value = t.read(0, t.isMemory(0) || t.isMemory(1) ? type : 'i128');
    if (alignment === undefined) writeLow(t, 1, value, 'zero');
    else {
      writeLow(t, 1, value.kind === 'load' ? { ...value, alignment } : value, 'zero');
      for (const store of t.step.stores) store.alignment = alignment;
    }
  };

/** Returns the second operand where one is not a number or both are zero. */
const minimum = (left: Expression, right: Expression): Expression =>
  select(compareFloats('olt', left, right), left, right);
const maximum = (left: Expression, right: Expression): Expression =>
  select(compareFloats('ogt', left, right), left, right);

/** The same lane by lane. */
const packedChoice =
  (predicate: string) =>
  (left: Expression, right: Expression): Expression => {
    const [, count] = /^<(\d+)/.exec(left.type)!;
    return select(operation(`<${count} x i1>`, `fcmp ${predicate}`, left, right), left, right);
  };

const laneMask = (type: Type, condition: Expression): Expression => operation(type, 'sext', condition);

function compareLanes(type: Type, predicate: string): Row {
  const [, count] = /^<(\d+)/.exec(type)!;
  return packed(type, (left, right) =>
    laneMask(type, operation(`<${count} x i1>`, `icmp ${predicate}`, left, right)),
  );
}

/** Interleaves the low (or high) halves of both. */
function unpack(type: Type, high: boolean): Row {
  const count = Number(/^<(\d+)/.exec(type)![1]);
  const first = high ? count / 2 : 0;
  const lanes = Array.from({ length: count }, (_, index) => first + (index >> 1) + (index & 1) * count);
  return packed(type, (left, right) => shuffle(left, right, lanes));
}

const immediate = (t: Translation): number => {
  const operand = t.operand(0);
  if (operand.kind !== 'immediate') throw new Unsupported('operands');
  return Number(operand.value & 255n);
};

const twoBits = (order: number, lane: number): number => (order >> (2 * lane)) & 3;

const shuffleDoubles: Row = (t) => {
  const order = immediate(t);
  const lanes = [order & 1, 2 + ((order >> 1) & 1)];
  writeLow(t, 2, shuffle(t.read(2, '<2 x double>'), t.read(1, '<2 x double>'), lanes), 'zero');
};

const shuffleFloats: Row = (t) => {
  const order = immediate(t);
  const lanes = [twoBits(order, 0), twoBits(order, 1), 4 + twoBits(order, 2), 4 + twoBits(order, 3)];
  writeLow(t, 2, shuffle(t.read(2, '<4 x float>'), t.read(1, '<4 x float>'), lanes), 'zero');
};

const shuffleWords =
  (type: Type, lanesOf: (order: number) => number[]): Row =>
  (t) => {
    const source = t.read(1, type);
    writeLow(t, 2, shuffle(source, source, lanesOf(immediate(t))), 'zero');
  };

/** Shifts of lanes, all by one number; numbers beyond the lane give zeroes, or signs. */
function laneShift(type: Type, kind: 'shl' | 'lshr' | 'ashr', instruction: string): Row {
  const [, count, element] = /^<(\d+) x (\w+)>$/.exec(type)!;
  const bits = bitsOf(element!);
  return (t) => {
    if (t.operand(0).kind !== 'immediate') {
      writeLow(t, 1, intrinsic(`x86.sse2.${instruction}`, type, t.read(1, type), t.read(0, type)), 'zero');
      return;
    }
    const amount = immediate(t);
    const value = t.read(1, type);
    if (amount >= bits && kind !== 'ashr') {
      writeLow(t, 1, constant('i128', 0), 'zero');
      return;
    }
    const lane = `${element} ${Math.min(amount, bits - 1)}`;
    const amounts: Expression = {
      kind: 'literal',
      type,
      text: `<${Array.from({ length: Number(count) }, () => lane).join(', ')}>`,
    };
    writeLow(t, 1, { shl, lshr, ashr }[kind](value, amounts), 'zero');
  };
}

/** Whole register by bytes. */
const byteShift =
  (kind: 'shl' | 'lshr'): Row =>
  (t) => {
    const bytes = immediate(t);
    if (bytes > 15) writeLow(t, 1, constant('i128', 0), 'zero');
    else writeLow(t, 1, { shl, lshr }[kind](t.read(1, 'i128'), constant('i128', bytes * 8)), 'zero');
  };

/** One bit of each lane's sign. */
function signMask(type: Type): Row {
  const count = Number(/^<(\d+)/.exec(type)![1]);
  return (t) => {
    const signs = operation(
      `<${count} x i1>`,
      'icmp slt',
      t.read(0, type),
      operation(type, 'zeroinitializer'),
    );
    t.write(1, zeroExtend(bitcast(signs, `i${count}`), `i${t.bits}`));
  };
}

const multiplyEvenLanes = packed('<2 x i64>', (left, right) => {
  const low: Expression = { kind: 'literal', type: '<2 x i64>', text: '<i64 4294967295, i64 4294967295>' };
  return mul(and(left, low), and(right, low));
});

/** `cvtsi2sdl`, `cvtsi2sdq`: without a suffix the operand tells, memory is 32 bits wide. */
function fromInteger(type: Type, bits?: number): Row {
  return (t) => {
    const width = bits ?? t.part(0)?.bits ?? 32;
    writeLow(t, 1, convert('sitofp', t.read(0, `i${width}`), type), 'keep');
  };
}

/** Out of range the machine gives the smallest integer, LLVM anything. */
function toInteger(type: Type): Row {
  return (t) => t.write(1, convert('fptosi', t.read(0, type), `i${t.part(1)?.bits ?? 32}`));
}

const highHalf = (value: Expression): Expression => truncate(lshr(value, constant('i128', 64)), 'i64');

/** movhps and movhpd, between the upper half and memory. */
const moveHigh: Row = (t) => {
  if (!isVector(t, 1)) {
    t.store(t.addressOf(1), highHalf(t.read(0, 'i128')));
    return;
  }
  writeLow(t, 1, insertLane(t.read(1, '<2 x i64>'), load(t.addressOf(0), 'i64'), 1), 'zero');
};

const moveLow: Row = (t) => writeLow(t, 1, t.read(0, 'i64'), 'keep');

const compareScalars =
  (type: Type): Row =>
  (t) =>
    t.setConditions(afterFloatComparison(t.read(1, type), t.read(0, type)));

/** cmpltsd and its kind: all ones or all zeroes. */
const comparePredicates: Record<string, string> = {
  eq: 'oeq',
  lt: 'olt',
  le: 'ole',
  unord: 'uno',
  neq: 'une',
  nlt: 'uge',
  nle: 'ugt',
  ord: 'ord',
};

export const vectorRows: Record<string, Row> = {
  movss: scalarMove('float'),
  movsd: scalarMove('double'),
  movd: (t) => writeLow(t, 1, t.read(0, 'i32'), 'zero'),
  movaps: packedMove('<4 x float>', 16),
  movups: packedMove('<4 x float>'),
  movapd: packedMove('<2 x double>', 16),
  movupd: packedMove('<2 x double>'),
  movdqa: packedMove('<2 x i64>', 16),
  movdqu: packedMove('<2 x i64>'),
  lddqu: packedMove('<2 x i64>'),
  movhps: moveHigh,
  movhpd: moveHigh,
  movlps: moveLow,
  movlpd: moveLow,
  movhlps: (t) => writeLow(t, 1, highHalf(t.read(0, 'i128')), 'keep'),
  movlhps: packed('<2 x i64>', (left, right) => shuffle(left, right, [0, 2])),
  movddup: (t) => {
    const value = t.read(0, 'double');
    const base = insertLane(operation('<2 x double>', 'zeroinitializer'), value, 0);
    writeLow(t, 1, insertLane(base, value, 1), 'zero');
  },
  comiss: compareScalars('float'),
  comisd: compareScalars('double'),
  ucomiss: compareScalars('float'),
  ucomisd: compareScalars('double'),
  sqrtss: (t) => writeLow(t, 1, intrinsic('sqrt', 'float', t.read(0, 'float')), 'keep'),
  sqrtsd: (t) => writeLow(t, 1, intrinsic('sqrt', 'double', t.read(0, 'double')), 'keep'),
  sqrtps: (t) => writeLow(t, 1, intrinsic('sqrt', '<4 x float>', t.read(0, '<4 x float>')), 'zero'),
  sqrtpd: (t) => writeLow(t, 1, intrinsic('sqrt', '<2 x double>', t.read(0, '<2 x double>')), 'zero'),
  cvtsi2ss: fromInteger('float'),
  cvtsi2ssl: fromInteger('float', 32),
  cvtsi2ssq: fromInteger('float', 64),
  cvtsi2sd: fromInteger('double'),
  cvtsi2sdl: fromInteger('double', 32),
  cvtsi2sdq: fromInteger('double', 64),
  cvttss2si: toInteger('float'),
  cvttsd2si: toInteger('double'),
  cvttss2sil: toInteger('float'),
  cvttsd2sil: toInteger('double'),
  cvttss2siq: toInteger('float'),
  cvttsd2siq: toInteger('double'),
  cvtss2sd: (t) => writeLow(t, 1, convert('fpext', t.read(0, 'float'), 'double'), 'keep'),
  cvtsd2ss: (t) => writeLow(t, 1, convert('fptrunc', t.read(0, 'double'), 'float'), 'keep'),
  cvtdq2ps: (t) => writeLow(t, 1, convert('sitofp', t.read(0, '<4 x i32>'), '<4 x float>'), 'zero'),
  cvttps2dq: (t) => writeLow(t, 1, convert('fptosi', t.read(0, '<4 x float>'), '<4 x i32>'), 'zero'),
  cvtps2dq: (t) =>
    writeLow(t, 1, intrinsic('x86.sse2.cvtps2dq', '<4 x i32>', t.read(0, '<4 x float>')), 'zero'),
  cvttpd2dq: (t) =>
    writeLow(t, 1, bitcast(convert('fptosi', t.read(0, '<2 x double>'), '<2 x i32>'), 'i64'), 'zero'),
  cvtdq2pd: (t) => writeLow(t, 1, convert('sitofp', t.read(0, '<2 x i32>'), '<2 x double>'), 'zero'),
  cvtps2pd: (t) => writeLow(t, 1, convert('fpext', t.read(0, '<2 x float>'), '<2 x double>'), 'zero'),
  cvtpd2ps: (t) =>
    writeLow(t, 1, bitcast(convert('fptrunc', t.read(0, '<2 x double>'), '<2 x float>'), 'i64'), 'zero'),
  movmskps: signMask('<4 x i32>'),
  movmskpd: signMask('<2 x i64>'),
  pmovmskb: signMask('<16 x i8>'),
  pmuludq: multiplyEvenLanes,
  shufps: shuffleFloats,
  shufpd: shuffleDoubles,
  pshufd: shuffleWords('<4 x i32>', (order) => [0, 1, 2, 3].map((lane) => twoBits(order, lane))),
  pshuflw: shuffleWords('<8 x i16>', (order) => [
    ...[0, 1, 2, 3].map((lane) => twoBits(order, lane)),
    4,
    5,
    6,
    7,
  ]),
  pshufhw: shuffleWords('<8 x i16>', (order) => [
    0,
    1,
    2,
    3,
    ...[0, 1, 2, 3].map((lane) => 4 + twoBits(order, lane)),
  ]),
  pslldq: byteShift('shl'),
  psrldq: byteShift('lshr'),
  pextrw: (t) => {
    const value = extractLane(t.read(1, '<8 x i16>'), immediate(t) & 7);
    t.write(2, zeroExtend(value, `i${t.part(2)?.bits ?? 32}`));
  },
  pinsrw: (t) => {
    const value = t.isMemory(1) ? t.read(1, 'i16') : truncate(t.read(1, 'i32'), 'i16');
    writeLow(t, 2, insertLane(t.read(2, '<8 x i16>'), value, immediate(t) & 7), 'zero');
  },
};

const scalarOperations = { add: fadd, sub: fsub, mul: fmul, div: fdiv, min: minimum, max: maximum };
const lanes = { ss: 'float', sd: 'double' };
const vectorsOfFloats = { ps: '<4 x float>', pd: '<2 x double>' };
for (const [name, compute] of Object.entries(scalarOperations)) {
  for (const [suffix, type] of Object.entries(lanes)) vectorRows[name + suffix] = scalarBinary(type, compute);
  const lanewise = { min: packedChoice('olt'), max: packedChoice('ogt') }[name] ?? compute;
  for (const [suffix, type] of Object.entries(vectorsOfFloats))
    vectorRows[name + suffix] = packed(type, lanewise);
}

const bitwise: Record<string, (left: Expression, right: Expression) => Expression> = {
  and,
  or,
  andn: (left, right) => and(xor(left, allOnes(left.type)), right),
};
function allOnes(type: Type): Expression {
  const [, count] = /^<(\d+) x (\w+)>$/.exec(type)!;
  return {
    kind: 'literal',
    type,
    text: `<${Array.from({ length: Number(count) }, () => 'i64 -1').join(', ')}>`,
  };
}
for (const [name, compute] of Object.entries(bitwise)) {
  for (const suffix of ['ps', 'pd']) vectorRows[name + suffix] = packed('<2 x i64>', compute);
  vectorRows[`p${name}`] = packed('<2 x i64>', compute);
}
for (const name of ['xorps', 'xorpd', 'pxor']) vectorRows[name] = packedXor('<2 x i64>');

const integerLanes: Record<string, Type> = { b: '<16 x i8>', w: '<8 x i16>', d: '<4 x i32>', q: '<2 x i64>' };
for (const [suffix, type] of Object.entries(integerLanes)) {
  vectorRows[`padd${suffix}`] = packed(type, add);
  vectorRows[`psub${suffix}`] = packed(type, sub);
  vectorRows[`pcmpeq${suffix}`] = compareLanes(type, 'eq');
  vectorRows[`pcmpgt${suffix}`] = compareLanes(type, 'sgt');
  if (suffix !== 'b') {
    vectorRows[`psll${suffix}`] = laneShift(type, 'shl', `psll.${suffix}`);
    vectorRows[`psrl${suffix}`] = laneShift(type, 'lshr', `psrl.${suffix}`);
    vectorRows[`psra${suffix}`] = laneShift(type, 'ashr', `psra.${suffix}`);
  }
}
/** Lanes of both, halved in width; what does not fit becomes the nearest number that does. */
function pack(from: Type, to: Type, least: number, most: number): Row {
  const count = Number(/^<(\d+)/.exec(to)![1]);
  const order = Array.from({ length: count }, (_, lane) => lane);
  const within = (value: Expression): Expression =>
    intrinsic('smax', from, intrinsic('smin', from, value, splat(from, most)), splat(from, least));
  return packed(from, (left, right) => operation(to, 'trunc', shuffle(within(left), within(right), order)));
}
vectorRows['packuswb'] = pack('<8 x i16>', '<16 x i8>', 0, 255);
vectorRows['packsswb'] = pack('<8 x i16>', '<16 x i8>', -128, 127);
vectorRows['packssdw'] = pack('<4 x i32>', '<8 x i16>', -32768, 32767);
vectorRows['pmullw'] = packed('<8 x i16>', mul);
vectorRows['pmulld'] = packed('<4 x i32>', mul);
for (const [name, type] of [
  ['pminub', '<16 x i8>'],
  ['pmaxub', '<16 x i8>'],
  ['pminsw', '<8 x i16>'],
  ['pmaxsw', '<8 x i16>'],
] as const) {
  const kind = `${name[4] === 's' ? 's' : 'u'}${name.slice(1, 4)}`;
  vectorRows[name] = packed(type, (left, right) => intrinsic(kind, type, left, right));
}
for (const [suffix, type] of [
  ['bw', '<16 x i8>'],
  ['wd', '<8 x i16>'],
  ['dq', '<4 x i32>'],
  ['qdq', '<2 x i64>'],
] as const) {
  vectorRows[`punpckl${suffix}`] = unpack(type, false);
  vectorRows[`punpckh${suffix}`] = unpack(type, true);
}
vectorRows['unpcklps'] = unpack('<4 x float>', false);
vectorRows['unpckhps'] = unpack('<4 x float>', true);
vectorRows['unpcklpd'] = unpack('<2 x double>', false);
vectorRows['unpckhpd'] = unpack('<2 x double>', true);

for (const [name, predicate] of Object.entries(comparePredicates)) {
  for (const [suffix, type] of Object.entries(lanes)) {
    const result = `i${bitsOf(type)}`;
    vectorRows[`cmp${name}${suffix}`] = (t) =>
      writeLow(t, 1, signExtend(compareFloats(predicate, t.read(1, type), t.read(0, type)), result), 'keep');
  }
  for (const [suffix, type] of Object.entries(vectorsOfFloats)) {
    const result = suffix === 'ps' ? '<4 x i32>' : '<2 x i64>';
    const conditions = suffix === 'ps' ? '<4 x i1>' : '<2 x i1>';
    vectorRows[`cmp${name}${suffix}`] = packed(type, (left, right) =>
      laneMask(result, operation(conditions, `fcmp ${predicate}`, left, right)),
    );
  }
}

/** movq moves 64 bits between general registers, vector registers and memory. */
vectorRows['movq'] = (t) => {
  const anyVector = [0, 1].some((index) => t.operand(index).kind === 'register' && isVector(t, index));
  if (anyVector) writeLow(t, 1, t.read(0, 'i64'), 'zero');
  else t.write(1, t.read(0, 'i64'));
};
