// Divides the bytes of an ELF object among its functions: machine code, unwind entries, exception tables,
// jump tables. Think of it as following relocations backwards: a table speaks of a function by pointing into
// it. What several functions may share (constants, strings, the unwind header) belongs to none, so the sum
// is less than the object. Jump tables without relocations (AArch64's compressed ones) are not seen.

import {
  machine,
  sectionFlag,
  symbolType,
  type ElfFile,
  type Relocation,
  type Section,
  type Symbol,
} from './elf-file.ts';

export interface FunctionSize {
  name: string;
  /** Bytes of its machine code, unwind entries, exception table and jump tables. */
  bytes: number;
  /** Bytes of its machine code alone. */
  text: number;
}

/** Relocation types whose value is relative to the place they change, by machine. */
const placeRelative: Partial<Record<number, readonly number[]>> = {
  [machine.i386]: [2],
  [machine.x86_64]: [2, 4],
  [machine.aarch64]: [260, 261, 262],
  [machine.arm]: [3, 42],
  [machine.riscv]: [57],
};

/** Relocation types that fill eight bytes, by machine; all others that matter here fill four. */
const eightBytes: Partial<Record<number, readonly number[]>> = {
  [machine.x86_64]: [1],
  [machine.aarch64]: [257, 260],
  [machine.riscv]: [2, 36],
};

interface Placed {
  start: number;
  size: FunctionSize;
}

interface Tables {
  elf: ElfFile;
  symbols: readonly Symbol[];
  /** The function that holds an address of a section. */
  owner: (section: number, address: number) => Placed | undefined;
}

/** Adds each unwind entry (FDE) to its function, and the exception table (LSDA) that the entry names. */
function addUnwindEntries({ elf, symbols, owner }: Tables, section: Section): void {
  const byOffset = new Map<number, Relocation>();
  const relocations = elf.readRelocations(section, symbols);
  for (const relocation of relocations) {
    if (!byOffset.has(relocation.offset)) byOffset.set(relocation.offset, relocation);
  }
  const exceptionTables: { section: number; start: number; size: FunctionSize }[] = [];
  for (let at = 0; at + 8 <= section.size;) {
    const length = elf.word(section.offset + at) + 4;
    if (length === 4) break;
    const start = byOffset.get(at + 8);
    const placed = start && owner(start.symbol.section, start.symbol.value + start.addend);
    if (placed !== undefined) {
      placed.size.bytes += length;
      for (let field = at + 12; field < at + length; field++) {
        const { symbol, addend } = byOffset.get(field) ?? {};
        if (symbol === undefined || addend === undefined) continue;
        if (!elf.sections[symbol.section]?.name.startsWith('.gcc_except_table')) continue;
        exceptionTables.push({ section: symbol.section, start: symbol.value + addend, size: placed.size });
        break;
      }
    }
    at += length;
  }
  // Each table ends where the next one starts.
  exceptionTables.sort((left, right) => left.section - right.section || left.start - right.start);
  for (const [index, table] of exceptionTables.entries()) {
    const next = exceptionTables[index + 1];
    const end = next?.section === table.section ? next.start : elf.sections[table.section]!.size;
    table.size.bytes += end - table.start;
  }
}

/** Adds the eight-byte entries of ARM's unwind index. */
function addUnwindIndex({ elf, symbols, owner }: Tables, section: Section): void {
  for (const { offset, symbol, addend } of elf.readRelocations(section, symbols)) {
    if (offset % 8 !== 0) continue;
    // A 31-bit field: the sign is its own.
    const placed = owner(symbol.section, symbol.value + ((addend << 1) >> 1));
    if (placed !== undefined) placed.size.bytes += 8;
  }
}

/** Adds each jump table in a section of constants to the function that it jumps into. */
function addJumpTables({ elf, symbols, owner }: Tables, section: Section, starts: Set<number>): void {
  const index = elf.sections.indexOf(section);
  const objects = symbols.filter(
    (symbol) => symbol.section === index && symbol.type === symbolType.object && symbol.size > 0,
  );
  let table: Placed | undefined;
  let expected = -1;
  let last = -1;
  for (const { offset, type, symbol, addend } of elf.readRelocations(section, symbols)) {
    // RISC-V writes an entry as two relocations at one place: add the label, subtract the table.
    if (offset === last) continue;
    last = offset;
    const width = eightBytes[elf.machine]?.includes(type) === true ? 8 : 4;
    const relative = placeRelative[elf.machine]?.includes(type) === true;
    // A relative entry is off by its distance from the start of the table, so the first one speaks for all.
    if (!relative || offset !== expected || starts.has(offset)) {
      const address = symbol.value + addend;
      const placed = owner(symbol.section, address);
      // No jump goes to the first block of a function: that is a table of function pointers.
      table = placed !== undefined && address > placed.start ? placed : undefined;
      // A named object is the program's own data.
      if (objects.some((object) => object.value <= offset && offset < object.value + object.size)) {
        table = undefined;
      }
    }
    expected = offset + width;
    if (table !== undefined) table.size.bytes += width;
  }
}

/** Where machine code points to, by section: the starts of its tables. */
function codeReferences(elf: ElfFile, symbols: readonly Symbol[]): Map<number, Set<number>> {
  const starts = new Map<number, Set<number>>();
  for (const section of elf.sections) {
    if ((section.flags & sectionFlag.executable) === 0n) continue;
    for (const { symbol, addend, type } of elf.readRelocations(section, symbols)) {
      // x86 counts from the end of the four-byte field.
      const relative = elf.machine === machine.x86_64 && placeRelative[elf.machine]!.includes(type);
      const known = starts.get(symbol.section) ?? new Set();
      starts.set(symbol.section, known.add(symbol.value + addend + (relative ? 4 : 0)));
    }
  }
  return starts;
}

/** The functions with a size, in order of the symbol table; of several names for one address the first. */
export function functionSizes(elf: ElfFile): FunctionSize[] {
  const symbols = elf.readSymbols();
  // The lowest bit of an ARM function's address says that it is Thumb code.
  const mask = elf.machine === machine.arm ? ~1 : ~0;
  const bySection = new Map<number, Placed[]>();
  const functions: FunctionSize[] = [];
  for (const symbol of symbols) {
    if (symbol.type !== symbolType.function || symbol.size === 0) continue;
    const size = { name: symbol.name, bytes: symbol.size, text: symbol.size };
    const placed = { start: symbol.value & mask, size };
    const list = bySection.get(symbol.section) ?? [];
    if (list.some(({ start }) => start === placed.start)) continue;
    functions.push(placed.size);
    list.push(placed);
    bySection.set(symbol.section, list);
  }
  for (const list of bySection.values()) list.sort((left, right) => left.start - right.start);
  const owner: Tables['owner'] = (section, address) =>
    bySection.get(section)?.findLast(({ start }) => start <= (address & mask));

  const tables: Tables = { elf, symbols, owner };
  const starts = codeReferences(elf, symbols);
  for (const [index, section] of elf.sections.entries()) {
    if ((section.flags & sectionFlag.alloc) === 0n) continue;
    if (section.name === '.eh_frame') addUnwindEntries(tables, section);
    else if (section.name.startsWith('.ARM.exidx')) addUnwindIndex(tables, section);
    else if (section.name.startsWith('.rodata'))
      addJumpTables(tables, section, starts.get(index) ?? new Set());
  }
  return functions;
}
