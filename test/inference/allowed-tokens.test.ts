// Generation under a grammar made of plain strings.

import { expect, test } from 'vitest';
import { isFinal, TokenFilter } from '#ozma/inference/allowed-tokens.js';
import { generate } from '#ozma/inference/generate.js';
import { accepts, advance, type GrammarState } from '#ozma/inference/grammar.js';
import { createVocabulary, decodeBytes } from '#ozma/inference/vocabulary.js';
import { endText, randomTable, tableScorer, textVocabulary } from './table-scorer.ts';
import { oneOf } from './string-grammar.ts';

const words = ['sroa', 'sroa,gvn', 'gvn', 'gvn-hoist', 'été', 'simplifycfg', 'simplifycfg<sink>'];
const grammar = oneOf(words);
const pieces = [
  ...'abcdefghijklmnopqrstuvwxyz,-<>',
  's',
  'sr',
  'oa',
  'sroa',
  'gvn',
  '-h',
  'simplify',
  'été',
  'é',
  't',
  'xyz',
];
const vocabulary = textVocabulary([...new Set(pieces), endText]);

test('a token is allowed where its bytes are', () => {
  const filter = new TokenFilter(vocabulary);
  const encoder = new TextEncoder();
  for (const word of words) {
    for (let length = 0; length <= word.length; length++) {
      const begun = word.slice(0, length);
      const state = advance(grammar.start(), encoder.encode(begun))!;
      expect(isFinal(state)).toBe(
        words.includes(begun) && !words.some((other) => other.startsWith(begun) && other !== begun),
      );
      for (const [token, piece] of [...new Set(pieces)].entries()) {
        const allowed = words.some((other) => other.startsWith(begun + piece));
        // Asked twice: the second answer is the remembered one.
        expect(filter.after(state, token) !== undefined).toBe(allowed);
        expect(filter.after(state, token)?.key).toBe(advance(state, encoder.encode(piece))?.key);
      }
      expect(filter.after(state, vocabulary.size - 1)).toBeUndefined();
    }
  }
});

test.each(['greedy', 'temperature', 'beam', 'priority'] as const)(
  '%s: a table that knows nothing of the grammar gives only its texts',
  async (kind) => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const scorer = tableScorer(vocabulary, randomTable(vocabulary.size, seed));
      const found = await generate(
        { scorer, filters: new WeakMap(), room: 60 },
        {
          grammar,
          sampling: kind === 'temperature' ? { kind, temperature: 1, seed } : { kind },
          candidates: kind === 'greedy' ? 1 : 4,
        },
      );
      for (const { text, finish } of found) {
        expect(words).toContain(text);
        expect(accepts(grammar, text)).toBe(true);
        // Only these three cannot go on; the others may end where the model ends them.
        if (!['sroa', 'gvn', 'simplifycfg'].includes(text)) expect(finish).toBe('grammar');
        else expect(finish).toBe('end');
        seen.add(text);
      }
    }
    expect(seen.size).toBeGreaterThan(3);
  },
);

test('there is always room to make the text whole', async () => {
  const long = oneOf(['x', `x${'y'.repeat(30)}`]);
  const letters = textVocabulary(['x', 'y', endText]);
  // Prefers going on to ending, always.
  const scorer = tableScorer(letters, () => [1, 1, 0.01]);
  const source = { scorer, filters: new WeakMap(), room: 1000 };
  const texts = async (maximumTokens: number): Promise<string[]> =>
    (await generate(source, { grammar: long, maximumTokens })).map(({ text }) => text);
  expect(await texts(31)).toEqual([`x${'y'.repeat(30)}`]);
  expect(await texts(30)).toEqual(['x']);
  expect(await texts(1)).toEqual(['x']);
  const three = oneOf(['xyx']);
  await expect(generate(source, { grammar: three, maximumTokens: 2 })).rejects.toThrow(
    'expected at least 3 tokens for the shortest answer of the grammar, found room for 2',
  );
});

test('what a grammar does not see to end in time is cut off at the limit', async () => {
  const letters = textVocabulary(['x', endText]);
  const state: GrammarState = { next: () => state, missing: 1 };
  const source = { scorer: tableScorer(letters, () => [1, 1]), filters: new WeakMap(), room: 9 };
  const [found] = await generate(source, { grammar: { start: () => state }, maximumTokens: 3 });
  expect(found).toMatchObject({ text: 'xxx', finish: 'length' });
});

test('a vocabulary that cannot say what the grammar wants is an error', async () => {
  const letters = textVocabulary(['x', endText]);
  const source = {
    scorer: tableScorer(letters, () => [1, 1]),
    filters: new WeakMap(),
    room: 9,
  };
  await expect(generate(source, { grammar: oneOf(['xy']) })).rejects.toThrow("found none after 'x'");
});

test('token texts are read as SentencePiece and GPT-2 write them', () => {
  const text = (model: string, tokens: string[], types: number[]): string[] => {
    const read = createVocabulary({ model, tokens, types, ends: new Set([0]) });
    return tokens.map((_, token) => decodeBytes(read.bytes(token)));
  };
  expect(text('llama', ['</s>', '▁define▁i32', '<0x0A>', '[INST]'], [3, 1, 6, 4])).toEqual([
    '',
    ' define i32',
    '\n',
    '[INST]',
  ]);
  expect(text('gpt2', ['<|end|>', 'Ġdefine', 'Ċ', 'Ã©'], [3, 1, 1, 1])).toEqual(['', ' define', '\n', 'é']);
  expect(() => text('bert', ['a'], [1])).toThrow("expected a vocabulary of kind llama or gpt2, found 'bert'");
});
