// From bytes to ids. No word splitting, but text falls apart by itself: where two neighbouring bytes occur
// in no piece, nothing can merge across. The chunks between such places are short and repeat, so each
// is merged once and remembered; the ids are those of merging the whole text at once.

import { ByteStrings } from './byte-strings.ts';
import { doubled } from './growing.ts';
import { Merger } from './merging.ts';
import { byteOfText } from './vocabulary.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Longer chunks are merged each time. */
const longestRemembered = 256;
/** How many chunks are remembered; then all are forgotten. About 8 MB. */
const mostRemembered = 1 << 17;

/**
 * How many bytes a character has by its first byte, as llama.cpp counts: a stray continuation byte is a
 * character of its own, and what follows a first byte is not looked at.
 */
export function characterLength(first: number): number {
  return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Up to four bytes as one number, with the length so that leading zeros count. */
function packed(bytes: Uint8Array, from: number, length: number): number {
  let value = length;
  for (let at = from; at < from + length; at++) value = value * 256 + (bytes[at] ?? 0);
  return value;
}

export class Encoder {
  private readonly merger: Merger;
  private readonly byteIds = new Int32Array(256);
  /** Ids of the pieces that are one character. */
  private readonly asciiIds = new Int32Array(128).fill(-1);
  private readonly wideIds = new Map<number, number>();
  /** By two bytes: whether some piece has the second right after the first. */
  private readonly joins = new Uint8Array(1 << 16);
  private readonly chunks = new ByteStrings();
  /** Where the ids of chunk `index` begin in `chunkIds`; they end where the next one's begin. */
  private chunkStarts = new Int32Array(1 << 12);
  private chunkIds = new Int32Array(1 << 14);
  private symbols = new Int32Array(longestRemembered);

  constructor(vocabulary: Vocabulary) {
    this.merger = new Merger(vocabulary.merges);
    this.byteIds.fill(vocabulary.unknownId);
    const utf8 = new TextEncoder();
    for (const [id, { text, kind }] of vocabulary.entries.entries()) {
      if (kind === 'byte') this.byteIds[byteOfText(text)!] = id;
      if (kind !== 'normal') continue;
      const bytes = utf8.encode(text);
      for (let at = 1; at < bytes.length; at++) this.joins[(bytes[at - 1]! << 8) | bytes[at]!] = 1;
      if (bytes.length !== characterLength(bytes[0]!)) continue;
      if (bytes.length === 1) this.asciiIds[bytes[0]!] = id;
      else this.wideIds.set(packed(bytes, 0, bytes.length), id);
    }
  }

  /** Appends the ids of `bytes[from, to)`. */
  encode(bytes: Uint8Array, from: number, to: number, ids: number[]): void {
    const { joins } = this;
    let at = from;
    while (at < to) {
      const start = at;
      const id = this.characterId(bytes, at, to);
      at = this.afterCharacter(bytes, at, to);
      if (id < 0) {
        for (let byte = start; byte < at; byte++) ids.push(this.byteIds[bytes[byte]!]!);
        continue;
      }
      while (at < to && joins[(bytes[at - 1]! << 8) | bytes[at]!] === 1) {
        if (this.characterId(bytes, at, to) < 0) break;
        at = this.afterCharacter(bytes, at, to);
      }
      if (at - start === 1) ids.push(id);
      else this.encodeChunk(bytes, start, at, ids);
    }
  }

  /** The id of the piece that is the character at `at`; -1 when it has to be spelled in bytes. */
  private characterId(bytes: Uint8Array, at: number, to: number): number {
    const first = bytes[at]!;
    if (first < 0x80) return this.asciiIds[first]!;
    const length = characterLength(first);
    return at + length > to ? -1 : (this.wideIds.get(packed(bytes, at, length)) ?? -1);
  }

  private afterCharacter(bytes: Uint8Array, at: number, to: number): number {
    return Math.min(to, at + characterLength(bytes[at]!));
  }

  private encodeChunk(bytes: Uint8Array, from: number, to: number, ids: number[]): void {
    if (to - from > longestRemembered) {
      const count = this.mergeChunk(bytes, from, to);
      for (let at = 0; at < count; at++) ids.push(this.symbols[at]!);
      return;
    }
    if (this.chunks.size >= mostRemembered) this.chunks.clear();
    const known = this.chunks.size;
    const index = this.chunks.intern(bytes, from, to);
    if (index === known) this.remember(index, this.mergeChunk(bytes, from, to));
    const end = this.chunkStarts[index + 1]!;
    for (let at = this.chunkStarts[index]!; at < end; at++) ids.push(this.chunkIds[at]!);
  }

  /** Leaves the merged ids at the front of `symbols` and returns their number. */
  private mergeChunk(bytes: Uint8Array, from: number, to: number): number {
    if (to - from > this.symbols.length) this.symbols = new Int32Array((to - from) * 2);
    let count = 0;
    for (let at = from; at < to; at = this.afterCharacter(bytes, at, to)) {
      this.symbols[count++] = this.characterId(bytes, at, to);
    }
    return this.merger.merge(this.symbols, count);
  }

  private remember(index: number, count: number): void {
    if (index + 1 >= this.chunkStarts.length) this.chunkStarts = doubled(this.chunkStarts);
    const start = this.chunkStarts[index]!;
    while (start + count > this.chunkIds.length) this.chunkIds = doubled(this.chunkIds);
    this.chunkIds.set(this.symbols.subarray(0, count), start);
    this.chunkStarts[index + 1] = start + count;
  }
}
