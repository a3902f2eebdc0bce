// A function's own signature from its webs: the argument registers that are read before they are written,
// in order, with the widths and types of their webs; stack arguments behind them.

import type { Type } from './expression.ts';
import type { Frame } from './frame.ts';
import { Unsupported } from './step.ts';
import type { Target } from './targets/target.ts';
import type { Webs } from './webs.ts';

export interface Parameter {
  type: Type;
  /** The web that starts with it; undefined where nobody reads it. */
  web?: number;
  /** The address of a returned structure, in the register that is kept for it. */
  structureResult?: boolean;
}

export function findParameters(webs: Webs, frame: Frame, target: Target): Parameter[] {
  const start = webs.starts[0]!;
  const { integerArguments, floatArguments, incomingStackArguments, structureResult } = target.convention;
  const upTo = (registers: readonly number[]): number =>
    registers.reduce((count, register, index) => (start.has(register) ? index + 1 : count), 0);
  const parameter = (register: number, unread: Type): Parameter => {
    const web = start.get(register);
    return web === undefined ? { type: unread } : { type: webs.webs[web]!.type, web };
  };
  const stack = [...frame.slots.values()]
    .filter(({ offset, register }) => offset >= incomingStackArguments && start.has(register))
    .map(({ offset, register }) => ({ index: (offset - incomingStackArguments) / 8, register }));
  if (stack.some(({ index }) => !Number.isInteger(index) || index > 64))
    throw new Unsupported('a structure on the stack');
  const stackCount = Math.max(0, ...stack.map(({ index }) => index + 1));
  const integers = stackCount > 0 ? integerArguments.length : upTo(integerArguments);
  const stackParameters = Array.from({ length: stackCount }, (_, index): Parameter => {
    const slot = stack.find((one) => one.index === index);
    return slot === undefined ? { type: 'i64' } : parameter(slot.register, 'i64');
  });
  const returned = structureResult === undefined ? undefined : start.get(structureResult);
  return [
    ...(returned === undefined ? [] : [{ type: 'ptr', web: returned, structureResult: true }]),
    ...integerArguments.slice(0, integers).map((register) => parameter(register, 'i64')),
    ...floatArguments.slice(0, upTo(floatArguments)).map((register) => parameter(register, 'double')),
    ...stackParameters,
  ];
}
