// The data of an image as assembly: bytes, pointers where relocations or the loader put them, jump tables,
// with a label wherever code or other data refers to.

import type { DistanceTable } from './tables.ts';
import {
  lastAtOrBefore,
  type Image,
  type ImageRelocation,
  type ImageSection,
  type ImageSymbol,
} from './image.ts';
import { withOffset, type Names } from './names.ts';

/** What linkers and loaders need and programs do not read. */
const internal =
  /^\.(?:interp|note|gnu|dyn|hash|rela?\b|relr|eh_frame|gcc_except_table|got|plt|iplt|(?:pre)?init_array|fini_array|tm_clone|jcr|ctors|dtors|comment|llvm|stab|ARM)/;
const known = /^\.(?:rodata|data|bss|tdata|tbss|lrodata|ldata|lbss)/;

/** Widths and whether the place's own address is taken off, by the ABIs' numbers. */
const kinds: Readonly<Record<Image['target'], ReadonlyMap<number, { width: 4 | 8; relative: boolean }>>> = {
  'x86-64': new Map([
    [1, { width: 8, relative: false }],
    [2, { width: 4, relative: true }],
    [4, { width: 4, relative: true }],
    [8, { width: 8, relative: false }],
    [10, { width: 4, relative: false }],
    [11, { width: 4, relative: false }],
    [24, { width: 8, relative: true }],
  ]),
  aarch64: new Map([
    [257, { width: 8, relative: false }],
    [258, { width: 4, relative: false }],
    [260, { width: 8, relative: true }],
    [261, { width: 4, relative: true }],
    [314, { width: 4, relative: true }],
    [1027, { width: 8, relative: false }],
  ]),
};
const integer = { 1: '.byte', 2: '.short', 4: '.long', 8: '.quad' } as const;
const bytesOnLine = 32;

/** One thing in a section: what to write, and how many bytes it takes. */
interface Item {
  width: number;
  text: string;
}

export function dataSections({ sections, relocatable }: Image): ImageSection[] {
  return sections.filter(
    ({ name, executable, threadLocal, size }) =>
      !executable && size > 0 && !internal.test(name) && (relocatable || !threadLocal),
  );
}

export class DataWriter {
  private readonly names: Names;
  private readonly image: Image;
  private readonly items = new Map<number, Item>();

  constructor(names: Names) {
    this.names = names;
    this.image = names.image;
  }

  /** Notes a table; what it leads to gets names. */
  addTable({ address, width, entries, base, shift }: DistanceTable): void {
    const anchor = this.names.place(base);
    for (const [index, entry] of entries.entries()) {
      const code = this.names.memory.sectionAt(entry)?.executable === true;
      const to = code ? { name: this.names.codeLabel(entry), offset: 0 } : this.names.place(entry);
      const difference = `${withOffset(to.name, to.offset)}-${withOffset(anchor.name, anchor.offset)}`;
      const text = `${integer[width]} ${shift === 0 ? difference : `(${difference})>>${shift}`}`;
      this.items.set(address + index * width, { width, text });
    }
    // What follows is something else.
    const end = address + entries.length * width;
    if (this.names.memory.sectionAt(end) !== undefined) this.names.place(end);
  }

  /** Finds pointers, and gives names to what they point to. Before anything is written. */
  findPointers(): void {
    const sections = dataSections(this.image);
    const relative: [number, ImageRelocation][] = [];
    const inside = (address: number): boolean => {
      const section = this.names.memory.sectionAt(address);
      return section !== undefined && !section.executable && !internal.test(section.name);
    };
    for (const [at, relocation] of this.image.relocations) {
      const kind = kinds[this.image.target].get(relocation.type);
      if (kind === undefined || !inside(at)) continue;
      if (kind.relative) relative.push([at, relocation]);
      else this.setPointer(at, kind.width, relocation);
    }
    if (!this.image.relocatable && !this.image.movable)
      for (const section of sections) this.guessPointers(section);
    let before = { at: 0, start: 0 };
    for (const [at, relocation] of relative.sort(([left], [right]) => left - right)) {
      before = { at, start: this.startBefore(at, before) };
      this.setDistance(at, before.start, relocation);
    }
  }

  private setPointer(at: number, width: 4 | 8, { symbol, address, addend }: ImageRelocation): void {
    const place = address === undefined ? { name: symbol ?? '0', offset: addend } : this.names.place(address);
    this.items.set(at, { width, text: `${integer[width]} ${withOffset(place.name, place.offset)}` });
  }

  /** A distance from the place itself is one from the table that it stands in, and that much more. */
  private setDistance(at: number, start: number, { type, symbol, address, addend }: ImageRelocation): void {
    const { width } = kinds[this.image.target].get(type)!;
    const from = this.names.place(start);
    const to =
      address === undefined
        ? { name: symbol ?? '0', offset: addend - (at - start) }
        : this.names.place(address - (at - start));
    const difference = `${withOffset(to.name, to.offset)}-${withOffset(from.name, from.offset)}`;
    this.items.set(at, { width, text: `${integer[width]} ${difference}` });
  }

  /** The last place with a name; `before` is what was found for an earlier place. */
  private startBefore(at: number, before: { at: number; start: number }): number {
    const section = this.names.memory.sectionAt(at)!;
    for (let address = at; address > section.address; address--) {
      if (this.names.dataLabels.has(address) || this.names.symbols.has(address)) return address;
      if (address === before.at && before.start >= section.address) return before.start;
    }
    return section.address;
  }

  /** Linked for a fixed place: words that are the address of something. */
  private guessPointers({ address: start, bytes }: ImageSection): void {
    for (let at = Math.ceil(start / 8) * 8; at + 8 <= start + bytes.length; at += 8) {
      const value = this.names.memory.word(at, 8)!;
      if (value !== 0 && this.names.memory.sectionAt(value) !== undefined && !this.items.has(at)) {
        this.setPointer(at, 8, { type: 0, addend: value, address: value });
      }
    }
  }

  lines(): string[] {
    const labels = [...new Set([...this.names.dataLabels, ...this.names.symbols.keys()])]
      .sort((left, right) => left - right)
      .map((address) => ({ address }));
    return [
      ...dataSections(this.image).flatMap((section) => {
        const first = lastAtOrBefore(labels, section.address - 1) + 1;
        const end = lastAtOrBefore(labels, section.address + section.size - 1) + 1;
        return this.section(
          section,
          labels.slice(first, end).map(({ address }) => address),
        );
      }),
      ...this.image.common.flatMap(({ name, size, alignment, global }) => [
        ...(global ? [] : [`.local ${name}`]),
        `.comm ${name},${size},${alignment}`,
      ]),
    ];
  }

  private section(section: ImageSection, labels: readonly number[]): string[] {
    const { name, writable, threadLocal, address: start, size, bytes, alignment } = section;
    const own = known.test(name)
      ? name
      : `${writable ? '.data' : '.rodata'}${name.startsWith('.') ? '' : '.'}${name}`;
    const lines = [`.section ${own},"a${writable ? 'w' : ''}${threadLocal ? 'T' : ''}"`];
    const stops = [...new Set([start, ...labels, start + size])];
    for (const [index, from] of stops.slice(0, -1).entries()) {
      lines.push(...this.labels(from, alignment));
      lines.push(...this.contents(from, stops[index + 1]!, start, bytes));
    }
    const end = start + size;
    return this.names.memory.sectionAt(end) === undefined ? [...lines, ...this.labels(end, 1)] : lines;
  }

  private labels(address: number, alignment: number): string[] {
    const lines: string[] = [];
    const symbols = this.names.symbols.get(address) ?? [];
    if (!this.names.dataLabels.has(address) && symbols.length === 0) return lines;
    let power = 0;
    while (power < 12 && 2 ** (power + 1) <= alignment && address % 2 ** (power + 1) === 0) power++;
    lines.push(`.p2align ${power}`);
    if (this.names.dataLabels.has(address)) lines.push(`.Ldata.${address.toString(16)}:`);
    if (this.image.copied.has(address)) return lines;
    for (const symbol of symbols) lines.push(...symbolLines(symbol));
    return lines;
  }

  private contents(from: number, to: number, start: number, bytes: Uint8Array): string[] {
    const lines: string[] = [];
    let plain: number[] = [];
    const flush = (): void => {
      for (let at = 0; at < plain.length; at += bytesOnLine) {
        lines.push(`.byte ${plain.slice(at, at + bytesOnLine).join(',')}`);
      }
      plain = [];
    };
    let zeros = 0;
    for (let at = from; at < to;) {
      const item = this.items.get(at);
      if (item !== undefined && at + item.width <= to) {
        flush();
        lines.push(item.text);
        at += item.width;
        continue;
      }
      if (at - start >= bytes.length) {
        zeros = to - at;
        break;
      }
      plain.push(bytes[at - start]!);
      at++;
    }
    flush();
    return zeros === 0 ? lines : [...lines, `.zero ${zeros}`];
  }
}

function symbolLines({ name, kind, global, size, weak }: ImageSymbol): string[] {
  const type = kind === 'threadLocal' ? '@tls_object' : '@object';
  return [
    ...(global ? [`${weak ? '.weak' : '.globl'} ${name}`] : []),
    ...(kind === 'other' ? [] : [`.type ${name},${type}`]),
    `${name}:`,
    ...(size > 0 ? [`.size ${name},${size}`] : []),
  ];
}
