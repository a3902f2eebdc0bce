// The language in which rows of the instruction tables say what an instruction computes: expression trees
// over LLVM's own types and operators. Registers are read as integers of the width that is wanted; the
// trees are small, immutable and shared freely. Builders fold constants and sums, nothing more: LLVM's
// passes do the rest.

import { isVariablePlace } from './frame-spaces.ts';

/** An LLVM type as text: i1 … i128, float, double, <4 x i32>; addresses are i64 here. */
export type Type = string;

export type Expression =
  | { kind: 'constant'; type: Type; value: bigint }
  /** A floating point constant, or any other text that LLVM takes as a value of the type. */
  | { kind: 'literal'; type: Type; text: string }
  /** The low bits of a register. */
  | { kind: 'register'; type: Type; register: number }
  | { kind: 'load'; type: Type; address: Expression; space?: number; volatile?: boolean; alignment?: number }
  | { kind: 'symbol'; type: 'i64'; symbol: string; addend: bigint; threadLocal?: boolean }
  /** An address in the function's own stack frame, from the stack pointer at its first instruction. */
  | { kind: 'frame'; type: 'i64'; offset: number }
  /**
   * `add`, `icmp slt`, `zext`, `select`, `llvm.ctpop`, `extractelement`, `shufflevector` …; those with an effect
   * (`hasEffect`) are all of the value of one write. The first operand of atomic ones is an address.
   * `alloca 16` takes bytes.
   */
  | { kind: 'operation'; type: Type; operator: string; operands: readonly Expression[] };

/** An expression that was emitted. */
export interface Value {
  type: Type;
  /** What stands behind the type in LLVM text: `%t3`, `42`, `@table`. */
  text: string;
}

const bitsOfName: Record<string, number> = { float: 32, double: 64, half: 16, ptr: 64, x86_fp80: 80 };

/** Bits of a type: `<4 x i32>` has 128. */
export function bitsOf(type: Type): number {
  if (type.startsWith('i')) return Number(type.slice(1));
  const vector = /^<(\d+) x (\w+)>$/.exec(type);
  if (vector !== null) return Number(vector[1]) * bitsOf(vector[2]!);
  return bitsOfName[type]!;
}

export const isInteger = (type: Type): boolean => type.startsWith('i');

export function constant(type: Type, value: bigint | number): Expression {
  return { kind: 'constant', type, value: BigInt.asUintN(bitsOf(type), BigInt(value)) };
}

export function literal(type: Type, text: string): Expression {
  return { kind: 'literal', type, text };
}

export function registerValue(register: number, type: Type): Expression {
  return { kind: 'register', type, register };
}

export function load(address: Expression, type: Type): Expression {
  return { kind: 'load', type, address };
}

export const isAtomic = (expression: Expression): boolean =>
  expression.kind === 'operation' && /^(atomicrmw|cmpxchg|atomicload|atomicstore) /.test(expression.operator);

/** Operations that do something besides computing a value: written where they stand, once, even if nobody reads them. */
export const hasEffect = (expression: Expression): boolean =>
  expression.kind === 'operation' && /^(atomicrmw|cmpxchg|atomicload|alloca) /.test(expression.operator);

export function operation(type: Type, operator: string, ...operands: Expression[]): Expression {
  return { kind: 'operation', type, operator, operands };
}

const folds: Record<string, (left: bigint, right: bigint, bits: number) => bigint | undefined> = {
  add: (left, right) => left + right,
  sub: (left, right) => left - right,
  mul: (left, right) => left * right,
  and: (left, right) => left & right,
  or: (left, right) => left | right,
  xor: (left, right) => left ^ right,
  shl: (left, right, bits) => (right < BigInt(bits) ? left << right : undefined),
  lshr: (left, right, bits) => (right < BigInt(bits) ? left >> right : undefined),
};

function binary(operator: string): (left: Expression, right: Expression) => Expression {
  const fold = folds[operator];
  return (left, right) => {
    if (left.type !== right.type)
      throw new Error(`${operator}: expected equal types, found ${left.type} and ${right.type}`);
    if (fold !== undefined && left.kind === 'constant' && right.kind === 'constant') {
      const value = fold(left.value, right.value, bitsOf(left.type));
      if (value !== undefined) return constant(left.type, value);
    }
    if (right.kind === 'constant' && right.value === 0n && /^(add|sub|or|xor|shl|lshr|ashr)$/.test(operator))
      return left;
    if (right.kind === 'constant' && right.value === 1n && operator === 'mul') return left;
    return operation(left.type, operator, left, right);
  };
}

const isFixedPlace = (expression: Expression): boolean =>
  expression.kind === 'frame' && !isVariablePlace(expression.offset);

/** Sums keep their constant last and once, so that addresses are easy to take apart. */
export function add(left: Expression, right: Expression): Expression {
  if (left.kind === 'constant' && right.kind !== 'constant') return add(right, left);
  if (left.kind === 'symbol' && right.kind === 'constant') {
    return { ...left, addend: left.addend + BigInt.asIntN(64, right.value) };
  }
  if (left.kind === 'frame' && right.kind === 'constant') {
    return { ...left, offset: left.offset + Number(BigInt.asIntN(64, right.value)) };
  }
  if (right.kind === 'constant' && left.kind === 'operation' && left.operator === 'add') {
    const [first, second] = left.operands;
    if (second!.kind === 'constant') return add(first!, constant(left.type, second!.value + right.value));
    // A place in the frame is where the sum with the number points: the frame's start alone would be another. Of what
    // has a computed size all is one object, and below its start lies something else.
    if (isFixedPlace(first!)) return add(add(first!, right), second!);
    if (isFixedPlace(second!)) return add(first!, add(second!, right));
  }
  return binary('add')(left, right);
}

export function sub(left: Expression, right: Expression): Expression {
  if (right.kind === 'constant') return add(left, constant(left.type, -right.value));
  return binary('sub')(left, right);
}

export const mul = binary('mul');
export const and = binary('and');
export const or = binary('or');
export const xor = binary('xor');
export const shl = binary('shl');
export const lshr = binary('lshr');
export const ashr = binary('ashr');
export const udiv = binary('udiv');
export const sdiv = binary('sdiv');
export const urem = binary('urem');
export const srem = binary('srem');
export const fadd = binary('fadd');
export const fsub = binary('fsub');
export const fmul = binary('fmul');
export const fdiv = binary('fdiv');

export const not = (value: Expression): Expression =>
  xor(value, isInteger(value.type) ? constant(value.type, -1) : splat(value.type, -1));
export const negate = (value: Expression): Expression => binary('sub')(constant(value.type, 0), value);

export type IntegerPredicate = 'eq' | 'ne' | 'ult' | 'ule' | 'ugt' | 'uge' | 'slt' | 'sle' | 'sgt' | 'sge';

export function compare(predicate: IntegerPredicate, left: Expression, right: Expression): Expression {
  if (left.type !== right.type)
    throw new Error(`icmp: expected equal types, found ${left.type} and ${right.type}`);
  return operation('i1', `icmp ${predicate}`, left, right);
}

export function compareFloats(predicate: string, left: Expression, right: Expression): Expression {
  return operation('i1', `fcmp ${predicate}`, left, right);
}

export function isZero(value: Expression): Expression {
  return compare('eq', value, constant(value.type, 0));
}

export function isNegative(value: Expression): Expression {
  return compare('slt', value, constant(value.type, 0));
}

export function select(condition: Expression, yes: Expression, no: Expression): Expression {
  return operation(yes.type, 'select', condition, yes, no);
}

export function truncate(value: Expression, type: Type): Expression {
  if (value.type === type) return value;
  if (value.kind === 'constant') return constant(type, value.value);
  if (value.kind === 'register') return registerValue(value.register, type);
  if (value.kind === 'operation' && (value.operator === 'zext' || value.operator === 'sext')) {
    const inner = value.operands[0]!;
    if (bitsOf(inner.type) === bitsOf(type)) return inner;
    if (bitsOf(inner.type) > bitsOf(type)) return truncate(inner, type);
  }
  return operation(type, 'trunc', value);
}

export function zeroExtend(value: Expression, type: Type): Expression {
  if (value.type === type) return value;
  if (value.kind === 'constant') return constant(type, value.value);
  return operation(type, 'zext', value);
}

export function signExtend(value: Expression, type: Type): Expression {
  if (value.type === type) return value;
  if (value.kind === 'constant') return constant(type, BigInt.asIntN(bitsOf(value.type), value.value));
  return operation(type, 'sext', value);
}

/** The same bits as another type of the same width. */
export function bitcast(value: Expression, type: Type): Expression {
  if (value.type === type) return value;
  if (value.kind === 'load') return { ...value, type };
  if (value.kind === 'operation' && value.operator === 'bitcast') return bitcast(value.operands[0]!, type);
  return operation(type, 'bitcast', value);
}

/** A conversion between numbers: sitofp, fptosi, fpext, fptrunc … */
export function convert(operator: string, value: Expression, type: Type): Expression {
  return operation(type, operator, value);
}

/** `llvm.NAME.TYPE` of these; the overload is the result's type unless the name says otherwise. */
export function intrinsic(name: string, type: Type, ...operands: Expression[]): Expression {
  return operation(type, `llvm.${name}`, ...operands);
}

export function extractLane(vector: Expression, lane: number): Expression {
  const [, , element] = /^<(\d+) x (\w+)>$/.exec(vector.type)!;
  return operation(element!, 'extractelement', vector, constant('i32', lane));
}

export function insertLane(vector: Expression, value: Expression, lane: number): Expression {
  return operation(vector.type, 'insertelement', vector, value, constant('i32', lane));
}

/** Lanes of two vectors in a new order; lanes of the second count on from those of the first. */
export function shuffle(left: Expression, right: Expression, lanes: readonly number[]): Expression {
  const [, , element] = /^<(\d+) x (\w+)>$/.exec(left.type)!;
  const mask = literal(`<${lanes.length} x i32>`, `<${lanes.map((lane) => `i32 ${lane}`).join(', ')}>`);
  return operation(`<${lanes.length} x ${element}>`, 'shufflevector', left, right, mask);
}

/** The same scalar in every lane of a constant: `<4 x i32>` of 7s. */
export function splat(type: Type, value: bigint | number): Expression {
  const [, count, element] = /^<(\d+) x (\w+)>$/.exec(type)!;
  const one = isInteger(element!)
    ? String(BigInt.asIntN(bitsOf(element!), BigInt(value)))
    : `${Number(value)}.0`;
  return literal(type, `<${Array.from({ length: Number(count) }, () => `${element} ${one}`).join(', ')}>`);
}

/** The tree with every node rebuilt by `change`, which sees nodes whose operands were changed already. */
export function rewrite(expression: Expression, change: (node: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'load': {
      const address = rewrite(expression.address, change);
      return change(address === expression.address ? expression : { ...expression, address });
    }
    case 'operation': {
      const operands = expression.operands.map((operand) => rewrite(operand, change));
      const same = operands.every((operand, index) => operand === expression.operands[index]);
      if (same) return change(expression);
      if (expression.operator === 'add') return change(add(operands[0]!, operands[1]!));
      return change({ ...expression, operands });
    }
    default:
      return change(expression);
  }
}

/** The summands of an address. */
export function terms(expression: Expression): Expression[] {
  if (expression.kind === 'operation' && expression.operator === 'add')
    return expression.operands.flatMap(terms);
  return [expression];
}
