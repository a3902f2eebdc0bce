// Where the x87 control word is changed. Compilers do that to cut a number off to an integer, or to round
// it up or down: the word is stored, two bits of it are set in a copy, the copy is loaded, and afterwards the
// word as it was. Copies are followed through registers and slots of the frame as if the word were what it is
// at the start of every program; the rounding is then said in IR, and nothing else may read the word.

import { successors, type FunctionBody } from '../../blocks.ts';
import { bitsOf, registerValue, rewrite, type Expression, type Type } from '../../expression.ts';
import { rewriteStep } from '../../frame.ts';
import { Unsupported, type Step } from '../../step.ts';
import { controlWord } from './registers.ts';

/** All exceptions masked, 64 bits of precision, to nearest. */
const usual = 0x37fn;

/** What takes the place of the operators that round, under control words of other rounding. */
const roundings = new Map<bigint, { name: string; operators: Readonly<Record<string, string>> }>([
  [usual, { name: 'to nearest', operators: {} }],
  [0xf7fn, { name: 'towards zero', operators: { 'llvm.lrint': 'fptosi', 'llvm.rint': 'llvm.trunc' } }],
  [0x77fn, { name: 'down', operators: { 'llvm.rint': 'llvm.floor' } }],
  [0xb7fn, { name: 'up', operators: { 'llvm.rint': 'llvm.ceil' } }],
]);

/** Low 16 bits of registers and slots that come from the control word: `r0`, `m-24`. */
interface State {
  control: bigint;
  copies: ReadonlyMap<string, bigint>;
}

const registerKey = (register: number): string => `r${register}`;
const slotKey = (offset: number): string => `m${offset}`;

function copyOf(expression: Expression, { control, copies }: State): bigint | undefined {
  if (expression.kind === 'register') {
    return expression.register === controlWord ? control : copies.get(registerKey(expression.register));
  }
  if (expression.kind !== 'load' || expression.address.kind !== 'frame' || expression.type !== 'i16')
    return undefined;
  return copies.get(slotKey(expression.address.offset));
}

const isCopy = (expression: Expression, state: State): boolean =>
  copyOf(expression, state) !== undefined ||
  (expression.kind === 'operation' && expression.operands.some((operand) => isCopy(operand, state)));

/** Low 16 bits of an expression over copies of the word and numbers. */
function evaluate(expression: Expression, state: State): bigint | undefined {
  const copy = copyOf(expression, state);
  const within = (value: bigint, type: Type): bigint => BigInt.asUintN(Math.min(bitsOf(type), 16), value);
  if (copy !== undefined) return within(copy, expression.type);
  if (expression.kind === 'constant') return within(expression.value, expression.type);
  if (expression.kind !== 'operation') return undefined;
  const [left, right] = expression.operands.map((operand) => evaluate(operand, state));
  if (left === undefined) return undefined;
  if (expression.operator === 'zext' || expression.operator === 'trunc') return within(left, expression.type);
  if (right === undefined) return undefined;
  switch (expression.operator) {
    case 'and':
      return left & right;
    case 'or':
      return left | right;
    case 'shl':
      return within(left << right, expression.type);
    case 'lshr':
      return bitsOf(expression.type) <= 16 ? left >> right : undefined;
    default:
      return undefined;
  }
}

function after(step: Step, before: State, clobbered: readonly number[]): State {
  const copies = new Map(before.copies);
  let { control } = before;
  const set = (key: string, value: Expression): void => {
    const known = isCopy(value, before) ? evaluate(value, before) : undefined;
    if (known === undefined) copies.delete(key);
    else copies.set(key, known);
  };
  for (const { address, value } of step.stores) {
    if (address.kind !== 'frame') continue;
    for (let at = address.offset - 1; at < address.offset + bitsOf(value.type) / 8; at++)
      copies.delete(slotKey(at));
    if (value.type === 'i16') set(slotKey(address.offset), value);
  }
  for (const { register, value } of step.writes) {
    if (register !== controlWord) set(registerKey(register), value);
    else {
      const word = evaluate(value, before);
      if (word === undefined || !roundings.has(word)) throw new Unsupported('an unknown x87 control word');
      control = word;
    }
  }
  if (step.flow?.kind === 'call') for (const register of clobbered) copies.delete(registerKey(register));
  const leaves = step.flow?.kind === 'call' || step.flow?.kind === 'return';
  if (leaves && control !== usual) throw new Unsupported('an x87 control word that is not put back');
  return { control, copies };
}

function meet(left: State, right: State): State {
  if (left.control !== right.control) throw new Unsupported('an unknown x87 control word');
  const copies = new Map([...left.copies].filter(([key, value]) => right.copies.get(key) === value));
  return { control: left.control, copies };
}

function statesAtStarts(body: FunctionBody, clobbered: readonly number[]): (State | undefined)[] {
  const states: (State | undefined)[] = body.blocks.map(() => undefined);
  states[0] = { control: usual, copies: new Map() };
  const waiting = [0];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const block = body.blocks[index]!;
    let state = states[index]!;
    for (const step of block.steps) state = after(step, state, clobbered);
    for (const to of successors(block.terminator)) {
      const before = states[to];
      const met = before === undefined ? state : meet(before, state);
      if (before !== undefined && before.copies.size === met.copies.size) continue;
      states[to] = met;
      waiting.push(to);
    }
  }
  return states;
}

/** What an instruction computes under this control word. */
function underRounding(step: Step, control: bigint): Step {
  const { name, operators } = roundings.get(control)!;
  let said = 0;
  const changed = rewriteStep(step, (expression) =>
    rewrite(expression, (node) => {
      const operator = node.kind === 'operation' ? operators[node.operator] : undefined;
      if (node.kind !== 'operation' || operator === undefined) return node;
      said++;
      return { ...node, operator };
    }),
  );
  if (said === 0) throw new Unsupported(`${step.instruction.mnemonic} that rounds ${name}`);
  return changed;
}

function settleStep(step: Step, state: State): void {
  if (step.floatStack?.rounds === true) {
    if (state.control !== usual) Object.assign(step, underRounding(step, state.control));
    else if (step.stores.some(({ value }) => value.type === 'i16'))
      throw new Unsupported(`${step.instruction.mnemonic} that rounds to nearest`);
  }
  step.stores = step.stores.filter(
    ({ address, value }) => address.kind !== 'frame' || value.type !== 'i16' || !isCopy(value, state),
  );
  step.writes = step.writes
    .filter(({ register }) => register !== controlWord)
    .map((write) => ({
      ...write,
      ...(isCopy(write.value, state) ? { read: 'scratch' as const } : {}),
      value: rewrite(write.value, (node) =>
        node.kind === 'load' && copyOf(node, state) !== undefined ? registerValue(controlWord, 'i16') : node,
      ),
    }));
}

/** Says what is computed under which rounding, in place. `clobbered` are the registers that calls change. */
export function settleRounding(body: FunctionBody, clobbered: readonly number[]): void {
  const isUsed = body.blocks.some(({ steps }) =>
    steps.some(
      ({ floatStack, writes }) =>
        floatStack !== undefined || writes.some(({ register }) => register === controlWord),
    ),
  );
  if (!isUsed) return;
  const states = statesAtStarts(body, clobbered);
  for (const block of body.blocks) {
    let state = states[block.index];
    for (const step of block.steps) {
      if (state === undefined) break;
      const next = after(step, state, clobbered);
      settleStep(step, state);
      state = next;
    }
  }
}
