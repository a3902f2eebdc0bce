// Training text, reduced to what training looks at. Some characters may not stand together in a piece, so
// text falls into units with nothing between them to learn. Units repeat a lot: each distinct one is kept
// once, with how often it came. Nothing is lost by that: the counts of pairs are those of the whole text.

import { ByteStrings } from './byte-strings.ts';
import { pieceCharacters, userDefinedTexts } from './reserved.ts';

const markers = new RegExp(userDefinedTexts.map((text) => text.replaceAll(/[[\]|]/g, '\\$&')).join('|'));

/**
 * Whether a piece may hold `right` directly after `left`. Asked for printable ASCII, newline and tab;
 * anything else never merges.
 */
export type MergeRule = (left: string, right: string) => boolean;

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/**
 * What may become of digits: each one a token (`apart`), so that numbers can be copied and counted digit by
 * digit, or digits merge with digits (`numbers`), so that a number is one token or a few. With neither does
 * a digit merge with anything else.
 */
export const mergeRules = {
  apart: (left, right) => !isDigit(left) && !isDigit(right),
  numbers: (left, right) => isDigit(left) === isDigit(right),
} as const satisfies Record<string, MergeRule>;

export class TrainingText {
  readonly units = new ByteStrings();
  /** By unit: how often it came. */
  counts = new Float64Array(1 << 12);
  /** Bytes seen. */
  bytes = 0;
  /** By two bytes: whether the rule lets the second follow the first. */
  private readonly joins = new Uint8Array(1 << 16);

  constructor(rule: MergeRule) {
    for (const left of pieceCharacters) {
      for (const right of pieceCharacters) {
        this.joins[(left.charCodeAt(0) << 8) | right.charCodeAt(0)] = Number(rule(left, right));
      }
    }
  }

  add(text: string): void {
    const utf8 = new TextEncoder();
    this.bytes += Buffer.byteLength(text);
    // Markers are matched before pieces are, so a piece with one inside could never be used.
    for (const stretch of text.split(markers)) this.addStretch(utf8.encode(stretch));
  }

  private addStretch(bytes: Uint8Array): void {
    const { joins, units } = this;
    for (let at = 0; at < bytes.length;) {
      const from = at++;
      while (at < bytes.length && joins[(bytes[at - 1]! << 8) | bytes[at]!] === 1) at++;
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
