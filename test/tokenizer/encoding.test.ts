// Encoding against a plain encoder that merges the whole text step by step, and exact round trips of any
// bytes.

import { beforeAll, expect, test } from 'vitest';
import { createTokenizer } from '#ozma/tokenizer/tokenizer.js';
import type { Tokenizer } from '#ozma/tokenizer/tokenizer.js';
import { trainVocabulary } from '#ozma/tokenizer/training.js';
import { mergeRules } from '#ozma/tokenizer/training-text.js';
import { randomBytes, randomTexts } from './random-texts.ts';
import { realTexts } from './real-texts.ts';

let texts: string[];
let tokenizer: Tokenizer;
beforeAll(async () => {
  texts = realTexts();
  const { vocabulary } = await trainVocabulary(texts, {
    size: 1500,
    longestPiece: 32,
    rule: mergeRules.apart,
  });
  tokenizer = createTokenizer(vocabulary);
});

/** llama.cpp's rule, carried out naively: the pair with the best score merges, the leftmost of equals first. */
function plainEncoding(text: string): number[] {
  const scores = new Map<string, number>();
  for (const { text: piece, kind, score } of tokenizer.vocabulary.entries) {
    if (kind === 'normal') scores.set(piece, score);
  }
  const symbols = [...text];
  for (;;) {
    let best = -1;
    let bestScore = -Infinity;
    for (let at = 0; at + 1 < symbols.length; at++) {
      const score = scores.get(symbols[at]! + symbols[at + 1]!) ?? -Infinity;
      if (score > bestScore) [best, bestScore] = [at, score];
    }
    if (best < 0) return symbols.map((symbol) => tokenizer.idOf(symbol)!);
    symbols.splice(best, 2, symbols[best]! + symbols[best + 1]!);
  }
}

test('gives what merging the whole text at once gives', () => {
  const stretches = texts.flatMap((text) => [text.slice(0, 1500), text.slice(-1500)]);
  for (const stretch of stretches) expect(tokenizer.encode(stretch)).toEqual(plainEncoding(stretch));
});

test('a chunk that is remembered encodes as before, next to others too', () => {
  const [text = ''] = texts;
  expect(tokenizer.encode(text.repeat(2))).toEqual(tokenizer.encode(text.repeat(2)));
  const long = 'getelementptr'.repeat(200);
  expect(tokenizer.encode(long)).toEqual(plainEncoding(long));
});

test('every text comes back', () => {
  for (const text of [
    ...texts,
    ...randomTexts(1, 500),
    '',
    '\u2581\u2581 \u2581',
    '\0',
    '\ufeffa',
    ' a',
    '😀',
  ]) {
    expect(tokenizer.decodeText(tokenizer.encode(text))).toBe(text);
  }
});

test('all bytes come back, UTF-8 or not', () => {
  const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (const bytes of [...randomBytes(2, 500), everyByte]) {
    expect(tokenizer.decode(tokenizer.encodeBytes(bytes))).toEqual(bytes);
  }
});

test('a sequence decodes as its pieces do', () => {
  const ids = tokenizer.encode(texts[0]!);
  expect(Buffer.concat(ids.map((id) => tokenizer.piece(id))).toString()).toBe(texts[0]);
});

test('markers are whole tokens, control tokens are never made of text', () => {
  const ids = tokenizer.encode('[INST] <code>x</code> [/INST]<s></s><unk>');
  const named = ['[INST]', '<code>', '</code>', '[/INST]'].map((text) => tokenizer.idOf(text)!);
  expect(named).toEqual([259, 261, 262, 260]);
  expect(ids).toEqual(expect.arrayContaining(named));
  expect(ids.filter((id) => id < 3)).toEqual([]);
  expect(tokenizer.decodeText([1, ...tokenizer.encode('a'), 2])).toBe('a');
});

test('digits are tokens of their own', () => {
  expect(tokenizer.encode('@s12').slice(-2)).toEqual([tokenizer.idOf('1'), tokenizer.idOf('2')]);
});

test('an id that does not exist is refused', () => {
  expect(() => tokenizer.decode([1500])).toThrow('expected an id from 0 to 1499, found 1500');
});
