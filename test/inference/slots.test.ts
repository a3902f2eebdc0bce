// Slots against a simulation of what a context really holds: after any sequence of requests every wanted
// path is where it was placed, and no copy comes from a slot that was overwritten.

import { expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { placePaths, type Slot } from '#ozma/inference/llama/slots.js';
import type { Path } from '#ozma/inference/scorer.js';

const root: Path = { parent: undefined, token: -1, depth: 0 };
const child = (parent: Path, token: number): Path => ({ parent, token, depth: parent.depth + 1 });
const chain = (path: Path): Path[] => (path.parent === undefined ? [path] : [...chain(path.parent), path]);

/** Carries placements out as a context would; returns how many tokens were evaluated. */
function evaluate(slots: Slot[], contents: Path[][], wanted: readonly Path[], clock: number): number {
  const placements = placePaths(slots, wanted);
  expect(placements.map(({ path }) => path).toSorted(byDepthAndToken)).toEqual(
    wanted.toSorted(byDepthAndToken),
  );
  expect(new Set(placements.map(({ slot }) => slot)).size).toBe(wanted.length);
  const copiedFrom = new Set(placements.map(({ copyFrom }) => copyFrom));
  for (const { slot, copyFrom } of placements) {
    if (copyFrom === undefined) continue;
    expect(copiedFrom.has(slot)).toBe(false);
    contents[slot] = [...contents[copyFrom]!];
  }
  let evaluated = 0;
  for (const { path, slot, shared } of placements) {
    const kept = contents[slot]!.slice(0, shared + 1);
    const whole = chain(path);
    expect(kept).toEqual(whole.slice(0, kept.length));
    expect(kept).toHaveLength(shared + 1);
    expect(kept.length).toBeLessThan(whole.length);
    evaluated += whole.length - kept.length;
    contents[slot] = whole;
    slots[slot] = { path, used: clock };
  }
  return evaluated;
}

function byDepthAndToken(a: Path, b: Path): number {
  return a.depth - b.depth || a.token - b.token;
}

test.each([1, 2, 3, 8])('random trees over %i slots', (count) => {
  const random = createRandom(count);
  for (let round = 0; round < 30; round++) {
    const slots: Slot[] = Array.from({ length: count }, () => ({ path: undefined, used: 0 }));
    const contents: Path[][] = slots.map(() => []);
    const known: Path[] = [root];
    evaluate(slots, contents, [root], 1);
    for (let step = 2; step < 30; step++) {
      const wanted = new Set<Path>();
      for (let index = random.below(count) + 1; index > 0; index--) {
        const again = random.next() < 0.1;
        const parent =
          random.next() < 0.6
            ? known.at(-1 - random.below(Math.min(known.length, count)))!
            : random.pick(known);
        wanted.add(again ? parent : child(parent, known.length * 10 + index));
      }
      evaluate(slots, contents, [...wanted], step);
      known.push(...wanted);
    }
  }
});

test('going on costs one token, and a second child costs a copy', () => {
  const slots: Slot[] = Array.from({ length: 4 }, () => ({ path: undefined, used: 0 }));
  const contents: Path[][] = slots.map(() => []);
  evaluate(slots, contents, [root], 1);
  let leaves = [child(root, 1), child(root, 2), child(root, 3), child(root, 4)];
  expect(evaluate(slots, contents, leaves, 2)).toBe(4);
  for (let step = 3; step < 9; step++) {
    leaves = leaves.map((leaf) => child(leaf, leaf.token));
    expect(evaluate(slots, contents, leaves, step)).toBe(4);
  }
  // As a beam does: two of one parent, two of another, two parents dropped.
  const [first, second] = leaves as [Path, Path];
  const next = [child(first, 1), child(first, 2), child(second, 3), child(second, 4)];
  expect(evaluate(slots, contents, next, 9)).toBe(4);
});
