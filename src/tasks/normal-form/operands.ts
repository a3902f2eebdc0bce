// What the two machines' instructions share: operands as a list, and the question what a name in one of
// them is called in the text.

import type { FloatKind } from './floating-point.ts';
import type { Symbol } from './symbols.ts';

/** What the rewriting of an operand asks about the names in it. */
export interface OperandNames {
  /** The label or placeholder for a name, with what the way of addressing says of the symbol. */
  reference(name: string, facts?: Omit<Symbol, 'name'>): string;
  /** The value of a constant-pool entry, as a scalar of that kind where one is given. */
  constant(name: string, kind: FloatKind | undefined): string | undefined;
}

/** Cut at commas outside parentheses and braces. */
export function splitOperands(text: string): string[] {
  if (text === '') return [];
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === '(' || character === '[' || character === '{') depth++;
    else if (character === ')' || character === ']' || character === '}') depth--;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}
