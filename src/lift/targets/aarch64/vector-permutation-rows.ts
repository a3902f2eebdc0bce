// Vector instructions of AArch64 that only move lanes about.

import { shuffle, type Type } from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import type { Row } from './integer-rows.ts';
import { countOf, elementBits, integerType, neon, range, readLanes, reorder, wholeOf } from './lanes.ts';
import { registerPart } from './registers.ts';
import type { Translation } from './translation.ts';

/** Lanes of two vectors; those of the second count on from those of the first. */
const ofTwo =
  (lanes: (count: number, t: Translation) => number[]): Row =>
  (t) => {
    const type = integerType(t, 0);
    t.write(0, shuffle(readLanes(t, 1, type), readLanes(t, 2, type), lanes(countOf(type), t)));
  };

/** Pairs of a lane each, the first ones of `from` on, `step` apart. */
const pairs =
  (from: (count: number) => number, step: number) =>
  (count: number): number[] =>
    range(from(count), count / 2, step).flatMap((lane) => [lane, count + lane]);

/** Lanes in reverse within groups of so many bits. */
const reversed =
  (bits: number): Row =>
  (t) => {
    const type = integerType(t, 0);
    const group = bits / elementBits(type);
    if (!(group > 1)) throw new Unsupported('operands');
    const lanes = range(0, countOf(type)).map((lane) => lane ^ (group - 1));
    t.write(0, reorder(readLanes(t, 1, type), lanes));
  };

const bytes: Type = 'i8';

/** Bytes by their number in one to four registers; others are zero, or stay. */
const lookUp =
  (name: 'tbl' | 'tbx'): Row =>
  (t) => {
    const type = integerType(t, 0);
    const list = t.operand(1);
    if (list.kind !== 'list' || list.lane !== undefined) throw new Unsupported('operands');
    const tables = list.registers.map((register) => wholeOf(registerPart(register)!, bytes));
    const before = name === 'tbx' ? [t.read(0, type)] : [];
    t.write(0, neon(`${name}${tables.length}`, type)(...before, ...tables, readLanes(t, 2, type)));
  };

export const vectorPermutationRows: Record<string, Row> = {
  zip1: ofTwo(pairs(() => 0, 1)),
  zip2: ofTwo(pairs((count) => count / 2, 1)),
  trn1: ofTwo(pairs(() => 0, 2)),
  trn2: ofTwo(pairs(() => 1, 2)),
  uzp1: ofTwo((count) => range(0, count, 2)),
  uzp2: ofTwo((count) => range(1, count, 2)),
  ext: ofTwo((count, t) => range(t.immediate(3), count)),
  rev16: reversed(16),
  rev32: reversed(32),
  rev64: reversed(64),
  tbl: lookUp('tbl'),
  tbx: lookUp('tbx'),
};
