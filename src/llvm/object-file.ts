// Reads sizes out of an object file in memory: the allocated sections that take space in the file (code,
// constants, unwind tables), which is what `llvm-size` calls text + data. ELF of any word size and byte
// order, and WebAssembly. Not a general object reader, and never the judge of a final answer: that is
// llvm-size on the written file.

export interface ObjectSizes {
  /** Bytes of all allocated sections that are not BSS. */
  bytes: number;
  /** Bytes of the executable sections alone. */
  text: number;
}

export interface FunctionSize {
  name: string;
  /** Bytes of its machine code, its unwind table entry and its jump tables. */
  bytes: number;
}

export interface ElfObject extends ObjectSizes {
  /** The functions defined in it, in order of their addresses; those without a size are left out. */
  functions: FunctionSize[];
}

const sectionType = { relocationsWithAddend: 4, noBits: 8, relocations: 9, symbolTable: 2 } as const;
const sectionFlag = { alloc: 2n, executable: 4n } as const;
const symbolTypeFunction = 2;

interface Section {
  name: string;
  type: number;
  flags: bigint;
  offset: number;
  size: number;
  link: number;
  info: number;
}

/** Fields of one ELF file, whatever its word size and byte order. */
class ElfReader {
  readonly bytes: Uint8Array;
  readonly sections: Section[];
  readonly wide: boolean;
  private readonly view: DataView;
  private readonly little: boolean;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.wide = bytes[4] === 2;
    this.little = bytes[5] === 1;
    this.sections = this.readSections();
  }

  half(offset: number): number {
    return this.view.getUint16(offset, this.little);
  }

  word(offset: number): number {
    return this.view.getUint32(offset, this.little);
  }

  /** A field as wide as an address. */
  address(offset: number): bigint {
    return this.wide ? this.view.getBigUint64(offset, this.little) : BigInt(this.word(offset));
  }

  text(offset: number): string {
    let end = offset;
    while (this.bytes[end] !== 0) end++;
    return Buffer.from(this.bytes.subarray(offset, end)).toString('utf8');
  }

  private readSections(): Section[] {
    const wide = this.wide;
    const table = Number(this.address(wide ? 40 : 32));
    const entrySize = this.half(wide ? 58 : 46);
    let count = this.half(wide ? 60 : 48);
    let namesIndex = this.half(wide ? 62 : 50);
    const field = (index: number, wideOffset: number, narrowOffset: number): number =>
      table + index * entrySize + (wide ? wideOffset : narrowOffset);
    // More than 65,279 sections: the true numbers are in section 0.
    if (count === 0) count = Number(this.address(field(0, 32, 20)));
    if (namesIndex === 0xffff) namesIndex = this.word(field(0, 40, 24));
    const names = Number(this.address(field(namesIndex, 24, 16)));
    return Array.from({ length: count }, (_, index) => ({
      name: this.text(names + this.word(field(index, 0, 0))),
      type: this.word(field(index, 4, 4)),
      flags: this.address(field(index, 8, 8)),
      offset: Number(this.address(field(index, 24, 16))),
      size: Number(this.address(field(index, 32, 20))),
      link: this.word(field(index, 40, 24)),
      info: this.word(field(index, 44, 28)),
    }));
  }
}

interface Symbol {
  name: string;
  section: number;
  value: number;
  size: number;
  type: number;
}

function readSymbols(elf: ElfReader): Symbol[] {
  const table = elf.sections.find((section) => section.type === sectionType.symbolTable);
  if (table === undefined) return [];
  const names = elf.sections[table.link]!.offset;
  const entrySize = elf.wide ? 24 : 16;
  const symbols: Symbol[] = [];
  for (let at = table.offset; at < table.offset + table.size; at += entrySize) {
    symbols.push({
      name: elf.text(names + elf.word(at)),
      type: elf.bytes[at + (elf.wide ? 4 : 12)]! & 15,
      section: elf.half(at + (elf.wide ? 6 : 14)),
      value: Number(elf.address(at + (elf.wide ? 8 : 4))),
      size: elf.wide ? Number(elf.address(at + 16)) : elf.word(at + 8),
    });
  }
  return symbols;
}

interface Relocation {
  offset: number;
  symbol: Symbol;
  addend: number;
}

/** The relocations with addend of one section (x86-64, AArch64, RISC-V). */
function readRelocations(elf: ElfReader, section: Section, symbols: Symbol[]): Relocation[] {
  if (section.type !== sectionType.relocationsWithAddend || !elf.wide) return [];
  const relocations: Relocation[] = [];
  for (let at = section.offset; at < section.offset + section.size; at += 24) {
    const symbol = symbols[Number(elf.address(at + 8) >> 32n)];
    if (symbol === undefined) continue;
    relocations.push({
      offset: Number(elf.address(at)),
      symbol,
      addend: Number(BigInt.asIntN(64, elf.address(at + 16))),
    });
  }
  return relocations;
}

/** Adds each unwind entry (FDE) and each jump-table entry to the function that it speaks of. */
function addTables(
  elf: ElfReader,
  symbols: Symbol[],
  owner: (at: Relocation) => FunctionSize | undefined,
): void {
  for (const section of elf.sections) {
    const target = elf.sections[section.info];
    if (target === undefined || (target.flags & sectionFlag.alloc) === 0n) continue;
    if (section.type !== sectionType.relocationsWithAddend) continue;
    if (target.name === '.eh_frame') {
      const starts = new Map<number, Relocation>();
      for (const relocation of readRelocations(elf, section, symbols)) {
        starts.set(relocation.offset, relocation);
      }
      for (let at = 0; at + 8 <= target.size;) {
        const length = elf.word(target.offset + at) + 4;
        if (length === 4) break;
        const relocation = starts.get(at + 8);
        const entry = relocation === undefined ? undefined : owner(relocation);
        if (entry !== undefined) entry.bytes += length;
        at += length;
      }
    } else if (target.name.startsWith('.rodata')) {
      for (const relocation of readRelocations(elf, section, symbols)) {
        const entry = owner(relocation);
        if (entry !== undefined) entry.bytes += 4;
      }
    }
  }
}

function readElf(bytes: Uint8Array): ElfObject {
  const elf = new ElfReader(bytes);
  const allocated = elf.sections.filter(
    (section) => (section.flags & sectionFlag.alloc) !== 0n && section.type !== sectionType.noBits,
  );
  const total = (sections: Section[]): number => sections.reduce((sum, section) => sum + section.size, 0);
  const symbols = readSymbols(elf);
  const bySection = new Map<number, { start: number; size: FunctionSize }[]>();
  const functions: FunctionSize[] = [];
  for (const symbol of symbols) {
    if (symbol.type !== symbolTypeFunction || symbol.size === 0) continue;
    const size = { name: symbol.name, bytes: symbol.size };
    functions.push(size);
    const list = bySection.get(symbol.section) ?? [];
    list.push({ start: symbol.value, size });
    bySection.set(symbol.section, list);
  }
  for (const list of bySection.values()) list.sort((left, right) => left.start - right.start);
  const owner = ({ symbol, addend }: Relocation): FunctionSize | undefined => {
    const list = bySection.get(symbol.section);
    const address = symbol.value + addend;
    return list?.findLast((entry) => entry.start <= address)?.size;
  };
  addTables(elf, symbols, owner);
  return {
    bytes: total(allocated),
    text: total(allocated.filter((section) => (section.flags & sectionFlag.executable) !== 0n)),
    functions,
  };
}

/** WebAssembly: every section but the custom ones, headers aside. The code section counts as text. */
function readWebAssembly(bytes: Uint8Array): ElfObject {
  const codeSection = 10;
  const sizes = { bytes: 0, text: 0, functions: [] };
  for (let at = 8; at < bytes.length;) {
    const id = bytes[at++]!;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      size += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if (id !== 0) sizes.bytes += size;
    if (id === codeSection) sizes.text += size;
    at += size;
  }
  return sizes;
}

/** Sizes of an object file. Throws on a format that is neither ELF nor WebAssembly. */
export function readObject(bytes: Uint8Array): ElfObject {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  if (magic === '\x7fELF') return readElf(bytes);
  if (magic === '\0asm') return readWebAssembly(bytes);
  throw new Error(`expected an ELF or WebAssembly object, found the bytes ${JSON.stringify(magic)}`);
}
