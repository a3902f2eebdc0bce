// The parts of an ELF object that sizes need: sections, symbols, relocations. Any word size and byte order,
// relocations with and without addend. A reader of well-formed objects that LLVM just wrote: where the bytes
// are something else it throws (RangeError or ElfError), it never guesses and never loops.

export class ElfError extends Error {
  override readonly name = 'ElfError';
}

export const sectionType = {
  symbolTable: 2,
  relocationsWithAddend: 4,
  noBits: 8,
  relocations: 9,
} as const;
export const sectionFlag = { alloc: 2n, executable: 4n } as const;
export const symbolType = { object: 1, function: 2 } as const;
/** `e_machine` of the architectures that need a word of their own. */
export const machine = { i386: 3, arm: 40, x86_64: 62, aarch64: 183, riscv: 243 } as const;

export interface Section {
  name: string;
  type: number;
  flags: bigint;
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
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly wide: boolean;
  private readonly little: boolean;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.wide = bytes[4] === 2;
    this.little = bytes[5] === 1;
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
      offset: this.address(field(index, 24, 16)),
      size: this.address(field(index, 32, 20)),
      link: this.word(field(index, 40, 24)),
      info: this.word(field(index, 44, 28)),
    }));
  }

  readSymbols(): Symbol[] {
    const table = this.sections.find((section) => section.type === sectionType.symbolTable);
    if (table === undefined) return [];
    const names = this.sections[table.link]!.offset;
    const entrySize = this.wide ? 24 : 16;
    const symbols: Symbol[] = [];
    for (let at = table.offset; at < table.offset + table.size; at += entrySize) {
      symbols.push({
        name: this.text(names + this.word(at)),
        type: this.bytes[at + (this.wide ? 4 : 12)]! & 15,
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
    const relocations: Relocation[] = [];
    for (const section of this.sections) {
      if (section.info !== index) continue;
      const withAddend = section.type === sectionType.relocationsWithAddend;
      if (!withAddend && section.type !== sectionType.relocations) continue;
      const wordSize = this.wide ? 8 : 4;
      const entrySize = wordSize * (withAddend ? 3 : 2);
      for (let at = section.offset; at < section.offset + section.size; at += entrySize) {
        const offset = this.address(at);
        // r_info: the symbol above, the type below.
        const info = this.wide ? this.view.getBigUint64(at + 8, this.little) : BigInt(this.word(at + 4));
        const symbol = symbols[Number(info >> (this.wide ? 32n : 8n))];
        if (symbol === undefined) continue;
        let addend: number;
        if (!withAddend) addend = this.view.getInt32(target.offset + offset, this.little);
        else if (this.wide) addend = Number(this.view.getBigInt64(at + 16, this.little));
        else addend = this.view.getInt32(at + 8, this.little);
        const type = Number(info & (this.wide ? 0xffffffffn : 0xffn));
        relocations.push({ offset, type, symbol, addend });
      }
    }
    return relocations.sort((left, right) => left.offset - right.offset);
  }
}
