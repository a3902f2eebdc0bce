// The n-gram yardstick: its probabilities are probabilities, the formula is the published one, and it counts.

import { expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { CountTable } from '#ozma/train/yardsticks/count-table.js';
import { KneserNey } from '#ozma/train/yardsticks/kneser-ney.js';

test('a bigram model is the formula, worked out by hand', () => {
  // Bigrams of 0 1 2 1 2 2: 01, 12 twice, 21, 22. Before 1 came two kinds of tokens, before 2 two.
  const model = new KneserNey(4, 2);
  model.learn([0, 1, 2, 1, 2, 2]);
  model.finish();
  // Once: 01, 21, 22; twice: 12. So the discount is 3 / (3 + 2). Below, nothing came once: 0.5.
  const unigram = (kinds: number): number => Math.max(0, kinds - 0.5) / 4 + (0.5 * 2) / 4 / 4;
  expect(model.probability([1, 2], 1)).toBeCloseTo((2 - 0.6) / 2 + ((0.6 * 1) / 2) * unigram(2), 12);
  expect(model.probability([2, 1], 1)).toBeCloseTo((1 - 0.6) / 2 + ((0.6 * 2) / 2) * unigram(2), 12);
  expect(model.probability([1, 3], 1)).toBeCloseTo(((0.6 * 1) / 2) * unigram(0), 12);
  // A context that never came: the shorter one decides.
  expect(model.probability([3, 2], 1)).toBeCloseTo(unigram(2), 12);
});

test('probabilities of all tokens add up to one after any context', () => {
  const random = createRandom(6);
  const model = new KneserNey(12, 5);
  const tokens = Array.from({ length: 3000 }, () => random.below(3) * random.below(5));
  model.learn(tokens);
  model.finish();
  for (let probe = 0; probe < 50; probe++) {
    const context = Array.from({ length: random.below(7) }, () => random.below(12));
    const sum = Array.from({ length: 12 }, (_, token) =>
      model.probability([...context, token], context.length),
    ).reduce((total, probability) => total + probability, 0);
    expect(sum).toBeCloseTo(1, 10);
  }
});

test('what came before is expected again', () => {
  const model = new KneserNey(50, 5);
  const sentence = [7, 3, 9, 3, 9, 4, 7, 3, 1];
  for (let time = 0; time < 20; time++) model.learn(sentence);
  model.finish();
  for (let at = 5; at < sentence.length; at++) expect(model.probability(sentence, at)).toBeGreaterThan(0.9);
});

test('a table grows and forgets nothing', () => {
  const table = new CountTable(16);
  const random = createRandom(2);
  const expected = new Map<number, number>();
  for (let step = 0; step < 20_000; step++) {
    const key = random.below(3000);
    expected.set(key, (expected.get(key) ?? 0) + 1);
    expect(table.increment(key >>> 3, Math.imul(key, 0x9e3779b1) >>> 0)).toBe(expected.get(key));
  }
  expect(table.size).toBe(expected.size);
  expect(table.withCount(5)).toBe([...expected.values()].filter((count) => count === 5).length);
  expect(table.get(5000, 1)).toBe(0);
});
