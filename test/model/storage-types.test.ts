// Stored numbers: float16 over its whole range, rounding at the ties, Q8_0 against the bytes of the gguf
// package.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeValues, encodeValues, fits, storedBytes } from '#ozma/model/storage-types.js';
import type { StorageType } from '#ozma/model/storage-types.js';
import { largestDifference } from '../../bench/toy-models.ts';

function decode(type: StorageType, bytes: Uint8Array, count: number): Float32Array {
  const values = new Float32Array(count);
  decodeValues(type, bytes, values);
  return values;
}

const encodeOne = (type: StorageType, value: number): number => {
  const bytes = encodeValues(type, Float32Array.of(value));
  return bytes[0]! | (bytes[1]! << 8);
};

/** All finite float16 from 0 up, in order. */
const halves = decode(
  'F16',
  new Uint8Array(Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits).buffer),
  0x7c00,
);

test('float16: values of the standard', () => {
  expect(halves[1]).toBe(2 ** -24);
  expect(halves[0x3ff]).toBe(2 ** -14 - 2 ** -24);
  expect(halves[0x400]).toBe(2 ** -14);
  expect(halves[0x3c00]).toBe(1);
  expect(halves[0x3555]).toBe(0.333251953125);
  expect(halves[0x7bff]).toBe(65504);
  expect(halves.every((value, index) => index === 0 || value > halves[index - 1]!)).toBe(true);
});

test('float16: every value comes back, and what lies between goes to the nearest, ties to even', () => {
  const wrong: number[] = [];
  for (let bits = 0; bits < 0x7c00; bits++) {
    if (encodeOne('F16', halves[bits]!) !== bits) wrong.push(bits);
    if (encodeOne('F16', -halves[bits]!) !== (bits | 0x8000)) wrong.push(-bits);
    if (bits === 0x7bff) continue;
    const middle = (halves[bits]! + halves[bits + 1]!) / 2;
    if (encodeOne('F16', middle) !== bits + (bits % 2)) wrong.push(bits + 0.5);
    const quarter = (halves[bits]! + middle) / 2;
    if (encodeOne('F16', quarter) !== bits) wrong.push(bits + 0.25);
  }
  expect(wrong).toEqual([]);
});

test('float16 and bfloat16: beyond the range', () => {
  const values = Float32Array.of(65519, 65520, -1e30, Infinity, NaN, 2 ** -25, 2 ** -26);
  const found = decode('F16', encodeValues('F16', values), values.length);
  expect([...found]).toEqual([65504, Infinity, -Infinity, Infinity, NaN, 0, 0]);
  const large = Float32Array.of(3.4028235e38, -Infinity, NaN, -0);
  expect([...decode('BF16', encodeValues('BF16', large), 4)]).toEqual([Infinity, -Infinity, NaN, -0]);
});

test('bfloat16: the upper half of float32, ties to even', () => {
  expect(encodeOne('BF16', 1)).toBe(0x3f80);
  expect(encodeOne('BF16', 1 + 2 ** -8)).toBe(0x3f80);
  expect(encodeOne('BF16', 1 + 3 * 2 ** -8)).toBe(0x3f82);
  expect(encodeOne('BF16', 1 + 2 ** -8 + 2 ** -20)).toBe(0x3f81);
  expect(encodeOne('BF16', -Math.PI)).toBe(0xc049);
});

test('Q8_0: the bytes of the gguf package, and values within half a step', () => {
  const { values, blocks } = JSON.parse(
    readFileSync(join(import.meta.dirname, 'golden', 'q8_0.json'), 'utf8'),
  ) as { values: number[]; blocks: string };
  const bytes = encodeValues('Q8_0', Float32Array.from(values));
  expect(Buffer.from(bytes).toString('hex')).toBe(blocks);
  for (let start = 0; start < values.length; start += 32) {
    const block = values.slice(start, start + 32);
    const found = decode('Q8_0', bytes.subarray((start / 32) * 34, (start / 32 + 1) * 34), 32);
    const step = Math.max(...block.map(Math.abs)) / 127;
    // The step itself is rounded to float16: up to 127 · 2^-11 steps more.
    expect(largestDifference(found, block)).toBeLessThanOrEqual(step * (0.5 + 127 / 2048));
  }
});

test('Q8_0 is for whole blocks', () => {
  expect(fits('Q8_0', 64)).toBe(true);
  expect(fits('Q8_0', 48)).toBe(false);
  expect(() => storedBytes('Q8_0', 48)).toThrow('Q8_0: expected a multiple of 32 values, found 48');
  expect(storedBytes('Q8_0', 64)).toBe(68);
});
