// The stack frame. First every register that holds the stack pointer plus a known number is followed
// through the function, and what is computed from it becomes a `frame` expression: a place in the frame by
// its distance from the stack pointer at entry. Then slots that are only read and written directly become
// registers of their own, so that spills, saved registers and the variables of -O0 code are values like
// any other. What is left (arrays, structures, everything whose address is taken) stays memory.

import { linkPredecessors, successors, type Block, type FunctionBody } from './blocks.ts';
import { dropUnreachable } from './build-body.ts';
import { isVariablePlace } from './frame-spaces.ts';
import { bitcast, bitsOf, isInteger, registerValue, rewrite, terms, type Expression } from './expression.ts';
import { clobberedBy } from './kept-registers.ts';
import { Unsupported, type RegisterWrite, type Step } from './step.ts';
import type { Target } from './targets/target.ts';

/** Known distances from the stack pointer at entry, by register. */
export type Known = Map<number, number>;

function knownAfter(step: Step, known: Known, target: Target): Known {
  const after = new Map(known);
  for (const { register, value, rest } of step.writes) {
    if (value.kind === 'frame' && rest === 'zero') after.set(register, value.offset);
    else after.delete(register);
  }
  if (step.flow?.kind === 'call')
    for (const register of clobberedBy(step, target.convention)) after.delete(register);
  return after;
}

/** What is known after a step whose values were not rewritten yet. */
export function followStep(step: Step, known: Known, target: Target): Known {
  const writes = step.writes.map((write) => ({
    ...write,
    value: tryFrame(write.value, known, target.stackPointer),
  }));
  return knownAfter({ ...step, writes }, known, target);
}

function meet(left: Known, right: Known): Known {
  return new Map([...left].filter(([register, offset]) => right.get(register) === offset));
}

const sameKnown = (left: Known, right: Known): boolean =>
  left.size === right.size && [...left].every(([register, offset]) => right.get(register) === offset);

/** Replaces what is known in an expression; the low bits of an address are left alone. */
function withFrame(expression: Expression, known: Known, stackPointer: number): Expression {
  return rewrite(expression, (node) => {
    if (node.kind === 'register') {
      const offset = known.get(node.register);
      if (offset !== undefined && node.type === 'i64') return { kind: 'frame', type: 'i64', offset };
      if (node.register === stackPointer) throw new Unsupported('a stack frame of variable size');
    }
    // andq $-32, %rsp: the frame counts as aligned to whatever is asked for.
    if (node.kind === 'operation' && node.operator === 'and' && node.operands[0]!.kind === 'frame') {
      const mask = node.operands[1]!;
      if (mask.kind === 'constant' && BigInt.asIntN(64, mask.value) < 0n) {
        const bytes = -Number(BigInt.asIntN(64, mask.value));
        if (bytes <= 4096 && Number.isInteger(Math.log2(bytes))) {
          return { kind: 'frame', type: 'i64', offset: Math.floor(node.operands[0]!.offset / bytes) * bytes };
        }
      }
    }
    return node;
  });
}

export function rewriteStep(step: Step, change: (expression: Expression) => Expression): Step {
  const flow = step.flow;
  const result: Step = {
    ...step,
    writes: step.writes.map((write) => ({ ...write, value: change(write.value) })),
    stores: step.stores.map(({ address, value, ...rest }) => ({
      ...rest,
      address: change(address),
      value: change(value),
    })),
    calls: step.calls.map(change),
  };
  if (flow?.kind === 'branch') result.flow = { ...flow, condition: change(flow.condition) };
  if (flow?.kind === 'call') {
    const { target, site } = flow;
    result.flow = {
      ...flow,
      ...(typeof target === 'string' ? {} : { target: change(target) }),
      ...(site === undefined ? {} : { site: { ...site, arguments: site.arguments.map(change) } }),
    };
  }
  return result;
}

/** The stack pointer at each call, from that at entry. */
export type CallDepths = Map<Step, number>;

interface Solved {
  /** What is known at the starts and the ends of blocks; blocks that nothing leads to have neither. */
  starts: Map<number, Known>;
  ends: Map<number, Known>;
}

function solve(body: FunctionBody, target: Target): Solved {
  const { stackPointer } = target;
  const starts = new Map<number, Known>([[0, new Map([[stackPointer, 0]])]]);
  const ends = new Map<number, Known>();
  const waiting = [0];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const block = body.blocks[index]!;
    let known = starts.get(index)!;
    for (const step of block.steps) known = followStep(step, known, target);
    ends.set(index, known);
    for (const to of successors(block.terminator)) {
      const before = starts.get(to);
      const met = before === undefined ? known : meet(before, known);
      if (before !== undefined && sameKnown(before, met)) continue;
      starts.set(to, met);
      waiting.push(to);
    }
  }
  return { starts, ends };
}

/** Ends blocks at calls behind which the stack pointer is not where all others have it; whether there were any. */
function endAtNoReturn(body: FunctionBody, ends: Solved['ends'], stackPointer: number): boolean {
  let found = false;
  for (const { index } of body.blocks) {
    const before = body.blocks.filter(({ terminator }) => successors(terminator).includes(index));
    const isCall = ({ steps }: Block): boolean => steps.at(-1)?.flow?.kind === 'call';
    const depth = (block: Block): number | undefined => ends.get(block.index)?.get(stackPointer);
    const [one, ...others] = new Set(before.filter((block) => !isCall(block)).map(depth));
    if (one === undefined || others.length > 0 || isVariablePlace(one)) continue;
    for (const block of before) {
      const other = depth(block);
      if (!isCall(block) || other === one || isVariablePlace(other ?? 0)) continue;
      block.terminator = { kind: 'unreachable' };
      found = true;
    }
  }
  return found;
}

/** Without the ways behind calls that do not return, as far as the stack pointer tells them. Blocks in place. */
export function withoutNoReturn(body: FunctionBody, target: Target): FunctionBody {
  let rest = body;
  while (endAtNoReturn(rest, solve(rest, target).ends, target.stackPointer)) rest = dropUnreachable(rest);
  return rest;
}

/**
 * Turns addresses relative to the stack pointer into `frame` expressions, in place. Throws Unsupported where
 * the stack pointer is not known.
 */
export function findFrame(body: FunctionBody, target: Target): CallDepths {
  const { stackPointer } = target;
  const { starts } = solve(body, target);
  const depths: CallDepths = new Map();
  for (const block of body.blocks) {
    let known = starts.get(block.index)!;
    const writers = new Map<number, RegisterWrite>();
    block.steps = block.steps.map((step) => {
      const changed = rewriteStep(step, (expression) => withFrame(expression, known, stackPointer));
      // An address that is stored was computed for that.
      for (const [index, { value }] of step.stores.entries()) {
        const writer = value.kind === 'register' ? writers.get(value.register) : undefined;
        if (writer !== undefined && changed.stores[index]!.value !== value) writer.read = 'value';
      }
      // What was stored through is no place that a callee shall fill with its result.
      const { structureResult } = target.convention;
      const writer = structureResult === undefined ? undefined : writers.get(structureResult);
      const isThrough = (term: Expression): boolean =>
        term.kind === 'register' && term.register === structureResult;
      if (writer !== undefined && step.stores.some(({ address }) => terms(address).some(isThrough)))
        writer.read = 'value';
      for (const write of changed.writes) writers.set(write.register, write);
      if (step.flow?.kind === 'call') {
        const depth = known.get(stackPointer);
        if (depth === undefined) throw new Unsupported('a stack frame of variable size');
        depths.set(changed, depth);
      }
      known = knownAfter(changed, known, target);
      return changed;
    });
    const { terminator } = block;
    if (terminator.kind === 'branch') {
      // The branch reads the state before itself, as its step does.
      const flow = block.steps.at(-1)!.flow;
      if (flow?.kind === 'branch') block.terminator = { ...terminator, condition: flow.condition };
    }
    if (terminator.kind === 'return' || terminator.kind === 'tailCall') {
      if (known.get(stackPointer) !== 0) throw new Unsupported('a stack pointer that is not given back');
    }
  }
  linkPredecessors(body);
  return depths;
}

/** As withFrame, but a stack pointer that is not known is no error yet. */
export function tryFrame(expression: Expression, known: Known, stackPointer: number): Expression {
  try {
    return withFrame(expression, known, stackPointer);
  } catch (error) {
    if (error instanceof Unsupported) return expression;
    throw error;
  }
}

export interface FrameSlot {
  offset: number;
  bytes: number;
  register: number;
}

/** A part of the frame of which more is known than its uses. */
export interface FrameObject {
  start: number;
  bytes: number;
  /** None where nothing uses it any more. */
  alignment?: number;
}

export const isInObject = (objects: readonly FrameObject[], offset: number): boolean =>
  objects.some(({ start, bytes }) => offset >= start && offset < start + bytes);

export interface Frame {
  /** Slots that became registers, by offset. */
  slots: Map<number, FrameSlot>;
  /** Where addresses are taken, ascending; those of objects are left out. */
  taken: number[];
  objects: readonly FrameObject[];
}

interface Access {
  offset: number;
  bytes: number;
  isStore: boolean;
}

/** Calls `access` for direct reads and writes of the frame, `taken` for every other mention of a place in it. */
export function visitFrame(
  body: FunctionBody,
  access: (one: Access) => void,
  taken: (offset: number) => unknown,
): void {
  const visit = (expression: Expression): void => {
    switch (expression.kind) {
      case 'frame':
        taken(expression.offset);
        return;
      case 'load':
        if (expression.address.kind === 'frame' && expression.space === undefined) {
          access({
            offset: expression.address.offset,
            bytes: bitsOf(expression.type) / 8,
            isStore: false,
          });
        } else visit(expression.address);
        return;
      case 'operation':
        expression.operands.forEach(visit);
        return;
      default:
    }
  };
  for (const block of body.blocks) {
    for (const step of block.steps) {
      for (const { value } of step.writes) visit(value);
      for (const { address, value } of step.stores) {
        visit(value);
        if (address.kind === 'frame')
          access({ offset: address.offset, bytes: bitsOf(value.type) / 8, isStore: true });
        else visit(address);
      }
      step.calls.forEach(visit);
      if (step.flow?.kind === 'branch') visit(step.flow.condition);
      if (step.flow?.kind === 'call') {
        if (typeof step.flow.target !== 'string') visit(step.flow.target);
        step.flow.site?.arguments.forEach(visit);
      }
    }
  }
}

/**
 * Turns slots into registers, in place: `forced` only those that must be (`must`: saved registers, arguments),
 * `careful` also those below every place whose address is taken, `all` every slot at which no address points and that is
 * both written and read here: what lies inside an array or a structure is then missed by it. Objects stay what they are.
 */
export function promoteSlots(
  body: FunctionBody,
  which: 'forced' | 'careful' | 'all',
  must: (offset: number) => boolean,
  objects: readonly FrameObject[] = [],
): Frame {
  const widest = new Map<number, number>();
  const takenPlaces = new Set<number>();
  const [written, read] = [new Set<number>(), new Set<number>()];
  visitFrame(
    body,
    ({ offset, bytes, isStore }) => {
      widest.set(offset, Math.max(bytes, widest.get(offset) ?? 0));
      (isStore ? written : read).add(offset);
    },
    (offset) => isInObject(objects, offset) || takenPlaces.add(offset),
  );
  const taken = [...takenPlaces]
    .filter((place) => !isVariablePlace(place))
    .sort((left, right) => left - right);
  const lowest = taken[0] ?? Infinity;
  const slots = new Map<number, FrameSlot>();
  const accesses = [...widest].sort(([left], [right]) => left - right);
  for (const [index, [offset, bytes]] of accesses.entries()) {
    const overlapped =
      (index > 0 &&
        accesses.slice(Math.max(0, index - 8), index).some(([start, size]) => start + size > offset)) ||
      (accesses[index + 1]?.[0] ?? Infinity) < offset + bytes;
    const pointedAt =
      takenPlaces.has(offset) || taken.some((place) => place > offset && place < offset + bytes);
    const isForced = which === 'forced' || isVariablePlace(offset);
    // What is only written here, or only read, somebody else reads or writes by an address: a field of a structure.
    const isVariable = written.has(offset) && read.has(offset);
    const stays =
      !must(offset) && (isForced || ((which === 'careful' || !isVariable) && offset + bytes > lowest));
    if (overlapped || pointedAt || stays || isInObject(objects, offset)) continue;
    const register = body.registerTypes.length;
    body.registerTypes.push(bytes === 10 ? 'x86_fp80' : bytes > 8 ? 'i128' : (`i${bytes * 8}` as 'i64'));
    slots.set(offset, { offset, bytes, register });
  }
  const change = (expression: Expression): Expression =>
    rewrite(expression, (node) => {
      if (node.kind !== 'load' || node.address.kind !== 'frame') return node;
      const slot = slots.get(node.address.offset);
      if (slot === undefined) return node;
      const value = registerValue(slot.register, `i${bitsOf(node.type)}`);
      return isInteger(node.type) ? value : bitcast(value, node.type);
    });
  for (const block of body.blocks) {
    block.steps = block.steps.map((step) => {
      const changed = rewriteStep(step, change);
      const stores = [];
      for (const store of changed.stores) {
        const slot = store.address.kind === 'frame' ? slots.get(store.address.offset) : undefined;
        if (slot === undefined) stores.push(store);
        else {
          const rest = bitsOf(store.value.type) === slot.bytes * 8 ? 'zero' : 'keep';
          changed.writes.push({ register: slot.register, value: store.value, rest });
        }
      }
      changed.stores = stores;
      return changed;
    });
    const flow = block.steps.at(-1)?.flow;
    if (block.terminator.kind === 'branch' && flow?.kind === 'branch') {
      block.terminator = { ...block.terminator, condition: flow.condition };
    }
  }
  return { slots, taken, objects };
}
