// The vocabulary of Llama 1 and 2 as it was published, 32,000 tokens and their merges, out of the npm package
// llama-tokenizer-js; and Code Llama's 32,016: the same and 16 more, of which 32007–32010 fill in the middle.

import llamaTokenizer from 'llama-tokenizer-js';
import { parseTokenizerFile } from '#ozma/tokenizer/hugging-face-reading.js';
import { createTokenizer } from '#ozma/tokenizer/tokenizer.js';
import type { Tokenizer } from '#ozma/tokenizer/tokenizer.js';

const fillInTheMiddle = new Map([
  [32_007, '▁<PRE>'],
  [32_008, '▁<SUF>'],
  [32_009, '▁<MID>'],
  [32_010, '▁<EOT>'],
]);

/** Text of a tokenizer.json as Code Llama's is. The names of twelve tokens that no text holds are ours. */
function codeLlamaTokenizerFile(): string {
  const { vocabById, merges } = llamaTokenizer;
  const more = Array.from({ length: 16 }, (_, index) => 32_000 + index);
  const tokens = [...vocabById, ...more.map((id) => fillInTheMiddle.get(id) ?? `▁<${id}>`)];
  const special = (id: number): object => ({ id, content: tokens[id], special: true, normalized: true });
  return JSON.stringify({
    added_tokens: [0, 1, 2].map(special),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      byte_fallback: true,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: [...merges].sort(([, a], [, b]) => a - b).map(([pair]) => pair),
    },
  });
}

export function codeLlamaTokenizer(): Tokenizer {
  return createTokenizer(parseTokenizerFile(codeLlamaTokenizerFile()));
}
