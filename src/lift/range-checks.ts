// A jump table comes with a comparison before it: `cmpl $6, %edi; ja default`. Both together are the switch
// that the compiler had, so the default moves into it and the comparison goes.

import { linkPredecessors, type Block, type FunctionBody } from './blocks.ts';
import { demandAtEnds, stepBackward } from './demand.ts';
import type { Expression } from './expression.ts';
import type { CallingConvention } from './targets/target.ts';

/** The comparison behind a branch, and whether the branch is taken where it fails. */
function comparisonOf(
  block: Block,
  condition: Expression,
): { compare: Expression; negated: boolean } | undefined {
  let value = condition;
  let negated = false;
  if (value.kind === 'operation' && value.operator === 'xor') {
    value = value.operands[0]!;
    negated = true;
  }
  if (value.kind !== 'register') return undefined;
  const { register } = value;
  for (const step of block.steps.toReversed()) {
    const write = step.writes.find((one) => one.register === register);
    if (write !== undefined) return { compare: write.value, negated };
  }
  return undefined;
}

/** Whether `branch` goes to `otherwise` exactly where something is not below `count`. */
function guards(block: Block, to: number, count: number): number | undefined {
  const { terminator } = block;
  if (terminator.kind !== 'branch' || terminator.yes === terminator.no) return undefined;
  const found = comparisonOf(block, terminator.condition);
  const { compare, negated } = found ?? {};
  if (compare?.kind !== 'operation' || compare.operator !== 'icmp ule') return undefined;
  const limit = compare.operands[1]!;
  if (limit.kind !== 'constant' || limit.value !== BigInt(count - 1)) return undefined;
  const [inside, outside] =
    negated === true ? [terminator.no, terminator.yes] : [terminator.yes, terminator.no];
  return inside === to ? outside : undefined;
}

/** Moves range checks into their switches, in place. Call sites and return values must be known. */
export function mergeRangeChecks(body: FunctionBody, convention: CallingConvention): void {
  let ends: Uint8Array[] | undefined;
  for (const block of body.blocks) {
    const { terminator } = block;
    if (
      terminator.kind !== 'switch' ||
      terminator.numbers !== undefined ||
      terminator.otherwise !== undefined ||
      block.predecessors.length !== 1
    )
      continue;
    const pure = block.steps.every(
      ({ stores, calls, flow }) => stores.length === 0 && calls.length === 0 && flow?.kind !== 'call',
    );
    const before = body.blocks[block.predecessors[0]!]!;
    const otherwise = pure ? guards(before, block.index, terminator.to.length) : undefined;
    if (otherwise === undefined) continue;
    // The default now comes after the table's block: nothing that it reads may be written there.
    ends ??= demandAtEnds(body, convention);
    const demand = ends[otherwise]!.slice();
    for (const step of body.blocks[otherwise]!.steps.toReversed()) stepBackward(step, demand, convention);
    if (block.steps.some(({ writes }) => writes.some(({ register }) => demand[register]! > 0))) continue;
    before.terminator = { kind: 'jump', to: block.index };
    block.terminator = { ...terminator, otherwise };
  }
  linkPredecessors(body);
}
