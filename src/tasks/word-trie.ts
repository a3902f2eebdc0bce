// Words as a tree of their bytes, with a value at the end of each.

export interface WordTrie<Value> {
  /** Of its own among the nodes of one tree; the root has 0. */
  readonly id: number;
  readonly children: Map<number, WordTrie<Value>>;
  /** Of the word that ends here. */
  value: Value | undefined;
}

export function createWordTrie<Value>(words: Iterable<readonly [string, Value]>): WordTrie<Value> {
  let count = 0;
  const node = (): WordTrie<Value> => ({ id: count++, children: new Map(), value: undefined });
  const root = node();
  for (const [word, value] of words) {
    let at = root;
    for (const byte of new TextEncoder().encode(word)) {
      let child = at.children.get(byte);
      if (child === undefined) at.children.set(byte, (child = node()));
      at = child;
    }
    at.value = value;
  }
  return root;
}

/** The least of `bytes to the end of a word` + `cost` over the words from here on; Infinity: none may be taken. */
export function leastCost<Value>(node: WordTrie<Value>, cost: (value: Value) => number): number {
  let least = node.value === undefined ? Infinity : cost(node.value);
  for (const child of node.children.values()) least = Math.min(least, 1 + leastCost(child, cost));
  return least;
}
