// The tokenizer in a GGUF file: the `tokenizer.ggml.*` keys, written from and read into the plain data of
// src/tokenizer/gguf.ts.

import { OzmaError } from '../../common/errors.ts';
import { ggufTokenizer, tokenizerFromGguf, tokenType } from '../../tokenizer/gguf.ts';
import type { GgufTokenizer } from '../../tokenizer/gguf.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import { arrayOf, boolean, string, uint32 } from './metadata.ts';
import type { Metadata, MetadataValue } from './metadata.ts';

const prefix = 'tokenizer.ggml.';

const identifiers = [
  ['bos_token_id', 'beginToken'],
  ['eos_token_id', 'endToken'],
  ['unknown_token_id', 'unknownToken'],
  ['padding_token_id', 'paddingToken'],
] as const;

/** Embeddings are often rounded up: the ids past the tokenizer's become `[PAD…]`, as in llama.cpp's converter. */
function padTo(size: number, tokenizer: GgufTokenizer): GgufTokenizer {
  const { tokens, scores, tokenTypes } = tokenizer;
  const missing = Array.from({ length: size - tokens.length }, (_, index) => tokens.length + index);
  return {
    ...tokenizer,
    tokens: [...tokens, ...missing.map((id) => `[PAD${id}]`)],
    scores: [...scores, ...missing.map(() => 0)],
    tokenTypes: [...tokenTypes, ...missing.map(() => tokenType.unused)],
  };
}

/** The keys for a model of `size` embeddings, at least as many as the tokenizer has tokens. */
export function tokenizerMetadata(tokenizer: Tokenizer, size: number): [string, MetadataValue][] {
  const plain = padTo(size, ggufTokenizer(tokenizer));
  return [
    [`${prefix}model`, string('llama')],
    [`${prefix}pre`, string('default')],
    [`${prefix}tokens`, arrayOf('string', plain.tokens)],
    [`${prefix}scores`, arrayOf('float32', plain.scores)],
    [`${prefix}token_type`, arrayOf('int32', plain.tokenTypes)],
    ...identifiers.flatMap(([key, name]): [string, MetadataValue][] => {
      const id = plain[name];
      return id === undefined ? [] : [[prefix + key, uint32(id)]];
    }),
    [`${prefix}add_bos_token`, boolean(plain.addBeginToken)],
    [`${prefix}add_eos_token`, boolean(plain.addEndToken)],
    [`${prefix}add_space_prefix`, boolean(plain.addSpacePrefix)],
  ];
}

/** The tokenizer of a file; undefined where it has none, or one of another kind than Llama's. */
export function readTokenizer(metadata: Metadata): Tokenizer | undefined {
  const value = (key: string): unknown => metadata.get(prefix + key)?.value;
  const tokens = value('tokens') as string[] | undefined;
  if (value('model') !== 'llama' || tokens === undefined) return undefined;
  const numbers = (key: string, fallback: number): number[] => {
    const found = (value(key) as number[] | undefined) ?? tokens.map(() => fallback);
    if (found.length === tokens.length) return found;
    throw new OzmaError(
      'usage',
      `GGUF: expected ${tokens.length} values of ${prefix}${key}, found ${found.length}`,
    );
  };
  return tokenizerFromGguf({
    tokens,
    scores: numbers('scores', 0),
    tokenTypes: numbers('token_type', tokenType.normal),
    ...Object.fromEntries(identifiers.map(([key, name]) => [name, value(key) as number | undefined])),
    // What llama.cpp takes when the keys are not there.
    addBeginToken: (value('add_bos_token') as boolean | undefined) ?? true,
    addEndToken: (value('add_eos_token') as boolean | undefined) ?? false,
    addSpacePrefix: (value('add_space_prefix') as boolean | undefined) ?? true,
  });
}
