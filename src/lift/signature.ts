// A function's own signature from its webs: the argument registers that are read before they are written,
// in order, with the widths and types of their webs; stack arguments behind them.

import type { Type } from './expression.ts';
import type { Frame } from './frame.ts';
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

/** `named` says how many parameters a function has whose further arguments are unnamed. */
export function findParameters(
  webs: Webs,
  frame: Frame,
  target: Target,
  named?: NamedArguments,
): Parameter[] {
  const start = webs.starts[0]!;
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
  const stackCount = Math.max(named?.stack ?? 0, ...stack.map(({ index }) => index + 1));
  const integers =
    named === undefined && stackCount > 0 ? integerArguments.length : upTo(integerArguments, named?.integers);
  const floats = upTo(floatArguments, named?.floats);
  if (named !== undefined && (integers > (named.integers ?? integers) || stackCount > named.stack))
    throw new Unsupported('a variadic function that reads unnamed arguments itself');
  const stackParameters = Array.from({ length: stackCount }, (_, index): Parameter => {
    const slot = stack.find((one) => one.index === index);
    return slot === undefined ? { type: 'i64' } : parameter(slot.register, 'i64');
  });
  const returned = structureResult === undefined ? undefined : start.get(structureResult);
  return [
    ...(returned === undefined ? [] : [{ type: 'ptr', web: returned, structureResult: true }]),
    ...integerArguments.slice(0, integers).map((register) => parameter(register, 'i64')),
    ...floatArguments.slice(0, floats).map((register) => parameter(register, 'double')),
    ...stackParameters,
  ];
}
