// The trainer against a plain one that counts everything again before each merge, and what it promises of
// pieces.

import { beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { ggufTokenizer } from '#ozma/tokenizer/gguf.js';
import { reservedEntries } from '#ozma/tokenizer/reserved.js';
import { trainVocabulary } from '#ozma/tokenizer/training.js';
import type { TrainedVocabulary } from '#ozma/tokenizer/training.js';
import { mergeRules } from '#ozma/tokenizer/training-text.js';
import { createTokenizer } from '#ozma/tokenizer/tokenizer.js';
import type { Entry, Vocabulary } from '#ozma/tokenizer/vocabulary.js';
import { realTexts } from './real-texts.ts';

const reserved = reservedEntries();

function learned({ vocabulary }: TrainedVocabulary): string[] {
  return vocabulary.entries.slice(reserved.length).map(({ text }) => text);
}

/** Pieces in the order in which they are learned from one unit of text without digits and newlines. */
function plainTraining(unit: string, pieces: number, longestPiece: number): string[] {
  const ids = new Map(reserved.map(({ text }, id) => [text, id]));
  const found: string[] = [];
  let symbols = [...unit];
  while (found.length < pieces) {
    const counts = new Map<string, { left: string; right: string; count: number }>();
    for (let at = 1; at < symbols.length; at++) {
      const [left, right] = [symbols[at - 1]!, symbols[at]!];
      if (left.length + right.length > longestPiece) continue;
      const key = `${left}\0${right}`;
      counts.set(key, { left, right, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    const best = [...counts.values()].sort(
      (a, b) =>
        b.count - a.count || ids.get(a.left)! - ids.get(b.left)! || ids.get(a.right)! - ids.get(b.right)!,
    )[0];
    if (best === undefined || best.count < 2) break;
    const { left, right } = best;
    const merged: string[] = [];
    for (let at = 0; at < symbols.length; at++) {
      if (symbols[at] === left && symbols[at + 1] === right) {
        merged.push(left + right);
        at++;
      } else merged.push(symbols[at]!);
    }
    symbols = merged;
    if (ids.has(left + right)) continue;
    ids.set(left + right, reserved.length + found.length);
    found.push(left + right);
  }
  return found;
}

test.each([1, 2, 3, 4])('learns what counting again would, random text %d', async (seed) => {
  const random = createRandom(seed);
  const unit = Array.from({ length: 600 }, () => random.pick([...'aaabbc '])).join('');
  const trained = await trainVocabulary([unit], { size: 500, longestPiece: 9, rule: mergeRules.apart });
  const expected = plainTraining(unit, 500 - reserved.length, 9);
  expect(expected.length).toBeGreaterThan(40);
  expect(learned(trained)).toEqual(expected);
});

describe('on real IR and assembly', () => {
  let texts: string[];
  let trained: TrainedVocabulary;
  beforeAll(async () => {
    texts = realTexts();
    trained = await trainVocabulary(texts, { size: 1024, longestPiece: 16, rule: mergeRules.apart });
  });

  test('gives the size asked for, after the reserved entries', () => {
    expect(trained.vocabulary.entries).toHaveLength(1024);
    expect(trained.vocabulary.entries.slice(0, reserved.length)).toEqual(reserved);
    expect(new Set(trained.vocabulary.entries.map(({ text }) => text)).size).toBe(1024);
  });

  test('keeps digits apart and pieces short', () => {
    expect(learned(trained).filter((text) => /\d/.test(text))).toEqual([]);
    expect(learned(trained).some((text) => text.indexOf('\n', 1) > 0)).toBe(true);
    expect(Math.max(...learned(trained).map(({ length }) => length))).toBe(16);
  });

  test('or lets digits merge with digits alone', async () => {
    const numbers = await trainVocabulary(texts, { size: 1024, longestPiece: 16, rule: mergeRules.numbers });
    const withDigits = learned(numbers).filter((text) => /\d/.test(text));
    expect(withDigits.length).toBeGreaterThan(10);
    expect(withDigits.filter((text) => /\D/.test(text))).toEqual([]);
    expect(numbers.tokens).toBeLessThan(trained.tokens);
  });

  test('the order of texts that hold the same units does not matter, and it is the same each time', async () => {
    const again = await trainVocabulary([...texts].reverse(), {
      size: 1024,
      longestPiece: 16,
      rule: mergeRules.apart,
    });
    expect(learned(again)).toEqual(learned(trained));
  });

  test('shrinks the text it learns from', () => {
    expect(trained.bytes).toBe(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
    expect(trained.bytes / trained.tokens).toBeGreaterThan(2.5);
  });
});

test('never learns what would make a control token of plain text', async () => {
  const text = '<s></s><unk>'.repeat(1000);
  const { vocabulary } = await trainVocabulary([text], {
    size: 500,
    longestPiece: 32,
    rule: mergeRules.apart,
  });
  const controls = new Set(['<s>', '</s>', '<unk>']);
  const { left, right } = vocabulary.merges;
  const made = Array.from(
    left,
    (id, at) => vocabulary.entries[id]!.text + vocabulary.entries[right[at]!]!.text,
  );
  expect(made.length).toBeGreaterThan(5);
  expect(made.filter((piece) => controls.has(piece))).toEqual([]);
});

test('learns nothing across the markers of prompts, and no second token for one', async () => {
  const text = '[INST] what is <code>ret i32 0</code> [/INST]\n'.repeat(1000);
  const { vocabulary } = await trainVocabulary([text], {
    size: 500,
    longestPiece: 32,
    rule: mergeRules.apart,
  });
  const learned = vocabulary.entries.slice(369).map((entry) => entry.text);
  expect(learned).toContain('ret i');
  expect(learned.filter((piece) => /INST|<code|code>/.test(piece))).toEqual([]);
});

test('an entry that a marker of the same text hides is not written to files', async () => {
  const entries: Entry[] = [...reservedEntries(), { text: '<c', kind: 'normal', score: -1 }];
  entries.push({ text: '<code>', kind: 'normal', score: -2 });
  const merges = { left: [369], right: [272], result: [370], rank: [0] };
  const columns = Object.fromEntries(
    Object.entries(merges).map(([name, ids]) => [name, Int32Array.from(ids)]),
  ) as unknown as Vocabulary['merges'];
  const tokenizer = createTokenizer({
    ...{ entries, merges: columns, prefixSpace: 'never', beginId: 1, endId: 2, unknownId: 0 },
  });
  expect(tokenizer.vocabulary.entries[370]).toMatchObject({ kind: 'unused' });
  expect(tokenizer.vocabulary.merges.left).toHaveLength(0);
  const { tokens } = ggufTokenizer(tokenizer);
  expect(new Set(tokens).size).toBe(tokens.length);
  expect([...tokenizer.encode('<code>')]).toEqual([261]);
});

test('characters with rules of their own', async () => {
  const rule = (left: string, right: string): boolean =>
    !`${left}${right}`.includes('x') && right !== '@' && left !== ';';
  const trained = await trainVocabulary(['ax@b;c'.repeat(50)], { size: 400, longestPiece: 32, rule });
  expect(learned(trained)).toEqual(['@b', '@b;', 'ca']);
});

test('stops where nothing comes twice', async () => {
  const trained = await trainVocabulary(['abcabc'], { size: 4096, longestPiece: 32, rule: mergeRules.apart });
  expect(learned(trained)).toEqual(['ab', 'abc']);
  expect(trained.tokens).toBe(2);
});

test('refuses sizes without room', async () => {
  const settings = { size: 100, longestPiece: 32, rule: mergeRules.apart };
  await expect(trainVocabulary(['text'], settings)).rejects.toThrow('of 369 to 65536 entries, found 100');
});
