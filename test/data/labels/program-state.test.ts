// Sizes at both levels at once, on numbers worked out by hand.

import { expect, test } from 'vitest';
import { chooseLists } from '#ozma/data/labels/choice.js';
import { sizesAtBoth, type ProgramState } from '#ozma/data/labels/program-state.js';

const state = (baseline: [number, number], ...bytes: ([number, number] | null)[]): ProgramState => {
  const at = ([Oz, O0]: [number, number]) => ({ Oz, O0 });
  return {
    ...{ split: 'train', own: {}, measured: 0 },
    baseline: at(baseline),
    unoptimised: at(baseline),
    bytes: bytes.map((sizes) => sizes && at(sizes)),
  };
};

test('at both levels: shares of all bytes of a level, what ships twice, -Oz as backup, failures stay', () => {
  const sizes = sizesAtBoth([
    state([60, 300], [60, 300], [50, 400], [70, 200]),
    state([40, 100], [40, 100], [30, 100], null),
  ]);
  // Of 100 bytes at -Oz and of 400 at -O0.
  expect(sizes.map(({ baseline }) => baseline)).toEqual([2 * 0.6 + 0.75, 2 * 0.4 + 0.25]);
  expect(sizes[0]!.bytes).toEqual([2 * 0.6 + 0.75, 2 * 0.5 + 0.75, 2 * 0.6 + 0.5]);
  expect(sizes[1]!.bytes[2]).toBeNull();
  // List 1 saves twice 10 of 100 bytes in each, list 2 a quarter of all at -O0 in one: 0.05 more than list 1 there.
  expect(chooseLists(sizes, 3)).toEqual([1, 2]);
});

test('no programs, no sizes', () => {
  expect(sizesAtBoth([])).toEqual([]);
});
