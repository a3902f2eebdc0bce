// A function's instructions as basic blocks of steps. Jumps to other functions become tail calls, indirect
// jumps through tables become switches (jump-tables.ts). Blocks that cannot be reached are dropped.

import type { AssemblyFile, AssemblyFunction, CodeItem } from './assembly/types.ts';
import { linkPredecessors, successors, type Block, type FunctionBody, type Terminator } from './blocks.ts';
import { resolveJumpTables } from './jump-tables.ts';
import { withoutOutlining } from './outlined.ts';
import { isNoReturn } from './prototypes.ts';
import { Unsupported, type Step } from './step.ts';
import { temporaries, type Target } from './targets/target.ts';

interface Pending {
  labels: string[];
  steps: Step[];
}

/** Instructions that are not in the table, with how often each occurs. */
export class UnsupportedInstructions extends Error {
  override readonly name = 'UnsupportedInstructions';
  readonly counts: Map<string, number>;

  constructor(counts: Map<string, number>) {
    super(`unsupported ${[...counts.keys()].slice(0, 3).join(', ')}`);
    this.counts = counts;
  }
}

function translateAll(items: readonly CodeItem[], target: Target): Pending[] {
  const unsupported = new Map<string, number>();
  const pieces: Pending[] = [{ labels: [], steps: [] }];
  let afterFlow = false;
  for (const item of items) {
    let piece = pieces.at(-1)!;
    if (item.kind === 'label') {
      if (piece.steps.length > 0) pieces.push((piece = { labels: [], steps: [] }));
      piece.labels.push(item.name);
      afterFlow = false;
      continue;
    }
    if (afterFlow) pieces.push((piece = { labels: [], steps: [] }));
    try {
      const steps = target.translate(item.instruction, piece.steps);
      piece.steps.push(...steps);
      const step = steps.at(-1)!;
      afterFlow = step.flow !== undefined && step.flow.kind !== 'call';
      if (step.flow?.kind === 'call' && typeof step.flow.target === 'string')
        afterFlow = isNoReturn(step.flow.target);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      unsupported.set(error.message, (unsupported.get(error.message) ?? 0) + 1);
    }
  }
  if (unsupported.size > 0) throw new UnsupportedInstructions(unsupported);
  return pieces;
}

/** Ends a block with a call of `name` as its last act. */
function tailCallBlock(index: number, name: string, step: Step): Block {
  const call: Step = {
    instruction: step.instruction,
    writes: [],
    stores: [],
    undefined: [],
    calls: [],
    flow: { kind: 'call', target: name },
  };
  return { index, labels: [], steps: [call], terminator: { kind: 'tailCall' }, predecessors: [] };
}

function terminatorOf(
  piece: Pending,
  index: number,
  last: boolean,
  places: Map<string, number>,
  extra: (name: string, step: Step) => number,
): Terminator {
  const step = piece.steps.at(-1);
  const next: Terminator = last ? { kind: 'unreachable' } : { kind: 'jump', to: index + 1 };
  const flow = step?.flow;
  if (step === undefined || flow === undefined) return next;
  const place = (name: string): number => places.get(name) ?? extra(name, step);
  switch (flow.kind) {
    case 'jump':
      return { kind: 'jump', to: place(flow.target) };
    case 'branch':
      if (last) throw new Unsupported('a function that runs past its end');
      return { kind: 'branch', condition: flow.condition, yes: place(flow.target), no: index + 1 };
    case 'indirect':
      return { kind: 'indirect', address: flow.address };
    case 'return':
      return { kind: 'return', values: [] };
    case 'stop':
      return { kind: 'unreachable' };
    case 'call':
      if (typeof flow.target === 'string') {
        if (places.has(flow.target)) throw new Unsupported('a call into the function itself');
        if (isNoReturn(flow.target)) return { kind: 'unreachable' };
      }
      return next;
  }
}

/** Throws UnsupportedInstructions, or Unsupported for what is wrong with the whole. */
export function buildBody(source: AssemblyFunction, target: Target, file: AssemblyFile): FunctionBody {
  const pieces = translateAll(withoutOutlining(source.items, file), target);
  const places = new Map<string, number>();
  for (const [index, piece] of pieces.entries()) for (const label of piece.labels) places.set(label, index);
  const extras: Block[] = [];
  const extraPlaces = new Map<string, number>();
  const extra = (name: string, step: Step): number => {
    if (name.startsWith('.L') || /^\d+#/.test(name)) throw new Unsupported('a jump out of the function');
    let index = extraPlaces.get(name);
    if (index === undefined) {
      index = pieces.length + extras.length;
      extraPlaces.set(name, index);
      extras.push(tailCallBlock(index, name, step));
    }
    return index;
  };
  const blocks = pieces.map((piece, index): Block => {
    const terminator = terminatorOf(piece, index, index === pieces.length - 1, places, extra);
    return { index, labels: piece.labels, steps: piece.steps, terminator, predecessors: [] };
  });
  blocks.push(...extras);
  const body: FunctionBody = {
    name: source.name,
    blocks,
    instructions: pieces.reduce((sum, { steps }) => sum + steps.length, 0),
    registerTypes: [
      ...Array.from({ length: target.registerCount }, (_, register) => target.registerType(register)),
      ...temporaries,
    ],
  };
  linkPredecessors(body);
  resolveJumpTables(body, file, places, target.convention.clobbered);
  for (const block of blocks) {
    if (block.terminator.kind !== 'indirect') continue;
    // No table: a jump through a pointer to another function.
    const step = block.steps.at(-1)!;
    step.flow = { kind: 'call', target: block.terminator.address };
    block.terminator = { kind: 'tailCall' };
  }
  return dropUnreachable(body);
}

/** Without the blocks that nothing leads to; those that stay are changed in place. */
export function dropUnreachable(body: FunctionBody): FunctionBody {
  const reached = new Set<number>([0]);
  const waiting = [0];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    for (const to of successors(body.blocks[index]!.terminator)) {
      if (!reached.has(to)) {
        reached.add(to);
        waiting.push(to);
      }
    }
  }
  const kept = body.blocks.filter(({ index }) => reached.has(index));
  const renumbered = new Map(kept.map((block, index) => [block.index, index]));
  const place = (index: number): number => renumbered.get(index)!;
  for (const block of kept) {
    block.index = place(block.index);
    const { terminator } = block;
    if (terminator.kind === 'jump') block.terminator = { kind: 'jump', to: place(terminator.to) };
    else if (terminator.kind === 'branch') {
      block.terminator = { ...terminator, yes: place(terminator.yes), no: place(terminator.no) };
    } else if (terminator.kind === 'switch') {
      const { otherwise } = terminator;
      block.terminator = {
        ...terminator,
        to: terminator.to.map(place),
        ...(otherwise === undefined ? {} : { otherwise: place(otherwise) }),
      };
    }
  }
  const result = { ...body, blocks: kept };
  linkPredecessors(result);
  return result;
}
