// Which piece comes next: every source is gone through in an order of its own that the seed and the epoch
// decide, and the source is the one that is furthest behind its share of the tokens. So the shares hold
// exactly, and the place in the data is a few numbers.

import { createRandom, type Random } from '../../common/random.ts';
import type { Pieces } from './pieces.ts';

export interface MixtureSource {
  name: string;
  pieces: Pieces;
  /** Of the positions, relative to the other sources. */
  share: number;
}

/** A piece of a source. */
export interface PieceReference {
  source: number;
  piece: number;
}

/** Where a source stands. */
interface Cursor {
  /** How often the source was gone through. */
  epoch: number;
  /** Pieces taken in this epoch. */
  next: number;
  /** Positions taken in all. */
  positions: number;
}

export type MixtureState = readonly Readonly<Cursor>[];

export class Mixture {
  readonly sources: readonly MixtureSource[];
  private readonly random: Random;
  private readonly cursors: Cursor[];
  private readonly orders: (Uint32Array | undefined)[];

  /** Sources must have pieces. With a state it goes on where that was taken. */
  constructor(sources: readonly MixtureSource[], seed: number, state?: MixtureState) {
    this.sources = sources;
    this.random = createRandom(seed);
    this.cursors = sources.map((_, index) => ({ epoch: 0, next: 0, positions: 0, ...state?.[index] }));
    this.orders = sources.map(() => undefined);
  }

  state(): MixtureState {
    return this.cursors.map((cursor) => ({ ...cursor }));
  }

  next(): PieceReference {
    const source = this.furthestBehind();
    const { pieces } = this.sources[source]!;
    const cursor = this.cursors[source]!;
    if (cursor.next === pieces.count) {
      cursor.epoch++;
      cursor.next = 0;
      this.orders[source] = undefined;
    }
    const order = (this.orders[source] ??= this.order(source, cursor.epoch));
    const piece = order[cursor.next++]!;
    cursor.positions += pieces.length(piece);
    return { source, piece };
  }

  private furthestBehind(): number {
    let best = 0;
    for (const [index, { share }] of this.sources.entries()) {
      const behind = this.cursors[index]!.positions / share;
      if (behind < this.cursors[best]!.positions / this.sources[best]!.share) best = index;
    }
    return best;
  }

  /** All pieces of a source, shuffled (Fisher–Yates). */
  private order(source: number, epoch: number): Uint32Array {
    const { name, pieces } = this.sources[source]!;
    const random = this.random.fork(`${source} ${name} ${epoch}`);
    const order = Uint32Array.from({ length: pieces.count }, (_, index) => index);
    for (let index = order.length - 1; index > 0; index--) {
      const other = random.below(index + 1);
      [order[index], order[other]] = [order[other]!, order[index]!];
    }
    return order;
  }
}
