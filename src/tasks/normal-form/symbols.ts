// Placeholders for the symbols of one function: `@0` is the function itself, `@1`, `@2`, … the others in
// order of first appearance. One table serves both sides of a pair: the side that is read first numbers the
// symbols, the other side finds them here. Names that the compiler itself knows (library-names.ts) stay.

import { libraryNames } from './library-names.ts';

export interface Symbol {
  name: string;
  /** Defined in the same linked file, so code reaches it directly; otherwise through the GOT or PLT. */
  local?: boolean;
  threadLocal?: boolean;
  /** Data that nobody writes to. */
  constant?: boolean;
}

export class SymbolTable {
  /** The function itself. */
  own: string | undefined;
  private readonly symbols: Symbol[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly facts = new Map<string, Omit<Symbol, 'name'>>();

  constructor(own?: string, symbols: readonly Symbol[] = []) {
    this.own = own;
    for (const { name, ...facts } of symbols) {
      this.learn(name, facts);
      this.placeholder(name);
    }
  }

  /** A table of `count` symbols with the names that placeholders get where no table is given. */
  static madeUp(count: number): SymbolTable {
    const symbols = Array.from({ length: count }, (_, index) => ({ name: `s${index + 1}` }));
    return new SymbolTable('f', symbols);
  }

  /** What is known of a symbol; later words do not overwrite earlier ones. */
  learn(name: string, facts: Omit<Symbol, 'name'>): void {
    this.facts.set(name, { ...facts, ...this.facts.get(name) });
  }

  /** What stands in the text for a name (without its `@`). A name not seen before gets the next number. */
  placeholder(name: string): string {
    if (name === this.own) return '@0';
    if (keepsName(name)) return `@${name}`;
    let number = this.numbers.get(name);
    if (number === undefined) {
      this.symbols.push({ name });
      number = this.symbols.length;
      this.numbers.set(name, number);
    }
    return `@${number}`;
  }

  /** The symbol behind a placeholder; one that the table does not hold gets a made-up name. */
  symbol(placeholder: string): Symbol {
    const written = placeholder.slice(1);
    if (!/^\d+$/.test(written)) return { name: written, ...this.facts.get(written) };
    const number = Number(written);
    const name = number === 0 ? (this.own ?? 'f') : (this.symbols[number - 1]?.name ?? `s${number}`);
    return { name, ...this.facts.get(name) };
  }

  /** `@1`, `@2`, … in order; plain data. */
  entries(): Symbol[] {
    return this.symbols.map(({ name }) => ({ name, ...this.facts.get(name) }));
  }
}

export function keepsName(name: string): boolean {
  return name.startsWith('llvm.') || libraryNames.has(name);
}
