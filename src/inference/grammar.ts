// Which texts may be generated, as something that reads them byte by byte. Think of it as an automaton
// whose states are asked two things: what follows this byte, and how far is it to a whole text. Bytes, not
// characters, because tokens may end in the middle of a character.

export interface GrammarState {
  /** The state after this byte; undefined where no whole text goes on so. */
  next(byte: number): GrammarState | undefined;
  /** Fewest further bytes that make the text whole; 0 where it may end here. */
  readonly missing: number;
  /** States of equal keys accept the same texts from here on; what was found out about one serves all. */
  readonly key?: string;
}

export interface Grammar {
  start(): GrammarState;
}

/** The state after all these bytes. */
export function advance(state: GrammarState | undefined, bytes: Iterable<number>): GrammarState | undefined {
  let current = state;
  for (const byte of bytes) current = current?.next(byte);
  return current;
}

/** Whether the grammar accepts the text, from beginning to end. */
export function accepts(grammar: Grammar, text: string): boolean {
  return advance(grammar.start(), new TextEncoder().encode(text))?.missing === 0;
}
