// Which of several lists is taught, on rows whose answers are worked out by hand.

import { expect, test } from 'vitest';
import { listsToTeach, taughtList, type Labelled } from '#ozma/data/labels/taught-lists.js';

const row = (pipeline: string, bytes: number, others: Record<string, number> = {}): Labelled => ({
  ...{ pipeline, bytes, ozBytes: 200, split: 'train' },
  runnersUp: Object.keys(others),
  runnersUpBytes: Object.values(others),
});

test('first the list that serves most programs, then what serves most of the others', () => {
  const rows = [
    row('a', 100, { b: 130 }),
    row('c', 100, { b: 120 }),
    row('b', 100),
    row('a', 100),
    row('d', 100, { a: 131, c: 200 }),
    row('e', 100, { d: 105 }),
  ];
  // b serves three, a and d two each, but a one beside those of b: 131 of 200 bytes is less than seven tenths.
  expect(listsToTeach(rows)).toEqual(['b', 'd', 'a']);
});

test('equal numbers go by name, whatever the order of the rows', () => {
  expect(listsToTeach([row('z', 100), row('y', 100)])).toEqual(['y', 'z']);
});

test('held-out programs and programs that nothing makes smaller decide nothing', () => {
  const heldOut: Labelled = { ...row('held-out', 100), split: 'test' };
  expect(listsToTeach([heldOut, row('default<Oz>', 200), row('a', 199)])).toEqual(['a']);
});

test('a program is taught the first list that saves seven tenths of what its label does', () => {
  const taught = ['common', 'rare'];
  // 100 bytes are the most that is saved: 130 still serve, 131 do not.
  expect(taughtList(row('rare', 100, { common: 130 }), taught)).toBe('common');
  expect(taughtList(row('rare', 100, { common: 131 }), taught)).toBe('rare');
  expect(taughtList(row('never seen', 100, { rare: 105, common: 108 }), taught)).toBe('common');
});

test('held-out programs keep their label, and so do those that nothing makes smaller', () => {
  const taught = ['common', 'rare'];
  expect(taughtList({ ...row('rare', 100, { common: 101 }), split: 'test' }, taught)).toBe('rare');
  expect(taughtList(row('default<Oz>', 200, { common: 200 }), taught)).toBe('default<Oz>');
});
