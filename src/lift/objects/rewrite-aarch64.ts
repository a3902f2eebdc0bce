// AArch64: addresses in an instruction become names. In linked code an address comes in two halves, the page
// from `adrp` and the rest from whoever uses the register: which page a register holds is followed through
// the function's blocks. Pairs that the linker made one `adr` of are two again.

import { branchTarget, type CodeOfFunction } from './code.ts';
import type { ImageRelocation } from './image.ts';
import type { CodeLine } from './listing.ts';
import { withOffset, type Names } from './names.ts';

/** How assembly writes the relocations of the ABI that stand in instructions, by their number. */
const operators = new Map<number, string>([
  [275, ''],
  [276, ''],
  [277, ':lo12:'],
  [278, ':lo12:'],
  [284, ':lo12:'],
  [285, ':lo12:'],
  [286, ':lo12:'],
  [299, ':lo12:'],
  [311, ':got:'],
  [312, ':got_lo12:'],
  [541, ':gottprel:'],
  [542, ':gottprel_lo12:'],
  [549, ':tprel_hi12:'],
  [550, ':tprel_lo12:'],
  [551, ':tprel_lo12_nc:'],
  [562, ':tlsdesc:'],
  [563, ':tlsdesc_lo12:'],
  [564, ':tlsdesc_lo12:'],
]);
const branch = /^(?:bl?|b\.\w+|bc\.\w+|cbn?z|tbn?z) /;
const page = /^adrp (x\d+), (0x[\da-f]+)$/;
const addition = /^add (x\d+), (x\d+), #(0x[\da-f]+)$/;
const access = /^(?:ldr\w*|str\w*|prfm) .*\[(x\d+)(?:, #(0x[\da-f]+))?\]$/;
const near = /^adr (x\d+), (0x[\da-f]+)$/;
const writesNothing = /^(?:st|cmp|cmn|tst|fcmp|ccm|fccm|b\b|b\.|cb|tb|ret|br\b|prfm|nop|hint|dmb|dsb|isb)/;

/** For each register the line of the `adrp` whose page it holds. */
type Pages = Map<string, number>;

function afterwards(pages: Pages, { text }: CodeLine, line: number): void {
  if (/^blr? /.test(text)) {
    for (let number = 0; number <= 18; number++) pages.delete(`x${number}`);
    pages.delete('x30');
    return;
  }
  const changed = /\[([xw]\d+|sp)[^\]]*\](?:!|, )/.exec(text)?.[1];
  if (changed !== undefined) pages.delete(changed);
  if (writesNothing.test(text)) return;
  const written = /^\w+ ([xw]\d+)(?:, ([xw]\d+))?/.exec(text);
  if (written === null) return;
  pages.delete(`x${written[1]!.slice(1)}`);
  if (/^ldx?p/.test(text) && written[2] !== undefined) pages.delete(`x${written[2].slice(1)}`);
  if (page.test(text)) pages.set(written[1]!, line);
}

/** What both hold. */
function meet(left: Pages | undefined, right: Pages): Pages {
  if (left === undefined) return new Map(right);
  return new Map([...left].filter(([register, line]) => right.get(register) === line));
}

const same = (left: Pages, right: Pages): boolean =>
  left.size === right.size && [...left].every(([register, line]) => right.get(register) === line);

/** Longer functions are not lifted. */
const longestFollowed = 1 << 16;

/** The pages that registers hold before each line; `jumps` are lines that indirect branches lead to. */
function followPages(
  lines: readonly CodeLine[],
  jumps: ReadonlyMap<number, readonly number[]>,
): (Pages | undefined)[] {
  const numbers = new Map(lines.map(({ address }, number) => [address, number]));
  const before: (Pages | undefined)[] = Array.from({ length: lines.length });
  const successors = lines.map(({ text }, number): number[] => {
    const to =
      branch.test(text) && !text.startsWith('bl ')
        ? numbers.get(Number(branchTarget.exec(text)?.[2]))
        : undefined;
    const on = /^(?:b|br|ret|udf|brk)\b(?!\.)/.test(text) ? [] : [number + 1];
    const all = [...on, ...(to === undefined ? [] : [to]), ...(jumps.get(number) ?? [])];
    return all.filter((one) => one < lines.length);
  });
  if (lines.length === 0 || lines.length > longestFollowed) return before;
  before[0] = new Map();
  const waiting = [0];
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    const pages = new Map(before[number]);
    afterwards(pages, lines[number]!, number);
    for (const next of successors[number]!) {
      const met = meet(before[next], pages);
      if (before[next] !== undefined && same(before[next], met)) continue;
      before[next] = met;
      waiting.push(next);
    }
  }
  return before;
}

export class RewriterAarch64 {
  private readonly names: Names;

  constructor(names: Names) {
    this.names = names;
  }

  /** `jumps`: from the lines of indirect branches to the lines where they may go on, as far as they are known. */
  rewrite(code: CodeOfFunction, jumps: ReadonlyMap<number, readonly number[]>): void {
    const { lines } = code;
    code.references = [];
    code.texts = lines.map(({ text }) => (text === 'nop' ? [] : [text]));
    if (this.names.image.relocatable) {
      for (const [number, line] of lines.entries()) {
        const relocation = this.names.image.relocations.get(line.address);
        const text =
          relocation === undefined
            ? this.plain(line, code, number)
            : this.relocated(line, relocation, code, number);
        if (line.text !== 'nop') code.texts[number] = text;
      }
      return;
    }
    const before = followPages(lines, jumps);
    for (const [number, line] of lines.entries())
      this.linked(code, number, line, before[number] ?? new Map<string, number>());
  }

  private reference(code: CodeOfFunction, line: number, address: number, register?: string): string {
    code.references.push({ line, address, ...(register === undefined ? {} : { register }) });
    const { name, offset } = this.names.place(address);
    return withOffset(name, offset);
  }

  /** Branches, and what is near enough to need no relocation. */
  private plain(line: CodeLine, code: CodeOfFunction, number: number): string[] {
    const { text, note } = line;
    if (branch.test(text)) return [this.branch(line, code)];
    const target = near.exec(text);
    if (target === null) return [text];
    const address = note?.address ?? Number(target[2]);
    const inside =
      this.names.memory.sectionAt(address)?.executable === true &&
      this.names.functionAt(address) === undefined;
    if (inside) return [`adr ${target[1]}, ${this.names.codeLabel(address)}`];
    const name = this.reference(code, number, address, target[1]);
    return [`adrp ${target[1]}, ${name}`, `add ${target[1]}, ${target[1]}, :lo12:${name}`];
  }

  private branch({ text, note }: CodeLine, code: CodeOfFunction): string {
    const written = branchTarget.exec(text);
    if (written === null) return text;
    if (note?.name.endsWith('@plt') === true) {
      return text.replace(branchTarget, `$1${note.name.replace(/@.*$/, '')}`);
    }
    return text.replace(branchTarget, `$1${this.codeName(note?.address ?? Number(written[2]), text, code)}`);
  }

  private codeName(address: number, text: string, code: CodeOfFunction): string {
    const own = address === code.address && !text.startsWith('bl ');
    return own ? this.names.codeLabel(address) : this.names.place(address).name;
  }

  private relocated(
    { text }: CodeLine,
    { type, symbol, address, addend }: ImageRelocation,
    code: CodeOfFunction,
    line: number,
  ): string[] {
    if (branch.test(text)) {
      const to = address === undefined ? symbol! : this.codeName(address, text, code);
      return [text.replace(branchTarget, `$1${to}`)];
    }
    const operator = operators.get(type);
    if (operator === undefined) return [text];
    const register = /^add? (x\d+)/.exec(text)?.[1];
    const known =
      this.names.symbols.get((address ?? 0) - addend)?.some(({ name }) => name === symbol) === true;
    const tables = operator !== '' && operator !== ':lo12:';
    const place = address === undefined || tables ? undefined : this.reference(code, line, address, register);
    const anonymous = this.names.symbols.get(address ?? -1)?.[0]?.name;
    const name = place === undefined || known ? withOffset(symbol ?? anonymous ?? '', addend) : place;
    return [withOperand(text, `${operator}${name}`)];
  }

  private linked(code: CodeOfFunction, number: number, line: CodeLine, pages: Pages): void {
    const { text } = line;
    const use = addition.exec(text) ?? access.exec(text);
    const base = use === null ? undefined : addition.test(text) ? use[2] : use[1];
    const from = base === undefined ? undefined : pages.get(base);
    if (use === null || from === undefined) {
      if (!page.test(text) && text !== 'nop') code.texts[number] = this.plain(line, code, number);
      return;
    }
    const start = Number(page.exec(code.lines[from]!.text)![2]);
    const address = start + Number((addition.test(text) ? use[3] : use[2]) ?? 0);
    const slot = text.startsWith('ldr ') ? this.names.slot(address) : undefined;
    const register = addition.exec(text)?.[1];
    const name = slot ?? this.reference(code, number, address, register);
    const [high, low] = slot === undefined ? ['', ':lo12:'] : [':got:', ':got_lo12:'];
    code.texts[number] = [withOperand(text, `${low}${name}`)];
    code.texts[from] = [`adrp ${page.exec(code.lines[from]!.text)![1]}, ${high}${name}`];
  }
}

/** The instruction with a name in the place of its number. */
function withOperand(text: string, name: string): string {
  if (text.startsWith('adr')) return text.replace(/, [^,]+$/, `, ${name}`);
  if (text.includes('[')) return text.replace(/\[(\w+)(?:, [^\]]*)?\]/, `[$1, ${name}]`);
  return text.replace(/, #?(?:0x)?[\da-f]+(?:, lsl #12)?$/, `, ${name}`);
}
