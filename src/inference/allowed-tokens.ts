// Which tokens a grammar allows in a state, and the states after them. A token is tried when somebody asks for it, the most
// probable first, so that few are. What was found for a state is kept under its key, where it has one.

import { advance, type GrammarState } from './grammar.ts';
import type { Vocabulary } from './vocabulary.ts';

type Found = Map<number, GrammarState | undefined>;

/** The tokens in the states of one grammar. */
export class TokenFilter {
  private readonly vocabulary: Vocabulary;
  private readonly known = new Map<string, Found>();

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** The state after a token; undefined where the grammar refuses it, and for tokens that are no text. */
  after(state: GrammarState, token: number): GrammarState | undefined {
    const found = this.foundIn(state);
    if (found?.has(token) === true) return found.get(token);
    const bytes = this.vocabulary.bytes(token);
    const isText = bytes.length > 0 && !this.vocabulary.ends(token);
    const next = isText ? advance(state, bytes) : undefined;
    found?.set(token, next);
    return next;
  }

  private foundIn({ key }: GrammarState): Found | undefined {
    if (key === undefined) return undefined;
    let found = this.known.get(key);
    if (found === undefined) this.known.set(key, (found = new Map<number, GrammarState | undefined>()));
    return found;
  }
}

/** Whether the text is whole, and nothing may follow. */
export function isFinal(state: GrammarState): boolean {
  if (state.missing > 0) return false;
  return Array.from({ length: 256 }, (_, byte) => byte).every((byte) => state.next(byte) === undefined);
}
