// The pieces of a token set that go into rows. A question with its answer is one piece, or none where it does
// not fit the context: then it is dropped and counted. Plain text is cut into windows. A piece of n positions
// takes n + 1 tokens, since the last one is only predicted; windows share that token, so that every token of a
// text is predicted once.

import type { TokenSet } from './token-set.ts';

export class Pieces {
  readonly set: TokenSet;
  /** Samples longer than the context. */
  readonly dropped: number;
  /** Positions of all pieces together. */
  readonly positions: number;
  private readonly sampleOf: Uint32Array;
  private readonly startOf: Uint32Array;
  private readonly lengthOf: Uint16Array | Uint32Array;

  /** `context` is the length of a row, in tokens. */
  constructor(set: TokenSet, context: number) {
    this.set = set;
    const samples: number[] = [];
    const starts: number[] = [];
    const lengths: number[] = [];
    let dropped = 0;
    let positions = 0;
    for (let sample = 0; sample < set.samples; sample++) {
      const length = set.lengths[sample]! - 1;
      if (set.promptLength(sample) !== undefined && length > context) {
        dropped++;
        continue;
      }
      for (let start = 0; start < length; start += context) {
        samples.push(sample);
        starts.push(start);
        lengths.push(Math.min(context, length - start));
      }
      positions += length;
    }
    this.dropped = dropped;
    this.positions = positions;
    this.sampleOf = Uint32Array.from(samples);
    this.startOf = Uint32Array.from(starts);
    this.lengthOf = Uint32Array.from(lengths);
  }

  get count(): number {
    return this.sampleOf.length;
  }

  /** Positions of a piece. */
  length(piece: number): number {
    return this.lengthOf[piece]!;
  }

  /** The tokens of a piece, one more than its positions, and the first target that counts. */
  read(piece: number): { ids: Uint16Array | Uint32Array; firstAnswer: number } {
    const sample = this.sampleOf[piece]!;
    const start = this.startOf[piece]!;
    const ids = this.set.read(sample, start, this.length(piece) + 1);
    return { ids, firstAnswer: Math.max(0, (this.set.promptLength(sample) ?? 1) - 1) };
  }
}
