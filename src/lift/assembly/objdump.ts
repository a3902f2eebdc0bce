// Objects through llvm-objdump: its listing becomes assembly text that parseAssembly reads, with a label
// wherever something jumps and symbols for what relocations name. Constants come along as bytes; sections
// with relocations in them (tables of pointers, jump tables) stay external, so functions with a jump table
// cannot be lifted from objects yet. Linked files keep their code and the names of what it calls.

import { runProgram, failureLine } from '../../llvm/run-program.ts';
import { OzmaError } from '../../common/errors.ts';
import type { TargetName } from './types.ts';

const sectionLine = /^Disassembly of section (\S+):$/;
const functionLine = /^([\da-f]+) <(.+)>:$/;
const instructionLine = /^\s*([\da-f]+):\s+(.+)$/;
const relocationLine = /^\s+([\da-f]+):\s+(R_\w+)\s+(\S+)$/;
/** `0x40 <f+0x10>` at the end of an operand list, or as a comment behind a rip-relative one. */
const targetPattern = /(0x)?([\da-f]+) <([^>]+)>/;

interface Line {
  address: number;
  text: string;
  relocation?: { kind: string; symbol: string };
}

interface Listing {
  name: string;
  section: string;
  lines: Line[];
}

function readListing(text: string): Listing[] {
  const functions: Listing[] = [];
  let section = '.text';
  let open: Listing | undefined;
  for (const line of text.split('\n')) {
    const found = sectionLine.exec(line);
    const start = functionLine.exec(line);
    const relocation = relocationLine.exec(line);
    if (/^(Contents of section|SYMBOL TABLE|RELOCATION RECORDS)/.test(line)) open = undefined;
    if (found !== null) section = found[1]!;
    else if (start !== null) functions.push((open = { name: start[2]!, section, lines: [] }));
    else if (relocation !== null) {
      const last = open?.lines.at(-1);
      if (last !== undefined) last.relocation = { kind: relocation[2]!, symbol: relocation[3]! };
    } else {
      const instruction = instructionLine.exec(line);
      if (instruction === null || open === undefined) continue;
      open.lines.push({
        address: parseInt(instruction[1]!, 16),
        text: instruction[2]!.replace(/\s+/g, ' ').trim(),
      });
    }
  }
  return functions;
}

const jumps = /^(j\w+|call\w*|b(\.\w+)?|bl|cbn?z|tbn?z)\b/;

const modifiers: Record<string, string> = {
  R_X86_64_PLT32: '@PLT',
  R_X86_64_GOTPCREL: '@GOTPCREL',
  R_X86_64_GOTPCRELX: '@GOTPCREL',
  R_X86_64_REX_GOTPCRELX: '@GOTPCREL',
  R_X86_64_GOTTPOFF: '@GOTTPOFF',
  R_X86_64_TPOFF32: '@TPOFF',
};

/** `puts-0x4` of a relocation as a symbol and what is added to it. */
function splitAddend(text: string): { symbol: string; addend: number } {
  const [, symbol, sign, digits] = /^(.+?)(?:([-+])0x([\da-f]+))?$/.exec(text)!;
  const amount = digits === undefined ? 0 : parseInt(digits, 16);
  return { symbol: symbol!, addend: sign === '-' ? -amount : amount };
}

const signed = (value: number): string => (value === 0 ? '' : value > 0 ? `+${value}` : String(value));

/** Without what llvm-objdump notes behind an instruction. */
function withoutNote(text: string, target: TargetName): string {
  return text.replace(target === 'aarch64' ? /\s*(\/\/|;).*$/ : /\s*#.*$/, '');
}

function withRelocation(
  text: string,
  relocation: { kind: string; symbol: string },
  target: TargetName,
): string {
  const { symbol, addend } = splitAddend(relocation.symbol);
  const plain = withoutNote(text, target);
  if (target === 'aarch64') {
    const name = `${symbol}${signed(addend)}`;
    if (jumps.test(plain)) return plain.replace(/(0x[\da-f]+|[\da-f]+)?( <[^>]+>)?$/, symbol);
    const got = relocation.kind.includes('GOT')
      ? plain.startsWith('adrp')
        ? ':got:'
        : ':got_lo12:'
      : undefined;
    if (plain.startsWith('adr')) return plain.replace(/, [^,]+$/, `, ${got ?? ''}${name}`);
    const low = `${got ?? ':lo12:'}${name}`;
    return plain.includes('[')
      ? plain.replace(/\[(\w+)(, [^\]]*)?\]/, `[$1, ${low}]`)
      : plain.replace(/, #?(0x)?[\da-f]+$/, `, ${low}`);
  }
  const modifier = modifiers[relocation.kind] ?? '';
  if (jumps.test(plain)) return plain.replace(/(0x[\da-f]+)?( <[^>]+>)?$/, `${symbol}${modifier}`);
  // From the end of the field to the end of the instruction: immediates behind it are counted in.
  const relative = /PC32|GOTPCREL|GOTTPOFF/.test(relocation.kind);
  const immediate = /\$-?0x[\da-f]+/.exec(plain);
  const behind =
    relative && immediate !== null
      ? /^\w+b /.test(plain) || Math.abs(Number(immediate[0].slice(1).replace('-', ''))) < 128
        ? 1
        : 4
      : 0;
  const name = `${symbol}${modifier}${signed(relative ? addend + 4 + (addend === -4 ? 0 : behind) : addend)}`;
  if (relative) return plain.replace(/-?(0x)?[\da-f]*\(%rip\)/, `${name}(%rip)`);
  return plain.includes('$0x0') ? plain.replace('$0x0', `$${name}`) : plain.replace(/(0x0|\b0)?(?=\()/, name);
}

function render(listing: Listing, known: ReadonlyMap<number, string>, target: TargetName): string[] {
  const inside = new Set(listing.lines.map(({ address }) => address));
  const labels = new Set<number>();
  const texts = listing.lines.map(({ text, relocation }) => {
    if (relocation !== undefined) return withRelocation(text, relocation, target);
    const plain = withoutNote(text, target);
    const found = targetPattern.exec(plain);
    if (found === null || !jumps.test(plain)) return plain;
    const address = parseInt(found[2]!, 16);
    if (inside.has(address) && !(known.get(address) !== undefined && known.get(address) !== listing.name)) {
      if (address === listing.lines[0]?.address && /^(call|bl\b)/.test(plain))
        return plain.replace(targetPattern, listing.name);
      labels.add(address);
      return plain.replace(targetPattern, `.L${address.toString(16)}`);
    }
    const name = found[3]!.replace(/@plt$/, target === 'x86-64' ? '@PLT' : '');
    return plain.replace(targetPattern, name.includes('+') ? `.L${address.toString(16)}` : name);
  });
  const lines = [
    `.section ${listing.section},"ax"`,
    `.globl ${listing.name}`,
    `.type ${listing.name},@function`,
    `${listing.name}:`,
  ];
  for (const [index, { address }] of listing.lines.entries()) {
    if (labels.has(address)) lines.push(`.L${address.toString(16)}:`);
    lines.push(`\t${texts[index]}`);
  }
  return [...lines, `.size ${listing.name}, .-${listing.name}`];
}

const contentsLine = /^Contents of section (\S+):$/;
const hexLine = /^ ([\da-f]+) ((?:[\da-f]{2,8} ){1,4})/;
const symbolLine = /^([\da-f]+) (.{7}) (\S+)\s+[\da-f]+ (?:\.hidden )?(\S+)$/;

/** Read-only sections as `.byte` lines, with a label at every symbol and one for the section itself. */
function renderData(dump: string): string[] {
  const relocated = new Set(
    [...dump.matchAll(/^RELOCATION RECORDS FOR \[(\S+)\]:$/gm)].map(([, name]) => name!),
  );
  const symbols = new Map<string, Map<number, string[]>>();
  const contents = new Map<string, number[]>();
  let section: string | undefined;
  for (const line of dump.split('\n')) {
    const start = contentsLine.exec(line);
    if (start !== null) {
      section = start[1]!;
      contents.set(section, []);
    } else if (section !== undefined && hexLine.test(line)) {
      const hex = hexLine.exec(line)![2]!.replaceAll(' ', '');
      contents.get(section)!.push(...Buffer.from(hex, 'hex'));
    } else {
      const symbol = symbolLine.exec(line);
      if (symbol === null || symbol[2]!.includes('d')) continue;
      const places = symbols.get(symbol[3]!) ?? new Map<number, string[]>();
      symbols.set(symbol[3]!, places);
      const offset = parseInt(symbol[1]!, 16);
      places.set(offset, [...(places.get(offset) ?? []), symbol[4]!]);
    }
  }
  return [...contents].flatMap(([name, bytes]) => {
    if (!name.startsWith('.rodata') || relocated.has(name)) return [];
    const lines = [`.section ${name},"a"`, `${name}:`];
    for (const [offset, byte] of bytes.entries()) {
      for (const label of symbols.get(name)?.get(offset) ?? []) lines.push(`${label}:`);
      lines.push(`.byte ${byte}`);
    }
    return lines;
  });
}

/** What `llvm-objdump -d -r -t -s` prints as assembly text. */
export function assemblyOfListing(dump: string, target: TargetName): string {
  const functions = readListing(dump);
  const starts = new Map(
    functions.flatMap(({ name, lines }) =>
      lines[0] === undefined ? [] : [[lines[0].address, name] as const],
    ),
  );
  const code = functions.flatMap((one) => render(one, starts, target));
  return `${[...code, ...renderData(dump)].join('\n')}\n`;
}

/** Disassembles an object. Throws `refused` with llvm-objdump's own words. */
export async function disassembleObject(objdump: string, file: string, target: TargetName): Promise<string> {
  const result = await runProgram(objdump, ['-d', '-r', '-t', '-s', '--no-show-raw-insn', file]);
  if (result.exitCode !== 0) throw new OzmaError('refused', failureLine(result));
  return assemblyOfListing(result.stdout, target);
}
