// Floating-point constants as a person writes them: the shortest decimal that gives the same bits (`0.1`),
// where LLVM writes the bits of a double for most (`0x3FB999999999999A`). Values without such a decimal
// (infinities, not-a-number) keep LLVM's notation.

const bits = new DataView(new ArrayBuffer(8));

export type FloatKind = 'float' | 'double';

export function isFloatKind(word: string): word is FloatKind {
  return word === 'float' || word === 'double';
}

/** A constant as LLVM prints it after `float` or `double`, in our notation. */
export function readableFloat(kind: FloatKind, token: string): string {
  return decimalOf(kind, valueOf(token)) ?? token;
}

/** The other way: the bits as a double, which LLVM's parser takes for both kinds. */
export function llvmFloat(kind: FloatKind, token: string): string {
  if (token.startsWith('0x')) return token;
  const value = Number(token);
  return hexadecimal(kind === 'float' ? Math.fround(value) : value);
}

/** Bits of a constant in memory (4 or 8 bytes), in the same notation as IR has it. */
export function readableBits(kind: FloatKind, raw: bigint): string {
  if (kind === 'double') {
    bits.setBigUint64(0, BigInt.asUintN(64, raw));
    return decimalOf(kind, bits.getFloat64(0)) ?? hexadecimal(bits.getFloat64(0), raw);
  }
  bits.setUint32(0, Number(BigInt.asUintN(32, raw)));
  const value = bits.getFloat32(0);
  return decimalOf(kind, value) ?? hexadecimal(value);
}

function valueOf(token: string): number {
  if (!token.startsWith('0x')) return Number(token);
  bits.setBigUint64(0, BigInt(token));
  return bits.getFloat64(0);
}

/** Undefined for what no decimal stands for. */
function decimalOf(kind: FloatKind, value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (Object.is(value, -0)) return '-0.0';
  const text = kind === 'double' ? String(value) : shortestSingle(value);
  if (text === undefined) return undefined;
  return /[.e]/.test(text) ? text.replace('e+', 'e') : `${text}.0`;
}

function shortestSingle(value: number): string | undefined {
  if (Math.fround(value) !== value) return undefined;
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return undefined;
}

function hexadecimal(value: number, raw?: bigint): string {
  if (raw === undefined) {
    bits.setFloat64(0, value);
    raw = bits.getBigUint64(0);
  }
  return `0x${BigInt.asUintN(64, raw).toString(16).toUpperCase().padStart(16, '0')}`;
}
