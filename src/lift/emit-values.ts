// Expressions to LLVM text. Reads of registers go through `RegisterFile`: the variables of webs when a
// function is lifted, a structure in memory when test/lift runs single instructions beside the machine.

import { ConditionNotes, type NotedComparison } from './condition-notes.ts';
import {
  bitsOf,
  hasEffect,
  isAtomic,
  isInteger,
  terms,
  type Expression,
  type Type,
  type Value,
} from './expression.ts';

export interface RegisterFile {
  /** The register's value in whatever type it is kept; converted by the caller. */
  read(register: number, type: Type): Value;
  /** Whether it is kept as a pointer. */
  isPointer(register: number): boolean;
  /** A place in the function's frame. */
  frameAddress(offset: number): Value;
  /** A symbol's address; notes that it is used. */
  symbolAddress(symbol: string, addend: bigint, threadLocal: boolean): Value;
}

const castOperators = new Set([
  'zext',
  'sext',
  'trunc',
  'sitofp',
  'uitofp',
  'fptosi',
  'fptoui',
  'fpext',
  'fptrunc',
]);

export class ValueEmitter {
  readonly lines: string[] = [];
  /** Declarations of the intrinsics used. */
  readonly declarations = new Set<string>();
  /** Whether indices are scaled by the type of an element; otherwise all addresses are in bytes. */
  typed = false;
  private readonly widened = new Map<string, Value>();
  private readonly products = new Map<string, { value: Value; factor: bigint }>();
  private next = 0;
  /** The last comparison with memory: `exchanged` asks whether it succeeded. */
  private exchange: Value | undefined;
  private memo = new Map<Expression, Value>();
  /** How conditions came about, by their names. */
  private readonly conditions = new ConditionNotes();
  private readonly registers: RegisterFile;

  constructor(registers: RegisterFile) {
    this.registers = registers;
  }

  /** Values of an instruction's trees are computed once; those of the next one see another state. */
  newStep(): void {
    this.memo = new Map();
  }

  line(text: string): void {
    this.lines.push(`  ${text}`);
  }

  define(type: Type, text: string): Value {
    const name = `%t${this.next++}`;
    this.line(`${name} = ${text}`);
    return { type, text: name };
  }

  /** The value of an expression as any type of its width; pointers are made where they are wanted. */
  emitAs(expression: Expression, type: Type): Value {
    if (type === 'ptr') return this.emitPointer(expression);
    if (expression.kind === 'register')
      return this.convert(this.registers.read(expression.register, expression.type), type, expression.type);
    if (expression.kind === 'load' && bitsOf(expression.type) === bitsOf(type))
      return this.emitLoad(expression, type);
    if (
      expression.kind === 'operation' &&
      expression.operator === 'bitcast' &&
      bitsOf(type) <= bitsOf(expression.type)
    ) {
      const inner = expression.operands[0]!;
      if (inner.kind === 'register')
        return this.convert(this.registers.read(inner.register, type), type, inner.type);
      if (bitsOf(inner.type) === bitsOf(type)) return this.emitAs(inner, type);
    }
    return this.convert(this.emit(expression), type);
  }

  emit(expression: Expression): Value {
    const known = this.memo.get(expression);
    if (known !== undefined) return known;
    const value = this.compute(expression);
    this.memo.set(expression, value);
    return value;
  }

  private compute(expression: Expression): Value {
    switch (expression.kind) {
      case 'constant':
        return { type: expression.type, text: constantText(expression.value, expression.type) };
      case 'literal':
        return { type: expression.type, text: expression.text };
      case 'register':
        return this.convert(
          this.registers.read(expression.register, expression.type),
          expression.type,
          expression.type,
        );
      case 'load':
        return this.emitLoad(expression, expression.type);
      case 'symbol':
      case 'frame':
        return this.convert(this.emitPointer(expression), 'i64');
      case 'operation':
        return this.emitOperation(expression);
    }
  }

  private emitLoad(expression: Expression & { kind: 'load' }, type: Type): Value {
    if (expression.space !== undefined) {
      const space = `addrspace(${expression.space})`;
      const address = this.emit(expression.address);
      return this.define(
        type,
        `load ${type}, ptr ${space} inttoptr (i64 ${address.text} to ptr ${space}), align 8`,
      );
    }
    const how = expression.volatile === true ? 'load volatile' : 'load';
    const alignment = expression.alignment ?? 1;
    return this.define(
      type,
      `${how} ${type}, ptr ${this.emitPointer(expression.address).text}, align ${alignment}`,
    );
  }

  /** An address as a pointer: its base first, then the rest as byte offsets. */
  emitPointer(expression: Expression): Value {
    // `addl %edx, %eax` in a register that otherwise holds a pointer: its low half is a number.
    if (expression.type !== 'i64') return this.convert(this.emit(expression), 'ptr');
    if (expression.kind === 'register') {
      return this.convert(this.registers.read(expression.register, 'i64'), 'ptr');
    }
    if (expression.kind === 'frame') return this.registers.frameAddress(expression.offset);
    if (expression.kind === 'symbol') {
      return this.registers.symbolAddress(
        expression.symbol,
        expression.addend,
        expression.threadLocal === true,
      );
    }
    if (expression.kind === 'load') return this.emitLoad(expression, 'ptr');
    if (expression.kind === 'operation' && expression.operator === 'select') {
      const [condition, yes, no] = expression.operands;
      const values = [this.emit(condition!), this.emitPointer(yes!), this.emitPointer(no!)] as const;
      return this.define('ptr', `select i1 ${values[0].text}, ptr ${values[1].text}, ptr ${values[2].text}`);
    }
    if (expression.kind === 'constant' && expression.value === 0n) return { type: 'ptr', text: 'null' };
    if (expression.kind === 'operation' && expression.operator === 'add') {
      const summands = terms(expression);
      const base = this.baseOf(summands);
      if (base >= 0) {
        let pointer = this.emitPointer(summands[base]!);
        for (const [index, summand] of summands.entries()) {
          if (index === base) continue;
          pointer = this.indexed(pointer, summand);
        }
        return pointer;
      }
    }
    return this.convert(this.emit(expression), 'ptr');
  }

  private noteExtension(result: Value, of: Value): void {
    if (of.type === 'i1') this.conditions.noteExtension(result, of);
    else this.widened.set(result.text, of);
  }

  /** The number that this one was widened from. */
  narrowed(value: Value): Value {
    return this.widened.get(value.text) ?? value;
  }

  private indexed(pointer: Value, summand: Expression): Value {
    const index = this.emit(summand);
    const product = this.typed ? this.products.get(index.text) : undefined;
    if (product === undefined)
      return this.define('ptr', `getelementptr i8, ptr ${pointer.text}, i64 ${index.text}`);
    const { value, factor } = product;
    const element = { 2: 'i16', 4: 'i32', 8: 'i64' }[Number(factor)] ?? `[${factor} x i8]`;
    return this.define('ptr', `getelementptr ${element}, ptr ${pointer.text}, i64 ${value.text}`);
  }

  /** Remembers a product with a number, or a shift by one: the index of an element of that size. */
  private noteProduct(operator: string, result: Value, value: Value, by: Value): void {
    if (result.type !== 'i64' || !/^\d+$/.test(by.text)) return;
    const number = BigInt(by.text);
    const factor = operator === 'mul' ? number : operator === 'shl' && number < 16n ? 1n << number : 1n;
    if (factor > 1n && factor < 1n << 24n) this.products.set(result.text, { value, factor });
  }

  /** Which summand is the pointer: a place in the frame, a symbol, a register that holds one. */
  private baseOf(summands: readonly Expression[]): number {
    const fixed = summands.findIndex(({ kind }) => kind === 'frame' || kind === 'symbol');
    if (fixed >= 0) return fixed;
    return summands.findIndex((term) => term.kind === 'register' && this.registers.isPointer(term.register));
  }

  private emitOperation(expression: Expression & { kind: 'operation' }): Value {
    const { operator, operands, type } = expression;
    if (operator === 'zeroinitializer') return { type, text: operator };
    if (hasEffect(expression) || isAtomic(expression)) return this.emitEffect(expression);
    if (operator === 'exchanged')
      return this.define(type, `extractvalue ${this.exchange!.type} ${this.exchange!.text}, 1`);
    if (operator === 'stacksave') {
      this.declarations.add('declare ptr @llvm.stacksave.p0()');
      return this.define('ptr', 'call ptr @llvm.stacksave.p0()');
    }
    if (operator.startsWith('fence ')) {
      this.line(operator);
      return { type, text: '' };
    }
    if (operator === 'bitcast') return this.emitAs(operands[0]!, type);
    if (operator.startsWith('llvm.')) return this.emitIntrinsic(operator, type, operands);
    const values = operands.map((operand) => this.emit(operand));
    const [first, second, third] = values;
    if (castOperators.has(operator)) {
      if (operator === 'trunc' && type === 'i1') {
        const inner = this.conditions.extended(first!);
        if (inner !== undefined) return inner;
      }
      const result = this.define(type, `${operator} ${first!.type} ${first!.text} to ${type}`);
      if (operator === 'zext') this.noteExtension(result, first!);
      return result;
    }
    const simpler = this.simpler(operator, first!, second);
    if (simpler !== undefined) return simpler;
    if (operator.startsWith('overflow ')) return this.emitOverflow(operator.slice(9), first!, second!);
    switch (operator) {
      case 'select':
        return this.define(
          type,
          `select ${first!.type} ${first!.text}, ${type} ${second!.text}, ${type} ${third!.text}`,
        );
      case 'extractelement':
        return this.define(type, `extractelement ${first!.type} ${first!.text}, i32 ${second!.text}`);
      case 'insertelement':
        return this.define(
          type,
          `insertelement ${type} ${first!.text}, ${second!.type} ${second!.text}, i32 ${third!.text}`,
        );
      case 'shufflevector':
        return this.define(
          type,
          `shufflevector ${first!.type} ${first!.text}, ${second!.type} ${second!.text}, ${third!.type} ${third!.text}`,
        );
      case 'fneg':
        return this.define(type, `fneg ${type} ${first!.text}`);
      default: {
        const result = this.define(type, `${operator} ${first!.type} ${first!.text}, ${second!.text}`);
        if (type === 'i1') this.conditions.noteComparison(result, operator, first!, second!);
        else this.noteProduct(operator, result, first!, second!);
        return result;
      }
    }
  }

  private emitEffect({ operator, operands, type }: Expression & { kind: 'operation' }): Value {
    const [kind, what, ordering] = operator.split(' ');
    if (kind === 'alloca')
      return this.define('ptr', `alloca i8, i64 ${this.emit(operands[0]!).text}, align ${what}`);
    const [place, ...rest] = operands;
    const pointer = this.emitPointer(place!).text;
    const [first, second] = rest.map((operand) => this.emit(operand));
    const bytes = bitsOf(rest[0]?.type ?? type) / 8;
    if (kind === 'atomicload')
      return this.define(type, `load atomic ${type}, ptr ${pointer} ${what}, align ${bytes}`);
    if (kind === 'atomicstore') {
      this.line(`store atomic ${first!.type} ${first!.text}, ptr ${pointer} ${what}, align ${bytes}`);
      return { type, text: '' };
    }
    if (kind === 'atomicrmw')
      return this.define(type, `atomicrmw ${what} ptr ${pointer}, ${type} ${first!.text} ${ordering}`);
    const pair = `{ ${type}, i1 }`;
    const both = this.define(
      pair,
      `cmpxchg ptr ${pointer}, ${type} ${first!.text}, ${type} ${second!.text} ${what} ${ordering}`,
    );
    this.exchange = both;
    return this.define(type, `extractvalue ${pair} ${both.text}, 0`);
  }

  /** What instructions do to conditions as bytes and back again, said of the conditions themselves. */
  private simpler(operator: string, first: Value, second: Value | undefined): Value | undefined {
    if (operator === 'xor' && first.type === 'i1' && second!.text === 'true') return this.opposite(first);
    const inner = this.conditions.extended(first);
    if (inner === undefined) return undefined;
    if (operator === 'and' && second!.text === '1') return first;
    if (operator === 'xor' && second!.text === '-1') {
      const result = this.define('i1', `xor i1 ${inner.text}, true`);
      return this.convert(result, first.type);
    }
    if (operator === 'icmp ne' && second!.text === '0') return inner;
    if (operator === 'icmp eq' && second!.text === '0') return this.opposite(inner);
    if (operator !== 'and' && operator !== 'or') return undefined;
    const other = this.conditions.extended(second!);
    const joined = other === undefined ? undefined : this.conditions.joined(operator, inner, other);
    if (joined === undefined) return undefined;
    return this.convert(this.compareAgain(joined), first.type);
  }

  private compareAgain(comparison: NotedComparison): Value {
    const { operator, left, right } = comparison;
    const result = this.define('i1', `${operator} ${left.type} ${left.text}, ${right.text}`);
    this.conditions.noteComparison(result, operator, left, right);
    return result;
  }

  /** Not this condition: the opposite comparison where it is one. */
  private opposite(condition: Value): Value {
    const known = this.conditions.opposite(condition);
    if (known !== undefined) return 'text' in known ? known : this.compareAgain(known);
    const result = this.define('i1', `xor i1 ${condition.text}, true`);
    this.conditions.noteOpposite(result, condition);
    return result;
  }

  /** The condition that this one is the opposite of, where that is all that is known of it. */
  negated(condition: Value): Value | undefined {
    return this.conditions.negated(condition);
  }

  private emitOverflow(kind: string, left: Value, right: Value): Value {
    const name = `@llvm.${kind}.with.overflow.${left.type}`;
    const pair = `{${left.type}, i1}`;
    this.declarations.add(`declare ${pair} ${name}(${left.type}, ${left.type})`);
    const both = this.define(
      pair,
      `call ${pair} ${name}(${left.type} ${left.text}, ${left.type} ${right.text})`,
    );
    return this.define('i1', `extractvalue ${pair} ${both.text}, 1`);
  }

  private emitIntrinsic(operator: string, type: Type, operands: readonly Expression[]): Value {
    if (operator === 'llvm.memset' || operator === 'llvm.memmove') return this.emitMemory(operator, operands);
    if (operator === 'llvm.va_start' || operator === 'llvm.stackrestore')
      return this.emitOnPointer(operator, operands[0]!);
    const values = operands.map((operand) => this.emit(operand));
    const name = `@${operator}${overloads(operator, type, values)
      .map((one) => `.${overloadName(one)}`)
      .join('')}`;
    this.declarations.add(`declare ${type} ${name}(${values.map((value) => value.type).join(', ')})`);
    const call = `call ${type} ${name}(${values.map((value) => `${value.type} ${value.text}`).join(', ')})`;
    if (type !== 'void') return this.define(type, call);
    this.line(call);
    return { type, text: '' };
  }

  private emitOnPointer(operator: string, operand: Expression): Value {
    this.declarations.add(`declare void @${operator}.p0(ptr)`);
    this.line(`call void @${operator}.p0(ptr ${this.emitPointer(operand).text})`);
    return { type: 'void', text: '' };
  }

  private emitMemory(operator: string, operands: readonly Expression[]): Value {
    const [to, second, size, volatile] = operands;
    const pointer = this.emitPointer(to!);
    const isSet = operator === 'llvm.memset';
    const middle = isSet ? this.emitAs(second!, 'i8') : this.emitPointer(second!);
    const overload = isSet ? 'p0.i64' : 'p0.p0.i64';
    this.declarations.add(`declare void @${operator}.${overload}(ptr, ${middle.type}, i64, i1)`);
    const count = this.emit(size!);
    const last = this.emit(volatile!);
    this.line(
      `call void @${operator}.${overload}(ptr ${pointer.text}, ${middle.type} ${middle.text}, i64 ${count.text}, i1 ${last.text})`,
    );
    return { type: 'void', text: '' };
  }

  /**
   * Makes a value another type: the same bits where widths are equal, else the low bits or zeroes above
   * (through `via`, the integer type in which it was asked for).
   */
  convert(value: Value, type: Type, via?: Type): Value {
    if (value.type === type) return value;
    const [from, to] = [bitsOf(value.type), bitsOf(type)];
    if (via !== undefined && bitsOf(via) < to && bitsOf(via) < from) {
      return this.convert(this.convert(value, via), type);
    }
    if (value.type === 'ptr') {
      return this.convert(this.define('i64', `ptrtoint ptr ${value.text} to i64`), type);
    }
    if (type === 'ptr') {
      if (value.text === '0') return { type, text: 'null' };
      const integer = this.convert(value, 'i64');
      return this.define('ptr', `inttoptr i64 ${integer.text} to ptr`);
    }
    if (isInteger(value.type) && isInteger(type)) {
      if (/^-?\d+$/.test(value.text))
        return { type, text: constantText(BigInt.asUintN(from, BigInt(value.text)), type) };
      if (type === 'i1') {
        const inner = this.conditions.extended(value);
        if (inner !== undefined) return inner;
      }
      const result = this.define(
        type,
        `${from > to ? 'trunc' : 'zext'} ${value.type} ${value.text} to ${type}`,
      );
      if (from < to) this.noteExtension(result, value);
      return result;
    }
    if (from === to) return this.define(type, `bitcast ${value.type} ${value.text} to ${type}`);
    if (from === 128 && (to === 64 || to === 32)) return this.lowLane(value, type, to);
    if (to === 128 && (from === 64 || from === 32)) return this.intoLowLane(value, type, from);
    const integer = this.convert(value, `i${from}`);
    return this.convert(this.convert(integer, `i${to}`), type);
  }

  private lowLane(value: Value, type: Type, bits: number): Value {
    const element = laneType(type, bits);
    const vector = this.convert(value, `<${128 / bits} x ${element}>`);
    return this.convert(this.define(element, `extractelement ${vector.type} ${vector.text}, i32 0`), type);
  }

  private intoLowLane(value: Value, type: Type, bits: number): Value {
    const element = laneType(value.type, bits);
    const vector = `<${128 / bits} x ${element}>`;
    const lane = this.convert(value, element);
    return this.convert(
      this.define(vector, `insertelement ${vector} zeroinitializer, ${element} ${lane.text}, i32 0`),
      type,
    );
  }
}

const laneType = (type: Type, bits: number): Type => (/^(float|double)$/.test(type) ? type : `i${bits}`);

export function constantText(value: bigint, type: Type): string {
  const bits = bitsOf(type);
  if (bits === 1) return (value & 1n) === 1n ? 'true' : 'false';
  return String(BigInt.asIntN(bits, value));
}

const floatNames: Record<string, string> = { half: 'f16', float: 'f32', double: 'f64', x86_fp80: 'f80' };

/**
 * The types that an intrinsic's name says: its result's; of a reduction the vector's; of sums of neighbours and of
 * roundings both. None where the name is one instruction's of x86.
 */
function overloads(operator: string, type: Type, [first]: readonly Value[]): Type[] {
  if (type === 'void' || operator.startsWith('llvm.x86.')) return [];
  if (operator.startsWith('llvm.vector.reduce.')) return [first!.type];
  return /addlp$|lrint$/.test(operator) ? [type, first!.type] : [type];
}

/** How a type is spelt in an intrinsic's name. */
function overloadName(type: Type): string {
  const vector = /^<(\d+) x (\w+)>$/.exec(type);
  if (vector !== null) return `v${vector[1]}${overloadName(vector[2]!)}`;
  return floatNames[type] ?? type;
}
