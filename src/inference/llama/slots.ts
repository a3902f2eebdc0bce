// Which of a few slots each wanted path is evaluated in. A slot is a sequence of the model's context that
// holds the keys and values of one path, its ancestors included. Going on from a slot costs one token;
// copying a slot costs memory traffic; what no slot holds must be evaluated again.

import type { Path } from '../scorer.ts';

export interface Slot {
  /** What it holds; undefined: nothing. */
  path: Path | undefined;
  /** Increases with use: the slot with the lowest is overwritten first. */
  used: number;
}

export interface Placement {
  path: Path;
  /** Index of the slot it goes to. */
  slot: number;
  /** The slot to copy first; undefined where the slot itself is gone on from, or nothing is held. */
  copyFrom: number | undefined;
  /** Depth of the deepest ancestor that is held then, below `path`; -1: not even the prompt. */
  shared: number;
}

/**
 * At most as many paths as slots. Copies are to be made before anything else: no slot that is copied from
 * is copied to.
 */
export function placePaths(slots: readonly Slot[], wanted: readonly Path[]): Placement[] {
  const placements: Placement[] = [];
  const others: { path: Path; source: number | undefined; shared: number }[] = [];
  const extended = new Set<number>();
  for (const path of wanted) {
    const held = slots.findIndex(
      (slot, index) => slot.path !== undefined && slot.path === path.parent && !extended.has(index),
    );
    if (held >= 0) {
      extended.add(held);
      placements.push({ path, slot: held, copyFrom: undefined, shared: path.depth - 1 });
    } else {
      others.push({ path, ...bestSource(slots, path) });
    }
  }

  const sources = new Set(others.map(({ source }) => source));
  const free = [...slots.keys()]
    .filter((index) => !extended.has(index) && !sources.has(index))
    .sort((left, right) => slots[left]!.used - slots[right]!.used);
  // Where other slots do not suffice, a source is gone on from by one of those that share it.
  let scarce = others.length - free.length;
  const taken = new Set(extended);
  for (const { path, source, shared } of others) {
    if (scarce > 0 && source !== undefined && !taken.has(source)) {
      scarce -= 1;
      taken.add(source);
      placements.push({ path, slot: source, copyFrom: undefined, shared });
    } else {
      placements.push({ path, slot: free.shift()!, copyFrom: source, shared });
    }
  }
  return placements;
}

function bestSource(slots: readonly Slot[], path: Path): { source: number | undefined; shared: number } {
  let source: number | undefined;
  let shared = -1;
  for (const [index, slot] of slots.entries()) {
    if (slot.path === undefined) continue;
    // The last token is evaluated again where it is held: its logits are wanted.
    const depth = Math.min(sharedDepth(slot.path, path), path.depth - 1);
    if (source === undefined || depth > shared) [source, shared] = [index, depth];
  }
  return { source, shared };
}

/** The depth of the nearest common ancestor; paths of one tree have at least the root in common. */
function sharedDepth(one: Path, other: Path): number {
  let [left, right] = [one, other];
  while (left.depth > right.depth) left = left.parent!;
  while (right.depth > left.depth) right = right.parent!;
  while (left !== right) [left, right] = [left.parent!, right.parent!];
  return left.depth;
}
