// Webs: the writes and reads of a register that belong together, each a variable of its own with one width
// and one type. A register that first counts in 32 bits and then holds a pointer is two webs. LLVM's
// mem2reg makes SSA of them afterwards; found first, widths and types are those of the program's variables
// and not those of the machine's registers.

import { successors, type FunctionBody } from './blocks.ts';
import { backward, demandAtEnds, visitReads, visitStepReads, type Use, type Visit } from './demand.ts';
import { bitsOf, isAtomic, terms, type Expression, type Type } from './expression.ts';
import { clobberedBy } from './kept-registers.ts';
import { resultPart, type RegisterWrite, type Step } from './step.ts';
import type { Target } from './targets/target.ts';

export interface Web {
  register: number;
  /** Type of the variable: i1 … i64, ptr, float, double, a vector. */
  type: Type;
}

interface Node {
  register: number;
  /** The widest value written, and the most that is read. */
  written: number;
  read: number;
  /** Its value comes from outside: a parameter. */
  entry: boolean;
  pointer: boolean;
  votes: Map<Type, number>;
}

export interface Webs {
  webs: Web[];
  /** By block: the web of each register at its first step. */
  starts: Map<number, number>[];
  writes: Map<RegisterWrite, number>;
  /** The webs that calls define, by step and register. */
  results: Map<Step, Map<number, number>>;
}

const widths = [1, 8, 16, 32, 64, 128];

class WebBuilder {
  private readonly parents: number[] = [];
  private readonly nodes: Node[] = [];
  /** Variables that are pointers together: copies, sums with a number, comparisons. */
  private readonly same: [number, number][] = [];
  /** One of the last two is a pointer if the first is; undefined for an address, which always is. */
  private readonly sums: [number | undefined, number, number][] = [];
  private readonly starts: Map<number, number>[];
  private readonly writes = new Map<RegisterWrite, number>();
  private readonly results = new Map<Step, Map<number, number>>();
  /** Variables that stand for what is in a place of the frame: a pointer that is stored comes back as one. */
  private readonly places = new Map<number, number>();
  private readonly body: FunctionBody;
  private readonly target: Target;
  private readonly followsPlaces: boolean;

  constructor(body: FunctionBody, target: Target, followsPlaces: boolean) {
    this.body = body;
    this.target = target;
    this.followsPlaces = followsPlaces;
    this.starts = body.blocks.map(() => new Map<number, number>());
  }

  build(): Webs {
    const { body, target } = this;
    const ends = demandAtEnds(body, target.convention);
    const outs = body.blocks.map((block): Map<number, number> => {
      const current = new Map<number, number>();
      ends[block.index]!.forEach((bits, register) => {
        if (bits > 0) current.set(register, this.create(register));
      });
      const out = new Map(current);
      this.visitTerminator(block.index, this.visitor(current));
      backward(block, ends[block.index]!, target.convention, (step, after) =>
        this.visitStep(step, after, current),
      );
      this.starts[block.index] = current;
      return out;
    });
    for (const block of body.blocks) {
      const out = outs[block.index]!;
      for (const to of successors(block.terminator)) {
        for (const [register, node] of this.starts[to]!) {
          const other = out.get(register);
          if (other !== undefined) this.unite(node, other);
        }
      }
    }
    for (const node of this.starts[0]!.values()) this.nodes[this.root(node)]!.entry = true;
    this.inferPointers();
    return this.finish();
  }

  private create(register: number): number {
    this.nodes.push({ register, written: 0, read: 0, entry: false, pointer: false, votes: new Map() });
    return this.parents.push(this.parents.length) - 1;
  }

  private root(node: number): number {
    let at = node;
    while (this.parents[at] !== at) at = this.parents[at] = this.parents[this.parents[at]!]!;
    return at;
  }

  private unite(left: number, right: number): void {
    const [into, from] = [this.root(left), this.root(right)];
    if (into === from) return;
    this.parents[from] = into;
    const [a, b] = [this.nodes[into]!, this.nodes[from]!];
    a.written = Math.max(a.written, b.written);
    a.read = Math.max(a.read, b.read);
    a.entry ||= b.entry;
    a.pointer ||= b.pointer;
    for (const [type, votes] of b.votes) a.votes.set(type, (a.votes.get(type) ?? 0) + votes);
  }

  private nodeIn(current: Map<number, number>, register: number): number {
    let node = current.get(register);
    if (node === undefined) current.set(register, (node = this.create(register)));
    return node;
  }

  /** Notes reads on the webs of the state that they see. */
  private visitor(current: Map<number, number>): Visit {
    return (register, bits, use) => this.noteRead(this.nodeIn(current, register), bits, use);
  }

  private noteRead(node: number, bits: number, use: Use): void {
    const known = this.nodes[node]!;
    known.read = Math.max(known.read, bits);
    if (use.as === 'address') known.pointer = true;
    else if (use.as === 'cast') known.votes.set(use.type, (known.votes.get(use.type) ?? 0) + 2);
  }

  private visitTerminator(index: number, visit: Visit): void {
    const { terminator } = this.body.blocks[index]!;
    if (terminator.kind === 'branch') visitReads(terminator.condition, 1, visit);
    else if (terminator.kind === 'switch') visitReads(terminator.index, 64, visit);
    else if (terminator.kind === 'return') {
      for (const value of terminator.values) visitReads(value, bitsOf(value.type), visit);
    }
  }

  private visitStep(step: Step, after: Uint8Array, current: Map<number, number>): void {
    const written: [RegisterWrite, number][] = [];
    for (const write of step.writes) {
      const node = current.get(write.register);
      if (node === undefined) continue;
      this.writes.set(write, node);
      written.push([write, node]);
      current.delete(write.register);
    }
    for (const register of step.undefined) current.delete(register);
    if (step.flow?.kind === 'call') this.visitCall(step, current);
    visitStepReads(step, after, this.visitor(current));
    for (const [write, node] of written) this.noteWrite(write, node, current);
    this.noteRelations(step, current);
  }

  private visitCall(step: Step, current: Map<number, number>): void {
    const site = step.flow?.kind === 'call' ? step.flow.site : undefined;
    const defined = new Map<number, number>();
    for (const register of clobberedBy(step, this.target.convention)) {
      const node = current.get(register);
      if (node === undefined) continue;
      defined.set(register, node);
      const known = this.nodes[node]!;
      known.written = Math.max(known.written, 64);
      const part = resultPart(site?.result, register);
      if (part !== undefined) {
        const { type } = part;
        known.written = bitsOf(type);
        if (type === 'ptr') known.pointer = true;
        else if (!type.startsWith('i')) known.votes.set(type, 3);
      }
      current.delete(register);
    }
    this.results.set(step, defined);
  }

  private noteWrite({ value, rest }: RegisterWrite, node: number, current: Map<number, number>): void {
    const known = this.nodes[node]!;
    let bits = bitsOf(value.type);
    if (value.kind === 'constant') bits = constantBits(value.value, bits);
    // A write that keeps the bits above is as wide as what was there, if anybody reads it.
    known.written = Math.max(known.written, rest === 'keep' ? Math.max(bits, known.read) : bits);
    if (!value.type.startsWith('i')) {
      // Moves say less about a type than arithmetic does.
      const weight = value.kind === 'operation' && value.operator !== 'bitcast' ? 2 : 1;
      known.votes.set(value.type, (known.votes.get(value.type) ?? 0) + weight);
    }
    if (bits !== 64) {
      if (value.kind === 'register') this.same.push([node, this.nodeIn(current, value.register)]);
      return;
    }
    this.relate(node, value, current);
  }

  /** What a 64-bit value says about pointers. */
  private relate(node: number, value: Expression, current: Map<number, number>): void {
    if (value.kind === 'operation' && value.operator === 'select') {
      for (const operand of value.operands.slice(1)) this.relate(node, operand, current);
      return;
    }
    this.relateToPlace(node, value);
    const summands = terms(value);
    const isStack = value.kind === 'operation' && /^(alloca|stacksave)\b/.test(value.operator);
    if (isStack || summands.some(({ kind }) => kind === 'frame' || kind === 'symbol'))
      this.nodes[this.root(node)]!.pointer = true;
    const registers = summands.flatMap((term) =>
      term.kind === 'register' ? [this.nodeIn(current, term.register)] : [],
    );
    if (registers.length === 1) this.same.push([node, registers[0]!]);
    else if (registers.length === 2) this.sums.push([node, registers[0]!, registers[1]!]);
  }

  private relateToPlace(node: number, value: Expression): void {
    if (this.followsPlaces && value.kind === 'load' && value.address.kind === 'frame')
      this.same.push([this.placeIn(value.address.offset), node]);
  }

  private placeIn(offset: number): number {
    let place = this.places.get(offset);
    if (place === undefined) this.places.set(offset, (place = this.create(this.target.stackPointer)));
    return place;
  }

  /** Addresses with two candidates for the pointer, and comparisons. */
  private noteRelations(step: Step, current: Map<number, number>): void {
    const visit = (expression: Expression): void => {
      if (expression.kind === 'load') {
        this.noteAddress(expression.address, current);
        visit(expression.address);
      } else if (expression.kind === 'operation') {
        const [left, right] = expression.operands;
        if (isAtomic(expression)) this.noteAddress(left!, current);
        if (
          expression.operator.startsWith('icmp') &&
          left?.kind === 'register' &&
          right?.kind === 'register' &&
          left.type === 'i64'
        ) {
          this.same.push([this.nodeIn(current, left.register), this.nodeIn(current, right.register)]);
        }
        expression.operands.forEach(visit);
      }
    };
    for (const { value } of step.writes) visit(value);
    for (const { address, value } of step.stores) {
      if (this.followsPlaces && address.kind === 'frame' && value.kind === 'register' && value.type === 'i64')
        this.same.push([this.placeIn(address.offset), this.nodeIn(current, value.register)]);
      this.noteAddress(address, current);
      visit(address);
      visit(value);
    }
  }

  private noteAddress(address: Expression, current: Map<number, number>): void {
    const summands = terms(address);
    if (summands.some(({ kind }) => kind === 'symbol' || kind === 'frame')) return;
    const registers = summands.filter((term) => term.kind === 'register');
    if (registers.length !== 2) return;
    const [first, second] = registers.map(({ register }) => this.nodeIn(current, register));
    this.sums.push([undefined, first!, second!]);
  }

  private inferPointers(): void {
    const isPointer = (node: number): boolean => this.nodes[this.root(node)]!.pointer;
    const mark = (node: number): void => {
      this.nodes[this.root(node)]!.pointer = true;
    };
    const propagate = (): void => {
      for (let again = true, rounds = 0; again && rounds < 50; rounds++) {
        again = false;
        for (const [left, right] of this.same) {
          if (isPointer(left) === isPointer(right)) continue;
          mark(left);
          mark(right);
          again = true;
        }
        for (const [sum, left, right] of this.sums) {
          if (sum === undefined) continue;
          if (!isPointer(sum) && (isPointer(left) || isPointer(right))) {
            mark(sum);
            again = true;
          }
        }
      }
    };
    propagate();
    for (const [sum, left, right] of this.sums) {
      if (isPointer(left) || isPointer(right) || (sum !== undefined && !isPointer(sum))) continue;
      mark(left);
      propagate();
    }
  }

  private finish(): Webs {
    for (let rounds = 0; rounds < 3; rounds++) {
      for (const [left, right] of this.same) {
        const [a, b] = [this.nodes[this.root(left)]!, this.nodes[this.root(right)]!];
        if (a.votes.size === 0 && b.votes.size > 0) a.votes = new Map(b.votes);
        else if (b.votes.size === 0 && a.votes.size > 0) b.votes = new Map(a.votes);
      }
    }
    const webs: Web[] = [];
    const numbers = new Map<number, number>();
    const numberOf = (node: number): number => {
      const root = this.root(node);
      let number = numbers.get(root);
      if (number === undefined) {
        numbers.set(root, (number = webs.length));
        webs.push({ register: this.nodes[root]!.register, type: this.typeOf(this.nodes[root]!) });
      }
      return number;
    };
    const numbered = <Key>(map: Map<Key, number>): Map<Key, number> =>
      new Map([...map].map(([key, node]) => [key, numberOf(node)]));
    return {
      starts: this.starts.map(numbered),
      writes: numbered(this.writes),
      results: new Map([...this.results].map(([step, map]) => [step, numbered(map)])),
      webs,
    };
  }

  private typeOf(node: Node): Type {
    const own = this.body.registerTypes[node.register]!;
    if (own === 'i1') return own;
    const wanted = node.entry ? node.read : Math.min(node.read, Math.max(node.written, 1));
    // A slot may hold an integer at other times.
    if (own === 'x86_fp80' && wanted > 64) return own;
    const bits = widths.find((width) => width >= wanted && (width > 1 || !node.entry)) ?? 128;
    if (node.pointer && bits === 64) return 'ptr';
    const isGeneral = node.register < this.target.registerCount && own === 'i64';
    if (isGeneral) return `i${Math.min(bits, 64)}`;
    const [best] = [...node.votes]
      .filter(([type]) => bitsOf(type) === bits)
      .sort(([, left], [, right]) => right - left);
    if (best !== undefined) return best[0];
    if (bits === 128) return '<2 x i64>';
    return node.entry && own === 'i128' ? floatOfWidth(`i${bits}`) : `i${bits}`;
  }
}

/** What crosses a call in a vector register is passed as a floating point number: integers go elsewhere. */
export function floatOfWidth(type: Type): Type {
  return { i32: 'float', i64: 'double', ptr: 'double' }[type] ?? type;
}

/** Bits that a constant really needs: `movl $5` says nothing about 8, 32 or 64; the sign of `movq $-5` does. */
function constantBits(value: bigint, bits: number): number {
  return value < 2n ** 32n ? Math.min(bits, 32) : bits;
}

/** `followsPlaces`: whether pointers are followed through memory of the frame. */
export function findWebs(body: FunctionBody, target: Target, followsPlaces: boolean): Webs {
  return new WebBuilder(body, target, followsPlaces).build();
}
