// x86-64: addresses in an instruction become names. Where relocations stand the assembler's own symbols come
// back; in linked code %rip and the address at the end of an instruction are added up, and in code at fixed
// addresses a number that is the address of something is taken for that.

import { branchTarget, type CodeOfFunction } from './code.ts';
import type { ImageRelocation } from './image.ts';
import type { CodeLine } from './listing.ts';
import { withOffset, type NamedPlace, type Names } from './names.ts';

/** Types of the psABI that matter here. */
const gotTypes = new Set([9, 41, 42]);
const modifiers = new Map([
  [19, '@TLSGD'],
  [20, '@TLSLD'],
  [21, '@DTPOFF'],
  [22, '@GOTTPOFF'],
  [23, '@TPOFF'],
  [18, '@TPOFF'],
]);
/** The address itself and not a distance. */
const absoluteTypes = new Set([1, 10, 11, 18, 21, 23]);

const branch = /^(?:(?:notrack|bnd|data16|rex64) )*(?:j\w+|call\w*|loop\w*|xbegin) /;
const relative = /(-?0x[\da-f]+)?\(%rip\)/;
/** Padding says nothing. */
const nothing = /^(?:(?:data16|cs|rex64) )*(?:nop[wlq]?|int3)\b|^xchgw %ax, %ax$/;

const widths: Readonly<Record<string, bigint>> = { b: 8n, w: 16n, l: 32n, q: 64n };

/** Immediates as compilers write them: with a sign. */
function signed(text: string): string {
  const bits = widths[/^\w+/.exec(text)![0].at(-1)!];
  if (bits === undefined || !text.includes('$0x')) return text;
  return text.replace(/\$(0x[\da-f]+)/, (whole, digits: string) => {
    const value = BigInt(digits);
    return value >> (bits - 1n) === 1n ? `$${value - (1n << bits)}` : whole;
  });
}

/** Whether the code of an object names addresses as numbers, so that it cannot be moved. */
export function isAbsolute(type: number): boolean {
  return type === 10 || type === 11;
}

export class RewriterX86 {
  private readonly names: Names;
  /** Calls of other files' functions go through the linker's table. */
  private readonly throughTable: string;

  constructor(names: Names, positionIndependent: boolean) {
    this.names = names;
    this.throughTable = positionIndependent ? '@PLT' : '';
  }

  rewrite(code: CodeOfFunction): void {
    code.texts = code.lines.map((line, number) =>
      nothing.test(line.text) ? [] : [this.line(line, code, number)],
    );
  }

  private line(line: CodeLine, code: CodeOfFunction, number: number): string {
    const relocation = this.relocationIn(line);
    if (
      branch.test(line.text) &&
      (relocation === undefined ? branchTarget.test(line.text) : !line.text.includes('('))
    ) {
      const to = this.branchName(line, relocation, code);
      return line.text.replace(branchTarget, `$1${to}`);
    }
    if (relocation !== undefined) return this.relocated(line, relocation, code, number);
    const { text, end } = line;
    const distance = relative.exec(text);
    if (distance !== null) {
      const address = end + Number.parseInt(distance[1] ?? '0', 16);
      return signed(text).replace(relative, `${this.relativeName(address, text, code, number)}(%rip)`);
    }
    const { image } = this.names;
    return signed(image.relocatable || image.movable ? text : this.withAddresses(text, code, number));
  }

  private relocationIn({ address, end }: CodeLine): (ImageRelocation & { at: number }) | undefined {
    const { relocations, relocatable } = this.names.image;
    if (!relocatable) return undefined;
    for (let at = address + 1; at < end; at++) {
      const found = relocations.get(at);
      if (found !== undefined) return { ...found, at };
    }
    return undefined;
  }

  private branchName(line: CodeLine, relocation: ImageRelocation | undefined, code: CodeOfFunction): string {
    if (relocation !== undefined) {
      const { symbol, address } = relocation;
      if (address === undefined) return `${symbol}${this.throughTable}`;
      return this.codeName(address + 4, line, code);
    }
    const plt =
      line.note?.name.endsWith('@plt') === true ? line.note.name.slice(0, -'@plt'.length) : undefined;
    if (plt !== undefined) return `${plt.replace(/@.*$/, '')}${this.throughTable}`;
    return this.codeName(line.note?.address ?? Number(branchTarget.exec(line.text)![2]), line, code);
  }

  private codeName(address: number, { text }: CodeLine, code: CodeOfFunction): string {
    const own = address === code.address && !/\bcall/.test(text);
    return own ? this.names.codeLabel(address) : withOffset(...pair(this.names.place(address)));
  }

  /** An operand of data at an address of the file, noted as such. */
  private data(address: number, code: CodeOfFunction, line: number, text: string): string {
    const register = /%(r\w+)$/.exec(text)?.[1];
    code.references.push({ line, address, ...(register === undefined ? {} : { register }) });
    return withOffset(...pair(this.names.place(address)));
  }

  private relativeName(address: number, text: string, code: CodeOfFunction, line: number): string {
    const slot = /^(?:lea|add)/.test(text) ? undefined : this.names.slot(address);
    return slot === undefined ? this.data(address, code, line, text) : `${slot}@GOTPCREL`;
  }

  private relocated(
    { text, end }: CodeLine,
    relocation: ImageRelocation & { at: number },
    code: CodeOfFunction,
    line: number,
  ): string {
    const { type, at } = relocation;
    const name = this.relocatedName(relocation, end, code, line, text);
    if (relative.test(text)) return signed(text).replace(relative, `${name}(%rip)`);
    // Immediates are the last bytes of an instruction.
    const last = at + (type === 1 ? 8 : 4) === end && text.includes('$0x0');
    if (last) return text.replace('$0x0', () => `$${name}`);
    return signed(text).replace(/(?<![$\w])0x0(?=[(,]|$)|(?<=[\s,*:])(?=\()/, () => name);
  }

  private relocatedName(
    { type, symbol, address, addend, at }: ImageRelocation & { at: number },
    end: number,
    code: CodeOfFunction,
    line: number,
    text: string,
  ): string {
    // A distance is counted from its field; the instruction ends later.
    const behind = absoluteTypes.has(type) ? 0 : end - at;
    const modifier = gotTypes.has(type) ? '@GOTPCREL' : (modifiers.get(type) ?? '');
    const named = symbol ?? this.names.symbols.get(address ?? -1)?.[0]?.name;
    if (address === undefined || modifier !== '')
      return withOffset(`${named ?? ''}${modifier}`, addend + behind);
    const place = this.data(address + behind, code, line, text);
    const known = this.names.symbols.get(address - addend)?.some(({ name }) => name === symbol);
    return known === true ? withOffset(symbol!, addend + behind) : place;
  }

  /** Code at fixed addresses: displacements and immediates that are the address of something. */
  private withAddresses(text: string, code: CodeOfFunction, line: number): string {
    return text.replace(/(\$?)(?<![-\w])0x([\da-f]+)(?=\(|,|$)/g, (whole, dollar: string, digits: string) => {
      const address = Number.parseInt(digits, 16);
      if (this.names.memory.sectionAt(address) === undefined) return whole;
      return `${dollar}${this.data(address, code, line, text)}`;
    });
  }
}

const pair = ({ name, offset }: NamedPlace): [string, number] => [name, offset];
