// The tokenizer inside a GGUF file: the `tokenizer.ggml.*` metadata of llama.cpp's `llama` model, as plain
// data. src/model/ reads and writes the files.

import { OzmaError } from '../common/errors.ts';
import { spaceMark } from './hugging-face-reading.ts';
import { createTokenizer } from './tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import { mergesByScore } from './vocabulary.ts';
import type { Entry, EntryKind, Vocabulary } from './vocabulary.ts';

/** By GGUF's number of the kind. */
const kinds: readonly (EntryKind | undefined)[] = [
  undefined,
  'normal',
  'unknown',
  'control',
  'userDefined',
  'unused',
  'byte',
];

/** Types follow the values: numbers are UINT32, Float32Array and Int32Array arrays of these, the rest is plain. */
export interface GgufTokenizer {
  'tokenizer.ggml.model': 'llama';
  'tokenizer.ggml.pre': 'default';
  'tokenizer.ggml.tokens': string[];
  'tokenizer.ggml.scores': Float32Array;
  'tokenizer.ggml.token_type': Int32Array;
  'tokenizer.ggml.bos_token_id': number;
  'tokenizer.ggml.eos_token_id': number;
  'tokenizer.ggml.unknown_token_id': number;
  'tokenizer.ggml.add_bos_token': boolean;
  'tokenizer.ggml.add_eos_token': boolean;
  'tokenizer.ggml.add_space_prefix': boolean;
}

/** The metadata that makes llama.cpp tokenize as this tokenizer does, begin token first. */
export function ggufTokenizer({ vocabulary }: Tokenizer): GgufTokenizer {
  const { entries } = vocabulary;
  return {
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.pre': 'default',
    'tokenizer.ggml.tokens': entries.map(({ text, kind }) =>
      kind === 'normal' ? text.replaceAll(' ', spaceMark) : text,
    ),
    'tokenizer.ggml.scores': Float32Array.from(entries, ({ score }) => score),
    'tokenizer.ggml.token_type': Int32Array.from(entries, ({ kind }) => kinds.indexOf(kind)),
    'tokenizer.ggml.bos_token_id': vocabulary.beginId,
    'tokenizer.ggml.eos_token_id': vocabulary.endId,
    'tokenizer.ggml.unknown_token_id': vocabulary.unknownId,
    'tokenizer.ggml.add_bos_token': true,
    'tokenizer.ggml.add_eos_token': false,
    'tokenizer.ggml.add_space_prefix': vocabulary.prefixSpace !== 'never',
  };
}

/**
 * The tokenizer of a GGUF file. `metadata` holds its keys and values; arrays may be typed. Throws `usage`
 * when the tokenizer is not llama.cpp's `llama`.
 */
export function tokenizerFromGguf(metadata: Readonly<Record<string, unknown>>): Tokenizer {
  const model = metadata['tokenizer.ggml.model'];
  if (model !== 'llama') {
    throw new OzmaError(
      'usage',
      `expected a GGUF file with a llama tokenizer, found ${JSON.stringify(model)}`,
    );
  }
  const list = <T>(name: string, size?: number): ArrayLike<T> => {
    const found = metadata[`tokenizer.ggml.${name}`] as ArrayLike<T> | undefined;
    if (found === undefined || (size !== undefined && found.length !== size)) {
      const expected = size === undefined ? 'an array' : `${size} values`;
      throw new OzmaError(
        'usage',
        `expected ${expected} in tokenizer.ggml.${name}, found ${found?.length ?? 'none'}`,
      );
    }
    return found;
  };
  const tokens = Array.from(list<string>('tokens'));
  const scores = list<number>('scores', tokens.length);
  const types = list<number>('token_type', tokens.length);
  const entries = tokens.map((text, id): Entry => {
    const kind = kinds[types[id]!] ?? 'unused';
    return { text: kind === 'normal' ? text.replaceAll(spaceMark, ' ') : text, kind, score: scores[id]! };
  });
  // llama.cpp's defaults for a file that does not say.
  const id = (name: string, usual: number): number =>
    Number(metadata[`tokenizer.ggml.${name}_token_id`] ?? usual);
  const vocabulary: Vocabulary = {
    entries,
    merges: mergesByScore(entries),
    prefixSpace: metadata['tokenizer.ggml.add_space_prefix'] === false ? 'never' : 'always',
    beginId: id('bos', 1),
    endId: id('eos', 2),
    unknownId: id('unknown', 0),
  };
  return createTokenizer(vocabulary);
}
