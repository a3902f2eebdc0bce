// The symbols that a lifted function mentions, as globals and declarations of its module. Constants that
// only the file itself can name (strings, tables) come with their contents; everything else is external.

import type { AssemblyFile, AssemblyFunction, DataLabel } from './assembly/types.ts';
import type { Type } from './expression.ts';
import { namedPlace } from './named-place.ts';
import { Unsupported } from './step.ts';
import { variablesByUse, type VariableUse } from './symbol-use.ts';

/** A constant larger than this is not copied into a module. */
const largestConstant = 1 << 20;

export function quoteName(name: string): string {
  return /^[A-Za-z$._-][\w$.-]*$/.test(name) ? `@${name}` : `@"${name.replace(/[^ !#-[\]-~]/g, escapeByte)}"`;
}

const escapeByte = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');

export class SymbolTable {
  private readonly file: AssemblyFile;
  private readonly own: string;
  private readonly functions: ReadonlySet<string>;
  private readonly declared = new Map<string, string>();
  private readonly constants = new Map<string, string>();
  private readonly pending = new Set<string>();
  private readonly uses: ReadonlyMap<string, VariableUse>;

  constructor(file: AssemblyFile, { name, items }: Pick<AssemblyFunction, 'name' | 'items'>) {
    this.file = file;
    this.own = name;
    this.uses = this.byNames(variablesByUse(items));
    this.functions = new Set(file.functions.flatMap(({ name, aliases }) => [name, ...aliases]));
  }

  /** Uses of places without a name are those of the variable that they are reached through. */
  private byNames(found: ReadonlyMap<string, VariableUse>): Map<string, VariableUse> {
    const uses = new Map(found);
    for (const [symbol, { alignment, size }] of found) {
      const label = this.file.data.get(symbol);
      const place = symbol.startsWith('.') && label !== undefined ? namedPlace(this.file, label) : undefined;
      if (place === undefined) continue;
      const known = uses.get(place.name) ?? { alignment: 1, size: 1 };
      uses.set(place.name, {
        alignment: place.distance % alignment === 0 ? Math.max(known.alignment, alignment) : known.alignment,
        size: Math.max(known.size, size + place.distance),
      });
    }
    return uses;
  }

  functionName(name: string): string {
    return quoteName(name);
  }

  /** Whether the linker may put another definition in its place: how the code reaches it tells. */
  private locality(symbol: string, called: boolean): string {
    const { preemptible, positionIndependent, defined, target } = this.file;
    if (preemptible.has(symbol)) return '';
    if (defined.has(symbol)) return 'dso_local ';
    // A call says `@PLT` on x86-64 where it may go elsewhere, nothing on AArch64.
    return positionIndependent && !(called && target === 'aarch64') ? 'dso_local ' : '';
  }

  /** Notes that a function is called; its first call decides how it is declared. */
  callee(name: string, result: Type, parameters: readonly Type[], variadic: boolean): string {
    const quoted = quoteName(name);
    if (name === this.own) return quoted;
    const known = this.declared.get(name);
    // Where one call reads more of the result than another, it says what the callee gives back.
    const wider = result.startsWith('{') && known?.includes('{') === false;
    if (known === undefined || known.startsWith(`${quoted} =`) || wider) {
      const list = [...parameters, ...(variadic ? ['...'] : [])].join(', ');
      this.declared.set(name, `declare ${this.locality(name, true)}${result} ${quoted}(${list})`);
    }
    return quoted;
  }

  /** Notes that a symbol's address is used and gives its name. */
  address(symbol: string, threadLocal: boolean): string {
    const label = this.file.data.get(symbol);
    if (label !== undefined && isCode(label)) throw new Unsupported('a label as data');
    if (label !== undefined && !label.section.writable && !this.file.globals.has(symbol)) {
      return this.constant(symbol, label);
    }
    if (symbol.startsWith('.')) return this.throughName(label);
    const quoted = quoteName(symbol);
    if (symbol === this.own || this.declared.has(symbol)) return quoted;
    if (this.functions.has(symbol))
      this.declared.set(symbol, `declare ${this.locality(symbol, true)}void ${quoted}()`);
    else {
      const thread = threadLocal || this.file.threadLocal.has(symbol) ? 'thread_local ' : '';
      const use = this.uses.get(symbol);
      const size = Math.max(use?.size ?? 1, label?.size ?? 1);
      const type = size === 1 ? 'i8' : `[${size} x i8]`;
      const aligned = use === undefined || use.alignment === 1 ? '' : `, align ${use.alignment}`;
      this.declared.set(
        symbol,
        `${quoted} = external ${this.locality(symbol, false)}${thread}global ${type}${aligned}`,
      );
    }
    return quoted;
  }

  /** A place without a name that the linker knows, from one that has a name in the same section. */
  private throughName(label: DataLabel | undefined): string {
    const place = label === undefined ? undefined : namedPlace(this.file, label);
    if (place === undefined) throw new Unsupported('a label as data');
    const base = this.address(place.name, false);
    return place.distance === 0 ? base : `getelementptr (i8, ptr ${base}, i64 ${place.distance})`;
  }

  private constant(symbol: string, label: DataLabel): string {
    // A section's own name, as objects have it, cannot be defined again, nor that of code generation's constants.
    const own = symbol.replace(/^\.LCPI0_/, '.Lconstant0_');
    const plain = own.startsWith('.L') ? own.slice(2) : own.replace(/^\./, 'section.');
    const name = quoteName(plain.replace('#', '.'));
    if (this.constants.has(symbol) || this.pending.has(symbol)) return name;
    this.pending.add(symbol);
    const end = symbol === label.section.name ? label.section.bytes.length : this.endOf(label);
    if (end - label.offset > largestConstant) throw new Unsupported('a large constant');
    const { type, text } = this.contents(label, end);
    const alignment = label.section.alignments.get(label.offset) ?? 1;
    const kind = label.section.writable ? 'global' : 'constant';
    const linkage = symbol.startsWith('.') ? 'private' : 'internal';
    this.constants.set(
      symbol,
      `${name} = ${linkage} unnamed_addr ${kind} ${type} ${text}, align ${alignment}`,
    );
    return name;
  }

  private endOf(label: DataLabel): number {
    if (label.size !== undefined) return label.offset + label.size;
    let end = label.section.bytes.length;
    for (const other of this.file.data.values()) {
      if (other.section === label.section && other.offset > label.offset && other.offset < end)
        end = other.offset;
    }
    return end;
  }

  private contents(label: DataLabel, end: number): { type: string; text: string } {
    const { bytes, relocations } = label.section;
    const parts: { type: string; text: string }[] = [];
    let start = label.offset;
    const flush = (upTo: number): void => {
      if (upTo <= start) return;
      const text = bytes.slice(start, upTo).map(byteText).join('');
      parts.push({ type: `[${upTo - start} x i8]`, text: `c"${text}"` });
    };
    for (let at = label.offset; at < end; at++) {
      const relocation = relocations.get(at);
      if (relocation === undefined) continue;
      flush(at);
      const { symbol, minus, addend, width } = relocation;
      const base = this.address(symbol, false);
      const pointer = addend === 0n ? base : `getelementptr (i8, ptr ${base}, i64 ${addend})`;
      if (minus === undefined && width === 8) parts.push({ type: 'ptr', text: pointer });
      else if (minus !== undefined && (width === 8 || width === 4)) {
        const other = this.address(minus, false);
        const difference = `sub (i64 ptrtoint (ptr ${pointer} to i64), i64 ptrtoint (ptr ${other} to i64))`;
        parts.push(
          width === 8
            ? { type: 'i64', text: difference }
            : { type: 'i32', text: `trunc (i64 ${difference} to i32)` },
        );
      } else throw new Unsupported('a relocation in data');
      start = at + width;
      at = start - 1;
    }
    flush(end);
    if (parts.length === 0) return { type: '[0 x i8]', text: 'zeroinitializer' };
    if (parts.length === 1) return parts[0]!;
    return {
      type: `<{ ${parts.map(({ type }) => type).join(', ')} }>`,
      text: `<{ ${parts.map(({ type, text }) => `${type} ${text}`).join(', ')} }>`,
    };
  }

  /** Globals first, then declarations, in order of their first mention. */
  lines(): string[] {
    return [...this.constants.values(), ...this.declared.values()];
  }
}

const isCode = ({ section }: DataLabel): boolean => /^\.text|^\.init$|^\.fini$/.test(section.name);

function byteText(byte: number): string {
  const plain = byte >= 32 && byte < 127 && byte !== 34 && byte !== 92;
  return plain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0').toUpperCase()}`;
}
