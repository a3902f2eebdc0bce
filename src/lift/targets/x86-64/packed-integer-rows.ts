// SSE2 on lanes of integers beyond plain sums and comparisons: what saturates, averages, takes high halves of
// products or sums of differences.

import {
  add,
  intrinsic,
  lshr,
  mul,
  operation,
  shuffle,
  signExtend,
  splat,
  zeroExtend,
  type Expression,
  type Type,
} from '../../expression.ts';
import type { Row } from './integer-rows.ts';
import { packed } from './vector-rows.ts';

const bytes = '<16 x i8>';
const words = '<8 x i16>';
const wideBytes = '<16 x i16>';
const wideWords = '<8 x i32>';

type Extend = (value: Expression, type: Type) => Expression;

const called = (name: string, type: Type): Row =>
  packed(type, (left, right) => intrinsic(name, type, left, right));

const highProduct = (extend: Extend): Row =>
  packed(words, (left, right) => {
    const product = mul(extend(left, wideWords), extend(right, wideWords));
    return operation(words, 'trunc', lshr(product, splat(wideWords, 16)));
  });

/** Half of the sum, rounded up. */
const average = (type: Type, wide: Type): Row =>
  packed(type, (left, right) => {
    const sum = add(add(zeroExtend(left, wide), zeroExtend(right, wide)), splat(wide, 1));
    return operation(type, 'trunc', lshr(sum, splat(wide, 1)));
  });

/** Products of neighbouring lanes are added. */
const productSums: Row = packed(words, (left, right) => {
  const products = mul(signExtend(left, wideWords), signExtend(right, wideWords));
  return add(shuffle(products, products, [0, 2, 4, 6]), shuffle(products, products, [1, 3, 5, 7]));
});

export const packedIntegerRows: Record<string, Row> = {
  paddsb: called('sadd.sat', bytes),
  paddsw: called('sadd.sat', words),
  paddusb: called('uadd.sat', bytes),
  paddusw: called('uadd.sat', words),
  psubsb: called('ssub.sat', bytes),
  psubsw: called('ssub.sat', words),
  psubusb: called('usub.sat', bytes),
  psubusw: called('usub.sat', words),
  pavgb: average(bytes, wideBytes),
  pavgw: average(words, wideWords),
  pmulhw: highProduct(signExtend),
  pmulhuw: highProduct(zeroExtend),
  pmaddwd: productSums,
  psadbw: packed(bytes, (left, right) => intrinsic('x86.sse2.psad.bw', '<2 x i64>', left, right)),
};
