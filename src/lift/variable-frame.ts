// Frames of variable size: alloca and arrays of variable length. The stack pointer minus a computed number
// becomes an `alloca`; places relative to it are frame expressions in a space of their own, so that the
// layers above follow the stack pointer as in any frame, arguments that calls find below it among them. What
// is left of such places at the end is a pointer with a number added (`settleVariablePlaces`).

import { successors, type Block, type FunctionBody } from './blocks.ts';
import { add, constant, operation, registerValue, rewrite, sub, type Expression } from './expression.ts';
import { followStep, rewriteStep, tryFrame, type Known } from './frame.ts';
import { distanceOf, isVariablePlace, spaceOf, spaceStart } from './frame-spaces.ts';
import { Unsupported, type RegisterWrite, type Step, type Store } from './step.ts';
import type { Target } from './targets/target.ts';

const refused = 'a stack frame of variable size';
/** More than this is no function but an attack on time. */
const mostSpaces = 64;

export interface VariableFrame {
  /** The register that holds an alloca's address, by its space. Where ways meet there is none. */
  pointers: Map<number, number>;
}

/** A value that a block computes, followed back to the stack pointer or to memory. */
type Origin =
  | { kind: 'stackPointer'; copies: number[] }
  | {
      kind: 'allocation';
      at: number;
      write: RegisterWrite;
      size: Expression;
      copies: number[];
      alignment: number;
    }
  | { kind: 'load'; address: Expression };

class VariableFrameBuilder {
  private readonly pointers = new Map<number, number>();
  private readonly allocations = new Map<number, Step>();
  /** Stores of what the stack pointer was before an allocation, by the allocation: its end, or a save of the stack. */
  private readonly ends = new Map<Store, Step>();
  /** Steps that give stack back by themselves, or only say where ways meet. */
  private readonly settled = new Set<Step>();
  /** Registers that hold a save of the stack. */
  private readonly saves = new Set<number>();
  private spaces = 0;
  private readonly body: FunctionBody;
  private readonly target: Target;

  constructor(body: FunctionBody, target: Target) {
    this.body = body;
    this.target = target;
  }

  build(): VariableFrame | undefined {
    let found = false;
    for (;;) {
      const { starts, meetings } = this.solve();
      if (this.settleOne(starts)) found = true;
      else if (!found) return undefined;
      else if (meetings.length > 0) this.addMeeting(meetings[0]!);
      else break;
    }
    this.restoreStack();
    return { pointers: this.pointers };
  }

  private newRegister(): number {
    return this.body.registerTypes.push('i64') - 1;
  }

  private newSpace(): number {
    if (++this.spaces > mostSpaces) throw new Unsupported(refused);
    return this.spaces;
  }

  /** What is known at the starts of blocks. Ways on which the stack pointer is lost are not followed. */
  private solve(): { starts: Map<number, Known>; meetings: number[] } {
    const { stackPointer } = this.target;
    const starts = new Map<number, Known>([[0, new Map([[stackPointer, 0]])]]);
    const meetings = new Set<number>();
    const waiting = [0];
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      const block = this.body.blocks[index]!;
      let known = starts.get(index)!;
      for (const step of block.steps) known = followStep(step, known, this.target);
      if (!known.has(stackPointer)) continue;
      for (const to of successors(block.terminator)) {
        const before = starts.get(to);
        const met = before === undefined ? known : common(before, known);
        if (before !== undefined && met.size === before.size) continue;
        if (!met.has(stackPointer) && !this.settled.has(this.body.blocks[to]!.steps[0]!)) meetings.add(to);
        starts.set(to, met);
        waiting.push(to);
      }
    }
    return { starts, meetings: [...meetings] };
  }

  /** Calls `use` for the steps of the blocks that were reached, with what is known before each. */
  private walk(
    starts: Map<number, Known>,
    use: (block: Block, at: number, known: Known) => boolean,
  ): boolean {
    for (const block of this.body.blocks) {
      let known = starts.get(block.index);
      if (known === undefined) continue;
      for (const [at, step] of block.steps.entries()) {
        if (use(block, at, known)) return true;
        known = followStep(step, known, this.target);
      }
    }
    return false;
  }

  /** Finds the first step that loses the stack pointer and says what it does; false where there is none. */
  private settleOne(starts: Map<number, Known>): boolean {
    const { stackPointer } = this.target;
    return this.walk(starts, (block, at, known) => {
      if (!known.has(stackPointer)) return false;
      const step = block.steps[at]!;
      if (followStep(step, known, this.target).has(stackPointer)) return false;
      const write = step.writes.find(({ register }) => register === stackPointer)!;
      const origin = this.originOf(block, write, at);
      if (origin?.kind === 'allocation') this.allocate(block, origin);
      else if (origin?.kind === 'load') this.restoreFrom(starts, origin.address, known, step, write);
      else throw new Unsupported(refused);
      return true;
    });
  }

  private originOf(block: Block, write: RegisterWrite, at: number): Origin | undefined {
    const { value } = write;
    if (value.kind === 'load') return { kind: 'load', address: value.address };
    if (value.kind === 'register') return this.originBefore(block, value.register, at);
    if (value.kind !== 'operation') return undefined;
    const [left, right] = value.operands;
    if (value.operator === 'and' && left!.kind === 'register' && right!.kind === 'constant') {
      const origin = this.originBefore(block, left!.register, at);
      if (origin?.kind !== 'allocation') return undefined;
      const bytes = -Number(BigInt.asIntN(64, right!.value));
      const isPower = bytes > 0 && bytes <= 4096 && Number.isInteger(Math.log2(bytes));
      return isPower ? { ...origin, alignment: Math.max(origin.alignment, bytes) } : undefined;
    }
    for (const [base, other] of [[left, right], ...(value.operator === 'add' ? [[right, left]] : [])]) {
      if (base?.kind !== 'register' || other === undefined) continue;
      const copied = this.originBefore(block, base.register, at);
      if (copied?.kind !== 'stackPointer') continue;
      if (value.operator !== 'sub' && value.operator !== 'add') continue;
      const size = value.operator === 'sub' ? other : sub(constant('i64', 0), other);
      return { kind: 'allocation', at, write, size, copies: copied.copies, alignment: 16 };
    }
    return undefined;
  }

  /** Where a register's value comes from, as far as the block itself says it. */
  private originBefore(block: Block, register: number, at: number): Origin | undefined {
    if (register === this.target.stackPointer) return { kind: 'stackPointer', copies: [] };
    for (let before = at - 1; before >= 0; before--) {
      const write = block.steps[before]!.writes.find((one) => one.register === register);
      if (write === undefined) continue;
      const origin = this.originOf(block, write, before);
      return origin?.kind === 'stackPointer' ? { ...origin, copies: [...origin.copies, register] } : origin;
    }
    return undefined;
  }

  private allocate(block: Block, origin: Origin & { kind: 'allocation' }): void {
    const { write, copies, alignment } = origin;
    const space = this.newSpace();
    const pointer = this.newRegister();
    this.pointers.set(space, pointer);
    const step = block.steps[origin.at]!;
    const bytes = this.withoutRounding(block, origin);
    const value = operation('i64', `alloca ${alignment}`, bytes);
    const allocation = stepLike(step, [{ register: pointer, value, rest: 'zero' }]);
    this.allocations.set(space, allocation);
    // A copy of the stack pointer is the end of what was allocated now.
    const end = add(registerValue(pointer, 'i64'), origin.size);
    for (const register of copies)
      if (register !== write.register)
        step.writes.push({ register, value: end, rest: 'zero', read: 'scratch' });
    const { stackPointer } = this.target;
    const moves = ({ writes }: Step): boolean => writes.some(({ register }) => register === stackPointer);
    const since = block.steps.slice(0, origin.at).findLastIndex(moves);
    for (const [at, earlier] of block.steps.slice(0, origin.at).entries()) {
      // Before that the stack pointer was another.
      if (at <= since) continue;
      for (const store of earlier.stores.filter((one) => this.storesCopy(block, one.value, copies, at))) {
        earlier.stores = earlier.stores.filter((one) => one !== store);
        const moved = { ...store, value: end };
        this.ends.set(moved, allocation);
        step.stores.push(moved);
      }
    }
    write.value = { kind: 'frame', type: 'i64', offset: spaceStart(space) };
    block.steps.splice(block.steps.indexOf(step), 0, allocation);
  }

  private storesCopy(block: Block, value: Expression, copies: readonly number[], at: number): boolean {
    if (value.kind !== 'register' || !copies.includes(value.register)) return false;
    return this.originBefore(block, value.register, at)?.kind === 'stackPointer';
  }

  /** Code generation rounds sizes up to 16 bytes, and will again. */
  private withoutRounding(block: Block, { size, at }: { size: Expression; at: number }): Expression {
    if (size.kind !== 'register') return size;
    const steps = block.steps.slice(0, at);
    const masking = steps.findLastIndex(({ writes }) => writes.some((one) => one.register === size.register));
    const masked = steps[masking]?.writes.find((one) => one.register === size.register)?.value;
    if (masked?.kind !== 'operation' || masked.operator !== 'and') return size;
    const [value, mask] = masked.operands;
    if (mask?.kind !== 'constant' || value?.kind !== 'register' || !roundsTo16(mask.value)) return size;
    const adding = steps
      .slice(0, masking)
      .findLast(({ writes }) => writes.some((one) => one.register === value.register));
    const added = adding?.writes.find((one) => one.register === value.register)?.value;
    if (added?.kind !== 'operation' || added.operator !== 'add' || added.type !== 'i64') return size;
    const number = added.operands[1]!;
    if (number.kind !== 'constant' || number.value < 15n || number.value > 64n) return size;
    const register = this.newRegister();
    adding!.writes.push({ register, value: sub(added, constant('i64', 15)), rest: 'zero' });
    return registerValue(register, 'i64');
  }

  /** The stack pointer out of a slot into which it was saved. */
  private restoreFrom(
    starts: Map<number, Known>,
    address: Expression,
    known: Known,
    step: Step,
    write: RegisterWrite,
  ): void {
    const { stackPointer } = this.target;
    const slot = tryFrame(address, known, stackPointer);
    if (slot.kind !== 'frame') throw new Unsupported(refused);
    const saved = this.newRegister();
    const saves = new Set<Step>();
    const moved = new Map<Store, Step>();
    this.walk(starts, (block, at, before) => {
      const one = block.steps[at]!;
      for (const store of one.stores) {
        const place = tryFrame(store.address, before, stackPointer);
        if (place.kind !== 'frame' || place.offset !== slot.offset) continue;
        const allocation = this.ends.get(store);
        if (allocation !== undefined) {
          moved.set(store, allocation);
          continue;
        }
        const { value } = store;
        const isSave =
          value.kind === 'register' && this.originBefore(block, value.register, at)?.kind === 'stackPointer';
        const isKnown =
          (value.kind === 'operation' && value.operator === 'stacksave') ||
          (value.kind === 'register' && this.saves.has(value.register));
        if (!isSave && !isKnown) throw new Unsupported(refused);
        store.value = operation('i64', 'stacksave');
        saves.add(one);
      }
      return false;
    });
    for (const [store, allocation] of moved) {
      const save = this.saveBefore(allocation);
      store.value = registerValue(save.writes[0]!.register, 'i64');
      this.ends.delete(store);
      saves.add(save);
    }
    if (saves.size === 0) throw new Unsupported(refused);
    for (const { writes } of saves)
      writes.push({ register: saved, value: registerValue(stackPointer, 'i64'), rest: 'zero' });
    step.calls.push(operation('void', 'llvm.stackrestore', write.value));
    write.value = registerValue(saved, 'i64');
    this.settled.add(step);
  }

  /** Where ways with different stack pointers meet, its place is in a space of its own. */
  private addMeeting(index: number): void {
    const block = this.body.blocks[index]!;
    const value: Expression = { kind: 'frame', type: 'i64', offset: spaceStart(this.newSpace()) };
    const like = block.steps[0];
    if (like === undefined) throw new Unsupported(refused);
    const step = stepLike(like, [{ register: this.target.stackPointer, value, rest: 'zero' }]);
    this.settled.add(step);
    block.steps.unshift(step);
  }

  /** Stack that is given back before the end: a save before the allocation, a restore where it happens. */
  private restoreStack(): void {
    const { stackPointer } = this.target;
    const { starts } = this.solve();
    const parents = new Map<number, number>();
    const restores: { block: Block; step: Step; from: number; to: number }[] = [];
    this.walk(starts, (block, at, known) => {
      const step = block.steps[at]!;
      const from = spaceOf(known.get(stackPointer) ?? 0);
      for (const [space, allocation] of this.allocations) if (allocation === step) parents.set(space, from);
      const to = spaceOf(followStep(step, known, this.target).get(stackPointer)!);
      const ends = block.terminator.kind === 'return' || block.terminator.kind === 'tailCall';
      if (from !== to && !ends && !this.settled.has(step)) restores.push({ block, step, from, to });
      return false;
    });
    const saves = new Map<number, number>();
    for (const { step, from, to } of restores) {
      if (parents.get(to) === from) continue;
      let space: number | undefined = from;
      while (space !== undefined && parents.get(space) !== to) space = parents.get(space);
      if (space === undefined) throw new Unsupported(refused);
      let save = saves.get(space);
      if (save === undefined) {
        save = this.saveBefore(this.allocations.get(space)!).writes[0]!.register;
        saves.set(space, save);
      }
      step.calls.push(operation('void', 'llvm.stackrestore', registerValue(save, 'i64')));
    }
  }

  /** A step that saves the stack, in front of the allocation. */
  private saveBefore(allocation: Step): Step {
    const register = this.newRegister();
    this.saves.add(register);
    const save = stepLike(allocation, [{ register, value: operation('i64', 'stacksave'), rest: 'zero' }]);
    const { steps } = this.body.blocks.find((block) => block.steps.includes(allocation))!;
    steps.splice(steps.indexOf(allocation), 0, save);
    return save;
  }
}

const stepLike = ({ instruction }: Step, writes: RegisterWrite[]): Step => ({
  instruction,
  writes,
  stores: [],
  undefined: [],
  calls: [],
});

function common(left: Known, right: Known): Known {
  return new Map([...left].filter(([register, offset]) => right.get(register) === offset));
}

/** A mask that clears the four lowest bits, and perhaps high ones that cannot be set. */
function roundsTo16(mask: bigint): boolean {
  const kept = mask >> 4n;
  return (mask & 15n) === 0n && kept >= 1n << 27n && (kept & (kept + 1n)) === 0n;
}

/** Makes allocations of what a function takes from the stack, in place; undefined where its frame is fixed. */
export function findVariableFrame(body: FunctionBody, target: Target): VariableFrame | undefined {
  return new VariableFrameBuilder(body, target).build();
}

/** Turns what is left of places in variable spaces into pointers, in place. */
export function settleVariablePlaces(body: FunctionBody, { pointers }: VariableFrame): void {
  const change = (expression: Expression): Expression =>
    rewrite(expression, (node) => {
      if (node.kind !== 'frame' || !isVariablePlace(node.offset)) return node;
      const space = spaceOf(node.offset);
      const pointer = pointers.get(space);
      const distance = distanceOf(node.offset);
      if (pointer === undefined || distance < 0) throw new Unsupported(refused);
      return add(registerValue(pointer, 'i64'), constant('i64', distance));
    });
  for (const block of body.blocks) {
    block.steps = block.steps.map((step) => rewriteStep(step, change));
    if (block.terminator.kind === 'branch')
      block.terminator = { ...block.terminator, condition: change(block.terminator.condition) };
  }
}
