// Which tokens a grammar allows in a state, and the states after them. The vocabulary is a tree of bytes
// (a trie): one walk through it together with the grammar visits only prefixes that are still possible,
// instead of trying every token. What was found for a state is kept under the state's key.

import type { GrammarState } from './grammar.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A node of the trie: what may follow, and the tokens that end here. */
export interface TokenTrie {
  children: Map<number, TokenTrie>;
  tokens: number[];
}

export function createTokenTrie(vocabulary: Vocabulary): TokenTrie {
  const root: TokenTrie = { children: new Map(), tokens: [] };
  for (let token = 0; token < vocabulary.size; token++) {
    const bytes = vocabulary.bytes(token);
    if (bytes.length === 0 || vocabulary.ends(token)) continue;
    let node = root;
    for (const byte of bytes) {
      let child = node.children.get(byte);
      if (child === undefined) node.children.set(byte, (child = { children: new Map(), tokens: [] }));
      node = child;
    }
    node.tokens.push(token);
  }
  return root;
}

/** Tokens and the state after each. End tokens are not among them: `missing` says whether one may come. */
export type AllowedTokens = ReadonlyMap<number, GrammarState>;

/** The allowed tokens in the states of one grammar. */
export class TokenFilter {
  private readonly trie: TokenTrie;
  private readonly known = new Map<string, AllowedTokens>();

  constructor(trie: TokenTrie) {
    this.trie = trie;
  }

  allowed(state: GrammarState): AllowedTokens {
    let found = this.known.get(state.key);
    if (found === undefined) {
      const tokens = new Map<number, GrammarState>();
      walk(this.trie, state, tokens);
      this.known.set(state.key, (found = tokens));
    }
    return found;
  }
}

function walk(node: TokenTrie, state: GrammarState, found: Map<number, GrammarState>): void {
  for (const [byte, child] of node.children) {
    const after = state.next(byte);
    if (after === undefined) continue;
    for (const token of child.tokens) found.set(token, after);
    walk(child, after, found);
  }
}
