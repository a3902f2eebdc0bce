// Made-up inputs: arguments, replies of callees, external variables and the memory behind pointers. Bytes
// are a mixture of what real programs hold: small numbers, letters, edges, and pointers that only ever
// point further on, so that a walk along a list comes to an end.

import { createRandom } from '../../common/random.ts';
import type { Random } from '../../common/random.ts';
import * as layout from './layout.ts';
import { calledParameters, type Signature } from './signature.ts';

const edges = [0n, 1n, 2n, 7n, 8n, 63n, 127n, 255n, 256n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffff_ffff_ffffn];

/** A pointer into the arena, 8-byte aligned, behind `after` bytes and with room before the end. */
function arenaPointer(random: Random, after: number): bigint {
  const room = layout.arena.bytes - 512;
  const from = Math.min(after, room - 8);
  const offset = from + random.below(room - from);
  return BigInt(layout.arena.address + (offset & ~7));
}

/** One integer argument; most are small, as lengths, flags and characters are. */
function integer(random: Random): bigint {
  const kind = random.below(8);
  if (kind < 4) return BigInt(random.below(12));
  if (kind === 4) return BigInt(32 + random.below(96));
  if (kind === 5) return BigInt.asUintN(64, -BigInt(1 + random.below(16)));
  if (kind === 6) return random.pick(edges);
  return (BigInt(random.below(0x1_0000_0000)) << 32n) | BigInt(random.below(0x1_0000_0000));
}

const numbers = [0, 1, -1, 0.5, 2, 3.25, 10, 100.125, -7.5, 1e9, 1e-9, -0];

function double(random: Random): number {
  return random.below(4) > 0 ? random.pick(numbers) : (random.next() - 0.5) * 1000;
}

/**
 * Fills memory; `base` is its offset in the arena, for the direction of pointers. Half of the inputs are
 * rich in pointers and nulls, as lists and trees are, the others in numbers and letters.
 */
function fillMemory(view: DataView, at: number, bytes: number, base: number, random: Random): void {
  const weights = random.below(2) === 0 ? [5, 2, 0, 0, 3] : [2, 3, 1, 1, 1];
  for (let offset = 0; offset + 8 <= bytes; offset += 8) {
    const kind = random.weighted(weights);
    const place = at + offset;
    if (kind === 0 && base + offset < layout.arena.bytes * 0.75) {
      view.setBigUint64(place, arenaPointer(random, base + offset + 8), true);
    } else if (kind === 1) {
      view.setUint32(place, random.below(3) === 0 ? 0 : Number(BigInt.asUintN(32, integer(random))), true);
      view.setUint32(place + 4, Number(BigInt.asUintN(32, integer(random))), true);
    } else if (kind === 2) {
      for (let byte = 0; byte < 7; byte++) view.setUint8(place + byte, 97 + random.below(26));
    } else if (kind === 3) {
      view.setFloat64(place, double(random), true);
    }
  }
}

/** Ten bytes: sign and exponent in the last two, all 64 bits of the fraction before them. */
function setExtended(view: DataView, at: number, value: number, random: Random): void {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const exponent = (word >> 52n) & 0x7ffn;
  const isZero = exponent === 0n;
  // Now and then a number that no double is.
  const below = random.below(4) === 0 ? BigInt(random.below(0x800)) : 0n;
  const fraction = (1n << 63n) | ((word & 0xf_ffff_ffff_ffffn) << 11n) | below;
  view.setBigUint64(at, isZero ? 0n : fraction, true);
  view.setUint16(at + 8, Number(((word >> 63n) << 15n) | (isZero ? 0n : exponent + 15360n)), true);
}

function setValue(view: DataView, at: number, type: string, random: Random): void {
  if (type === 'ptr') {
    const none = random.below(16) === 0;
    view.setBigUint64(at, none ? 0n : arenaPointer(random, 64), true);
  } else if (type === 'x86_fp80') setExtended(view, at, double(random), random);
  else if (type === 'double') view.setFloat64(at, double(random), true);
  else if (type === 'float') view.setFloat32(at, double(random), true);
  else if (/x (?:float|double)>$/.test(type)) {
    const wide = type.endsWith('double>');
    for (let byte = 0; byte < 16; byte += wide ? 8 : 4) {
      if (wide) view.setFloat64(at + byte, double(random), true);
      else view.setFloat32(at + byte, double(random), true);
    }
  } else {
    view.setBigUint64(at, integer(random), true);
    view.setBigUint64(at + 8, random.below(4) === 0 ? integer(random) : 0n, true);
    // A truth value has one bit in a register.
    if (type === 'i1') view.setBigUint64(at, BigInt(random.below(2)), true);
  }
}

/**
 * Numbers in place of what would be none in floating point arithmetic, -1 among them: which of two such operands
 * comes out is not said by LLVM, and a difference in it would be no difference.
 */
function withoutNaN(view: DataView, from: number): void {
  for (let at = from; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true);
    if ((word & 0x7fff_ffff) >>> 0 > 0x7f80_0000) view.setUint32(at, (word & ~0x4000_0000) >>> 0, true);
  }
}

/** Bytes of one input for a function with so many external variables. */
export function bytesOfInput(globals: number): number {
  return layout.inputBytes + globals * layout.globalBytes + layout.arena.bytes;
}

export interface InputOptions {
  count: number;
  seed: number;
  /** Whether the function computes with floating point numbers. */
  floating: boolean;
}

/** `count` inputs one behind the other, each as the driver reads it. The same seed gives the same bytes. */
export function makeInputs(
  signature: Signature,
  globals: number,
  { count, seed, floating }: InputOptions,
): Buffer {
  const size = bytesOfInput(globals);
  const all = Buffer.alloc(size * count);
  for (let index = 0; index < count; index++) {
    const random = createRandom(seed).fork(`input ${index}`);
    const view = new DataView(all.buffer, all.byteOffset + index * size, size);
    for (const [at, { type }] of calledParameters(signature).entries()) {
      setValue(view, at * layout.argumentBytes, type, random);
    }
    const replies = layout.argumentBytes * layout.mostArguments;
    for (const [row, kind] of layout.replyClasses.entries()) {
      for (let turn = 0; turn < layout.replyCount; turn++) {
        const at = replies + (row * layout.replyCount + turn) * 8;
        if (kind === 'integer') view.setBigUint64(at, integer(random), true);
        else if (kind === 'double') view.setFloat64(at, double(random), true);
        else if (kind === 'float') view.setFloat32(at, double(random), true);
        else view.setBigUint64(at, random.below(6) === 0 ? 0n : arenaPointer(random, 64), true);
      }
    }
    for (let global = 0; global < globals; global++) {
      fillMemory(view, layout.inputBytes + global * layout.globalBytes, layout.globalBytes, 0, random);
    }
    const arenaAt = layout.inputBytes + globals * layout.globalBytes;
    fillMemory(view, arenaAt, layout.arena.bytes, 0, random);
    if (floating) withoutNaN(view, layout.inputBytes);
  }
  return all;
}
