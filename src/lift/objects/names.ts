// Names for addresses, as a compiler would have written them: the symbol that stands there, a symbol and an
// offset into it, or a local label made up for the place. Who asks for a name has it written later: labels
// are collected here.

import { lastAtOrBefore, Memory, type Image, type ImageSection, type ImageSymbol } from './image.ts';

/** A name and what is added to it. */
export interface NamedPlace {
  name: string;
  offset: number;
}

/** The better name for a place comes first: typed before untyped, visible before local, then by name. */
function byPreference(left: ImageSymbol, right: ImageSymbol): number {
  return (
    Number(left.kind === 'other') - Number(right.kind === 'other') ||
    Number(right.global) - Number(left.global) ||
    (left.name < right.name ? -1 : 1)
  );
}

/** Local names need not differ between the files that were linked; assembly has one of each. */
function distinct(symbols: readonly ImageSymbol[]): ImageSymbol[] {
  const places = new Map<string, number>();
  const taken = new Set(symbols.map(({ name }) => name));
  const order = [...symbols].sort(
    (left, right) => Number(right.global) - Number(left.global) || left.address - right.address,
  );
  return order.map((symbol) => {
    const known = places.get(symbol.name);
    if (known === undefined || known === symbol.address) {
      places.set(symbol.name, symbol.address);
      return symbol;
    }
    let number = 2;
    while (taken.has(`${symbol.name}.${number}`)) number++;
    const name = `${symbol.name}.${number}`;
    taken.add(name);
    return { ...symbol, name };
  });
}

export class Names {
  readonly image: Image;
  readonly memory: Memory;
  /** Symbols by address, the best first. */
  readonly symbols = new Map<number, ImageSymbol[]>();
  /** Places in code that something refers to, apart from symbols. */
  readonly codeLabels = new Set<number>();
  /** Places in data without a symbol. */
  readonly dataLabels = new Set<number>();
  private readonly extents: ImageSymbol[];

  constructor(image: Image) {
    this.image = image;
    this.memory = new Memory(image);
    for (const symbol of distinct(image.symbols)) {
      const list = this.symbols.get(symbol.address) ?? [];
      list.push(symbol);
      this.symbols.set(symbol.address, list);
    }
    for (const list of this.symbols.values()) list.sort(byPreference);
    this.extents = [...this.symbols.values()]
      .flatMap((list) => list.filter(({ kind, size }) => kind === 'object' && size > 0).slice(0, 1))
      .sort((left, right) => left.address - right.address);
  }

  /** The function that starts at an address. */
  functionAt(address: number): string | undefined {
    if (this.memory.sectionAt(address)?.executable !== true) return undefined;
    return this.symbols.get(address)?.find(({ name }) => !name.startsWith('.L'))?.name;
  }

  codeLabel(address: number): string {
    this.codeLabels.add(address);
    return `.L${address.toString(16)}`;
  }

  /** The name of any address: a function, a place in code, or data. */
  place(address: number): NamedPlace {
    const section = this.memory.sectionAt(address);
    if (section?.executable === true) {
      return { name: this.functionAt(address) ?? this.codeLabel(address), offset: 0 };
    }
    return this.dataPlace(address, section);
  }

  private dataPlace(address: number, section: ImageSection | undefined): NamedPlace {
    const [symbol] = this.symbols.get(address) ?? [];
    if (symbol !== undefined && section !== undefined) return { name: symbol.name, offset: 0 };
    const around = this.extents[lastAtOrBefore(this.extents, address)];
    if (around !== undefined && address < around.address + around.size) {
      return { name: around.name, offset: address - around.address };
    }
    // The end of an array, with nothing behind it.
    const before = section === undefined ? this.memory.sectionAt(address - 1) : undefined;
    if (before !== undefined && around !== undefined && around.address >= before.address) {
      return { name: around.name, offset: address - around.address };
    }
    this.dataLabels.add(address);
    return { name: `.Ldata.${address.toString(16)}`, offset: 0 };
  }

  /** What a slot of the linker's table of addresses holds. */
  slot(address: number): string | undefined {
    const section = this.memory.sectionAt(address);
    if (section === undefined || !/^\.got/.test(section.name)) return undefined;
    const relocation = this.image.relocations.get(address);
    if (relocation?.symbol !== undefined) return relocation.symbol;
    const held = relocation?.address ?? this.memory.word(address, 8);
    if (held === undefined || this.memory.sectionAt(held) === undefined) return undefined;
    const { name, offset } = this.place(held);
    return offset === 0 ? name : undefined;
  }
}

/** `name+8`, `name-4`, `name`. */
export function withOffset(name: string, offset: number): string {
  return offset === 0 ? name : `${name}${offset > 0 ? '+' : ''}${offset}`;
}
