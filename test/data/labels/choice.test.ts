// Choosing lists and labels, on small matrices whose answers are worked out by hand.

import { expect, test } from 'vitest';
import {
  chooseLists,
  labelsOf,
  popularity,
  savedShare,
  type ProgramSizes,
} from '#ozma/data/labels/choice.js';

/** Columns: default<Oz>, then three lists. */
const programs: ProgramSizes[] = [
  { baseline: 100, bytes: [100, 90, 95, 90] },
  { baseline: 100, bytes: [100, 100, 80, 80] },
  { baseline: 50, bytes: [50, 45, 60, null] },
  { baseline: 10, bytes: [10, 10, 10, 10] },
];

test('lists are chosen by what they add: 30 bytes, then 5, then nothing', () => {
  expect(chooseLists(programs, 10)).toEqual([3, 1]);
  expect(chooseLists(programs, 1)).toEqual([3]);
  expect(chooseLists([], 10)).toEqual([]);
});

test('the saved share is of all bytes', () => {
  expect(savedShare(programs, [3])).toBeCloseTo(30 / 260);
  expect(savedShare(programs, [3, 1])).toBeCloseTo(35 / 260);
  expect(savedShare([], [1])).toBe(0);
});

test('among equals the list is preferred that serves most programs', () => {
  // Lists 1 and 3 are smallest for two programs each; of those that list 1 leaves, lists 2 and 3 serve one.
  expect(popularity(programs, [1, 2, 3])).toEqual([1, 2, 3]);
  expect(popularity(programs, [3, 1])).toEqual([3, 1]);
  expect(popularity([...programs, programs[1]!], [1, 2, 3])).toEqual([3, 1, 2]);
});

test('a label is the smallest list, runners-up follow by size, one of each size', () => {
  expect(labelsOf(programs[0]!, [3, 1, 2], 4)).toEqual([
    { list: 3, bytes: 90 },
    { list: 2, bytes: 95 },
    { list: 0, bytes: 100 },
  ]);
  expect(labelsOf(programs[0]!, [1, 3, 2], 1)).toEqual([{ list: 1, bytes: 90 }]);
});

test('where nothing is smaller than clang -Oz the label is default<Oz>', () => {
  expect(labelsOf(programs[3]!, [3, 1], 2)).toEqual([{ list: 0, bytes: 10 }]);
  // Also where default<Oz> itself is smaller than what clang runs, or larger.
  expect(labelsOf({ baseline: 20, bytes: [18, 19, 18, null] }, [2, 1], 1)).toEqual([{ list: 0, bytes: 18 }]);
  expect(labelsOf({ baseline: 20, bytes: [22, 21, 20, null] }, [2, 1], 1)).toEqual([{ list: 0, bytes: 22 }]);
});
