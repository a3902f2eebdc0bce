// The vocabulary as GGUF keeps it, in plain data: the `tokenizer.ggml.*` keys of a SentencePiece-like
// byte-pair tokenizer ("llama" in llama.cpp), which needs scores and byte tokens, no list of merges.

import { OzmaError } from '../../common/errors.ts';
import { tokenType } from '../../tokenizer/gguf.ts';
import type { GgufTokenizer } from '../../tokenizer/gguf.ts';
import { arrayOf, boolean, string, uint32 } from './metadata.ts';
import type { Metadata, MetadataValue } from './metadata.ts';

const prefix = 'tokenizer.ggml.';

const identifiers = [
  ['bos_token_id', 'beginToken'],
  ['eos_token_id', 'endToken'],
  ['unknown_token_id', 'unknownToken'],
  ['padding_token_id', 'paddingToken'],
] as const;

export function tokenizerMetadata(tokenizer: GgufTokenizer): [string, MetadataValue][] {
  const { tokens, scores, tokenTypes } = tokenizer;
  if (scores.length !== tokens.length || tokenTypes.length !== tokens.length) {
    throw new OzmaError(
      'usage',
      `tokenizer: expected a score and a type for each of ${tokens.length} tokens, ` +
        `found ${scores.length} and ${tokenTypes.length}`,
    );
  }
  return [
    [`${prefix}model`, string('llama')],
    [`${prefix}pre`, string('default')],
    [`${prefix}tokens`, arrayOf('string', tokens)],
    [`${prefix}scores`, arrayOf('float32', scores)],
    [`${prefix}token_type`, arrayOf('int32', tokenTypes)],
    ...identifiers.flatMap(([key, name]): [string, MetadataValue][] => {
      const id = tokenizer[name];
      return id === undefined ? [] : [[prefix + key, uint32(id)]];
    }),
    [`${prefix}add_bos_token`, boolean(tokenizer.addBeginToken)],
    [`${prefix}add_eos_token`, boolean(tokenizer.addEndToken)],
    [`${prefix}add_space_prefix`, boolean(tokenizer.addSpacePrefix)],
  ];
}

/** The vocabulary of a file; undefined where there is none, or one of another kind than "llama". */
export function readTokenizer(metadata: Metadata): GgufTokenizer | undefined {
  const value = (key: string): unknown => metadata.get(prefix + key)?.value;
  const tokens = value('tokens') as string[] | undefined;
  if (value('model') !== 'llama' || tokens === undefined) return undefined;
  return {
    tokens,
    scores: (value('scores') as number[] | undefined) ?? tokens.map(() => 0),
    tokenTypes: (value('token_type') as number[] | undefined) ?? tokens.map(() => tokenType.normal),
    ...Object.fromEntries(identifiers.map(([key, name]) => [name, value(key) as number | undefined])),
    // What llama.cpp takes when the keys are not there.
    addBeginToken: (value('add_bos_token') as boolean | undefined) ?? true,
    addEndToken: (value('add_eos_token') as boolean | undefined) ?? false,
    addSpacePrefix: (value('add_space_prefix') as boolean | undefined) ?? true,
  };
}
