// Code generated at -O0 still shows the IR that it was made of: variables in their slots, loads where they
// were written, subtractions that are no additions. What is found here is kept in the lifted IR, so that
// code generation at -O0 makes the same of it again. Nothing here is needed for the meaning.

import type { AssemblyFunction } from './assembly/types.ts';
import { constant, operation, type Expression } from './expression.ts';
import type { Block, FunctionBody } from './blocks.ts';
import { visitFrame } from './frame.ts';
import { isVariablePlace } from './frame-spaces.ts';
import type { RegisterWrite, Step } from './step.ts';

const frameBases = new Set(['rsp', 'rbp', 'sp', 'x29', 'fp']);

/** From this share of moves to and from the stack on, code counts as generated at -O0: optimised code has far fewer. */
const unoptimisedShare = 0.2;

/** Whether it is worth trying that code generation at -O0 wrote this. */
export function looksUnoptimised({ items }: AssemblyFunction): boolean {
  let instructions = 0;
  let moves = 0;
  for (const item of items) {
    if (item.kind !== 'instruction') continue;
    instructions++;
    const { mnemonic, operands } = item.instruction;
    const onStack = operands.some(
      (operand) => operand.kind === 'memory' && operand.base !== undefined && frameBases.has(operand.base),
    );
    if (onStack && /^(mov|ldr|ldur|str|stur|fld[tsl]|fstp[tsl])/.test(mnemonic)) moves++;
  }
  return moves > 0 && moves >= unoptimisedShare * instructions;
}

/** Registers that an expression reads. */
export function registersIn(expression: Expression, into = new Set<number>()): Set<number> {
  if (expression.kind === 'register') into.add(expression.register);
  else if (expression.kind === 'load') registersIn(expression.address, into);
  else if (expression.kind === 'operation')
    for (const operand of expression.operands) registersIn(operand, into);
  return into;
}

/** Registers that a step reads, calls aside. */
function readsOf(step: Step): Set<number> {
  const read = new Set<number>();
  for (const { value } of step.writes) registersIn(value, read);
  for (const { address, value } of step.stores) {
    registersIn(address, read);
    registersIn(value, read);
  }
  if (step.flow?.kind === 'branch') registersIn(step.flow.condition, read);
  return read;
}

/** The frame slot and the register of a step that only stores a register there. */
function storedRegister(step: Step): { offset: number; register: number } | undefined {
  const [store] = step.stores;
  if (store?.address.kind !== 'frame' || step.stores.length > 1) return undefined;
  const inner =
    store.value.kind === 'operation' && store.value.operator === 'bitcast'
      ? store.value.operands[0]!
      : store.value;
  return inner.kind === 'register' ? { offset: store.address.offset, register: inner.register } : undefined;
}

/** A store that only the register allocator writes: a number by way of a register, or a value still in use. */
function isSpill(steps: readonly Step[], at: number, register: number): boolean {
  for (let before = at - 1; before >= 0; before--) {
    const write = steps[before]!.writes.find((one) => one.register === register);
    if (write === undefined) continue;
    if (write.value.kind === 'constant') return true;
    break;
  }
  for (const step of steps.slice(at + 1)) {
    if (step.flow?.kind === 'call') return false;
    if (readsOf(step).has(register)) return true;
    if (step.writes.some((one) => one.register === register)) return false;
  }
  return false;
}

/** A comparison before it decides a branch behind it: code generation writes both side by side. */
function isBetweenComparisonAndBranch({ steps, terminator }: Block, at: number): boolean {
  if (terminator.kind !== 'branch') return false;
  const conditions = registersIn(terminator.condition);
  return !steps.slice(at).some(({ writes }) => writes.some(({ register }) => conditions.has(register)));
}

/** A value that is stored, and read again behind a call of the same block: it was in the way. */
function isHeldOverCall(steps: readonly Step[], at: number, offset: number): boolean {
  let called = false;
  for (const { flow, writes, stores } of steps.slice(at + 1)) {
    called ||= flow?.kind === 'call';
    if (stores.some(({ address }) => address.kind === 'frame' && address.offset === offset)) return false;
    for (const { value } of writes) {
      if (value.kind === 'load' && value.address.kind === 'frame' && value.address.offset === offset)
        return called;
    }
  }
  return false;
}

/** Where the index of a jump table waits for the table. */
function tableIndexSlots(body: FunctionBody): Set<number> {
  const slots = new Set<number>();
  for (const { terminator, steps } of body.blocks) {
    if (terminator.kind !== 'switch') continue;
    const value = steps[0]?.writes[0]?.value;
    if (value?.kind === 'load' && value.address.kind === 'frame') slots.add(value.address.offset);
  }
  return slots;
}

/** A load of a slot into a register and nothing else. */
const isReload = ({ value }: RegisterWrite): boolean => {
  const inner = value.kind === 'operation' && value.operator === 'bitcast' ? value.operands[0]! : value;
  return inner.kind === 'load' && inner.address.kind === 'frame';
};

/** The lowest slot that something else than moves of registers uses. */
function lowestVariable(body: FunctionBody, limit: number): number {
  let lowest = limit;
  const note = (offset: number): void => {
    if (!isVariablePlace(offset)) lowest = Math.min(lowest, offset);
  };
  for (const block of body.blocks) {
    const others: Step[] = block.steps.map((step) => ({
      ...step,
      writes: step.writes.filter((write) => !isReload(write)),
      stores: storedRegister(step) === undefined ? step.stores : [],
    }));
    visitFrame({ ...body, blocks: [{ ...block, steps: others }] }, ({ offset }) => note(offset), note);
  }
  return lowest;
}

/**
 * The slots of the register allocator: it takes them below those of variables and only moves registers to
 * and from them, so one that is certain makes all below it so. Undefined where none is found.
 */
export function highestSpill(body: FunctionBody): number | undefined {
  const variable = lowestVariable(body, 0);
  const indices = tableIndexSlots(body);
  let highest: number | undefined;
  for (const block of body.blocks) {
    const { steps } = block;
    for (const [at, step] of steps.entries()) {
      const stored = storedRegister(step);
      if (stored === undefined || stored.offset >= variable) continue;
      if (highest !== undefined && stored.offset <= highest) continue;
      const certain =
        indices.has(stored.offset) ||
        isSpill(steps, at, stored.register) ||
        isBetweenComparisonAndBranch(block, at) ||
        isHeldOverCall(steps, at, stored.offset);
      if (certain) highest = stored.offset;
    }
  }
  return highest;
}

/** A conditional jump with a jump behind it is one branch with two ways. In place; blocks may become unreachable. */
export function joinJumpPairs({ blocks }: FunctionBody): void {
  for (const block of blocks) {
    if (block.terminator.kind !== 'branch') continue;
    const { labels, steps, terminator } = blocks[block.terminator.no]!;
    const isJump = labels.length === 0 && steps.length === 1 && steps[0]!.flow?.kind === 'jump';
    if (isJump && terminator.kind === 'jump') block.terminator = { ...block.terminator, no: terminator.to };
  }
}

/** Marks moves out of memory, so that code generation does not fold them into what uses them. In place. */
export function keepReloads(body: FunctionBody): void {
  for (const { steps } of body.blocks) {
    for (const { writes } of steps) {
      for (const write of writes) {
        if (write.value.kind === 'load') write.value = { ...write.value, volatile: true };
      }
    }
  }
}

/** Rows add a negative number; code generated at -O0 still says which of the two was written. In place. */
export function restoreSubtractions(body: FunctionBody): void {
  for (const { steps } of body.blocks) {
    for (const { instruction, writes } of steps) {
      if (!instruction.mnemonic.startsWith('sub')) continue;
      for (const write of writes) {
        const { value } = write;
        const [left, right] = value.kind === 'operation' && value.operator === 'add' ? value.operands : [];
        if (left === undefined || right?.kind !== 'constant') continue;
        write.value = operation(value.type, 'sub', left, constant(right.type, -right.value));
      }
    }
  }
}
