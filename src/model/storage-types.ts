// How numbers are stored in weight files, and float32 to and from each: F32, F16 and BF16 value by value,
// Q8_0 in llama.cpp's blocks of 32 values (a float16 scale, then 32 signed bytes). All little-endian, as the
// machines that we run on are. Rounding is to the nearest, ties to even.

import { OzmaError } from '../common/errors.ts';

export type StorageType = 'F32' | 'F16' | 'BF16' | 'Q8_0';

interface Storage {
  /** Values in the smallest unit that can be stored; the innermost dimension must be a multiple. */
  readonly blockValues: number;
  readonly blockBytes: number;
  decode(bytes: DataView, values: Float32Array): void;
  encode(values: Float32Array, bytes: DataView): void;
}

const floatBits = new Float32Array(1);
const integerBits = new Uint32Array(floatBits.buffer);

/** The value of a float16 by its 16 bits. */
function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The 16 bits of the nearest float16; too large becomes infinite. */
function encodeHalf(value: number): number {
  floatBits[0] = value;
  const bits = integerBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // From 65520, halfway between the largest float16 and the next power of two.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: a multiple of 2^-24. Adding 2^23 · 2^-24 makes float32 arithmetic round there.
    floatBits[0] = Math.abs(value) + 0.5;
    return sign | (integerBits[0]! - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

function encodeBrain(value: number): number {
  floatBits[0] = value;
  const bits = integerBits[0]!;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

let halfValues: Float32Array | undefined;

/** Every float16, so that reading a large file is a look-up a value. Made at first use. */
function everyHalf(): Float32Array {
  halfValues ??= Float32Array.from({ length: 0x10000 }, (_, bits) => decodeHalf(bits));
  return halfValues;
}

const quantisedValues = 32;
const quantisedBytes = 2 + quantisedValues;

/** C's roundf: halves go away from zero. */
function roundAway(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}

const storages: Record<StorageType, Storage> = {
  F32: {
    blockValues: 1,
    blockBytes: 4,
    decode: (bytes, values) => {
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(
        new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      );
    },
    encode: (values, bytes) => {
      new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).set(
        new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      );
    },
  },
  F16: {
    blockValues: 1,
    blockBytes: 2,
    decode: (bytes, values) => {
      const table = everyHalf();
      for (let index = 0; index < values.length; index++) {
        values[index] = table[bytes.getUint16(2 * index, true)]!;
      }
    },
    encode: (values, bytes) => {
      for (let index = 0; index < values.length; index++) {
        bytes.setUint16(2 * index, encodeHalf(values[index]!), true);
      }
    },
  },
  BF16: {
    blockValues: 1,
    blockBytes: 2,
    decode: (bytes, values) => {
      const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
      for (let index = 0; index < bits.length; index++) bits[index] = bytes.getUint16(2 * index, true) << 16;
    },
    encode: (values, bytes) => {
      for (let index = 0; index < values.length; index++) {
        bytes.setUint16(2 * index, encodeBrain(values[index]!), true);
      }
    },
  },
  // The arithmetic of ggml's reference quantiser, in float32 as there, so that the bytes are the same.
  Q8_0: {
    blockValues: quantisedValues,
    blockBytes: quantisedBytes,
    decode: (bytes, values) => {
      const table = everyHalf();
      for (let index = 0; index < values.length; index++) {
        const block = Math.floor(index / quantisedValues) * quantisedBytes;
        const scale = table[bytes.getUint16(block, true)]!;
        values[index] = scale * bytes.getInt8(block + 2 + (index % quantisedValues));
      }
    },
    encode: (values, bytes) => {
      for (let start = 0; start < values.length; start += quantisedValues) {
        const block = (start / quantisedValues) * quantisedBytes;
        let largest = 0;
        for (let index = start; index < start + quantisedValues; index++) {
          largest = Math.max(largest, Math.abs(values[index]!));
        }
        const scale = Math.fround(largest / 127);
        const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
        bytes.setUint16(block, encodeHalf(scale), true);
        for (let index = 0; index < quantisedValues; index++) {
          bytes.setInt8(block + 2 + index, roundAway(Math.fround(values[start + index]! * inverse)));
        }
      }
    },
  },
};

/** Bytes of `count` values. */
export function storedBytes(type: StorageType, count: number): number {
  const { blockValues, blockBytes } = storages[type];
  if (count % blockValues !== 0) {
    throw new OzmaError('usage', `${type}: expected a multiple of ${blockValues} values, found ${count}`);
  }
  return (count / blockValues) * blockBytes;
}

/** Whether rows of this length can be stored in the type. */
export function fits(type: StorageType, rowLength: number): boolean {
  return rowLength % storages[type].blockValues === 0;
}

/** Reads `values.length` values out of bytes that hold exactly as many. */
export function decodeValues(type: StorageType, bytes: Uint8Array, values: Float32Array): void {
  storages[type].decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), values);
}

export function encodeValues(type: StorageType, values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(storedBytes(type, values.length));
  storages[type].encode(values, new DataView(bytes.buffer));
  return bytes;
}
