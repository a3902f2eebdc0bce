// The parts of an ELF file that sizes and disassembly need: sections, symbols, relocations. Any word size and
// byte order, relocations with and without addend. Where the bytes are something else it throws (RangeError or
// ElfError), it never guesses and never loops.

export class ElfError extends Error {
  override readonly name = 'ElfError';
}

export const sectionType = {
  symbolTable: 2,
  relocationsWithAddend: 4,
  noBits: 8,
  relocations: 9,
  dynamicSymbols: 11,
  packedRelocations: 19,
} as const;
export const sectionFlag = { writable: 1n, alloc: 2n, executable: 4n, threadLocal: 0x400n } as const;
export const symbolType = {
  none: 0,
  object: 1,
  function: 2,
  section: 3,
  file: 4,
  threadLocal: 6,
  indirectFunction: 10,
} as const;
export const symbolBinding = { local: 0, global: 1, weak: 2 } as const;
/** Section numbers of symbols that are in none. */
export const specialSection = { undefined: 0, absolute: 0xfff1, common: 0xfff2 } as const;
/** `e_type`. */
export const fileType = { relocatable: 1, executable: 2, shared: 3 } as const;
/** `e_machine` of the architectures that need a word of their own. */
export const machine = { i386: 3, arm: 40, x86_64: 62, aarch64: 183, riscv: 243 } as const;

export interface Section {
  name: string;
  type: number;
  flags: bigint;
  /** Where it lies in memory; 0 in objects. */
  address: number;
  /** Bytes; 0 and 1 mean none. */
  alignment: number;
  /** Where its contents start in the file. */
  offset: number;
  size: number;
  link: number;
  info: number;
}

export interface Symbol {
  name: string;
  /** Index of the section that it is in. */
  section: number;
  value: number;
  size: number;
  type: number;
  binding: number;
}

export interface Relocation {
  /** Bytes from the start of the section that it changes. */
  offset: number;
  type: number;
  symbol: Symbol;
  addend: number;
}

export class ElfFile {
  readonly sections: Section[];
  /** `e_machine`. */
  readonly machine: number;
  /** `e_type`. */
  readonly type: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly wide: boolean;
  private readonly little: boolean;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.wide = bytes[4] === 2;
    this.little = bytes[5] === 1;
    this.type = this.half(16);
    this.machine = this.half(18);
    this.sections = this.readSections();
  }

  word(offset: number): number {
    return this.view.getUint32(offset, this.little);
  }

  private half(offset: number): number {
    return this.view.getUint16(offset, this.little);
  }

  /** A field as wide as an address. */
  private address(offset: number): number {
    return this.wide ? Number(this.view.getBigUint64(offset, this.little)) : this.word(offset);
  }

  private text(offset: number): string {
    const end = this.bytes.indexOf(0, offset);
    if (end < 0) throw new ElfError(`expected a name that ends, found none at byte ${offset}`);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + offset, end - offset).toString('utf8');
  }

  private readSections(): Section[] {
    const wide = this.wide;
    const table = this.address(wide ? 40 : 32);
    const entrySize = this.half(wide ? 58 : 46);
    let count = this.half(wide ? 60 : 48);
    let namesIndex = this.half(wide ? 62 : 50);
    const field = (index: number, wideOffset: number, narrowOffset: number): number =>
      table + index * entrySize + (wide ? wideOffset : narrowOffset);
    // More than 65,279 sections: the true numbers are in section 0.
    if (count === 0) count = this.address(field(0, 32, 20));
    if (namesIndex === 0xffff) namesIndex = this.word(field(0, 40, 24));
    if (table + count * entrySize > this.bytes.length) {
      throw new ElfError(`expected ${count} sections, found the end of the file before them`);
    }
    const names = this.address(field(namesIndex, 24, 16));
    return Array.from({ length: count }, (_, index) => ({
      name: this.text(names + this.word(field(index, 0, 0))),
      type: this.word(field(index, 4, 4)),
      flags: BigInt(this.address(field(index, 8, 8))),
      address: this.address(field(index, 16, 12)),
      alignment: this.address(field(index, 48, 32)),
      offset: this.address(field(index, 24, 16)),
      size: this.address(field(index, 32, 20)),
      link: this.word(field(index, 40, 24)),
      info: this.word(field(index, 44, 28)),
    }));
  }

  /** What a section holds; nothing for those that take no room in the file. */
  contents({ name, type, offset, size }: Section): Uint8Array {
    if (type === sectionType.noBits) return new Uint8Array();
    if (offset + size > this.bytes.length) {
      throw new ElfError(`expected ${size} bytes of section ${name}, found the end of the file before them`);
    }
    return this.bytes.subarray(offset, offset + size);
  }

  readSymbols(kind: number = sectionType.symbolTable): Symbol[] {
    const table = this.sections.find((section) => section.type === kind);
    if (table === undefined) return [];
    this.contents(table);
    const names = this.sections[table.link]!.offset;
    const entrySize = this.wide ? 24 : 16;
    const symbols: Symbol[] = [];
    for (let at = table.offset; at < table.offset + table.size; at += entrySize) {
      symbols.push({
        name: this.text(names + this.word(at)),
        type: this.bytes[at + (this.wide ? 4 : 12)]! & 15,
        binding: this.bytes[at + (this.wide ? 4 : 12)]! >> 4,
        section: this.half(at + (this.wide ? 6 : 14)),
        value: this.address(at + (this.wide ? 8 : 4)),
        size: this.wide ? this.address(at + 16) : this.word(at + 8),
      });
    }
    return symbols;
  }

  /** What changes the given section, in order of offsets; the addend is where the format keeps it. */
  readRelocations(target: Section, symbols: readonly Symbol[]): Relocation[] {
    const index = this.sections.indexOf(target);
    return this.sections
      .filter(({ info }) => info === index)
      .flatMap((section) => this.readTable(section, symbols, target))
      .sort((left, right) => left.offset - right.offset);
  }

  /** What the loader changes in a linked file; offsets are addresses. */
  readDynamicRelocations(symbols: readonly Symbol[]): Relocation[] {
    return this.sections
      .filter(
        ({ type, flags }) => type === sectionType.relocationsWithAddend && (flags & sectionFlag.alloc) !== 0n,
      )
      .flatMap((section) => this.readTable(section, symbols));
  }

  /** Addresses where the loader adds its base, from the packed form: a bitmap behind each address. */
  readPackedRelocations(): number[] {
    const places: number[] = [];
    for (const section of this.sections) {
      if (section.type !== sectionType.packedRelocations) continue;
      this.contents(section);
      let next = 0;
      for (let at = section.offset; at + 8 <= section.offset + section.size; at += 8) {
        const entry = this.view.getBigUint64(at, this.little);
        if ((entry & 1n) === 0n) {
          places.push(Number(entry));
          next = Number(entry) + 8;
          continue;
        }
        for (let bit = 1; bit < 64; bit++) if ((entry >> BigInt(bit)) & 1n) places.push(next + 8 * (bit - 1));
        next += 63 * 8;
      }
    }
    return places;
  }

  private readTable(section: Section, symbols: readonly Symbol[], target?: Section): Relocation[] {
    const relocations: Relocation[] = [];
    const withAddend = section.type === sectionType.relocationsWithAddend;
    if (!withAddend && (section.type !== sectionType.relocations || target === undefined)) return relocations;
    const wordSize = this.wide ? 8 : 4;
    const entrySize = wordSize * (withAddend ? 3 : 2);
    for (let at = section.offset; at < section.offset + section.size; at += entrySize) {
      const offset = this.address(at);
      // r_info: the symbol above, the type below.
      const info = this.wide ? this.view.getBigUint64(at + 8, this.little) : BigInt(this.word(at + 4));
      const symbol = symbols[Number(info >> (this.wide ? 32n : 8n))];
      if (symbol === undefined) continue;
      let addend: number;
      if (!withAddend) addend = this.view.getInt32(target!.offset + offset, this.little);
      else if (this.wide) addend = Number(this.view.getBigInt64(at + 16, this.little));
      else addend = this.view.getInt32(at + 8, this.little);
      const type = Number(info & (this.wide ? 0xffffffffn : 0xffn));
      relocations.push({ offset, type, symbol, addend });
    }
    return relocations;
  }
}
