// A function body with its webs as LLVM text: one variable (alloca) a web, one block a block, arguments
// stored into their variables first. mem2reg and instcombine make readable code of it.

import type { Block, FunctionBody } from './blocks.ts';
import { constantText, ValueEmitter, type RegisterFile } from './emit-values.ts';
import type { FrameRegion } from './frame-regions.ts';
import { bitsOf, hasEffect, type Type, type Value } from './expression.ts';
import { clobberedBy } from './kept-registers.ts';
import { locateResult, membersOf, structureOf, type Signature } from './prototypes.ts';
import { Unsupported, type CallSite, type ResultPart, type Step } from './step.ts';
import type { Parameter } from './signature.ts';
import type { SymbolTable } from './symbols.ts';
import type { Target } from './targets/target.ts';
import { floatOfWidth, type Webs } from './webs.ts';

export interface EmitOptions {
  /** Text of the function's attributes and linkage. */
  linkage: string;
  attributes: string;
  /** A jump to the next block gets a block of its own, as it has where code generation at -O0 writes it. */
  keepsBlocks: boolean;
  /** Whether unnamed arguments follow the parameters. */
  variadic: boolean;
}

export interface EmittedFunction {
  text: string;
  declarations: Set<string>;
  signature: Signature;
}

interface Callee {
  result: Type;
  parts: readonly ResultPart[];
}

/** How the address of a returned structure is passed; its size says nothing to code generation. */
const structureAddress = 'ptr sret(i8)';

export class FunctionEmitter implements RegisterFile {
  private readonly values = new ValueEmitter(this);
  private readonly current = new Map<number, number>();
  /** The values that webs were given in this block. */
  private readonly assigned = new Map<number, Value>();
  private readonly body: FunctionBody;
  private readonly webs: Webs;
  private readonly parameters: readonly Parameter[];
  private readonly regions: readonly FrameRegion[];
  private readonly symbols: SymbolTable;
  private readonly target: Target;

  constructor(
    body: FunctionBody,
    webs: Webs,
    parameters: readonly Parameter[],
    regions: readonly FrameRegion[],
    symbols: SymbolTable,
    target: Target,
  ) {
    this.body = body;
    this.webs = webs;
    this.parameters = parameters;
    this.regions = regions;
    this.symbols = symbols;
    this.target = target;
  }

  emit(options: EmitOptions): EmittedFunction {
    this.values.typed = options.keepsBlocks;
    const result = this.resultType();
    const { lines } = this.values;
    lines.push('entry:');
    this.emitVariables();
    const [first] = this.body.blocks;
    if (first!.predecessors.length > 0) this.values.line('br label %b0');
    for (const block of this.body.blocks) this.emitBlock(block, result, options.keepsBlocks);
    const list = this.parameters.map(
      ({ type, structureResult }, index) =>
        `${structureResult === true ? structureAddress : type} %a${index}`,
    );
    if (options.variadic) list.push('...');
    const head = `define ${options.linkage}${result} ${this.symbols.functionName(this.body.name)}(${list.join(', ')}) ${options.attributes}{`;
    return {
      text: `${head}\n${lines.join('\n')}\n}\n`,
      declarations: this.values.declarations,
      signature: {
        result,
        parameters: this.parameters.filter((one) => one.structureResult !== true).map(({ type }) => type),
        variadic: options.variadic,
        ...(this.parameters[0]?.structureResult === true ? { structureResult: true } : {}),
      },
    };
  }

  private emitVariables(): void {
    for (const [index, { type }] of this.webs.webs.entries())
      this.values.line(`${this.variable(index)} = alloca ${type}`);
    for (const { name, bytes, alignment } of this.regions) {
      this.values.line(`${name} = alloca [${bytes} x i8], align ${alignment}`);
    }
    for (const [index, { web, type }] of this.parameters.entries()) {
      if (web === undefined) continue;
      const value = this.values.convert({ type, text: `%a${index}` }, this.webs.webs[web]!.type);
      this.values.line(`store ${value.type} ${value.text}, ptr ${this.variable(web)}`);
      if (this.body.blocks[0]!.predecessors.length === 0) this.assigned.set(web, value);
    }
  }

  private variable(web: number): string {
    const { register } = this.webs.webs[web]!;
    const name = register < this.target.registerCount ? this.target.registerName(register) : 'slot';
    return `%${name}.${web}`;
  }

  private emitBlock(block: Block, result: Type, keepsBlocks: boolean): void {
    const start = this.values.lines.length;
    if (block.index > 0 || block.predecessors.length > 0) this.values.lines.push(`b${block.index}:`);
    this.current.clear();
    // What the one block before left holds here too.
    const follows = block.predecessors.length === 1 && block.predecessors[0] === block.index - 1;
    if (block.index > 0 && !follows) this.assigned.clear();
    for (const [register, web] of this.webs.starts[block.index]!) this.current.set(register, web);
    const { terminator } = block;
    for (const [index, step] of block.steps.entries()) {
      this.values.newStep();
      // A branch reads the state before its own step, which writes nothing.
      if (index === block.steps.length - 1 && terminator.kind === 'tailCall') {
        this.emitTailCall(step, result);
        return;
      }
      this.emitStep(step);
    }
    this.values.newStep();
    if (keepsBlocks && !this.target.writesEveryJump && this.needsJumpBlock(block, start)) {
      this.values.line(`br label %j${block.index}`);
      this.values.lines.push(`j${block.index}:`);
    }
    this.emitTerminator(block, result);
  }

  /** Whether a jump to the next block, which code generation leaves out behind instructions, was written. */
  private needsJumpBlock({ terminator, index, steps }: Block, start: number): boolean {
    if (terminator.kind !== 'jump' || terminator.to !== index + 1) return false;
    if (steps.at(-1)?.flow?.kind !== 'jump') return false;
    // Variables of webs are values later.
    return this.values.lines
      .slice(start)
      .some((line) => line.startsWith('  ') && !/ ptr %[\w.]+$/.test(line));
  }

  private emitStep(step: Step): void {
    // All values first: they see the state before the instruction.
    const written: { web: number; register: number; value: Value }[] = [];
    for (const write of step.writes) {
      const web = this.webs.writes.get(write);
      if (web === undefined) {
        if (hasEffect(write.value)) this.values.emit(write.value);
        continue;
      }
      const { type } = this.webs.webs[web]!;
      const bits = bitsOf(write.value.type);
      const value =
        write.rest === 'keep' && bits < bitsOf(type)
          ? this.merge(write.register, this.values.emitAs(write.value, write.value.type), type)
          : this.values.emitAs(write.value, type);
      written.push({ web, register: write.register, value });
    }
    for (const { address, value, alignment = 1 } of step.stores) {
      const stored = this.storedValue(value);
      const place = this.values.emitPointer(address);
      this.values.line(`store ${stored.type} ${stored.text}, ptr ${place.text}, align ${alignment}`);
    }
    for (const call of step.calls) this.values.emit(call);
    if (step.flow?.kind === 'call') this.emitCall(step, step.flow.target, step.flow.site, '');
    for (const { web, register, value } of written) {
      this.assign(web, value);
      this.current.set(register, web);
    }
  }

  private assign(web: number, value: Value): void {
    this.values.line(`store ${value.type} ${value.text}, ptr ${this.variable(web)}`);
    this.assigned.set(web, value);
  }

  /** What is stored keeps the type of its variable, so that a pointer is stored as one. */
  private storedValue(value: Step['stores'][number]['value']): Value {
    const inner = value.kind === 'operation' && value.operator === 'bitcast' ? value.operands[0]! : value;
    if (inner.kind === 'register') {
      const web = this.current.get(inner.register);
      const type = web === undefined ? undefined : this.webs.webs[web]!.type;
      if (type !== undefined && bitsOf(type) === bitsOf(value.type)) return this.values.emitAs(inner, type);
    }
    if (value.kind === 'symbol' || value.kind === 'frame') return this.values.emitPointer(value);
    return this.values.emit(value);
  }

  /** The low bits replaced, the rest as it was. */
  private merge(register: number, value: Value, type: Type): Value {
    const old = this.read(register, type);
    const bits = bitsOf(value.type);
    if (bitsOf(type) === 128 && bits >= 32) {
      const element = value.type === 'float' || value.type === 'double' ? value.type : `i${bits}`;
      const vector = this.values.convert(old, `<${128 / bits} x ${element}>`);
      const lane = this.values.convert(value, element);
      const joined = this.values.define(
        vector.type,
        `insertelement ${vector.type} ${vector.text}, ${element} ${lane.text}, i32 0`,
      );
      return this.values.convert(joined, type);
    }
    const integer = `i${bitsOf(type)}`;
    const mask = BigInt.asIntN(bitsOf(type), -(1n << BigInt(bits)));
    const kept = this.values.define(
      integer,
      `and ${integer} ${this.values.convert(old, integer).text}, ${mask}`,
    );
    const low = this.values.convert(this.values.convert(value, `i${bits}`), integer);
    return this.values.convert(this.values.define(integer, `or ${integer} ${kept.text}, ${low.text}`), type);
  }

  private emitCall(
    step: Step,
    target: string | Step['stores'][number]['value'],
    site: CallSite | undefined,
    marker: string,
  ): Value | undefined {
    const results = this.webs.results.get(step) ?? new Map<number, number>();
    const callee = this.calleeOf(site, results);
    const passed = (site?.arguments ?? []).map((argument, index): Value => {
      const type = site!.parameterTypes[index];
      if (type !== undefined) return this.values.emitAs(argument, type);
      return this.argumentValue(argument);
    });
    const passedAs = passed.map(({ type }, index) =>
      index === 0 && site?.structureResult === true ? structureAddress : type,
    );
    const list = passed.map(({ text }, index) => `${passedAs[index]!} ${text}`).join(', ');
    const fixed = site?.fixed;
    const prototype =
      fixed === undefined
        ? ''
        : ` (${[...passed.slice(0, fixed).map(({ type }) => type), '...'].join(', ')})`;
    const name =
      typeof target === 'string'
        ? this.symbols.callee(target, callee.result, passedAs.slice(0, fixed), fixed !== undefined)
        : this.values.emitPointer(target).text;
    const call = `${marker}call ${callee.result}${prototype} ${name}(${list})`;
    for (const register of clobberedBy(step, this.target.convention)) this.current.delete(register);
    if (callee.result === 'void') {
      this.values.line(call);
      return undefined;
    }
    const value = this.values.define(callee.result, call);
    for (const [register, web] of results) {
      this.current.set(register, web);
      const index = callee.parts.findIndex((part) => part.register === register);
      if (index < 0) continue;
      const member =
        callee.parts.length === 1
          ? value
          : this.values.define(
              callee.parts[index]!.type,
              `extractvalue ${value.type} ${value.text}, ${index}`,
            );
      this.assign(web, this.values.convert(member, this.webs.webs[web]!.type));
    }
    return value;
  }

  private calleeOf(site: CallSite | undefined, results: ReadonlyMap<number, number>): Callee {
    const parts = typeof site?.result === 'object' ? site.result : this.demandedResult(results);
    return { result: structureOf(parts.map(({ type }) => type)), parts };
  }

  /** What is read behind a call: the registers of its result up to the last that somebody wants. */
  private demandedResult(results: ReadonlyMap<number, number>): ResultPart[] {
    const { integerResults, floatResults } = this.target.convention;
    const upTo = (registers: readonly number[]): ResultPart[] => {
      const wanted = registers.slice(0, registers.findLastIndex((register) => results.has(register)) + 1);
      const unread = registers === floatResults ? 'double' : 'i64';
      return wanted.map((register) => {
        const web = results.get(register);
        return {
          register,
          type: web === undefined ? unread : this.passedType(register, this.webs.webs[web]!.type),
        };
      });
    };
    const [integers, floats] = [upTo(integerResults), upTo(floatResults)];
    return integers.length > 0 && floats.length > 0 ? [integers[0]!, floats[0]!] : [...integers, ...floats];
  }

  /** An argument of unknown type is passed as its variable is. */
  private argumentValue(argument: CallSite['arguments'][number]): Value {
    const inner =
      argument.kind === 'operation' && argument.operator === 'bitcast' ? argument.operands[0]! : argument;
    if (inner.kind === 'frame' || inner.kind === 'symbol') return this.values.emitPointer(inner);
    if (inner.kind !== 'register') return this.values.emit(argument);
    const web = this.current.get(inner.register);
    const type = web === undefined ? argument.type : this.webs.webs[web]!.type;
    return this.values.convert(this.read(inner.register, type), this.passedType(inner.register, type));
  }

  private passedType(register: number, type: Type): Type {
    return this.body.registerTypes[register] === 'i128' ? floatOfWidth(type) : type;
  }

  private emitTailCall(step: Step, result: Type): void {
    const flow = step.flow;
    if (flow?.kind !== 'call') throw new Error('a tail call block ends with its call');
    const site: CallSite = flow.site ?? { arguments: [], parameterTypes: [], result: 'unknown' };
    const parts = locateResult(result, this.target.convention);
    const told = site.result !== 'unknown' && site.result.length >= parts.length;
    const adapted: CallSite = told ? site : { ...site, result: parts };
    const value = this.emitCall(step, flow.target, adapted, 'tail ');
    if (result === 'void') this.values.line('ret void');
    else if (value === undefined) this.values.line(`ret ${result} poison`);
    else if (value.type.startsWith('{') && value.type !== result) {
      this.values.line(`ret ${result} ${this.sameMembers(value, result).text}`);
    } else this.values.line(`ret ${result} ${this.values.convert(value, result).text}`);
  }

  private emitTerminator({ terminator, index }: Block, result: Type): void {
    const { values } = this;
    switch (terminator.kind) {
      case 'jump':
        values.line(`br label %b${terminator.to}`);
        return;
      case 'branch':
        this.emitBranch(values.emit(terminator.condition), terminator.yes, terminator.no);
        return;
      case 'switch': {
        const otherwise =
          terminator.otherwise === undefined ? `%default${index}` : `%b${terminator.otherwise}`;
        const { type, text } = values.narrowed(values.emit(terminator.index));
        const cases = terminator.to.map((to, value) => {
          const number = terminator.numbers?.[value] ?? BigInt(value);
          return `${type} ${constantText(number, type)}, label %b${to}`;
        });
        values.line(`switch ${type} ${text}, label ${otherwise} [ ${cases.join(' ')} ]`);
        if (terminator.otherwise !== undefined) return;
        values.lines.push(`default${index}:`);
        values.line('unreachable');
        return;
      }
      case 'return':
        if (terminator.values.length === 0 || result === 'void') values.line('ret void');
        else {
          const members = membersOf(result);
          const returned = terminator.values.map((value, at) => values.emitAs(value, members[at]!));
          values.line(`ret ${result} ${this.joined(returned, result).text}`);
        }
        return;
      case 'unreachable':
        values.line('unreachable');
        return;
      case 'tailCall':
      case 'indirect':
        throw new Error(`block ${index}: ${terminator.kind} is emitted with its step`);
    }
  }

  private emitBranch(condition: Value, yes: number, no: number): void {
    const opposite = this.values.negated(condition);
    if (opposite === undefined) this.values.line(`br i1 ${condition.text}, label %b${yes}, label %b${no}`);
    else this.values.line(`br i1 ${opposite.text}, label %b${no}, label %b${yes}`);
  }

  /** A structure of these members; one alone is itself. */
  private joined(members: readonly Value[], type: Type): Value {
    if (members.length === 1) return members[0]!;
    return members.reduce(
      (structure, member, at) =>
        this.values.define(
          type,
          `insertvalue ${type} ${structure.text}, ${member.type} ${member.text}, ${at}`,
        ),
      { type, text: 'poison' },
    );
  }

  /** The members of a structure as those of another type. */
  private sameMembers(value: Value, type: Type): Value {
    const from = membersOf(value.type);
    const members = membersOf(type).map((member, at) => {
      const taken = this.values.define(from[at]!, `extractvalue ${value.type} ${value.text}, ${at}`);
      return this.values.convert(taken, member);
    });
    return this.joined(members, type);
  }

  /** The type of returned values, member by member: of the web that most returns read. */
  private resultType(): Type {
    const found: Type[] = [];
    for (const block of this.body.blocks) {
      if (block.terminator.kind !== 'return') continue;
      for (const [at, value] of block.terminator.values.entries()) {
        const inner = value.kind === 'operation' ? value.operands[0]! : value;
        const register = inner.kind === 'register' ? inner.register : undefined;
        const web = register === undefined ? undefined : this.webAtEnd(block, register);
        const kept = web === undefined ? value.type : this.webs.webs[web]!.type;
        const type = register === undefined ? kept : this.passedType(register, kept);
        const whole = register === undefined ? value.type : this.passedType(register, value.type);
        if (found[at] === undefined || type === 'ptr')
          found[at] = bitsOf(type) >= bitsOf(value.type) || type === 'ptr' ? type : whole;
      }
    }
    return found.length === 0 ? (this.body.tailResult ?? 'void') : structureOf(found);
  }

  private webAtEnd(block: Block, register: number): number | undefined {
    for (const step of block.steps.toReversed()) {
      const write = step.writes.find((one) => one.register === register && this.webs.writes.has(one));
      if (write !== undefined) return this.webs.writes.get(write);
      const result = this.webs.results.get(step)?.get(register);
      if (result !== undefined) return result;
    }
    return this.webs.starts[block.index]!.get(register);
  }

  read(register: number, type: Type): Value {
    const web = this.current.get(register);
    if (web === undefined) return { type, text: 'poison' };
    const kept = this.webs.webs[web]!.type;
    return this.assigned.get(web) ?? this.values.define(kept, `load ${kept}, ptr ${this.variable(web)}`);
  }

  isPointer(register: number): boolean {
    const web = this.current.get(register);
    return web !== undefined && this.webs.webs[web]!.type === 'ptr';
  }

  frameAddress(offset: number): Value {
    const below = this.regions.filter(({ start }) => start <= offset);
    const region =
      below.length > 0
        ? below.reduce((one, other) => (one.start > other.start ? one : other))
        : this.regions[0];
    if (region === undefined) throw new Unsupported('a place outside of the frame');
    if (region.start === offset) return { type: 'ptr', text: region.name };
    return this.values.define('ptr', `getelementptr i8, ptr ${region.name}, i64 ${offset - region.start}`);
  }

  symbolAddress(symbol: string, addend: bigint, threadLocal: boolean): Value {
    const name = this.symbols.address(symbol, threadLocal);
    let pointer: Value = { type: 'ptr', text: name };
    if (threadLocal) {
      this.values.declarations.add('declare nonnull ptr @llvm.threadlocal.address.p0(ptr nonnull)');
      pointer = this.values.define('ptr', `call ptr @llvm.threadlocal.address.p0(ptr ${name})`);
    }
    if (addend === 0n) return pointer;
    if (threadLocal) return this.values.define('ptr', `getelementptr i8, ptr ${pointer.text}, i64 ${addend}`);
    return { type: 'ptr', text: `getelementptr (i8, ptr ${name}, i64 ${addend})` };
  }
}
