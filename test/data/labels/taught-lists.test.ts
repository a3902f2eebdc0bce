// Which of several lists is taught, on rows whose answers are worked out by hand.

import { expect, test } from 'vitest';
import { countLabels, taughtList, type Labelled } from '#ozma/data/labels/taught-lists.js';

const row = (pipeline: string, bytes: number, others: Record<string, number> = {}): Labelled => ({
  ...{ pipeline, bytes, ozBytes: 200, split: 'train' },
  runnersUp: Object.keys(others),
  runnersUpBytes: Object.values(others),
});

const counts = countLabels([
  row('common', 100),
  row('common', 100),
  row('common', 100),
  row('rare', 100),
  { ...row('held-out', 100), split: 'test' },
  { ...row('held-out', 100), split: 'test' },
]);

test('labels are counted on the training split alone', () => {
  expect([...counts]).toEqual([
    ['common', 3],
    ['rare', 1],
  ]);
});

test('of lists that save nine tenths of the most, the one that most programs have is taught', () => {
  // 100 bytes are the most that is saved: 110 still count, 111 do not.
  expect(taughtList(row('rare', 100, { common: 110 }), counts)).toBe('common');
  expect(taughtList(row('rare', 100, { common: 111 }), counts)).toBe('rare');
  expect(taughtList(row('never seen', 100, { rare: 105, common: 108 }), counts)).toBe('common');
  expect(taughtList(row('common', 100, { rare: 101 }), counts)).toBe('common');
});

test('held-out programs keep their label, and so do those that nothing makes smaller', () => {
  expect(taughtList({ ...row('rare', 100, { common: 101 }), split: 'test' }, counts)).toBe('rare');
  expect(taughtList(row('default<Oz>', 200, { common: 200 }), counts)).toBe('default<Oz>');
});
