// Objects, executables and shared libraries as assembly text that parseAssembly reads, close to what the
// compiler had written: symbols for addresses, labels where something jumps, data with its pointers, jump
// tables. llvm-objdump says what the instructions are; names and data come from the file itself.

import { readFile } from 'node:fs/promises';
import { OzmaError } from '../../common/errors.ts';
import type { TargetName } from '../assembly/types.ts';
import type { CodeOfFunction } from './code.ts';
import { DataWriter } from './data.ts';
import { readImage, type Image, type ImageSection, type ImageSymbol } from './image.ts';
import { listCode, type CodeLine } from './listing.ts';
import { Names } from './names.ts';
import { RewriterAarch64 } from './rewrite-aarch64.ts';
import { isAbsolute, RewriterX86 } from './rewrite-x86.ts';
import { findTables } from './tables.ts';

export interface ObjectAssembly {
  target: TargetName;
  text: string;
  /** What a person should know about the file: what has no name, what was left out. */
  notes: string[];
}

/** More takes more memory than a process has: about 300 bytes a byte of code. */
const mostCode = 1 << 23;

/** The linker's own code for calls of other files. */
const linkerCode = /^\.i?plt/;
const padding =
  /^(?:(?:data16|cs|rex64) )*(?:nop[wlq]?|int3)\b|^xchgw %ax, %ax$|^(?:nop|udf #0x0)$|^addb %al, \(%rax\)$/;

interface Extent {
  symbols: ImageSymbol[];
  address: number;
  end: number;
  /** Its symbol says where it ends. */
  sized: boolean;
  section: ImageSection;
}

/** Where functions begin and end, by address. */
function functionExtents(names: Names): Extent[] {
  const starts: Extent[] = [];
  for (const [address, symbols] of names.symbols) {
    const section = names.memory.sectionAt(address);
    if (section?.executable !== true || linkerCode.test(section.name)) continue;
    const named = symbols.filter(({ name, kind }) => kind !== 'object' && !name.startsWith('.L'));
    if (named.length === 0) continue;
    const size = Math.max(...named.map((one) => one.size));
    starts.push({ symbols: named, address, end: address + size, sized: size > 0, section });
  }
  starts.sort((left, right) => left.address - right.address);
  const kept: Extent[] = [];
  for (const [index, one] of starts.entries()) {
    const last = kept.at(-1);
    // A label inside of a function is no function.
    const inside = last !== undefined && one.address < last.end && last.sized;
    if (inside && one.symbols.every(({ kind }) => kind === 'other')) continue;
    const limit = one.section.address + one.section.size;
    // Code belongs to one function: to the one that begins last.
    if (inside) last.end = one.address;
    kept.push({ ...one, end: Math.min(one.sized ? one.end : (starts[index + 1]?.address ?? limit), limit) });
  }
  return kept;
}

/** The lines of each function. */
function cut(lines: readonly CodeLine[], extents: readonly Extent[]): CodeOfFunction[] {
  let at = 0;
  return extents.map(({ symbols, address, end }) => {
    while (at < lines.length && lines[at]!.address < address) at++;
    const from = at;
    while (at < lines.length && lines[at]!.address < end) at++;
    const [name = '', ...aliases] = symbols.map((symbol) => symbol.name);
    return { name, aliases, address, end, lines: lines.slice(from, at), texts: [], references: [] };
  });
}

/** Code that names addresses as numbers cannot be moved. */
function isPositionIndependent({ relocatable, movable, sections, relocations }: Image): boolean {
  if (!relocatable) return movable;
  const code = sections.filter(({ executable }) => executable);
  for (const [at, { type }] of relocations) {
    if (isAbsolute(type) && code.some(({ address, size }) => at >= address && at < address + size))
      return false;
  }
  return true;
}

/** Names for addresses in all functions; jump tables go to `data`. */
function rewriteAll(names: Names, functions: readonly CodeOfFunction[], data: DataWriter): void {
  const { image } = names;
  const x86 = new RewriterX86(names, isPositionIndependent(image));
  const aarch64 = new RewriterAarch64(names);
  for (const code of functions) {
    if (image.target === 'x86-64') x86.rewrite(code);
    else aarch64.rewrite(code, new Map());
  }
  // Tables end where other data begins: all of that is known by now.
  for (const code of functions) {
    const tables = findTables(names, code);
    for (const table of [...tables.jumps.values(), ...tables.data]) data.addTable(table);
    if (tables.jumps.size === 0 || image.target === 'x86-64') continue;
    const numbers = new Map(code.lines.map(({ address }, number) => [address, number]));
    const jumps = [...tables.jumps].map(
      ([line, { entries }]) => [line, [...new Set(entries)].map((entry) => numbers.get(entry)!)] as const,
    );
    aarch64.rewrite(code, new Map(jumps));
  }
}

/** Functions begin at multiples of this power of two, as compilers choose by level. */
function alignments(extents: readonly Extent[]): Map<ImageSection, number> {
  const counts = new Map<ImageSection, { all: number; aligned: number }>();
  for (const { section, address } of extents) {
    const count = counts.get(section) ?? { all: 0, aligned: 0 };
    count.all++;
    if (address % 16 === 0) count.aligned++;
    counts.set(section, count);
  }
  return new Map(
    [...counts].map(([section, { all, aligned }]) => [
      section,
      section.alignment >= 16 && aligned * 2 > all ? 4 : 0,
    ]),
  );
}

function functionLines(names: Names, code: CodeOfFunction, extent: Extent, alignment: number): string[] {
  const isGlobal = (name: string): ImageSymbol | undefined =>
    extent.symbols.find((one) => one.name === name && one.global);
  const lines = [`.section ${extent.section.name},"ax"`];
  if (alignment > 0 && code.address % 2 ** alignment === 0) lines.push(`.p2align ${alignment}`);
  for (const name of [code.name, ...code.aliases]) {
    const symbol = isGlobal(name);
    if (symbol !== undefined) lines.push(`${symbol.weak ? '.weak' : '.globl'} ${name}`);
    lines.push(`.type ${name},@function`, `${name}:`);
  }
  for (const [number, { address }] of code.lines.entries()) {
    if (names.codeLabels.has(address)) lines.push(`.L${address.toString(16)}:`);
    for (const text of code.texts[number]!) lines.push(`\t${text}`);
  }
  return [...lines, `.size ${code.name}, .-${code.name}`];
}

/** Unlikely parts of functions (gcc's `f.cold`) come behind the function that they belong to. */
function coldBehind<Part extends { code: CodeOfFunction }>(parts: readonly Part[]): Part[] {
  const parent = (name: string): string | undefined => /^(.+)\.cold(?:\.\d+)?$/.exec(name)?.[1];
  const byParent = new Map<string, Part[]>();
  const names = new Set(parts.map(({ code }) => code.name));
  const belongs = (part: Part): string | undefined => {
    const name = parent(part.code.name);
    return name !== undefined && names.has(name) ? name : undefined;
  };
  for (const part of parts) {
    const name = belongs(part);
    if (name !== undefined) byParent.set(name, [...(byParent.get(name) ?? []), part]);
  }
  return parts.flatMap((part) =>
    belongs(part) === undefined ? [part, ...(byParent.get(part.code.name) ?? [])] : [],
  );
}

function notesOn(
  { image, memory }: Names,
  lines: readonly CodeLine[],
  functions: readonly CodeOfFunction[],
): string[] {
  const notes: string[] = [];
  if (image.stripped) {
    notes.push(`stripped: only the ${functions.length} functions of its dynamic symbols have names`);
  }
  const covered = functions.reduce((sum, { lines: own }) => sum + own.length, 0);
  const named = new Set(functions.flatMap(({ lines: own }) => own.map(({ address }) => address)));
  const unnamed = lines.filter(
    ({ address, text }) =>
      !named.has(address) && !padding.test(text) && !linkerCode.test(memory.sectionAt(address)?.name ?? ''),
  ).length;
  if (unnamed > 0)
    notes.push(`${unnamed} of ${covered + unnamed} instructions belong to no symbol and are left out`);
  return notes;
}

/** An image and its disassembly as assembly text. */
export function assemblyOfImage(image: Image, lines: readonly CodeLine[]): Omit<ObjectAssembly, 'target'> {
  const names = new Names(image);
  const extents = functionExtents(names);
  const functions = cut(lines, extents);
  const data = new DataWriter(names);
  rewriteAll(names, functions, data);
  data.findPointers();
  const dataLines = data.lines();
  const power = alignments(extents);
  const parts = functions.map((code, index) => ({ code, extent: extents[index]! }));
  const codeLines = coldBehind(parts).flatMap(({ code, extent }) =>
    functionLines(names, code, extent, power.get(extent.section)!),
  );
  const idents = image.comments.map((text) => `.ident ${JSON.stringify(text)}`);
  return {
    text: `${[...codeLines, ...dataLines, ...idents].join('\n')}\n`,
    notes: notesOn(names, lines, functions),
  };
}

/**
 * Disassembles an ELF file.
 *
 * @throws OzmaError `refused` for a damaged file, another machine, a file without symbols, or with
 *   llvm-objdump's own words.
 */
export async function disassembleObject(objdump: string, file: string): Promise<ObjectAssembly> {
  const image = readImage(await readFile(file), file);
  const bytes = image.sections.reduce((sum, { executable, size }) => sum + (executable ? size : 0), 0);
  if (bytes > mostCode) {
    throw new OzmaError('refused', `${file}: expected at most ${mostCode} bytes of code, found ${bytes}`);
  }
  if (bytes > 0 && !image.symbols.some(({ kind }) => kind === 'function' || kind === 'other')) {
    throw new OzmaError(
      'refused',
      `${file}: expected symbols that name functions, found none: it is stripped`,
    );
  }
  const lines = await listCode(objdump, file, image);
  return { target: image.target, ...assemblyOfImage(image, lines) };
}
