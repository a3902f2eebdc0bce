// Tables of distances in machine code that has no relocations for them: the assembler or the linker worked them
// out, and they are plain numbers. Which numbers are a table follows from the code that uses it. Jump tables:
// address and the comparison that bounds the index stand before the jump. Tables of data (clang makes them of
// arrays of strings): a distance is loaded from the table and added to its address.

import type { CodeOfFunction, DataReference } from './code.ts';
import type { Names } from './names.ts';

export interface DistanceTable {
  address: number;
  width: 1 | 2 | 4;
  /** What each entry leads to: code of the function, or data. */
  entries: number[];
  /** What entries are distances from, and how far they are shifted. */
  base: number;
  shift: 0 | 2;
}

/** How far before a jump its parts are looked for. */
const reach = 40;
/** What is computed once may stand before the whole loop. */
const hoisted = 1000;
const mostEntries = 1 << 14;

const indirect = { 'x86-64': /^(?:notrack )?jmpq \*%/, aarch64: /^br x/ } as const;
/** A register that holds a table's address, and the one that a distance is loaded into. */
const scaledLoad = {
  'x86-64': /^movslq \(%(r\w+),%r\w+,4\), %(r\w+)$/,
  aarch64: /^ldrsw (?=x\d+, \[(x\d+))(x\d+), \[x\d+, [xw]\d+/,
} as const;
const bounding = { 'x86-64': /^j(?:a|ae|b|be) /, aarch64: /^b\.(?:hi|hs|ls|lo|cs|cc) / } as const;
const inclusive = /^(?:ja|jbe|b\.hi|b\.ls) /;
const comparison = {
  'x86-64': /^(?:cmp|sub)[bwlq] \$(0x[\da-f]+),/,
  aarch64: /^(?:cmp|subs) .*#(0x[\da-f]+)$/,
} as const;

/** How many entries the comparison before a jump lets through; as many as there are where none is found. */
function entriesAllowed(code: CodeOfFunction, line: number, target: 'x86-64' | 'aarch64'): number {
  let bound: string | undefined;
  for (let at = line - 1; at >= Math.max(0, line - reach); at--) {
    const { text } = code.lines[at]!;
    if (bound === undefined && bounding[target].test(text)) bound = text;
    const limit = bound === undefined ? null : comparison[target].exec(text);
    if (limit !== null) return Number(limit[1]) + (inclusive.test(bound!) ? 1 : 0);
  }
  return mostEntries;
}

function lastReference(code: CodeOfFunction, before: number, register?: string): DataReference | undefined {
  return code.references.findLast(
    (one) => one.line < before && (register === undefined || one.register === register),
  );
}

class TableFinder {
  private readonly names: Names;
  private readonly code: CodeOfFunction;
  private known: ReadonlySet<number> | undefined;

  constructor(names: Names, code: CodeOfFunction) {
    this.names = names;
    this.code = code;
  }

  private isStart(address: number): boolean {
    this.known ??= new Set(this.code.lines.map((one) => one.address));
    return this.known.has(address);
  }

  /** Reads entries up to the first that leads nowhere in this function, or to the next thing with a name. */
  private read(
    table: Omit<DistanceTable, 'entries'>,
    isSigned: boolean,
    most: number,
  ): DistanceTable | undefined {
    const { address, width, base, shift } = table;
    const { memory, symbols, dataLabels } = this.names;
    if (memory.sectionAt(address)?.executable !== false) return undefined;
    const entries: number[] = [];
    for (let at = address; entries.length < Math.min(most, mostEntries); at += width) {
      if (at > address && (symbols.has(at) || dataLabels.has(at))) break;
      const distance = isSigned ? memory.signed(at, width) : memory.word(at, width);
      if (distance === undefined || !this.isStart(base + distance * 2 ** shift)) break;
      entries.push(base + distance * 2 ** shift);
    }
    return entries.length === 0 ? undefined : { ...table, entries };
  }

  /** `lea table(%rip), %rcx; movslq (%rcx,%rax,4), %rax; add %rcx, %rax; jmp *%rax`: distances from the table. */
  x86(line: number): DistanceTable | undefined {
    const most = entriesAllowed(this.code, line, 'x86-64');
    const end = this.code.references.findLastIndex((one) => one.line < line) + 1;
    for (const { address } of this.code.references.slice(Math.max(0, end - reach), end).toReversed()) {
      const table = this.read({ address, width: 4, base: address, shift: 0 }, true, most);
      if (table !== undefined) return table;
    }
    return undefined;
  }

  /** `ldrb w1, [x2, w0, uxtw]; adr x3, base; add x1, x3, w1, sxtb #2; br x1`, or words from the table itself. */
  aarch64(line: number): DistanceTable | undefined {
    const { lines } = this.code;
    const from = Math.max(0, line - reach);
    let at = line - 1;
    const load = /^(ldr(?:b|h|s[bhw])?) [wx]\d+, \[(x\d+), [wx]\d+/;
    while (at >= from && !load.test(lines[at]!.text)) at--;
    const [, mnemonic, register] = load.exec(lines[at]?.text ?? '') ?? [];
    const reference = lastReference(this.code, at, register);
    if (mnemonic === undefined || reference === undefined) return undefined;
    const between = lines.slice(at, line).map(({ text }) => text);
    const shift = between.some((text) => /^add .* #(?:0x)?2$/.test(text)) ? 2 : 0;
    const isSigned =
      /^ldrs/.test(mnemonic) ||
      between.some((text) => /sxt[bhw] #(?:0x)?2$/.test(text)) ||
      mnemonic === 'ldr';
    const width = mnemonic.endsWith('b') ? 1 : mnemonic.endsWith('h') ? 2 : 4;
    const { address } = reference;
    const anchor = this.anchor(line);
    const base = shift === 2 && anchor !== undefined ? anchor : address;
    return this.read({ address, width, base, shift }, isSigned, entriesAllowed(this.code, at, 'aarch64'));
  }

  /** `movslq (%rcx,%rax,4), %rax; addq %rcx, %rax`, and the same with `ldrsw` and `add`: a pointer to data. */
  ofData(line: number): DistanceTable | undefined {
    const { lines } = this.code;
    const { image, memory, symbols, dataLabels } = this.names;
    const [, base, distance] = scaledLoad[image.target].exec(lines[line]!.text) ?? [];
    if (base === undefined || distance === undefined) return undefined;
    const sum =
      image.target === 'x86-64'
        ? new RegExp(String.raw`^addq %(?:${base}, %${distance}|${distance}, %${base})$`)
        : new RegExp(String.raw`^add x\d+, (?:${base}, ${distance}|${distance}, ${base})$`);
    const address = lastReference(this.code, line, base)?.address;
    if (address === undefined || !lines.slice(line + 1, line + 5).some(({ text }) => sum.test(text)))
      return undefined;
    const entries: number[] = [];
    let end = Infinity;
    for (let at = address; at < end && entries.length < mostEntries; at += 4) {
      if (at > address && (symbols.has(at) || dataLabels.has(at))) break;
      const entry = address + (memory.signed(at, 4) ?? 0);
      const section = memory.sectionAt(entry);
      if (section === undefined || section.executable || section.writable) break;
      if (entry > at) end = Math.min(end, entry);
      entries.push(entry);
    }
    return entries.length < 2 ? undefined : { address, width: 4, entries, base: address, shift: 0 };
  }

  /** The code address that `adr` gives closest before a jump. */
  private anchor(line: number): number | undefined {
    for (let at = line - 1; at >= Math.max(0, line - hoisted); at--) {
      const target = /^adr x\d+, (0x[\da-f]+)$/.exec(this.code.lines[at]!.text);
      if (target === null) continue;
      const address = this.code.lines[at]!.note?.address ?? Number(target[1]);
      if (this.isStart(address)) return address;
    }
    return undefined;
  }
}

/** The tables of a function: by the line that jumps through each, and those of data. */
export function findTables(
  names: Names,
  code: CodeOfFunction,
): { jumps: Map<number, DistanceTable>; data: DistanceTable[] } {
  const { target } = names.image;
  const jumps = new Map<number, DistanceTable>();
  const data: DistanceTable[] = [];
  const finder = new TableFinder(names, code);
  for (const [line, { text }] of code.lines.entries()) {
    if (indirect[target].test(text)) {
      const table = target === 'x86-64' ? finder.x86(line) : finder.aarch64(line);
      if (table !== undefined) jumps.set(line, table);
    } else if (!names.image.relocatable && scaledLoad[target].test(text)) {
      const table = finder.ofData(line);
      if (table !== undefined) data.push(table);
    }
  }
  return { jumps, data };
}
