// Compilers may keep a pointer to the middle or the end of an array and reach what lies below it by negative
// distances. Where such a pointer points into the frame nobody knows which slots below it belong to the array.

import type { FunctionBody } from './blocks.ts';
import { terms, type Expression } from './expression.ts';
import type { Frame } from './frame.ts';

/** Farther below a pointer lies something else. */
const farthest = -4096n;

/** Whether something is added up of a register and a small negative number, or a number is taken from one. */
function goesDown(expression: Expression): boolean {
  const summands = terms(expression);
  if (summands.length > 1 && summands.some(({ kind }) => kind === 'register')) {
    const down = summands.some((term) => {
      const distance = term.kind === 'constant' ? BigInt.asIntN(64, term.value) : 0n;
      return term.type === 'i64' && distance < 0n && distance >= farthest;
    });
    if (down) return true;
  }
  if (expression.kind === 'load') return goesDown(expression.address);
  if (expression.kind !== 'operation') return false;
  const [left, right] = expression.operands;
  if (expression.operator === 'sub' && left?.kind === 'register' && right?.kind === 'constant') return true;
  return expression.operands.some(goesDown);
}

/** Whether slots below a place whose address is taken may be part of what it points into. */
export function reachesDown({ blocks }: FunctionBody, { taken, slots }: Frame): boolean {
  if (![...slots.keys()].some((offset) => offset < (taken[0] ?? -Infinity))) return false;
  return blocks.some(({ steps }) =>
    steps.some(
      ({ writes, stores }) =>
        writes.some(({ value }) => goesDown(value)) ||
        stores.some(({ address, value }) => goesDown(address) || goesDown(value)),
    ),
  );
}
