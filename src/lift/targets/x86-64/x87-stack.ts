// The x87 stack as eight registers. Instructions name its places from the top; how many values lie on it is
// known at every point of what compilers write, so each place becomes a register counted from the bottom.
// The stack is empty at a function's entry and around calls, and holds the result of type long double at
// returns. Whether an unknown callee leaves one is seen behind the call: somebody takes it from the stack.

import { successors, type Block, type FunctionBody } from '../../blocks.ts';
import { registersIn } from '../../unoptimised.ts';
import { registerValue, rewrite, type Expression } from '../../expression.ts';
import { Unsupported, type Step } from '../../step.ts';
import { firstStack, stackPlaces } from './registers.ts';

const isPlace = (register: number): boolean => register >= firstStack && register < firstStack + stackPlaces;

/** Whether a callee returns long double; undefined where nobody says it. */
type Returns = (step: Step) => boolean | undefined;

const isCall = ({ flow }: Step): boolean => flow?.kind === 'call';

/** How many values must lie on the stack before an instruction, of which `after` are needed behind it. */
function neededBefore(step: Step, after: number): number {
  if (step.floatStack === undefined) return after;
  const { growth } = step.floatStack;
  const used = new Set<number>();
  for (const { value } of [...step.writes, ...step.stores]) registersIn(value, used);
  for (const { register } of step.writes) if (growth <= 0) used.add(register);
  const indices = [...used].filter(isPlace).map((register) => register - firstStack + 1);
  return Math.max(after - growth, -growth, 0, ...indices);
}

/** What is needed behind each call, of its result and of what was there before. */
function neededBehindCalls(body: FunctionBody, atReturn: number): Map<Step, number> {
  const behind = new Map<Step, number>();
  const starts = body.blocks.map(() => 0);
  const waiting = new Set(body.blocks.map(({ index }) => index).reverse());
  for (const index of waiting) {
    waiting.delete(index);
    const { terminator, steps, predecessors } = body.blocks[index]!;
    let needed = terminator.kind === 'return' ? atReturn : 0;
    for (const to of successors(terminator)) needed = Math.max(needed, starts[to]!);
    for (const step of steps.toReversed()) {
      if (isCall(step)) behind.set(step, needed);
      needed = isCall(step) ? 0 : neededBefore(step, needed);
    }
    if (needed <= starts[index]!) continue;
    if (needed > stackPlaces) throw new Unsupported('more than the x87 stack holds');
    starts[index] = needed;
    for (const from of predecessors) waiting.add(from);
  }
  return behind;
}

interface Depths {
  /** Values on the stack at each block's first step. */
  starts: (number | undefined)[];
  /** Calls that leave a result. */
  extended: Set<Step>;
  /** Whether the function does. */
  leavesResult: boolean;
}

/** Follows the stack through the function, which is said to return with `atReturn` values on it. */
function followStack(body: FunctionBody, atReturn: number, returns: Returns): Depths {
  const behind = neededBehindCalls(body, atReturn);
  const extended = new Set<Step>();
  let leavesResult = atReturn > 0;
  const starts: (number | undefined)[] = body.blocks.map(() => undefined);
  starts[0] = 0;
  const waiting = [0];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const { steps, terminator } = body.blocks[index]!;
    let depth = starts[index]!;
    for (const step of steps) {
      if (isCall(step)) {
        if (depth !== 0) throw new Unsupported('a value on the x87 stack around a call');
        if (returns(step) ?? behind.get(step)! > 0) extended.add(step);
        depth = extended.has(step) ? 1 : 0;
        continue;
      }
      if (neededBefore(step, 0) > depth) throw new Unsupported('an empty x87 stack');
      depth += step.floatStack?.growth ?? 0;
      if (depth > stackPlaces) throw new Unsupported('more than the x87 stack holds');
    }
    if (terminator.kind === 'return' && depth !== atReturn)
      throw new Unsupported('the x87 stack at a return');
    if (terminator.kind === 'tailCall') {
      const given = returns(steps.at(-1)!);
      const hasReturn = body.blocks.some((block) => block.terminator.kind === 'return');
      if (hasReturn && given !== undefined && given !== atReturn > 0)
        throw new Unsupported('the x87 stack at a return');
      leavesResult ||= given === true;
    }
    for (const to of successors(terminator)) {
      if (starts[to] === undefined) {
        starts[to] = depth;
        waiting.push(to);
      } else if (starts[to] !== depth) throw new Unsupported('an x87 stack of unknown depth');
    }
  }
  return { starts, extended, leavesResult };
}

function placeBlock(block: Block, start: number, extended: ReadonlySet<Step>): void {
  let depth = start;
  const placed = (register: number): number =>
    isPlace(register)
      ? firstStack + ((depth - 1 - (register - firstStack) + 2 * stackPlaces) % stackPlaces)
      : register;
  const change = (expression: Expression): Expression =>
    rewrite(expression, (node) =>
      node.kind === 'register' && isPlace(node.register)
        ? registerValue(placed(node.register), node.type)
        : node,
    );
  for (const step of block.steps) {
    if (isCall(step)) {
      depth = extended.has(step) ? 1 : 0;
      if (step.flow?.kind === 'call' && extended.has(step)) step.flow.extended = true;
    }
    if (step.floatStack === undefined) continue;
    step.writes = step.writes.map((write) => ({
      ...write,
      register: placed(write.register),
      value: change(write.value),
    }));
    step.stores = step.stores.map((store) => ({ ...store, value: change(store.value) }));
    depth += step.floatStack.growth;
  }
}

/** Gives every use of the stack its register, in place. Throws Unsupported where its depth is not known. */
export function placeStack(body: FunctionBody, leavesResult: (callee: string) => boolean | undefined): void {
  const returnsOf =
    (own: boolean): Returns =>
    ({ flow }) => {
      if (flow?.kind !== 'call' || typeof flow.target !== 'string') return undefined;
      return flow.target === body.name ? own : leavesResult(flow.target);
    };
  const follow = (atReturn: 0 | 1): Depths => followStack(body, atReturn, returnsOf(atReturn > 0));
  const isUsed = body.blocks.some(({ steps }) =>
    steps.some((step) => step.floatStack !== undefined || returnsOf(false)(step) === true),
  );
  if (!isUsed) return;
  let found: Depths;
  try {
    found = follow(0);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    found = follow(1);
  }
  if (found.leavesResult) body.extendedResult = true;
  for (const block of body.blocks) placeBlock(block, found.starts[block.index] ?? 0, found.extended);
}
