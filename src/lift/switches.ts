// Switches of code generated at -O0 without a table: one comparison after the other, each in a block of its
// own, with the value reloaded. The instruction tells them from an `if`: a subtraction whose difference
// nobody reads, or `test` for zero, where an `if` has `cmp`.

import type { Block, FunctionBody } from './blocks.ts';
import { dropUnreachable } from './build-body.ts';
import type { Expression } from './expression.ts';
import type { Step } from './step.ts';

interface Link {
  /** What is compared. */
  value: Expression & { kind: 'register' };
  number: bigint;
  /** The step of the comparison. */
  step: Step;
  to: number;
  next: number;
  negated: boolean;
}

/** The end of a block as one comparison of a switch. */
function linkOf(block: Block): Link | undefined {
  const { terminator, steps } = block;
  if (terminator.kind !== 'branch') return undefined;
  // The opposite is asked where the target comes next.
  const { condition } = terminator;
  const negated = condition.kind === 'operation' && condition.operator === 'xor';
  const asked = negated ? condition.operands[0]! : condition;
  if (asked.kind !== 'register') return undefined;
  const { register } = asked;
  const step = steps.findLast(({ writes }) => writes.some((one) => one.register === register));
  if (step === undefined || !/^(sub|test)/.test(step.instruction.mnemonic)) return undefined;
  const comparison = step.writes.find((one) => one.register === register)!.value;
  if (comparison.kind !== 'operation' || comparison.operator !== 'icmp eq') return undefined;
  const [value, number] = comparison.operands;
  if (value?.kind !== 'register' || number?.kind !== 'constant') return undefined;
  if (step.writes.some((one) => one.register === value.register)) return undefined;
  const [to, next] = negated ? [terminator.no, terminator.yes] : [terminator.yes, terminator.no];
  return { value, number: number.value, step, to, next, negated };
}

/** A jump behind a branch belongs to it. */
function pastJump(body: FunctionBody, from: number): number {
  const { terminator, steps, labels } = body.blocks[from]!;
  const alone = steps.length === 1 && steps[0]!.flow?.kind === 'jump' && labels.length === 0;
  return terminator.kind === 'jump' && alone ? terminator.to : from;
}

/** The register that a link's value was copied from in its own block, or the value itself. */
function sourceOf(block: Block, { value, step }: Link): number {
  for (const one of block.steps.slice(0, block.steps.indexOf(step)).toReversed()) {
    const write = one.writes.find(({ register }) => register === value.register);
    if (write !== undefined) return write.value.kind === 'register' ? write.value.register : value.register;
  }
  return value.register;
}

/** Registers that hold the value of the first comparison at its block's end. */
function copiesOf(block: Block, { value, step }: Link): Set<number> {
  const copies = new Set([value.register]);
  for (const one of block.steps.slice(0, block.steps.indexOf(step))) {
    for (const { register, value: written } of one.writes) {
      if (written.kind === 'register' && copies.has(written.register)) copies.add(register);
      else if (register !== value.register) copies.delete(register);
      else copies.clear();
    }
    if (copies.size === 0) copies.add(value.register);
  }
  return copies;
}

/** A block that holds nothing but the reload and the comparison of a link. */
function isPlainLink(block: Block, { step }: Link): boolean {
  return (
    block.predecessors.length === 1 &&
    block.steps.every(
      (one) =>
        one === step ||
        one.flow !== undefined ||
        (one.stores.length === 0 &&
          one.calls.length === 0 &&
          one.writes.every(({ value }) => value.kind === 'register')),
    )
  );
}

/** A table's range check and its jump are one switch, in one block. In place. */
function joinTables(body: FunctionBody): void {
  for (const block of body.blocks) {
    const { terminator, predecessors } = block;
    const before = body.blocks[predecessors[0] ?? 0]!;
    if (terminator.kind !== 'switch' || predecessors.length !== 1) continue;
    if (before.terminator.kind !== 'jump' || before.steps.at(-1)?.flow?.kind === 'jump') continue;
    before.steps.push(...block.steps);
    before.terminator = terminator;
    block.steps = [];
    block.terminator = { kind: 'unreachable' };
  }
}

/** Makes switches of chains of comparisons; the blocks of the body are changed in place. */
export function restoreSwitches(body: FunctionBody): FunctionBody {
  joinTables(body);
  const gone = new Set<number>();
  for (const block of body.blocks) {
    if (gone.has(block.index)) continue;
    const first = linkOf(block);
    if (first === undefined) continue;
    const copies = copiesOf(block, first);
    const numbers = [first.number];
    const to = [first.to];
    let otherwise = first.next;
    let last = first;
    while (!last.negated) {
      const at = pastJump(body, otherwise);
      const link = linkOf(body.blocks[at]!);
      if (link === undefined || link.value.type !== first.value.type || gone.has(at)) break;
      if (!isPlainLink(body.blocks[at]!, link) || !copies.has(sourceOf(body.blocks[at]!, link))) break;
      if (numbers.includes(link.number)) break;
      gone.add(otherwise).add(at);
      numbers.push(link.number);
      to.push(link.to);
      otherwise = link.next;
      last = link;
    }
    if (last.negated) to.push(pastJump(body, to.pop()!));
    else otherwise = pastJump(body, otherwise);
    block.terminator = { kind: 'switch', index: first.value, to, numbers, otherwise };
  }
  return dropUnreachable(body);
}
