// Means, totals and intervals against numbers worked out by hand.

import { describe, expect, test } from 'vitest';
import { figuresOf, mean, quantile, savings, share } from '#ozma/evaluate/figures.js';
import type { SampleRecord, Scores } from '#ozma/evaluate/record.js';
import { noTime } from '#ozma/evaluate/stopwatch.js';

function record(group: string, scores: Scores): SampleRecord {
  const methods = { model: { outcome: '', scores, seconds: noTime } };
  return {
    id: `${group} ${JSON.stringify(scores)}`,
    hash: '',
    origin: { group, name: '' },
    strata: {},
    methods,
  };
}

const options = { seed: 1 };

describe('figures', () => {
  test('savings by total, arithmetic and geometric mean are three different numbers', () => {
    const records = [record('a', { after: 50, before: 100 }), record('b', { after: 800, before: 1000 })];
    const figures = figuresOf(records, 'model', savings('saving', 'after', 'before'), options);
    expect(figures['saving, total']!.value).toBeCloseTo(1 - 850 / 1100, 12);
    expect(figures['saving, arithmetic mean']!.value).toBeCloseTo(0.35, 12);
    expect(figures['saving, geometric mean']!.value).toBeCloseTo(1 - Math.sqrt(0.5 * 0.8), 12);
  });

  test('a score that a sample lacks does not count for it', () => {
    const records = [
      record('a', { exact: 1 }),
      record('a', { exact: 0, bleu: 0.5 }),
      record('b', { exact: 0 }),
    ];
    const figures = figuresOf(records, 'model', [share('exact', 'exact'), mean('bleu', 'bleu')], options);
    expect(figures['exact']).toMatchObject({ value: 1 / 3, samples: 3 });
    expect(figures['bleu']).toMatchObject({ value: 0.5, samples: 1 });
    expect(figuresOf(records, 'another', [share('exact', 'exact')], options)).toEqual({});
  });

  test('the interval covers what drawing groups anew does, not what drawing samples does', () => {
    // One file is all right and the other all wrong: between files lies everything.
    const records = ['right', 'wrong'].flatMap((group) =>
      Array.from({ length: 100 }, () => record(group, { exact: group === 'right' ? 1 : 0 })),
    );
    const { exact } = figuresOf(records, 'model', [share('exact', 'exact')], options);
    expect(exact).toEqual({ value: 0.5, low: 0, high: 1, samples: 200 });
    const many = Array.from({ length: 400 }, (_, index) => record(`file ${index}`, { exact: index % 2 }));
    const narrow = figuresOf(many, 'model', [share('exact', 'exact')], options)['exact']!;
    // Of 400 independent halves the normal interval is ±1.96 × 0.5 / 20.
    expect(narrow.low).toBeCloseTo(0.451, 1);
    expect(narrow.high - narrow.low).toBeGreaterThan(0.08);
    expect(narrow.high - narrow.low).toBeLessThan(0.12);
  });

  test('quantiles lie between neighbours', () => {
    expect(quantile([0, 10, 20], 0.5)).toBe(10);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
  });
});
