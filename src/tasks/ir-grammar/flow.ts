// Where control flows in a function that is being written, as far as its lines go: which blocks jump to a block,
// which are passed on every way to it, and which its phis have named. More lines only add ways, so what is not passed
// on every way now never will be.

export interface Flow {
  /** The block that is being written. */
  current: number;
  /** Blocks written to their end that jump to each block, as often as they do. */
  from: ReadonlyMap<number, readonly number[]>;
  /** Of each block that was begun, those that are passed on every way to it, itself included. */
  above: ReadonlyMap<number, ReadonlySet<number>>;
  /** Blocks that the first phi of each block names. */
  phis: ReadonlyMap<number, readonly number[]>;
}

export const atEntry: Flow = {
  current: 0,
  from: new Map(),
  above: new Map([[0, new Set([0])]]),
  phis: new Map(),
};

export function beginBlock(flow: Flow, block: number): Flow {
  const [first, ...others] = (flow.from.get(block) ?? []).map((from) => flow.above.get(from)!);
  // Nothing jumps there yet: any block may turn out to be passed.
  const candidates = [...(first ?? flow.above.keys())];
  const above = candidates.filter((candidate) => others.every((other) => other.has(candidate)));
  return { ...flow, current: block, above: new Map([...flow.above, [block, new Set([...above, block])]]) };
}

/** At the end of the current block. */
export function jumpTo(flow: Flow, targets: readonly number[]): Flow {
  const from = new Map(flow.from);
  for (const target of targets) from.set(target, [...(from.get(target) ?? []), flow.current]);
  return { ...flow, from };
}

/** Behind a phi of the current block. */
export function addPhi(flow: Flow, named: readonly number[]): Flow {
  if (flow.phis.has(flow.current)) return flow;
  return { ...flow, phis: new Map([...flow.phis, [flow.current, named]]) };
}

/** Whether a block is passed on every way to the current one. */
export function isAbove({ above, current }: Flow, block: number): boolean {
  return above.get(current)!.has(block);
}

/** Blocks that a phi may name after those that it did: what jumps here, as often as it does, or may yet. */
export function namedByPhi(
  flow: Flow,
  named: readonly number[],
  blocks: readonly number[],
): readonly number[] {
  const { current, from, above, phis } = flow;
  const known = phis.get(current);
  return blocks.filter((block) => {
    const isWritten = above.has(block) && block !== current;
    if (known === undefined && !isWritten) return true;
    return count(named, block) < count(known ?? from.get(current) ?? [], block);
  });
}

/** Whether a phi has named all blocks that it has to. */
export function isWholePhi({ current, from, phis }: Flow, named: readonly number[]): boolean {
  const known = phis.get(current) ?? from.get(current) ?? [];
  return known.every((block) => count(named, block) >= count(known, block));
}

function count(blocks: readonly number[], block: number): number {
  return blocks.filter((other) => other === block).length;
}

/**
 * Blocks that the current one may jump to: not those whose phis do not know it; where only so many more jumps fit
 * into the line, those whose phis count on it.
 */
export function targetsOf(
  { current, phis }: Flow,
  named: readonly number[],
  blocks: readonly number[],
  jumps: number,
): readonly number[] {
  const counting = [...phis].filter(([block, from]) => from.includes(current) && !named.includes(block));
  if (counting.length >= jumps) return counting.map(([block]) => block);
  return blocks.filter((block) => block !== 0 && phis.get(block)?.includes(current) !== false);
}
