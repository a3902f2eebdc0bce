// What an ELF file says about its code and data, in one space of addresses: sections of an object are laid
// out as a linker would, so that "section and offset" is a number as in a linked file. Symbols, relocations
// and what the loader fills in are looked up by that number.

import { OzmaError } from '../../common/errors.ts';
import {
  ElfError,
  ElfFile,
  fileType,
  machine,
  sectionFlag,
  sectionType,
  specialSection,
  symbolBinding,
  symbolType,
  type Section,
  type Symbol,
} from '../../llvm/elf-file.ts';
import type { TargetName } from '../assembly/types.ts';

export interface ImageSection {
  name: string;
  address: number;
  /** In memory; `bytes` is empty where they are all zero. */
  size: number;
  bytes: Uint8Array;
  alignment: number;
  executable: boolean;
  writable: boolean;
  threadLocal: boolean;
}

export interface ImageSymbol {
  name: string;
  address: number;
  size: number;
  kind: 'function' | 'object' | 'threadLocal' | 'other';
  global: boolean;
  weak: boolean;
}

/** What stands at a place once the file is linked: `symbol + addend`, or an address of the file itself. */
export interface ImageRelocation {
  /** As the machine's ABI numbers them. */
  type: number;
  /** Absent for a section's own symbol. */
  symbol?: string;
  addend: number;
  /** Symbol and addend together, where the file defines the symbol. */
  address?: number;
}

export interface Image {
  target: TargetName;
  /** An object; else an executable or a shared library. */
  relocatable: boolean;
  /** May lie anywhere: shared libraries and position-independent executables. */
  movable: boolean;
  sections: ImageSection[];
  symbols: ImageSymbol[];
  /** Zeroed variables whose place the linker chooses. */
  common: { name: string; size: number; alignment: number; global: boolean }[];
  relocations: Map<number, ImageRelocation>;
  /** Addresses that hold a variable of another file, copied there by the loader. */
  copied: Set<number>;
  /** Without a table of all symbols: only what others may use has a name. */
  stripped: boolean;
  /** Of an object: the comments that its compiler left. What is linked has those of others, too. */
  comments: string[];
}

const targets = new Map<number, TargetName>([
  [machine.x86_64, 'x86-64'],
  [machine.aarch64, 'aarch64'],
]);
const copyRelocation: Readonly<Record<TargetName, number>> = { 'x86-64': 5, aarch64: 1024 };
/** The loader's base plus an addend, without a symbol. */
const relativeRelocation: Readonly<Record<TargetName, number>> = { 'x86-64': 8, aarch64: 1027 };
/** Sections of an object lie so far apart that an address a little outside of one is in no other. */
const page = 0x1000;

const has = (flags: bigint, flag: bigint): boolean => (flags & flag) !== 0n;

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

/** Where each section lies: by its own address, or for objects one behind the other. */
function layOut(elf: ElfFile): Map<Section, number> {
  const places = new Map<Section, number>();
  let next = page;
  for (const section of elf.sections) {
    if (!has(section.flags, sectionFlag.alloc) || section.type === sectionType.relocationsWithAddend)
      continue;
    if (elf.type !== fileType.relocatable) {
      places.set(section, section.address);
      continue;
    }
    next = alignUp(next, Math.max(page, section.alignment));
    places.set(section, next);
    next += section.size + page;
  }
  if (!Number.isSafeInteger(next)) throw new ElfError('expected sections of possible sizes, found none such');
  return places;
}

/** Without the version that linkers append: `stderr@GLIBC_2.2.5`. */
function plainName(name: string): string {
  const at = name.indexOf('@');
  return at > 0 ? name.slice(0, at) : name;
}

const kinds = new Map<number, ImageSymbol['kind']>([
  [symbolType.function, 'function'],
  [symbolType.indirectFunction, 'function'],
  [symbolType.object, 'object'],
  [symbolType.threadLocal, 'threadLocal'],
  [symbolType.none, 'other'],
]);

/** Tells code from data inside of a section; never a name in a program. */
const mappingSymbol = /^\$[adxt](?:\.|$)/;

class ImageReader {
  private readonly elf: ElfFile;
  private readonly places: Map<Section, number>;

  constructor(bytes: Uint8Array) {
    this.elf = new ElfFile(bytes);
    this.places = layOut(this.elf);
  }

  private comments(): string[] {
    const section = this.elf.sections.find(({ name }) => name === '.comment');
    if (section === undefined) return [];
    return Buffer.from(this.elf.contents(section))
      .toString('latin1')
      .split('\0')
      .filter((text) => text !== '');
  }

  private addressOf({ section, value, type }: Symbol): number | undefined {
    const place = this.places.get(this.elf.sections[section]!);
    if (place === undefined || section === specialSection.undefined) return undefined;
    if (this.elf.type === fileType.relocatable) return place + value;
    // Thread-local symbols of linked files are offsets into the thread's block.
    return type === symbolType.threadLocal ? undefined : value;
  }

  private symbols(list: readonly Symbol[]): ImageSymbol[] {
    return list.flatMap((symbol): ImageSymbol[] => {
      const { name, type, binding, size } = symbol;
      const kind = kinds.get(type);
      const address = this.addressOf(symbol);
      if (name === '' || kind === undefined || address === undefined || mappingSymbol.test(name)) return [];
      const global = binding !== symbolBinding.local;
      return [{ name: plainName(name), address, size, kind, global, weak: binding === symbolBinding.weak }];
    });
  }

  private relocation({
    type,
    symbol,
    addend,
  }: {
    type: number;
    symbol: Symbol;
    addend: number;
  }): ImageRelocation {
    const start = this.addressOf(symbol);
    return {
      type,
      addend,
      ...(symbol.type === symbolType.section || symbol.name === '' ? {} : { symbol: plainName(symbol.name) }),
      ...(start === undefined ? {} : { address: start + addend }),
    };
  }

  private relocations(symbols: readonly Symbol[]): Map<number, ImageRelocation> {
    const found = new Map<number, ImageRelocation>();
    for (const [section, place] of this.places) {
      for (const one of this.elf.readRelocations(section, symbols)) {
        found.set(place + one.offset, this.relocation(one));
      }
    }
    return found;
  }

  private dynamicRelocations(target: TargetName): Map<number, ImageRelocation> {
    const found = new Map<number, ImageRelocation>();
    const relative = relativeRelocation[target];
    for (const one of this.elf.readDynamicRelocations(this.elf.readSymbols(sectionType.dynamicSymbols))) {
      found.set(
        one.offset,
        one.type === relative
          ? { type: relative, addend: one.addend, address: one.addend }
          : this.relocation(one),
      );
    }
    return found;
  }

  read(): Image {
    const { elf } = this;
    const target = targets.get(elf.machine);
    if (target === undefined) {
      throw new ElfError(`expected code of x86-64 or AArch64, found ELF machine ${elf.machine}`);
    }
    const relocatable = elf.type === fileType.relocatable;
    const all = elf.readSymbols();
    const stripped = all.length === 0;
    const symbols = stripped ? elf.readSymbols(sectionType.dynamicSymbols) : all;
    const relocations = relocatable ? this.relocations(all) : this.dynamicRelocations(target);
    const sections = [...this.places].map(([section, address]): ImageSection => ({
      name: section.name,
      address,
      size: section.size,
      bytes: elf.contents(section),
      alignment: Math.max(1, section.alignment),
      executable: has(section.flags, sectionFlag.executable),
      writable: has(section.flags, sectionFlag.writable),
      threadLocal: has(section.flags, sectionFlag.threadLocal),
    }));
    const image: Image = {
      target,
      relocatable,
      movable: elf.type === fileType.shared,
      sections,
      symbols: this.symbols(symbols),
      common: symbols
        .filter(({ section, name }) => section === specialSection.common && name !== '')
        .map(({ name, size, value, binding }) => ({
          name,
          size,
          alignment: Math.max(1, value),
          global: binding !== symbolBinding.local,
        })),
      relocations,
      copied: new Set(
        relocatable
          ? []
          : [...relocations].flatMap(([at, { type }]) => (type === copyRelocation[target] ? [at] : [])),
      ),
      stripped,
      comments: relocatable ? this.comments() : [],
    };
    const memory = new Memory(image);
    for (const at of elf.readPackedRelocations()) {
      const address = memory.word(at, 8);
      if (address !== undefined)
        relocations.set(at, { type: relativeRelocation[target], addend: address, address });
    }
    return image;
  }
}

/** Reads an ELF file for x86-64 or AArch64. Throws `refused` where it is damaged or for another machine. */
export function readImage(bytes: Uint8Array, file: string): Image {
  try {
    return new ImageReader(bytes).read();
  } catch (cause) {
    if (cause instanceof ElfError) throw new OzmaError('refused', `${file}: ${cause.message}`, { cause });
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    throw new OzmaError('refused', `${file}: expected a whole ELF file, found a damaged one`, { cause });
  }
}

/** The number of the last entry at or before an address in a sorted list; -1 where there is none. */
export function lastAtOrBefore(list: readonly { address: number }[], address: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.address <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The image's contents by address. */
export class Memory {
  private readonly sections: readonly ImageSection[];

  constructor({ sections }: Image) {
    this.sections = sections
      .filter(({ threadLocal, size }) => !threadLocal && size > 0)
      .sort((left, right) => left.address - right.address);
  }

  sectionAt(address: number): ImageSection | undefined {
    const section = this.sections[lastAtOrBefore(this.sections, address)];
    return section !== undefined && address < section.address + section.size ? section : undefined;
  }

  /** An unsigned little-endian number of so many bytes; absent where the file holds none. */
  word(address: number, width: 1 | 2 | 4 | 8): number | undefined {
    const section = this.sectionAt(address);
    if (section === undefined) return undefined;
    const start = address - section.address;
    if (start + width > section.bytes.length) return undefined;
    let value = 0;
    for (let at = width - 1; at >= 0; at--) value = value * 256 + section.bytes[start + at]!;
    return value;
  }

  signed(address: number, width: 1 | 2 | 4): number | undefined {
    const value = this.word(address, width);
    const half = 2 ** (8 * width - 1);
    return value === undefined || value < half ? value : value - 2 * half;
  }
}
