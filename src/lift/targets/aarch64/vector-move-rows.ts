// Constants and single lanes: how values get into vector registers of AArch64 and out of them.

import { constant, insertLane, signExtend, type Expression } from '../../expression.ts';
import { Unsupported } from '../../step.ts';
import type { Row } from './integer-rows.ts';
import { everywhere, integerType, isSimd, shapeOf, spread, wholeOf } from './lanes.ts';
import type { Translation } from './translation.ts';

/** `#3, lsl #8`; `msl` shifts ones in. */
export function modifiedImmediate(t: Translation): bigint {
  const [operand, shift] = [t.operand(1), t.operands[2]];
  if (operand.kind !== 'immediate') throw new Unsupported('operands');
  if (shift === undefined) return operand.value;
  if (shift.kind !== 'shift' || !/^(lsl|msl)$/.test(shift.operation)) throw new Unsupported('operands');
  const amount = BigInt(shift.amount);
  const below = shift.operation === 'msl' ? (1n << amount) - 1n : 0n;
  return (operand.value << amount) | below;
}

/** `movi v0.2d, #0` and `movi d0, #0`: a byte, halfword, word or all bits in every lane. */
const immediate =
  (change: (value: bigint) => bigint): Row =>
  (t) => {
    const value = change(modifiedImmediate(t));
    const { lanes, bits } = t.part(0);
    const width = lanes?.bits ?? bits;
    let all = 0n;
    for (let at = 0; at < bits; at += width) all |= BigInt.asUintN(width, value) << BigInt(at);
    t.write(0, constant(`i${bits}`, all));
  };

/** A lane, as an integer of its width. */
function laneOf(t: Translation, index: number): Expression {
  const { lane, bits } = t.part(index);
  if (lane === undefined) throw new Unsupported('operands');
  return t.read(index, `i${bits}`);
}

/** Of a general register or a lane, in all lanes; `dup s0, v1.s[2]` takes one out. */
const duplicate: Row = (t) => {
  const type = integerType(t, 0);
  const { count, element } = shapeOf(type);
  const source = t.part(1);
  if (count === undefined) t.write(0, laneOf(t, 1));
  else if (source.lane !== undefined) t.write(0, everywhere(wholeOf(source, element), source.lane, count));
  else if (!isSimd(source)) t.write(0, spread(t.read(1, element), type));
  else throw new Unsupported('operands');
};

const insert: Row = (t) => {
  const part = t.part(0);
  if (part.lane === undefined) throw new Unsupported('operands');
  const whole = wholeOf(part, `i${part.bits}`);
  t.writeRegister(part.register as number, insertLane(whole, t.read(1, `i${part.bits}`), part.lane));
};

export const vectorMoveRows: Record<string, Row> = {
  movi: immediate((value) => value),
  mvni: immediate((value) => ~value),
  dup: duplicate,
  ins: insert,
  umov: (t) => t.write(0, t.read(1)),
  smov: (t) => t.write(0, signExtend(laneOf(t, 1), t.type)),
};
