// Functions with unnamed arguments. At their start they save the argument registers that no named parameter
// takes; va_start is a few stores that tell a va_list where these and the stack's arguments lie, and optimised
// code goes on with what it stored. Here the saves disappear, the stores become `llvm.va_start` again, and
// other mentions of those places are read back out of the list.

import { successors, type Block, type FunctionBody } from './blocks.ts';
import { dropUnreachable } from './build-body.ts';
import {
  add,
  bitsOf,
  constant,
  load,
  operation,
  registerValue,
  rewrite,
  type Expression,
} from './expression.ts';
import type { FrameObject } from './frame.ts';
import { Unsupported, type Step, type Store } from './step.ts';
import type { Target } from './targets/target.ts';

/** How many of each kind of argument have names; nothing where the code never asks for others of that kind. */
export interface NamedArguments {
  integers?: number;
  floats?: number;
  /** On the stack, of 8 bytes each. */
  stack: number;
}

export interface VariadicFunction {
  body: FunctionBody;
  named: NamedArguments;
  /** The lists, and where registers were saved. */
  objects: FrameObject[];
}

/** One va_start: the list's place in the frame, and the places that it was told. */
interface Site {
  block: Block;
  /** Its first store stands here. */
  at: number;
  list: number;
  fields: Map<number, number>;
  stores: Set<Store>;
  numbers: (number | undefined)[];
}

const folds: Record<string, (left: bigint, right: bigint) => bigint> = {
  and: (left, right) => left & right,
  or: (left, right) => left | right,
  add: (left, right) => left + right,
  shl: (left, right) => left << right,
};

/**
 * The number that an expression is before step `before` of a block, where the block itself says it. What
 * writes of registers it was read from are marked as read.
 */
function numberOf(expression: Expression, steps: readonly Step[], before: number): bigint | undefined {
  const { type } = expression;
  const within = (value: bigint | undefined): bigint | undefined =>
    value === undefined ? undefined : BigInt.asUintN(bitsOf(type), value);
  if (expression.kind === 'constant') return expression.value;
  if (expression.kind === 'register') {
    for (let at = before - 1; at >= 0; at--) {
      const write = steps[at]!.writes.find(({ register }) => register === expression.register);
      if (write === undefined) continue;
      write.read = 'value';
      return write.rest === 'zero' ? within(numberOf(write.value, steps, at)) : undefined;
    }
    return undefined;
  }
  if (expression.kind !== 'operation') return undefined;
  const operands = expression.operands.map((operand) => numberOf(operand, steps, before));
  if (operands.includes(undefined)) return undefined;
  if (expression.operator === 'trunc' || expression.operator === 'zext') return within(operands[0]);
  const fold = folds[expression.operator];
  return fold === undefined ? undefined : within(fold(operands[0]!, operands[1]!));
}

const signed = (value: bigint, bits: number): number => Number(BigInt.asIntN(bits, value));

/** The va_start that a store of an address among the stack's arguments belongs to. */
function siteAt(block: Block, at: number, store: Store, target: Target): Site | undefined {
  const { stackField, savedFields, numbers } = target.variadicList;
  const { address, value } = store;
  if (address.kind !== 'frame' || value.kind !== 'frame') return undefined;
  if (value.offset < target.convention.incomingStackArguments) return undefined;
  const list = address.offset - stackField;
  const site: Site = {
    block,
    at,
    list,
    fields: new Map([[stackField, value.offset]]),
    stores: new Set([store]),
    numbers: [undefined, undefined],
  };
  // It is told everything between two calls.
  const isCall = ({ flow }: Step): boolean => flow?.kind === 'call';
  const first = block.steps.findLastIndex((step, index) => index < at && isCall(step)) + 1;
  const end = block.steps.findIndex((step, index) => index >= at && isCall(step));
  const steps = block.steps.slice(0, end < 0 ? undefined : end);
  for (const [index, step] of steps.entries()) {
    for (const one of index < first ? [] : step.stores) {
      if (one.address.kind !== 'frame') continue;
      const field = one.address.offset - list;
      if (one.value.kind === 'frame' && savedFields.includes(field)) {
        site.fields.set(field, one.value.offset);
        site.stores.add(one);
        site.at = Math.min(site.at, index);
      } else if (field === numbers || field === numbers + 4) {
        const number = numberOf(one.value, steps, index);
        if (number === undefined) continue;
        site.stores.add(one);
        site.at = Math.min(site.at, index);
        site.numbers[(field - numbers) / 4] ??= signed(number, 32);
        if (bitsOf(one.value.type) === 64) site.numbers[1] ??= signed(number >> 32n, 32);
      }
    }
  }
  return savedFields.some((field) => site.fields.has(field)) ? site : undefined;
}

function findSites(body: FunctionBody, target: Target): Site[] {
  const sites: Site[] = [];
  for (const block of body.blocks) {
    for (const [at, { stores }] of block.steps.entries()) {
      for (const store of stores) {
        if (sites.some((site) => site.stores.has(store))) continue;
        const site = siteAt(block, at, store, target);
        if (site !== undefined) sites.push(site);
      }
    }
  }
  return sites;
}

/** A register's whole value, as bits or as a number. */
function storedRegister({ value }: Store): number | undefined {
  const inner = value.kind === 'operation' && value.operator === 'bitcast' ? value.operands[0]! : value;
  return inner.kind === 'register' ? inner.register : undefined;
}

/** Bytes of the frame. */
interface Range {
  start: number;
  end: number;
}

/**
 * Takes the saves of argument registers out of the first block, the way around vector registers, and where both
 * meet; where they were saved.
 */
function dropSaves(body: FunctionBody, named: NamedArguments, target: Target): Range[] {
  const { integerArguments, floatArguments } = target.convention;
  const unnamed = new Set([
    ...integerArguments.slice(named.integers ?? integerArguments.length),
    ...floatArguments.slice(named.floats ?? floatArguments.length),
  ]);
  const saved: Range[] = [];
  const start = body.blocks[0]!;
  const written = new Set<number>();
  const first = new Set([0, ...successors(start.terminator)]);
  for (const block of [...first].sort((left, right) => left - right).map((index) => body.blocks[index]!)) {
    if (!block.predecessors.every((index) => first.has(index) && index < block.index)) continue;
    for (const step of block.steps) {
      step.stores = step.stores.filter((store) => {
        const register = storedRegister(store);
        const { address } = store;
        if (address.kind !== 'frame' || register === undefined) return true;
        if (!unnamed.has(register) || written.has(register)) return true;
        saved.push({ start: address.offset, end: address.offset + bitsOf(store.value.type) / 8 });
        return false;
      });
      for (const { register } of step.writes) written.add(register);
      if (step.flow?.kind === 'call') return saved;
    }
  }
  return saved;
}

/** A way around a block that has nothing left to do is a jump. */
function dropEmptyWays(body: FunctionBody): FunctionBody {
  const isEmpty = (block: Block): boolean =>
    block.steps.every(
      ({ writes, stores, calls, flow }) =>
        writes.length + stores.length + calls.length === 0 && (flow === undefined || flow.kind === 'jump'),
    );
  for (const block of body.blocks) {
    const { terminator } = block;
    if (terminator.kind !== 'branch') continue;
    for (const [around, to] of [
      [terminator.yes, terminator.no],
      [terminator.no, terminator.yes],
    ] as const) {
      const way = body.blocks[around]!;
      if (!isEmpty(way) || way.terminator.kind !== 'jump' || way.terminator.to !== to) continue;
      block.terminator = { kind: 'jump', to };
      block.steps.pop();
      break;
    }
  }
  return dropUnreachable(body);
}

/** The first block of the way that always leads to this one. */
function homeOf(body: FunctionBody, block: Block): Block {
  let home = block;
  while (home.predecessors.length === 1) {
    const before = body.blocks[home.predecessors[0]!]!;
    if (before.terminator.kind !== 'jump') break;
    home = before;
  }
  return home;
}

/** Blocks that can be reached without passing through one. */
function reachedWithout(body: FunctionBody, without: Block): Set<number> {
  const reached = new Set<number>();
  const waiting = without.index === 0 ? [] : [0];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (reached.has(index) || index === without.index) continue;
    reached.add(index);
    waiting.push(...successors(body.blocks[index]!.terminator));
  }
  return reached;
}

const emptyStep = ({ instruction }: Step): Step => ({
  instruction,
  writes: [],
  stores: [],
  undefined: [],
  calls: [],
});

const vaStart = (list: number): Expression => operation('void', 'llvm.va_start', place(list));

const place = (offset: number): Expression => ({ kind: 'frame', type: 'i64', offset });

/** Reads the places that a list was told out of the list, wherever else they are mentioned. */
class Mentions {
  private readonly body: FunctionBody;
  private readonly site: Site;
  private readonly saved: readonly Range[];
  private readonly target: Target;
  /** Registers that hold a field's first value. */
  readonly registers = new Map<number, number>();

  constructor(body: FunctionBody, site: Site, saved: readonly Range[], target: Target) {
    this.body = body;
    this.site = site;
    this.saved = saved;
    this.target = target;
  }

  /** A field's first value, moved to a place that was told by it. */
  private fieldValue(field: number, offset: number): Expression {
    let register = this.registers.get(field);
    if (register === undefined) {
      register = this.body.registerTypes.length;
      this.body.registerTypes.push('i64');
      this.registers.set(field, register);
    }
    const value = registerValue(register, 'i64');
    return add(value, constant('i64', offset - this.site.fields.get(field)!));
  }

  /**
   * `sure`: something that is not known yet is added, or it is stored into another list. Otherwise the end of
   * saved registers is what begins there in the frame.
   */
  private read(offset: number, sure: boolean): Expression | undefined {
    const { list, fields } = this.site;
    const { stackField, savedFields, savedBehind, bytes } = this.target.variadicList;
    if (offset >= fields.get(stackField)!) return this.fieldValue(stackField, offset);
    const isSaved = this.saved.some(({ start, end }) => offset >= start && offset < end);
    const told = savedFields.find((field) => fields.get(field) === offset);
    if (told !== undefined && (sure || !savedBehind)) return this.fieldValue(told, offset);
    if (!isSaved || (offset >= list && offset < list + bytes)) return undefined;
    // The nearest address that was told: it lies before the registers or behind them.
    const near = savedFields
      .filter((field) => fields.has(field))
      .sort((left, right) => Math.abs(fields.get(left)! - offset) - Math.abs(fields.get(right)! - offset));
    return this.fieldValue(near[0]!, offset);
  }

  change(expression: Expression): Expression {
    const indexed = rewrite(expression, (node) => {
      if (node.kind !== 'operation' || node.operator !== 'add') return node;
      const operands = node.operands.map((operand) =>
        operand.kind === 'frame' ? (this.read(operand.offset, true) ?? operand) : operand,
      );
      return add(operands[0]!, operands[1]!);
    });
    return rewrite(indexed, (node) =>
      node.kind === 'frame' ? (this.read(node.offset, false) ?? node) : node,
    );
  }

  /** An address that was told and is stored in the frame is a field of a copied list. */
  private changeStore(store: Store, change: (expression: Expression) => Expression): Store {
    const { address, value } = store;
    const copied =
      address.kind === 'frame' && value.kind === 'frame' && value.offset !== this.site.list
        ? this.read(value.offset, true)
        : undefined;
    return { ...store, address: change(address), value: copied ?? change(value) };
  }

  /** In place; blocks that come before va_start may only compute the addresses that they are told. */
  changeAll(before: ReadonlySet<number>): void {
    const change = (expression: Expression): Expression => {
      const changed = this.change(expression);
      if (changed !== expression && early) throw new Unsupported('unnamed arguments read before va_start');
      return changed;
    };
    let early = false;
    for (const block of this.body.blocks) {
      early = before.has(block.index);
      for (const step of block.steps) {
        // Addresses that are computed too soon are read where they are used.
        if (!early) for (const write of step.writes) write.value = change(write.value);
        step.stores = step.stores.map((store) => this.changeStore(store, change));
        step.calls = step.calls.map(change);
        const { flow } = step;
        if (flow?.kind === 'branch') flow.condition = change(flow.condition);
        if (flow?.kind === 'call' && typeof flow.target !== 'string') flow.target = change(flow.target);
      }
      const flow = block.steps.at(-1)?.flow;
      if (block.terminator.kind === 'branch' && flow?.kind === 'branch')
        block.terminator = { ...block.terminator, condition: flow.condition };
    }
  }
}

function namedArguments(site: Site, target: Target): NamedArguments {
  const { convention, variadicList } = target;
  const [first, second] = site.numbers;
  const stack = (site.fields.get(variadicList.stackField)! - convention.incomingStackArguments) / 8;
  const named: NamedArguments = { stack };
  if (first !== undefined) named.integers = variadicList.integersNamed(first);
  if (second !== undefined) named.floats = variadicList.floatsNamed(second);
  const { integers = 0, floats = 0 } = named;
  const possible = [integers, floats, stack].every((count) => Number.isInteger(count) && count >= 0);
  if (!possible || integers > convention.integerArguments.length || floats > convention.floatArguments.length)
    throw new Unsupported('a variadic function whose va_start is not understood');
  return named;
}

/**
 * Finds va_start and takes the saved registers out, in place. Nothing where the function has no va_start.
 *
 * @throws Unsupported where unnamed arguments are saved and it is not understood what becomes of them.
 */
export function restoreVariadic(body: FunctionBody, target: Target): VariadicFunction | undefined {
  const savesAll = target.isVariadic(body.blocks[0]!.steps);
  const sites = findSites(body, target);
  if (sites.length === 0) {
    if (savesAll) throw new Unsupported('a variadic function without va_start');
    return undefined;
  }
  const [first] = sites;
  const named = namedArguments(first!, target);
  const saved = dropSaves(body, named, target);
  for (const { block, stores } of sites)
    for (const step of block.steps) step.stores = step.stores.filter((store) => !stores.has(store));
  const rest = dropEmptyWays(body);
  const home = homeOf(rest, first!.block);
  const mentions = new Mentions(rest, first!, saved, target);
  mentions.changeAll(reachedWithout(rest, home));
  for (const { block, at, list } of sites) block.steps[at]!.calls.push(vaStart(list));
  if (mentions.registers.size > 0) {
    // What it tells is wanted from here on.
    const { block, at, list } = first!;
    const start = emptyStep(block.steps[at]!);
    start.calls.push(block.steps[at]!.calls.pop()!);
    const reads = emptyStep(start);
    for (const [field, register] of mentions.registers)
      reads.writes.push({ register, value: load(place(list + field), 'i64'), rest: 'zero' });
    home.steps.unshift(start, reads);
  }
  const { bytes, alignment } = target.variadicList;
  const objects: FrameObject[] = [...new Set(sites.map(({ list }) => list))].map((start) => ({
    start,
    bytes,
    alignment,
  }));
  objects.push(...saved.map(({ start, end }) => ({ start, bytes: end - start })));
  return { body: rest, named, objects };
}
