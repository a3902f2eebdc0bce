// Which low bits of which register somebody still reads: liveness with widths, backwards through the
// function. A write that nobody demands is dropped, a byte written into a register of which only bytes are
// read needs no old value, and the width that is demanded at the entry is that of a parameter.

import { successors, type Block, type FunctionBody } from './blocks.ts';
import { bitsOf, hasEffect, isAtomic, terms, type Expression, type Type } from './expression.ts';
import { clobberedBy } from './kept-registers.ts';
import type { Step } from './step.ts';
import type { CallingConvention } from './targets/target.ts';

/** Demanded bits by register; 0 is dead. */
export type Demand = Uint8Array;

/**
 * How a read uses the register, for the inference of types: as the one base of an address, as one of two
 * candidates, or under a cast to another type.
 */
export type Use = { as: 'value' | 'address' | 'maybeAddress' } | { as: 'cast'; type: Type };

const plain: Use = { as: 'value' };
const address: Use = { as: 'address' };
const maybeAddress: Use = { as: 'maybeAddress' };

export type Visit = (register: number, bits: number, use: Use) => void;

/** Operators whose low bits depend on the low bits of their operands alone. */
const lowBits = new Set(['add', 'sub', 'mul', 'and', 'or', 'xor', 'trunc', 'zext']);

/** Every register that an expression reads when its low bits are wanted. */
export function visitReads(expression: Expression, bits: number, visit: Visit, use: Use = plain): void {
  switch (expression.kind) {
    case 'register':
      visit(expression.register, Math.min(bits, bitsOf(expression.type)), use);
      return;
    case 'load':
      visitAddress(expression.address, visit);
      return;
    case 'operation': {
      const [first, second] = expression.operands;
      if (isAtomic(expression)) {
        visitAddress(first!, visit);
        for (const operand of expression.operands.slice(1)) visitReads(operand, bitsOf(operand.type), visit);
        return;
      }
      if (expression.operator === 'shl' && second!.kind === 'constant') {
        const wanted = bits - Number(second!.value);
        if (wanted > 0) visitReads(first!, wanted, visit);
        return;
      }
      if (expression.operator === 'bitcast' && first!.kind === 'register') {
        visit(first!.register, Math.min(bits, bitsOf(first!.type)), { as: 'cast', type: expression.type });
        return;
      }
      // `andb $1, %al` is what becomes of a condition.
      if (expression.operator === 'and' && expression.type === 'i8' && second!.kind === 'constant') {
        if (second!.value === 1n) {
          visitReads(first!, 1, visit);
          return;
        }
      }
      const narrow = lowBits.has(expression.operator) && !expression.type.startsWith('<');
      for (const [index, operand] of expression.operands.entries()) {
        const width = bitsOf(operand.type);
        const selected = expression.operator === 'select' && index > 0 && !operand.type.startsWith('<');
        visitReads(operand, narrow || selected ? Math.min(bits, width) : width, visit);
      }
      return;
    }
    default:
  }
}

/** An address reads all of its summands; one of them is a pointer, unless it starts at a symbol or in the frame. */
export function visitAddress(expression: Expression, visit: Visit): void {
  const summands = terms(expression);
  const registers = summands.filter(({ kind }) => kind === 'register').length;
  const based = summands.some(({ kind }) => kind === 'symbol' || kind === 'frame');
  const use = based ? plain : registers > 1 ? maybeAddress : address;
  for (const summand of summands) visitReads(summand, 64, visit, summand.kind === 'register' ? use : plain);
}

/** Every register that a step reads, given what is demanded after it; `all` counts what nobody demands too. */
export function visitStepReads(step: Step, after: Demand, visit: Visit, all = false): void {
  for (const { register, value, rest } of step.writes) {
    const demanded = after[register]!;
    if (all) visitReads(value, bitsOf(value.type), visit);
    if (demanded === 0 && !hasEffect(value)) continue;
    const bits = bitsOf(value.type);
    visitReads(value, Math.min(bits, demanded), visit);
    if (rest === 'keep' && demanded > bits) {
      visit(register, demanded, plain);
    }
  }
  for (const { address, value } of step.stores) {
    visitAddress(address, visit);
    visitReads(value, bitsOf(value.type), visit);
  }
  for (const call of step.calls) {
    if (call.kind !== 'operation') continue;
    if (isAtomic(call)) visitReads(call, 0, visit);
    else if (call.operator === 'llvm.stackrestore') visitAddress(call.operands[0]!, visit);
    else for (const operand of call.operands) visitReads(operand, bitsOf(operand.type), visit);
  }
  if (step.flow?.kind === 'call') {
    if (typeof step.flow.target !== 'string') visitAddress(step.flow.target, visit);
    const site = step.flow.site;
    site?.arguments.forEach((argument, index) => {
      const type = site.parameterTypes[index];
      if (type === 'ptr') visitAddress(argument, visit);
      else visitReads(argument, bitsOf(type ?? argument.type), visit);
    });
  }
}

/** What is demanded before a step, from what is demanded after it; changes `demand` in place. */
export function stepBackward(step: Step, demand: Demand, convention: CallingConvention, all = false): void {
  const reads: [number, number][] = [];
  visitStepReads(step, demand, (register, bits) => reads.push([register, bits]), all);
  if (step.flow?.kind === 'call') for (const register of clobberedBy(step, convention)) demand[register] = 0;
  for (const register of step.undefined) demand[register] = 0;
  for (const { register } of step.writes) demand[register] = 0;
  for (const [register, bits] of reads) if (bits > demand[register]!) demand[register] = bits;
}

/** What the end of a block reads besides its steps. */
function visitTerminator(block: Block, visit: Visit): void {
  const { terminator } = block;
  if (terminator.kind === 'branch') visitReads(terminator.condition, 1, visit);
  else if (terminator.kind === 'switch') visitReads(terminator.index, 64, visit);
  else if (terminator.kind === 'return') {
    for (const value of terminator.values) visitReads(value, bitsOf(value.type), visit);
  }
}

/**
 * Demand after each block's last step, the terminator's own reads among it. With `all` it is plain liveness:
 * what only computes something that nobody reads counts as a reader.
 */
export function demandAtEnds(body: FunctionBody, convention: CallingConvention, all = false): Demand[] {
  const count = body.registerTypes.length;
  const ends = body.blocks.map(() => new Uint8Array(count));
  const starts = body.blocks.map(() => new Uint8Array(count));
  const waiting = new Set(body.blocks.map(({ index }) => index).reverse());
  for (const index of waiting) {
    waiting.delete(index);
    const block = body.blocks[index]!;
    const demand = ends[index]!;
    for (const to of successors(block.terminator)) join(demand, starts[to]!);
    visitTerminator(block, (register, bits) => {
      if (bits > demand[register]!) demand[register] = bits;
    });
    const start = demand.slice();
    for (const step of block.steps.toReversed()) stepBackward(step, start, convention, all);
    if (join(starts[index]!, start)) for (const from of block.predecessors) waiting.add(from);
  }
  return ends;
}

function join(into: Demand, from: Demand): boolean {
  let changed = false;
  for (let register = 0; register < into.length; register++) {
    if (from[register]! > into[register]!) {
      into[register] = from[register]!;
      changed = true;
    }
  }
  return changed;
}

/** Calls `use` for the steps of a block, last first, with the demand after each. */
export function backward(
  block: Block,
  end: Demand,
  convention: CallingConvention,
  use: (step: Step, after: Demand) => void,
  all = false,
): Demand {
  const demand = end.slice();
  for (const step of block.steps.toReversed()) {
    use(step, demand);
    stepBackward(step, demand, convention, all);
  }
  return demand;
}

/** Drops writes that nobody reads, in place. Returns the demand at the function's entry. */
export function dropDeadWrites(body: FunctionBody, convention: CallingConvention): Demand {
  const ends = demandAtEnds(body, convention);
  let entry = new Uint8Array(body.registerTypes.length);
  for (const block of body.blocks) {
    const start = backward(block, ends[block.index]!, convention, (step, after) => {
      step.writes = step.writes.filter(({ register, value }) => after[register]! > 0 || hasEffect(value));
    });
    if (block.index === 0) entry = Uint8Array.from(start);
  }
  return entry;
}
