// What training keeps about pairs of neighbours: which is the most frequent, and where each one occurs.

import { doubled } from './growing.ts';

/** A heap of pairs by count, the most frequent first. Who comes first among equal counts is the caller's rule. */
export class CandidateHeap {
  private readonly pairs: number[] = [];
  private readonly counts: number[] = [];
  private readonly wins: (pair: number, other: number) => boolean;

  constructor(wins: (pair: number, other: number) => boolean) {
    this.wins = wins;
  }

  push(pair: number, count: number): void {
    let at = this.pairs.push(pair) - 1;
    this.counts.push(count);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.precedes(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  /** The first pair, and its count when it was pushed. */
  pop(): [pair: number, count: number] | undefined {
    if (this.pairs.length === 0) return undefined;
    this.swap(0, this.pairs.length - 1);
    const taken: [number, number] = [this.pairs.pop()!, this.counts.pop()!];
    for (let at = 0; ;) {
      let child = 2 * at + 1;
      if (child >= this.pairs.length) return taken;
      if (child + 1 < this.pairs.length && this.precedes(child + 1, child)) child++;
      if (!this.precedes(child, at)) return taken;
      this.swap(at, child);
      at = child;
    }
  }

  private precedes(a: number, b: number): boolean {
    const difference = this.counts[a]! - this.counts[b]!;
    return difference > 0 || (difference === 0 && this.wins(this.pairs[a]!, this.pairs[b]!));
  }

  private swap(a: number, b: number): void {
    [this.pairs[a], this.pairs[b]] = [this.pairs[b]!, this.pairs[a]!];
    [this.counts[a], this.counts[b]] = [this.counts[b]!, this.counts[a]!];
  }
}

/** Positions by pair, as linked lists in two typed arrays. Places that were taken away are used again. */
export class Occurrences {
  private positions = new Int32Array(1 << 16);
  private links = new Int32Array(1 << 16);
  /** Node 0 ends a list. */
  private used = 1;
  private free = 0;
  private readonly heads: number[] = [];

  add(pair: number, position: number): void {
    let node = this.free;
    if (node === 0) node = this.used++;
    else this.free = this.links[node]!;
    if (node >= this.positions.length) {
      this.positions = doubled(this.positions);
      this.links = doubled(this.links);
    }
    this.positions[node] = position;
    this.links[node] = this.heads[pair] ?? 0;
    this.heads[pair] = node;
  }

  /** Takes all positions of a pair, ascending. Some may be out of date, or there twice. */
  take(pair: number): Int32Array {
    const positions: number[] = [];
    for (let node = this.heads[pair] ?? 0; node !== 0;) {
      positions.push(this.positions[node]!);
      const next = this.links[node]!;
      this.links[node] = this.free;
      this.free = node;
      node = next;
    }
    this.heads[pair] = 0;
    return Int32Array.from(positions).sort();
  }
}
