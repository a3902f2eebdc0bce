// The final names, in order of first appearance: `%0`, `%1`, … for values (arguments first), `%b1`, … for
// blocks (`%b0` is the entry), `@1`, … for symbols. A block or value that is mentioned before it is defined
// has its number from the mention, so that a writer never has to count ahead.

import { offsetMark } from './addresses.ts';
import { nameOf, type BodyLine } from './ir-text.ts';
import type { SymbolTable } from './symbols.ts';

export class LocalNames {
  private readonly blocks = new Map<string, string>();
  private readonly values = new Map<string, string>();
  private readonly isBlock: Set<string>;

  /** `entry` is the name of the first block, which no line need say. */
  constructor(body: readonly BodyLine[], entry: string) {
    this.isBlock = new Set(body.flatMap(({ label }) => (label === undefined ? [] : [label])));
    this.isBlock.add(entry);
    this.blocks.set(entry, '%b0');
  }

  rename(name: string): string {
    const known = this.isBlock.has(name) ? this.blocks : this.values;
    let number = known.get(name);
    if (number === undefined) {
      number = known === this.blocks ? `%b${known.size}` : `%${known.size}`;
      known.set(name, number);
    }
    return number;
  }
}

/** Tokens of one line with all names final. */
export function renameTokens(
  tokens: readonly string[],
  locals: LocalNames | undefined,
  symbols: SymbolTable,
): string[] {
  return tokens.map((token) => {
    if (token.startsWith('%') && locals !== undefined) return locals.rename(token);
    if (!token.startsWith('@')) return token;
    const mark = token.indexOf(offsetMark);
    if (mark < 0) return symbols.placeholder(nameOf(token));
    return symbols.placeholder(nameOf(token.slice(0, mark))) + token.slice(mark + 1);
  });
}
