// Byte-pair merging of one stretch of characters: the best pair of neighbours becomes one piece, again
// and again, until no pair merges. O(n log n): candidates wait in a heap, neighbours are linked lists.

import { PairTable } from './pair-table.ts';
import type { Merges } from './vocabulary.ts';

/** Candidates are one number, rank × 2^32 + position: the smaller comes first, ties go to the left. */
const rankUnit = 2 ** 32;

/** A binary heap of numbers, smallest first. */
class Heap {
  private items = new Float64Array(64);
  private size = 0;

  push(value: number): void {
    if (this.size === this.items.length) {
      const grown = new Float64Array(this.size * 2);
      grown.set(this.items);
      this.items = grown;
    }
    const items = this.items;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]! <= value) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = value;
  }

  /** Takes the smallest away; -1 when there is none. */
  pop(): number {
    if (this.size === 0) return -1;
    const items = this.items;
    const smallest = items[0]!;
    const value = items[--this.size]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= value) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = value;
    return smallest;
  }
}

export class Merger {
  private readonly merges: Merges;
  private readonly pairs: PairTable;
  private readonly heap = new Heap();
  private next = new Int32Array(64);
  private previous = new Int32Array(64);

  constructor(merges: Merges) {
    this.merges = merges;
    this.pairs = new PairTable(merges.left.length);
    for (let index = 0; index < merges.left.length; index++) {
      const left = merges.left[index]!;
      const right = merges.right[index]!;
      if (this.pairs.get(left, right) < 0) this.pairs.set(left, right, index);
    }
  }

  /** Merges `symbols[0, count)` in place and returns how many are left, at the front. */
  merge(symbols: Int32Array, count: number): number {
    if (count > this.next.length) {
      this.next = new Int32Array(count * 2);
      this.previous = new Int32Array(count * 2);
    }
    const { next, previous, heap, merges } = this;
    for (let at = 0; at < count; at++) {
      next[at] = at + 1;
      previous[at] = at - 1;
      if (at + 1 < count) this.propose(symbols, at, at + 1);
    }
    for (let candidate = heap.pop(); candidate >= 0; candidate = heap.pop()) {
      const rank = Math.floor(candidate / rankUnit);
      const at = candidate - rank * rankUnit;
      const right = next[at]!;
      // Out of date when this symbol was merged away (-1), or stands before another one now.
      if (symbols[at] === -1 || right >= count) continue;
      const index = this.pairs.get(symbols[at]!, symbols[right]!);
      if (index < 0 || merges.rank[index] !== rank) continue;
      symbols[at] = merges.result[index]!;
      symbols[right] = -1;
      const after = next[right]!;
      next[at] = after;
      if (after < count) {
        previous[after] = at;
        this.propose(symbols, at, after);
      }
      if (previous[at]! >= 0) this.propose(symbols, previous[at]!, at);
    }
    let kept = 0;
    for (let at = 0; at < count; at = next[at]!) symbols[kept++] = symbols[at]!;
    return kept;
  }

  private propose(symbols: Int32Array, left: number, right: number): void {
    const index = this.pairs.get(symbols[left]!, symbols[right]!);
    if (index >= 0) this.heap.push(this.merges.rank[index]! * rankUnit + left);
  }
}
