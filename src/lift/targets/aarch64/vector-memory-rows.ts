// Loads and stores of AArch64 that name lists of registers: whole registers one after the other, or members
// of structures that lie interleaved in memory, all of them or one lane of each.

import { add, bitsOf, constant, load, shuffle, type Expression, type Type } from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import type { Row } from './integer-rows.ts';
import { joined, range, reorder, spread, vectorOf } from './lanes.ts';
import { registerPart, type RegisterPart } from './registers.ts';
import type { Translation } from './translation.ts';

interface List {
  parts: RegisterPart[];
  /** Of each register. */
  type: Type;
  element: Type;
  count: number;
  lane?: number;
}

function listOf(t: Translation): List {
  const list = t.operand(0);
  if (list.kind !== 'list') throw new Unsupported('operands');
  const parts = list.registers.map((register) => registerPart(register));
  const { count, bits } = parts[0]?.lanes ?? {};
  if (count === undefined || bits === undefined || parts.some((part) => part?.lanes?.count !== count))
    throw new Unsupported('operands');
  return {
    parts: parts as RegisterPart[],
    type: vectorOf(count, `i${bits}`),
    element: `i${bits}`,
    count,
    ...(list.lane === undefined ? {} : { lane: list.lane }),
  };
}

/** The address of the number `index` among values of one type. */
const place = (start: Expression, index: number, type: Type): Expression =>
  add(start, constant('i64', (index * bitsOf(type)) / 8));

/** One lane of a register. */
const laneOf = ({ register }: RegisterPart, element: Type, lane: number): RegisterPart => ({
  register,
  bits: bitsOf(element),
  lane,
});

/** Whole registers of one member each, or so many interleaved ones. */
function checkMembers({ parts, count }: List, members: number): void {
  if (members > 1 && (parts.length !== members || count === 1)) throw new Unsupported('operands');
}

const loads =
  (members: number): Row =>
  (t) => {
    const list = listOf(t);
    const { parts, type, element, count, lane } = list;
    const start = t.address(t.memory(1));
    checkMembers(list, members);
    const all = load(start, vectorOf(count * members, element));
    for (const [index, part] of parts.entries()) {
      if (lane !== undefined)
        t.writePart(laneOf(part, element, lane), load(place(start, index, element), element));
      else if (members === 1) t.writePart(part, load(place(start, index, type), type));
      else t.writePart(part, reorder(all, range(index, count, members)));
    }
  };

/** One structure, its members in all lanes of a register each. */
const loadsEverywhere =
  (members: number): Row =>
  (t) => {
    const { parts, type, element } = listOf(t);
    if (parts.length !== members) throw new Unsupported('operands');
    const start = t.address(t.memory(1));
    for (const [index, part] of parts.entries())
      t.writePart(part, spread(load(place(start, index, element), element), type));
  };

/** Lane 0 of each vector, then lane 1 of each … */
function interleaved(vectors: readonly Expression[], count: number): Expression {
  const [first, second, third, fourth] = vectors as [Expression, Expression, Expression?, Expression?];
  const order = range(0, count).flatMap((lane) => range(lane, vectors.length, count));
  if (third === undefined) return shuffle(first, second, order);
  return shuffle(joined(first, second), joined(third, fourth), order);
}

const stores =
  (members: number): Row =>
  (t) => {
    const list = listOf(t);
    const { parts, type, element, count, lane } = list;
    const start = t.address(t.memory(1));
    checkMembers(list, members);
    const values = parts.map((part) => t.registerAs(part, type));
    if (lane === undefined && members > 1) {
      t.store(start, interleaved(values, count));
      return;
    }
    for (const [index, part] of parts.entries()) {
      if (lane === undefined) t.store(place(start, index, type), values[index]!);
      else t.store(place(start, index, element), t.laneOf(laneOf(part, element, lane), element));
    }
  };

export const vectorMemoryRows: Record<string, Row> = Object.fromEntries(
  [1, 2, 3, 4].flatMap((members) => [
    [`ld${members}`, loads(members)],
    [`st${members}`, stores(members)],
    [`ld${members}r`, loadsEverywhere(members)],
  ]),
);
