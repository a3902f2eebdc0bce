// A function's own signature from its webs: the argument registers that are read before they are written,
// in order, with the widths and types of their webs; stack arguments behind them.

import type { Type } from './expression.ts';
import type { Frame } from './frame.ts';
import { extended } from './prototypes.ts';
import { Unsupported } from './step.ts';
import type { Target } from './targets/target.ts';
import type { NamedArguments } from './variadic.ts';
import type { Webs } from './webs.ts';

export interface Parameter {
  type: Type;
  /** The web that starts with it; undefined where nobody reads it. */
  web?: number;
  /** The address of a returned structure, in the register that is kept for it. */
  structureResult?: boolean;
}

/** Parameters by their word on the stack; what nobody reads between them is of the type `unread`. */
function stackOf(found: readonly (readonly [number, Parameter])[], unread: Type, least: number): Parameter[] {
  const at = new Map(found);
  const words = Math.max(least, ...found.map(([index]) => index + 1));
  const parameters: Parameter[] = [];
  for (let index = 0; index < words;) {
    const one = at.get(index);
    const isPadding = one === undefined && index % 2 === 1 && at.get(index + 1)?.type === extended;
    if (!isPadding) parameters.push(one ?? { type: unread });
    index += !isPadding && (one?.type ?? unread) === extended ? 2 : 1;
  }
  return parameters;
}

/** `named` says how many parameters a function has whose further arguments are unnamed. */
export function findParameters(
  webs: Webs,
  frame: Frame,
  target: Target,
  named?: NamedArguments,
): Parameter[] {
  const start = webs.starts[0]!;
  if (target.floatStack !== undefined && start.has(target.floatStack.controlWord))
    throw new Unsupported('the x87 control word');
  const { integerArguments, floatArguments, incomingStackArguments, structureResult } = target.convention;
  const upTo = (registers: readonly number[], least = 0): number =>
    registers.reduce(
      (count, register, index) => (start.has(register) ? Math.max(count, index + 1) : count),
      least,
    );
  const parameter = (register: number, unread: Type): Parameter => {
    const web = start.get(register);
    return web === undefined ? { type: unread } : { type: webs.webs[web]!.type, web };
  };
  const stack = [...frame.slots.values()]
    .filter(({ offset, register }) => offset >= incomingStackArguments && start.has(register))
    .map(({ offset, register }) => ({ index: (offset - incomingStackArguments) / 8, register }));
  if (stack.some(({ index }) => !Number.isInteger(index) || index > 64))
    throw new Unsupported('a structure on the stack');
  const typeAt = (index: number): Type | undefined => {
    const slot = stack.find((one) => one.index === index);
    return slot === undefined ? undefined : webs.webs[start.get(slot.register)!]!.type;
  };
  if (stack.some(({ index }) => typeAt(index) === extended && index % 2 === 1))
    throw new Unsupported('a structure on the stack');
  // What is no long double is there because the registers are full.
  const isFull = named === undefined && stack.some(({ index }) => typeAt(index) !== extended);
  const integers = isFull ? integerArguments.length : upTo(integerArguments, named?.integers);
  const floats = upTo(floatArguments, named?.floats);
  const words = Math.max(0, ...stack.map(({ index }) => index + 1));
  if (named !== undefined && (integers > (named.integers ?? integers) || words > named.stack))
    throw new Unsupported('a variadic function that reads unnamed arguments itself');
  const stackParameters = stackOf(
    stack.map(({ index, register }) => [index, parameter(register, 'i64')]),
    isFull || named !== undefined ? 'i64' : extended,
    named?.stack ?? 0,
  );
  const returned = structureResult === undefined ? undefined : start.get(structureResult);
  return [
    ...(returned === undefined ? [] : [{ type: 'ptr', web: returned, structureResult: true }]),
    ...integerArguments.slice(0, integers).map((register) => parameter(register, 'i64')),
    ...floatArguments.slice(0, floats).map((register) => parameter(register, 'double')),
    ...stackParameters,
  ];
}
