// What a call passes on the stack, where no prototype says it, and what a function finds there of type long
// double. An integer is on the stack where the registers are full, a long double always; gcc passes one that
// lies in memory as two words that it pushes.

import { successors, type Block, type FunctionBody } from './blocks.ts';
import {
  bitcast,
  bitsOf,
  load,
  lshr,
  constant,
  rewrite,
  truncate,
  zeroExtend,
  type Expression,
  type Type,
} from './expression.ts';
import { rewriteStep, visitFrame, type Frame } from './frame.ts';
import { extended } from './prototypes.ts';
import { Unsupported, type Step } from './step.ts';

export interface StoredArgument {
  type: Type;
  /** By an instruction that moves the stack pointer: a register or a number, or what lies in memory. */
  pushed?: 'value' | 'memory';
}

/**
 * What was stored on every way to a block, as far as it is of type long double; all of it where the block is
 * nothing but a call in place of a return. Ways around a loop are not looked at.
 */
export function storedBefore(
  { predecessors, terminator, steps }: Block,
  atEnds: readonly ReadonlyMap<number, StoredArgument>[],
): Map<number, StoredArgument> {
  const [first, ...others] = predecessors.map((index) => atEnds[index]);
  const isTail = terminator.kind === 'tailCall' && steps.length === 1;
  const found = [...(first ?? [])].filter(
    ([offset, { type }]) =>
      (isTail || type === extended) && others.every((other) => other?.get(offset)?.type === type),
  );
  return new Map(found);
}

const frame = (offset: number): Expression => ({ kind: 'frame', type: 'i64', offset });

/**
 * The arguments from the place `from` on: what was stored there since the call before. `isKept` says whether
 * somebody reads the place behind the call, which nobody does with an argument.
 */
export function stackArguments(
  stored: ReadonlyMap<number, StoredArgument>,
  from: number,
  registersFull: boolean,
  isKept: (offset: number) => boolean,
): Expression[] {
  const found: Expression[] = [];
  const isWord = (offset: number): boolean => {
    const one = stored.get(offset);
    return one?.pushed === 'memory' && one.type === 'i64';
  };
  for (let at = from; ;) {
    const isAligned = (at - from) % 16 === 0;
    if (isAligned && stored.get(at)?.type === extended && !isKept(at)) {
      found.push(load(frame(at), extended));
      at += 16;
    } else if (registersFull && stored.has(at) && stored.get(at)?.type !== extended) {
      found.push(load(frame(at), 'i64'));
      at += 8;
    } else if (registersFull && !isAligned && stored.get(at + 8)?.type === extended) at += 8;
    else if (!registersFull && isAligned && isWord(at) && isWord(at + 8)) {
      // A structure is more words one behind the other.
      if (isWord(at + 16)) throw new Unsupported('a structure on the stack');
      found.push(load(frame(at), extended));
      at += 16;
    } else return found;
  }
}

/** Whether a place of the frame is read behind a step before something else is stored there. */
export function isReadBehind(body: FunctionBody, block: Block, step: Step, offset: number): boolean {
  const seen = new Set<number>();
  /** Undefined where the steps neither read the place nor store there. */
  const look = (steps: readonly Step[]): boolean | undefined => {
    for (const one of steps) {
      // Gives stack back.
      if (one.instruction.mnemonic.startsWith('pop')) continue;
      let read = false;
      visitFrame(
        { ...body, blocks: [{ ...block, steps: [{ ...one, stores: [] }] }] },
        (access) => (read ||= access.offset === offset),
        () => undefined,
      );
      if (read) return true;
      if (one.stores.some(({ address }) => address.kind === 'frame' && address.offset === offset))
        return false;
    }
    return undefined;
  };
  const first = look(block.steps.slice(block.steps.indexOf(step) + 1));
  if (first !== undefined) return first;
  const waiting = successors(block.terminator);
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const found = look(body.blocks[index]!.steps);
    if (found === true) return true;
    if (found === undefined) waiting.push(...successors(body.blocks[index]!.terminator));
  }
  return false;
}

/** Reads of parts of a long double among the function's own stack arguments, as bits of the whole. In place. */
export function readWholeArguments(body: FunctionBody, incoming: number): void {
  const wholes = new Set<number>();
  visitFrame(
    body,
    ({ offset, bytes }) => {
      if (offset >= incoming && bytes === 10) wholes.add(offset);
    },
    () => undefined,
  );
  if (wholes.size === 0) return;
  const change = (node: Expression): Expression => {
    if (node.kind !== 'load' || node.address.kind !== 'frame' || node.type === extended) return node;
    const { offset } = node.address;
    const whole = [...wholes].find((start) => offset >= start && offset < start + 16);
    if (whole === undefined || !node.type.startsWith('i')) return node;
    const bits = zeroExtend(bitcast(load(frame(whole), extended), 'i80'), 'i128');
    const moved = lshr(bits, constant('i128', 8 * (offset - whole)));
    return bitsOf(node.type) > 128 ? node : truncate(moved, node.type);
  };
  for (const block of body.blocks) {
    for (const step of block.steps)
      Object.assign(
        step,
        rewriteStep(step, (expression) => rewrite(expression, change)),
      );
    const flow = block.steps.at(-1)?.flow;
    if (block.terminator.kind === 'branch' && flow?.kind === 'branch')
      block.terminator = { ...block.terminator, condition: flow.condition };
  }
}

/** Throws Unsupported where a long double among the stack arguments stayed memory: nothing would be in it. */
export function checkWholeArguments(body: FunctionBody, { slots }: Frame, incoming: number): void {
  visitFrame(
    body,
    ({ offset, bytes }) => {
      if (offset >= incoming && bytes === 10 && !slots.has(offset))
        throw new Unsupported('a part of a stack argument');
    },
    () => undefined,
  );
}
