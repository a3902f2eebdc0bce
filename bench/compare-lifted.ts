// Are two functions of assembly text the same code? Instruction by instruction, with local labels and
// private data aligned: a label may have another name on the other side as long as it is the same one
// throughout, and private data (strings, jump tables) must have the same contents. Directives, comments,
// alignment and the order of data do not count.

import type {
  AssemblyFile,
  AssemblyFunction,
  DataLabel,
  Instruction,
  Operand,
} from '#ozma/lift/assembly/types.js';

export interface AssemblySide {
  file: AssemblyFile;
  function: AssemblyFunction;
}

export interface Difference {
  /** Instructions from the start that are the same. */
  equal: number;
  /** What differs first, as `expected movl, found movq`. */
  message: string;
}

const isLocal = (name: string): boolean => name.startsWith('.L') || /^\d+#/.test(name);

interface Code {
  instructions: Instruction[];
  /** Labels by the number of instructions before them. */
  places: Map<string, number>;
}

function codeOf({ items }: AssemblyFunction): Code {
  const instructions: Instruction[] = [];
  const places = new Map<string, number>();
  for (const item of items) {
    if (item.kind === 'label') places.set(item.name, instructions.length);
    else instructions.push(item.instruction);
  }
  return { instructions, places };
}

class Comparison {
  private readonly left: AssemblySide;
  private readonly right: AssemblySide;
  private readonly leftCode: Code;
  private readonly rightCode: Code;
  private readonly matched = new Map<string, string>();

  constructor(left: AssemblySide, right: AssemblySide) {
    this.left = left;
    this.right = right;
    this.leftCode = codeOf(left.function);
    this.rightCode = codeOf(right.function);
  }

  run(): Difference | undefined {
    const [expected, found] = [this.leftCode.instructions, this.rightCode.instructions];
    const shorter = Math.min(expected.length, found.length);
    for (let at = 0; at < shorter; at++) {
      const [one, other] = [expected[at]!, found[at]!];
      const same =
        one.mnemonic === other.mnemonic &&
        one.prefix === other.prefix &&
        one.operands.length === other.operands.length &&
        one.operands.every((operand, index) => this.sameOperand(operand, other.operands[index]!));
      if (!same)
        return { equal: at, message: `instruction ${at + 1}: expected ${show(one)}, found ${show(other)}` };
    }
    if (expected.length === found.length) return undefined;
    return { equal: shorter, message: `expected ${expected.length} instructions, found ${found.length}` };
  }

  private sameOperand(left: Operand, right: Operand): boolean {
    if (left.kind !== right.kind) return false;
    if (left.kind === 'symbol' && right.kind === 'symbol') {
      return (
        left.modifier === right.modifier &&
        left.addend === right.addend &&
        left.immediate === right.immediate &&
        this.sameSymbol(left.symbol, right.symbol)
      );
    }
    if (left.kind === 'memory' && right.kind === 'memory') {
      const { symbol: one, ...rest } = left;
      const { symbol: other, ...others } = right;
      if (show(rest) !== show(others)) return false;
      return one === undefined || other === undefined ? one === other : this.sameOperand(one, other);
    }
    if (left.kind === 'indirect' && right.kind === 'indirect')
      return this.sameOperand(left.target, right.target);
    return show(left) === show(right);
  }

  private sameSymbol(left: string, right: string): boolean {
    if (left === this.left.function.name && right === this.right.function.name) return true;
    if (!isLocal(left) || !isLocal(right)) return left === right;
    const [from, to] = [this.leftCode.places.get(left), this.rightCode.places.get(right)];
    if (from !== undefined || to !== undefined) return from === to;
    const known = this.matched.get(left);
    if (known !== undefined) return known === right;
    const [one, other] = [this.left.file.data.get(left), this.right.file.data.get(right)];
    if (one === undefined || other === undefined) return false;
    this.matched.set(left, right);
    return this.sameData(one, other);
  }

  private sameData(left: DataLabel, right: DataLabel): boolean {
    const [from, to] = [extent(this.left.file, left), extent(this.right.file, right)];
    // Padding before the next object is not told from data.
    const length = Math.min(from, to);
    for (let at = 0; at < length; at++) {
      const [one, other] = [
        left.section.relocations.get(left.offset + at),
        right.section.relocations.get(right.offset + at),
      ];
      if ((one === undefined) !== (other === undefined)) return false;
      if (one !== undefined && other !== undefined) {
        if (one.width !== other.width || one.addend !== other.addend || one.shift !== other.shift)
          return false;
        if (!this.sameSymbol(one.symbol, other.symbol)) return false;
      }
      if (left.section.bytes[left.offset + at] !== right.section.bytes[right.offset + at]) return false;
    }
    const rest = from > to ? { label: left, from: to, to: from } : { label: right, from, to };
    return rest.label.section.bytes
      .slice(rest.label.offset + rest.from, rest.label.offset + rest.to)
      .every((byte) => byte === 0);
  }
}

const ends = new WeakMap<DataLabel['section'], number[]>();

/** Bytes from a label to the next one of its section. */
function extent(file: AssemblyFile, label: DataLabel): number {
  if (label.size !== undefined) return label.size;
  let starts = ends.get(label.section);
  if (starts === undefined) {
    starts = [...file.data.values()]
      .filter(({ section }) => section === label.section)
      .map(({ offset }) => offset);
    starts.sort((left, right) => left - right);
    ends.set(label.section, starts);
  }
  return (starts.find((start) => start > label.offset) ?? label.section.bytes.length) - label.offset;
}

const show = (value: unknown): string =>
  JSON.stringify(value, (key, part: unknown) =>
    key === 'line' ? undefined : typeof part === 'bigint' ? `${part}` : part,
  );

/** The first difference of two functions, or nothing where they are the same code. */
export function compareAssembly(expected: AssemblySide, found: AssemblySide): Difference | undefined {
  return new Comparison(expected, found).run();
}
