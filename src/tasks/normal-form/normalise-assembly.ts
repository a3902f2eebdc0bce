// Assembly of one function in normal form: its instructions in one spelling, labels `b1`, `b2`, … and
// symbols `@1`, `@2`, … in order of first appearance, constants of the constant pool written where they are
// used, jump tables as lines of labels at the end. docs/normal-form.md describes it.

import { joinConstants, rewriteAarch64 } from './aarch64.ts';
import { readAssembly, type AssemblyFile, type AssemblyLine } from './assembly-file.ts';
import { literal } from './assembly-numbers.ts';
import type { FloatKind } from './floating-point.ts';
import type { NormalText } from './normalise-ir.ts';
import { NormalFormRefusal } from './refusal.ts';
import { SymbolTable, type Symbol } from './symbols.ts';
import type { TargetName } from './targets.ts';
import type { OperandNames } from './operands.ts';
import { rewriteX86 } from './x86.ts';

export interface NormaliseAssemblyOptions {
  target: TargetName;
  /** Symbols that the other side of the pair has numbered already; new ones are added to it. */
  symbols?: SymbolTable;
  /** The function to read; the table's own, or the first of the file if not given. */
  own?: string;
  /** Also the other functions of the file, after the own one; default false. */
  others?: boolean;
}

/** LLVM's machine outliner makes these out of pieces of functions; they are part of who calls them. */
const outlined = /^OUTLINED_FUNCTION_\d+$/;

/** Throws NormalFormRefusal where the file does not hold the function. */
export function normaliseAssembly(
  assembly: string | AssemblyFile,
  options: NormaliseAssemblyOptions,
): NormalText {
  const { target, symbols = new SymbolTable() } = options;
  const file = typeof assembly === 'string' ? readAssembly(assembly, target) : assembly;
  const own = options.own ?? symbols.own ?? file.functions.keys().next().value;
  const body = own === undefined ? undefined : file.functions.get(own);
  if (own === undefined || body?.some(({ instruction }) => instruction !== undefined) !== true) {
    const wanted = own === undefined ? '' : ` ${own}`;
    throw new NormalFormRefusal(`expected assembly of a function${wanted}, found no instructions`);
  }
  symbols.own ??= own;
  const text = normaliseOne(own, file, target, symbols);
  for (const name of file.functions.keys()) {
    if (name === own) continue;
    const called = outlined.test(name) && text.called.has(name);
    if (options.others !== true && !called) continue;
    text.lines.push(`${symbols.placeholder(name)}:`, ...normaliseOne(name, file, target, symbols).lines);
  }
  return { text: `${text.lines.join('\n')}\n`, symbols };
}

function normaliseOne(
  own: string,
  file: AssemblyFile,
  target: TargetName,
  symbols: SymbolTable,
): { lines: string[]; called: Set<string> } {
  const body = file.functions.get(own)!;
  const names = new Names(body, file, symbols);
  const lines: string[] = [];
  for (const { label, instruction } of body) {
    if (label !== undefined) {
      if (names.isReferenced(label)) lines.push(`${names.reference(label)}:`);
      continue;
    }
    const rewrite = target === 'x86-64' ? rewriteX86 : rewriteAarch64;
    const line = rewrite(instruction!, names);
    if (line !== undefined) lines.push(line);
  }
  const whole = target === 'aarch64' ? joinConstants(lines) : lines;
  return { lines: [...whole, ...names.tableLines()], called: names.called };
}

/** The names in one function, numbered as they appear. */
class Names implements OperandNames {
  /** Symbols that are neither labels nor constants. */
  readonly called = new Set<string>();
  private readonly file: AssemblyFile;
  private readonly symbols: SymbolTable;
  private readonly labels: Set<string>;
  private readonly referenced: Set<string>;
  private readonly numbers = new Map<string, string>();
  /** Labels of each jump table that the function uses, by the table's name. */
  private readonly tables = new Map<string, string[]>();

  constructor(body: readonly AssemblyLine[], file: AssemblyFile, symbols: SymbolTable) {
    this.file = file;
    this.symbols = symbols;
    this.labels = new Set(body.flatMap(({ label }) => (label === undefined ? [] : [label])));
    this.referenced = new Set();
    for (const { instruction } of body) {
      for (const [name] of (instruction ?? '').matchAll(/[\w.$]+/g)) {
        if (this.labels.has(name)) this.referenced.add(name);
        for (const label of this.tableOf(name) ?? []) this.referenced.add(label);
      }
    }
  }

  isReferenced(label: string): boolean {
    return this.referenced.has(label);
  }

  reference(name: string, facts?: Omit<Symbol, 'name'>): string {
    if (this.labels.has(name)) return this.number(name, 'b');
    if (this.tableOf(name) !== undefined) return this.number(name, 't');
    const symbol = symbolName(name);
    this.called.add(symbol);
    if (facts !== undefined) this.symbols.learn(symbol, facts);
    if (/^\.rodata|^\.data\.rel\.ro/.test(this.file.data.get(name)?.section ?? '')) {
      this.symbols.learn(symbol, { constant: true });
    }
    return this.symbols.placeholder(symbol);
  }

  constant(name: string, kind: FloatKind | undefined): string | undefined {
    const data = this.file.data.get(name);
    if (data === undefined || !name.startsWith('.L') || !data.section.startsWith('.rodata.cst'))
      return undefined;
    return literal(data.items, kind);
  }

  /** `t1: b2 b3 b2`. */
  tableLines(): string[] {
    return [...this.tables]
      .filter(([name]) => this.numbers.has(name))
      .map(([name, labels]) => {
        const entries = labels.map((label) => this.number(label, 'b'));
        return `${this.numbers.get(name)!}: ${entries.join(' ')}`;
      });
  }

  /** The labels of a jump table, where the name is one: every entry names a label of this function. */
  private tableOf(name: string): string[] | undefined {
    const known = this.tables.get(name);
    if (known !== undefined) return known;
    const data = name.startsWith('.L') ? this.file.data.get(name) : undefined;
    if (data === undefined || data.items.length === 0) return undefined;
    const labels = data.items.flatMap(({ values }) =>
      values.split(',').map((entry) => /\.L[\w.$]+/.exec(entry)?.[0]),
    );
    const own = labels.filter((label) => label !== undefined && this.labels.has(label)) as string[];
    if (own.length !== labels.length) return undefined;
    this.tables.set(name, own);
    return own;
  }

  private number(name: string, letter: 'b' | 't'): string {
    let written = this.numbers.get(name);
    if (written === undefined) {
      const count = [...this.numbers.values()].filter((other) => other.startsWith(letter)).length;
      written = `${letter}${count + 1}`;
      this.numbers.set(name, written);
    }
    return written;
  }
}

/** The name that IR has for an assembly symbol: private ones carry `.L`, aliases of a definition `$local`. */
function symbolName(name: string): string {
  const plain = name.replace(/\$local$/, '');
  return plain.startsWith('.L') ? plain.slice(2) : plain;
}
