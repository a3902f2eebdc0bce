// Writes a vocabulary as Hugging Face `tokenizers` and `transformers` read it: tokenizer.json,
// tokenizer_config.json, special_tokens_map.json. Merges are written as pairs of strings, which
// `tokenizers` reads since 0.20.

import { join } from 'node:path';
import { mustBeFolder, writeFileAtomically } from '../common/files.ts';
import { spaceMark } from './hugging-face-reading.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

type Json = Record<string, unknown>;

const markSpaces: Json = { type: 'Replace', pattern: { String: ' ' }, content: spaceMark };

/**
 * What becomes of spaces on the way in and out. A vocabulary without prefix keeps them as they are, so that
 * U+2581 in a text stays itself; the others are written as Llama's are.
 */
function spaceSteps(
  prefix: Vocabulary['prefixSpace'],
): Pick<Json, 'normalizer' | 'pre_tokenizer' | 'decoder'> {
  const decoders: Json[] = [{ type: 'ByteFallback' }, { type: 'Fuse' }];
  if (prefix === 'never')
    return { normalizer: null, pre_tokenizer: null, decoder: { type: 'Sequence', decoders } };
  const unmark = { type: 'Replace', pattern: { String: spaceMark }, content: ' ' };
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  const decoder = { type: 'Sequence', decoders: [unmark, ...decoders, strip] };
  if (prefix === 'first') {
    const metaspace = { type: 'Metaspace', replacement: spaceMark, prepend_scheme: 'first', split: false };
    return { normalizer: null, pre_tokenizer: metaspace, decoder };
  }
  const normalizers = [{ type: 'Prepend', prepend: spaceMark }, markSpaces];
  return { normalizer: { type: 'Sequence', normalizers }, pre_tokenizer: null, decoder };
}

function tokenizerFile(vocabulary: Vocabulary): Json {
  const { entries, merges, prefixSpace, beginId, unknownId } = vocabulary;
  const texts = entries.map(({ text, kind }) =>
    kind === 'normal' && prefixSpace !== 'never' ? text.replaceAll(' ', spaceMark) : text,
  );
  const begin = entries[beginId]!.text;
  const added = entries.flatMap(({ text, kind }, id) => {
    if (kind === 'normal' || kind === 'byte' || kind === 'unused') return [];
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content: text, ...plain, special: kind !== 'userDefined' }];
  });
  const order = Array.from(merges.rank, (_, index) => index);
  order.sort((a, b) => merges.rank[a]! - merges.rank[b]! || a - b);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    ...spaceSteps(prefixSpace),
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: begin, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [
        { SpecialToken: { id: begin, type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: { [begin]: { id: begin, ids: [beginId], tokens: [begin] } },
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: entries[unknownId]!.text,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(texts.map((text, id) => [text, id])),
      merges: order.map((index) => [texts[merges.left[index]!], texts[merges.right[index]!]]),
    },
  };
}

/** Writes the three files into a folder, which is made when missing; tokenizer.json, which all need, comes last. */
export async function saveTokenizer({ vocabulary }: Tokenizer, folder: string): Promise<void> {
  const text = (id: number): string => vocabulary.entries[id]!.text;
  const markers = {
    bos_token: text(vocabulary.beginId),
    eos_token: text(vocabulary.endId),
    unk_token: text(vocabulary.unknownId),
  };
  const files: [string, Json][] = [
    ['special_tokens_map.json', markers],
    [
      'tokenizer_config.json',
      // Not LlamaTokenizer, which would put its own treatment of spaces in the place of the file's.
      { tokenizer_class: 'PreTrainedTokenizerFast', clean_up_tokenization_spaces: false, ...markers },
    ],
    ['tokenizer.json', tokenizerFile(vocabulary)],
  ];
  await mustBeFolder(folder);
  for (const [name, content] of files) {
    await writeFileAtomically(join(folder, name), `${JSON.stringify(content, undefined, 1)}\n`);
  }
}
