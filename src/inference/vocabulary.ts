// What the tokens of a model say, in bytes. A vocabulary file writes them in one of two disguises:
// SentencePiece (`▁` for a space, `<0x0A>` for a single byte) or GPT-2's (every byte a printable
// character). Not for turning text into tokens: the engine's own tokenizer does that.

import { OzmaError } from '../common/errors.ts';

export interface Vocabulary {
  readonly size: number;
  /** The bytes of a token; none for control tokens. */
  bytes(token: number): Uint8Array;
  /** Whether the answer ends with this token. */
  ends(token: number): boolean;
}

/** As GGUF numbers them (`tokenizer.ggml.token_type`). */
const kinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface VocabularyFile {
  /** `tokenizer.ggml.model`: `llama` is SentencePiece, `gpt2` byte-level. */
  model: string;
  tokens: readonly string[];
  types: readonly number[];
  ends: ReadonlySet<number>;
}

const nothing = new Uint8Array(0);
const byteToken = /^<0x(?<digits>[0-9A-Fa-f]{2})>$/;

/** Throws `refused` for a kind of vocabulary that is neither of the two. */
export function createVocabulary(file: VocabularyFile): Vocabulary {
  const { model, tokens, types, ends } = file;
  if (model !== 'llama' && model !== 'gpt2') {
    throw new OzmaError('refused', `expected a vocabulary of kind llama or gpt2, found '${model}'`);
  }
  const encoder = new TextEncoder();
  const table = tokens.map((text, token): Uint8Array => {
    switch (types[token] ?? kinds.normal) {
      case kinds.normal:
        return model === 'llama' ? encoder.encode(text.replaceAll('▁', ' ')) : byteLevel(text);
      case kinds.userDefined:
        return encoder.encode(text);
      case kinds.byte: {
        const digits = byteToken.exec(text)?.groups?.['digits'];
        return digits === undefined ? encoder.encode(text) : Uint8Array.of(Number.parseInt(digits, 16));
      }
      default:
        return nothing;
    }
  });
  return {
    size: tokens.length,
    bytes: (token) => table[token] ?? nothing,
    ends: (token) => ends.has(token),
  };
}

/** GPT-2 writes printable Latin-1 bytes as themselves and the others, in order, as U+0100 and up. */
let fromByteLevel: Map<string, number> | undefined;

function byteLevel(text: string): Uint8Array {
  if (fromByteLevel === undefined) {
    fromByteLevel = new Map();
    let others = 0;
    for (let byte = 0; byte < 256; byte++) {
      const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
      fromByteLevel.set(String.fromCodePoint(printable ? byte : 0x100 + others++), byte);
    }
  }
  const known = fromByteLevel;
  return Uint8Array.from(Array.from(text, (character) => known.get(character) ?? 0x3f));
}

/** The text of some bytes; what is not UTF-8 becomes U+FFFD. */
export function decodeBytes(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
