// The tokenizer inside a GGUF file, in plain data: llama.cpp's `llama` kind, which has scores and no list
// of merges. src/model/ puts it into files and takes it out again.

import { spaceMark } from './hugging-face-reading.ts';
import { createTokenizer } from './tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import { mergesByScore } from './vocabulary.ts';
import type { Entry, EntryKind } from './vocabulary.ts';

/** llama.cpp's numbers for the kinds of tokens. */
export const tokenType = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const satisfies Record<EntryKind, number>;

export interface GgufTokenizer {
  /** One text a token, in order of ids; spaces are `▁`, bytes `<0x0A>`. */
  readonly tokens: readonly string[];
  /** Which pair is merged first: the one with the highest score. */
  readonly scores: readonly number[];
  /** A value of `tokenType` a token. */
  readonly tokenTypes: readonly number[];
  readonly beginToken?: number | undefined;
  readonly endToken?: number | undefined;
  readonly unknownToken?: number | undefined;
  readonly paddingToken?: number | undefined;
  /** Whether text is opened by the begin token. */
  readonly addBeginToken: boolean;
  readonly addEndToken: boolean;
  /** Whether a space is put before the text, as SentencePiece does for Llama. */
  readonly addSpacePrefix: boolean;
}

/** What makes llama.cpp tokenize as this tokenizer does, with the begin token first. */
export function ggufTokenizer({ vocabulary }: Tokenizer): GgufTokenizer {
  const { entries } = vocabulary;
  return {
    tokens: entries.map(({ text, kind }) => (kind === 'normal' ? text.replaceAll(' ', spaceMark) : text)),
    scores: entries.map(({ score }) => score),
    tokenTypes: entries.map(({ kind }) => tokenType[kind]),
    beginToken: vocabulary.beginId,
    endToken: vocabulary.endId,
    unknownToken: vocabulary.unknownId,
    addBeginToken: true,
    addEndToken: false,
    addSpacePrefix: vocabulary.prefixSpace !== 'never',
  };
}

/** The tokenizer of a GGUF file. Absent ids are llama.cpp's usual ones, 1 to begin, 2 to end, 0 unknown. */
export function tokenizerFromGguf(gguf: GgufTokenizer): Tokenizer {
  const kinds = new Map<number, EntryKind>(
    Object.entries(tokenType).map(([kind, number]) => [number, kind as EntryKind]),
  );
  const entries = gguf.tokens.map((token, id): Entry => {
    const kind = kinds.get(gguf.tokenTypes[id]!) ?? 'unused';
    const text = kind === 'normal' ? token.replaceAll(spaceMark, ' ') : token;
    return { text, kind, score: gguf.scores[id]! };
  });
  return createTokenizer({
    entries,
    merges: mergesByScore(entries),
    prefixSpace: gguf.addSpacePrefix ? 'always' : 'never',
    beginId: gguf.beginToken ?? 1,
    endId: gguf.endToken ?? 2,
    unknownId: gguf.unknownToken ?? 0,
  });
}
