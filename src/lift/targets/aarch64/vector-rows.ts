// The instructions of AArch64 on vector registers, by topic. Names that general registers know as well are
// told apart by the destination.

import { floatRows } from './float-rows.ts';
import { integerRows, type Row } from './integer-rows.ts';
import { isSimd } from './lanes.ts';
import { registerPart } from './registers.ts';
import { vectorArithmeticRows } from './vector-arithmetic-rows.ts';
import { vectorMemoryRows } from './vector-memory-rows.ts';
import { vectorMoveRows } from './vector-move-rows.ts';
import { vectorPermutationRows } from './vector-permutation-rows.ts';
import { vectorShiftRows } from './vector-shift-rows.ts';
import { vectorWidthRows } from './vector-width-rows.ts';

const byDestination =
  (general: Row, vector: Row): Row =>
  (t) => {
    const operand = t.operand(0);
    const part = operand.kind === 'register' ? registerPart(operand.name) : undefined;
    return part !== undefined && isSimd(part) ? vector(t) : general(t);
  };

export const vectorRows: Record<string, Row> = {
  ...floatRows,
  ...vectorArithmeticRows,
  ...vectorMemoryRows,
  ...vectorMoveRows,
  ...vectorPermutationRows,
  ...vectorShiftRows,
  ...vectorWidthRows,
};

for (const [name, row] of Object.entries(vectorRows)) {
  const general = integerRows[name];
  if (general !== undefined) vectorRows[name] = byDestination(general, row);
}
