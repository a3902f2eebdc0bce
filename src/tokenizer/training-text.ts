// Training text, reduced to what training looks at. Some characters never merge with one neighbour or the
// other (digits with neither), so text falls into units with nothing between them to learn. Units repeat
// a lot: each distinct one is kept once, with how often it came. Nothing is lost by that: the counts of
// pairs are those of the whole text.

import { ByteStrings } from './byte-strings.ts';
import { pieceCharacters } from './reserved.ts';

/** Characters with a rule of their own. Every other ASCII character merges freely, the rest of Unicode never. */
export interface MergeRules {
  /** Tokens of their own. */
  apart: string;
  /** Never merge with what stands before them: they only begin pieces. */
  begin: string;
  /** Never merge with what comes after them: they only end pieces. */
  end: string;
}

/**
 * Digits are tokens of their own, so that numbers can be copied. Newlines begin pieces, with the indentation
 * and the first words of a line.
 */
export const usualRules: MergeRules = { apart: '0123456789', begin: '\n', end: '' };

const canBegin = 1;
const canEnd = 2;

function bytesOf(characters: string): Uint8Array {
  return new TextEncoder().encode(characters);
}

export class TrainingText {
  readonly units = new ByteStrings();
  /** By unit: how often it came. */
  counts = new Float64Array(1 << 12);
  /** Bytes seen. */
  bytes = 0;
  /** By byte: whether another may follow it in a piece, and whether it may follow another. */
  private readonly follows = new Uint8Array(256);

  constructor({ apart, begin, end }: MergeRules) {
    // canEnd: something may stand before it in a piece. canBegin: something may come after it.
    for (const byte of bytesOf(pieceCharacters.join(''))) this.follows[byte] = canBegin | canEnd;
    for (const byte of bytesOf(begin)) this.follows[byte]! &= ~canEnd;
    for (const byte of bytesOf(end)) this.follows[byte]! &= ~canBegin;
    for (const byte of bytesOf(apart)) this.follows[byte] = 0;
  }

  add(text: string): void {
    const { follows, units } = this;
    const bytes = bytesOf(text);
    this.bytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const from = at++;
      while (at < bytes.length && follows[bytes[at - 1]!]! & canBegin && follows[bytes[at]!]! & canEnd) at++;
      if (at - from === 1) continue;
      const unit = units.intern(bytes, from, at);
      if (unit === this.counts.length) {
        const grown = new Float64Array(unit * 2);
        grown.set(this.counts);
        this.counts = grown;
      }
      this.counts[unit]! += 1;
    }
  }
}
