// Numbers of assembly in the notation that IR has: decimal, signed by the width of the operation, and
// floating-point constants as decimals where the bits are clearly those of one.

import { readableBits, type FloatKind } from './floating-point.ts';
import type { DataItem } from './assembly-file.ts';

/** `-5`, `0x1f`, `255` as the signed number of that many bits. */
export function signedNumber(text: string, bits: number): string {
  const negative = text.startsWith('-');
  const value = BigInt(negative ? text.slice(1) : text);
  return String(BigInt.asIntN(bits, negative ? -value : value));
}

/** A 64-bit immediate: as a floating-point number where that is a short one. */
export function wideImmediate(text: string): string {
  const value = BigInt(text);
  const magnitude = value < 0n ? -value : value;
  if (magnitude < 1n << 52n) return String(value);
  const readable = readableBits('double', value);
  return /^-?\d+\.\d+$/.test(readable) && readable.length <= 14 ? readable : String(BigInt.asIntN(64, value));
}

const widths: Record<string, number> = {
  '.byte': 1,
  '.short': 2,
  '.hword': 2,
  '.value': 2,
  '.2byte': 2,
  '.long': 4,
  '.int': 4,
  '.word': 4,
  '.4byte': 4,
  '.quad': 8,
  '.xword': 8,
  '.8byte': 8,
};

/** A constant of the file's constant pool written in the place of its name; undefined for anything else. */
export function literal(items: readonly DataItem[], kind: FloatKind | undefined): string | undefined {
  const elements: { width: number; value: bigint; float: boolean }[] = [];
  for (const { directive, values } of items) {
    const width = widths[directive];
    if (width === undefined) {
      const bytes = /^\.(?:zero|skip|space)$/.test(directive) ? Number(values.split(',')[0]) : NaN;
      if (!(bytes <= 64)) return undefined;
      elements.push({ width: bytes, value: 0n, float: false });
      continue;
    }
    for (const word of values.split(',')) {
      const text = word.trim();
      if (!/^-?(?:0x[0-9a-f]+|\d+)$/i.test(text)) return undefined;
      const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
      // LLVM writes floating-point constants in hexadecimal and integers in decimal.
      elements.push({ width, value, float: text.startsWith('0x') });
    }
  }
  if (kind !== undefined) return scalar(elements, kind);
  const words = elements.map(({ width, value, float }) => {
    if (float && width === 8) return readableBits('double', value);
    if (float && width === 4) return readableBits('float', value);
    return width > 8 ? `0*${width}` : String(BigInt.asIntN(width * 8, value));
  });
  return `{${words.join(' ')}}`;
}

/** What a scalar instruction reads: the first 4 or 8 bytes, however they are written. */
function scalar(elements: readonly { width: number; value: bigint }[], kind: FloatKind): string {
  const wanted = kind === 'double' ? 8 : 4;
  let bits = 0n;
  let bytes = 0;
  for (const { width, value } of elements) {
    if (bytes >= wanted) break;
    bits |= BigInt.asUintN(width * 8, value) << BigInt(bytes * 8);
    bytes += width;
  }
  return readableBits(kind, bits);
}
