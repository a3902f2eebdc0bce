// The tokenizer that every room uses: text or bytes to ids and back. Encoding never makes begin, end or
// other control tokens, whatever the text holds; callers put those ids where they belong.
//
// Every sequence of bytes comes back exactly. Our ids are those of llama.cpp and of Hugging Face for the
// same vocabulary, but where those lose text: U+2581 becomes a space in llama.cpp, since Llama's files write
// spaces so, and a space right after a cut-off character becomes U+2581. Here both are spelled in bytes.

import { Encoder } from './encoder.ts';
import { byteOfText, idsByText, withoutUnreachable } from './vocabulary.ts';
import type { Entry, Vocabulary } from './vocabulary.ts';

export interface Tokenizer {
  /** How many ids there are. */
  readonly size: number;
  readonly beginId: number;
  readonly endId: number;
  readonly unknownId: number;
  readonly vocabulary: Vocabulary;
  /** The ids of a text, without begin and end. Unpaired surrogates become U+FFFD. */
  encode(text: string): number[];
  /** The same for bytes, which need not be UTF-8. */
  encodeBytes(bytes: Uint8Array): number[];
  /** The bytes of a whole sequence of ids. Control tokens have none. */
  decode(ids: Iterable<number>): Uint8Array;
  /** The same as text; what is not UTF-8 becomes U+FFFD. */
  decodeText(ids: Iterable<number>): string;
  /** The bytes that one id adds; empty for control tokens. Throws RangeError for what is no id. */
  piece(id: number): Uint8Array;
  /** The id of a vocabulary entry by its text, such as `[INST]` or `<0x0A>`. */
  idOf(text: string): number | undefined;
}

const space = 0x20;

function pieceOf({ text, kind }: Entry): Uint8Array {
  if (kind === 'byte') return Uint8Array.of(byteOfText(text)!);
  return new TextEncoder().encode(kind === 'normal' || kind === 'userDefined' ? text : '');
}

/** User-defined tokens by their first byte, the longest first. */
function userDefinedByFirstByte(
  vocabulary: Vocabulary,
  pieces: readonly Uint8Array[],
): (number[] | undefined)[] {
  const table = new Array<number[] | undefined>(256).fill(undefined);
  for (const [id, { kind }] of vocabulary.entries.entries()) {
    const first = pieces[id]![0];
    if (kind === 'userDefined' && first !== undefined) (table[first] ??= []).push(id);
  }
  for (const ids of table) ids?.sort((a, b) => pieces[b]!.length - pieces[a]!.length);
  return table;
}

function standsAt(piece: Uint8Array, bytes: Uint8Array, at: number): boolean {
  if (at + piece.length > bytes.length) return false;
  for (let index = 0; index < piece.length; index++) if (piece[index] !== bytes[at + index]) return false;
  return true;
}

export function createTokenizer(given: Vocabulary): Tokenizer {
  const vocabulary = withoutUnreachable(given);
  const utf8 = new TextEncoder();
  const encoder = new Encoder(vocabulary);
  const pieces = vocabulary.entries.map(pieceOf);
  const userDefined = userDefinedByFirstByte(vocabulary, pieces);
  const { prefixSpace } = vocabulary;
  let ids: Map<string, number> | undefined;

  /** One stretch between user-defined tokens. */
  const encodeStretch = (bytes: Uint8Array, from: number, to: number, out: number[]): void => {
    if (from === to) return;
    const wanted = prefixSpace === 'always' || (prefixSpace === 'first' && from === 0 && bytes[0] !== space);
    if (!wanted) {
      encoder.encode(bytes, from, to, out);
      return;
    }
    const prefixed = new Uint8Array(to - from + 1);
    prefixed[0] = space;
    prefixed.set(bytes.subarray(from, to), 1);
    encoder.encode(prefixed, 0, prefixed.length, out);
  };

  const encodeBytes = (bytes: Uint8Array): number[] => {
    const out: number[] = [];
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const candidates = userDefined[bytes[at]!];
      const id = candidates?.find((candidate) => standsAt(pieces[candidate]!, bytes, at));
      if (id === undefined) continue;
      encodeStretch(bytes, from, at, out);
      out.push(id);
      from = at + pieces[id]!.length;
      at = from - 1;
    }
    encodeStretch(bytes, from, bytes.length, out);
    return out;
  };

  const piece = (id: number): Uint8Array => {
    const found = pieces[id];
    if (found === undefined)
      throw new RangeError(`expected an id from 0 to ${pieces.length - 1}, found ${id}`);
    return found;
  };

  const decode = (sequence: Iterable<number>): Uint8Array => {
    const parts = Array.from(sequence, piece);
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return prefixSpace !== 'never' && bytes[0] === space ? bytes.subarray(1) : bytes;
  };

  // A byte order mark is text like any other.
  const text = new TextDecoder('utf-8', { ignoreBOM: true });

  return {
    size: vocabulary.entries.length,
    beginId: vocabulary.beginId,
    endId: vocabulary.endId,
    unknownId: vocabulary.unknownId,
    vocabulary,
    encode: (string) => encodeBytes(utf8.encode(string)),
    encodeBytes,
    decode,
    decodeText: (sequence) => text.decode(decode(sequence)),
    piece,
    idOf: (string) => (ids ??= idsByText(vocabulary.entries)).get(string),
  };
}
