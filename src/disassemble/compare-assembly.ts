// Two functions in assembly, instruction by instruction. Names that an assembler throws away do not count:
// a local label is the instruction it stands before, a constant without a name is its bytes. What differs
// is told apart into numbers, symbols and the rest, since the first two can be mended.

import type {
  AssemblyFile,
  AssemblyFunction,
  CodeItem,
  Operand,
  SymbolOperand,
} from '../lift/assembly/types.ts';
import { namedPlace } from '../lift/named-place.ts';
import { withoutOutlining } from '../lift/outlined.ts';

/** A function in its file: constants are looked up there. */
export interface FunctionInFile {
  file: AssemblyFile;
  function: AssemblyFunction;
}

/** An instruction in comparable form. */
export interface NormalInstruction {
  /** Mnemonic and operands with numbers and symbols left out. */
  shape: string;
  numbers: string[];
  /** External names as they are; anonymous constants by content; labels by instruction index. */
  symbols: string[];
  text: string;
}

interface Places {
  labels: ReadonlyMap<string, number>;
  file: AssemblyFile;
}

/** Bytes of a constant until the next label of its section, with what is relocated into it. */
function contentOf(places: Places, name: string, depth = 0): string | undefined {
  const label = places.file.data.get(name);
  if (label === undefined || depth > 2) return undefined;
  const { section, offset } = label;
  let end = section.bytes.length;
  for (const other of places.file.data.values()) {
    if (other.section === section && other.offset > offset && other.offset < end) end = other.offset;
  }
  if (label.size !== undefined) end = Math.min(end, offset + label.size);
  const words = [Buffer.from(section.bytes.slice(offset, end)).toString('hex')];
  for (const [at, relocation] of section.relocations) {
    if (at < offset || at >= end) continue;
    const target = places.labels.get(relocation.symbol);
    const what = target === undefined ? symbolName(places, relocation.symbol, depth + 1) : `L${target}`;
    words.push(`${at - offset}:${what}+${relocation.addend}`);
  }
  return words.join(' ');
}

/** Names that never reach the linker, as compilers make them up. */
const anonymous = /^\.L|^ltmp|^\.str/;

function symbolName(places: Places, name: string, depth = 0): string {
  const label = places.labels.get(name);
  if (label !== undefined) return `L${label}`;
  if (!anonymous.test(name)) return name;
  const content = contentOf(places, name, depth);
  return content === undefined ? name : `{${content}}`;
}

class Normaliser {
  readonly shape: string[] = [];
  readonly numbers: string[] = [];
  readonly symbols: string[] = [];
  private readonly places: Places;

  constructor(places: Places) {
    this.places = places;
  }

  private number(value: bigint | number): string {
    this.numbers.push(String(value));
    return '#';
  }

  private symbol(operand: SymbolOperand): string {
    const { symbol, addend } = this.named(operand);
    const known = symbolName(this.places, symbol);
    this.symbols.push(addend === 0n ? known : `${known}+${addend}`);
    return `${operand.immediate === true ? '$' : ''}@${operand.modifier ?? ''}`;
  }

  /** A place in merged variables as one of their names reaches it, which is how code that was lifted does. */
  private named({ symbol, addend }: SymbolOperand): Pick<SymbolOperand, 'symbol' | 'addend'> {
    const { file } = this.places;
    const label = file.data.get(symbol);
    if (label?.section.writable !== true || !symbol.startsWith('.L')) return { symbol, addend };
    const place = namedPlace(file, label);
    return place === undefined
      ? { symbol, addend }
      : { symbol: place.name, addend: addend + BigInt(place.distance) };
  }

  operand(operand: Operand): string {
    switch (operand.kind) {
      case 'register':
        return operand.name;
      case 'immediate':
      case 'float':
        return `$${this.number(operand.value)}`;
      case 'symbol':
        return this.symbol(operand);
      case 'indirect':
        return `*${this.operand(operand.target)}`;
      case 'shift':
        return `${operand.operation} ${this.number(operand.amount)}`;
      case 'list':
        return `{${operand.registers.join(' ')}}${operand.lane ?? ''}`;
      case 'word':
        return operand.text;
      case 'memory': {
        const symbol = operand.symbol === undefined ? '' : this.symbol(operand.symbol);
        const index =
          operand.index === undefined ? '' : `,${operand.index},${operand.scale}${operand.extend ?? ''}`;
        const place = `${symbol}${this.number(operand.displacement)}(${operand.base ?? ''}${index})`;
        return `${operand.segment ?? ''}${place}${operand.writeBack ?? ''}`;
      }
    }
  }
}

/** The function's instructions, labels gone into them, outlined code where it is called from. */
export function normaliseFunction({ file, function: body }: FunctionInFile): NormalInstruction[] {
  const items = withoutOutlining(body.items, file);
  const labels = new Map<string, number>([[body.name, 0]]);
  let count = 0;
  for (const item of items) {
    if (item.kind === 'label') labels.set(item.name, count);
    else count++;
  }
  const places: Places = { labels, file };
  const instructions = items.flatMap((item: CodeItem) =>
    item.kind === 'instruction' ? [item.instruction] : [],
  );
  return instructions.map(({ mnemonic, operands, prefix }) => {
    const normaliser = new Normaliser(places);
    const shape = [prefix, mnemonic, operands.map((operand) => normaliser.operand(operand)).join(', ')]
      .filter((part) => part !== undefined && part !== '')
      .join(' ');
    const { numbers, symbols } = normaliser;
    return { shape, numbers, symbols, text: [shape, ...numbers, ...symbols].join(' ') };
  });
}

export interface AssemblyDifference {
  kind: 'number' | 'symbol' | 'instruction';
  /** What the original has and what was found in its place; instructions where one side has none. */
  expected?: string;
  found?: string;
}

export interface AssemblyComparison {
  /** The same instructions in the same order with the same operands. */
  equal: boolean;
  differences: AssemblyDifference[];
}

/** Longer functions are compared only for equality: aligning takes time by the product of lengths. */
const longestAligned = 2000;

/** Pairs of instructions of equal shape, by the longest common subsequence; the rest stands alone. */
function align(
  expected: readonly NormalInstruction[],
  found: readonly NormalInstruction[],
): [number | undefined, number | undefined][] {
  const width = found.length + 1;
  const lengths = new Uint32Array((expected.length + 1) * width);
  for (let row = expected.length - 1; row >= 0; row--) {
    for (let column = found.length - 1; column >= 0; column--) {
      const same = expected[row]!.shape === found[column]!.shape;
      lengths[row * width + column] = same
        ? lengths[(row + 1) * width + column + 1]! + 1
        : Math.max(lengths[(row + 1) * width + column]!, lengths[row * width + column + 1]!);
    }
  }
  const pairs: [number | undefined, number | undefined][] = [];
  let row = 0;
  let column = 0;
  while (row < expected.length || column < found.length) {
    const both = row < expected.length && column < found.length;
    if (both && expected[row]!.shape === found[column]!.shape) pairs.push([row++, column++]);
    else if (
      column >= found.length ||
      (row < expected.length && lengths[(row + 1) * width + column]! >= lengths[row * width + column + 1]!)
    ) {
      pairs.push([row++, undefined]);
    } else pairs.push([undefined, column++]);
  }
  return pairs;
}

function differencesOfPair(expected: NormalInstruction, found: NormalInstruction): AssemblyDifference[] {
  const differences: AssemblyDifference[] = [];
  for (const kind of ['numbers', 'symbols'] as const) {
    for (const [index, value] of expected[kind].entries()) {
      const other = found[kind][index];
      if (other === value || other === undefined) continue;
      // Where a label stands follows from the instructions around it.
      if (/^L\d+$/.test(value) && /^L\d+$/.test(other)) continue;
      differences.push({ kind: kind === 'numbers' ? 'number' : 'symbol', expected: value, found: other });
    }
  }
  return differences;
}

export function compareFunctions(original: FunctionInFile, recompiled: FunctionInFile): AssemblyComparison {
  const expected = normaliseFunction(original);
  const found = normaliseFunction(recompiled);
  const equal =
    expected.length === found.length && expected.every((one, index) => one.text === found[index]!.text);
  if (equal || Math.max(expected.length, found.length) > longestAligned) return { equal, differences: [] };
  const differences = align(expected, found).flatMap(([row, column]): AssemblyDifference[] => {
    if (row !== undefined && column !== undefined) return differencesOfPair(expected[row]!, found[column]!);
    return [
      {
        kind: 'instruction',
        ...(row === undefined ? {} : { expected: expected[row]!.text }),
        ...(column === undefined ? {} : { found: found[column]!.text }),
      },
    ];
  });
  return { equal, differences };
}
