// Made-up inputs: arguments, replies of callees, variables and the memory behind pointers. In every other input memory
// looks like what the function reads (shape.ts), in the others bytes are a mixture of what real programs hold: small
// numbers, letters, edges. Pointers only ever point further on, so that a walk along a list comes to an end.

import { createRandom } from '../../common/random.ts';
import type { Random } from '../../common/random.ts';
import * as layout from './layout.ts';
import type { Patch } from './driver.ts';
import type { Field, Fields, Shape } from './shape.ts';
import type { Programs } from './sides.ts';
import { calledParameters, type Signature } from './signature.ts';

const edges = [0n, 1n, 2n, 7n, 8n, 63n, 127n, 255n, 256n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffff_ffff_ffffn];

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

/** How memory is filled: what stands in a word, and where pointers lead that stand `after` bytes into the arena. */
interface Filling {
  random: Random;
  number: () => bigint;
  pointer: (after: number) => bigint;
  /** Bytes at `at` of the view, `base` bytes into the arena. */
  fill: (view: DataView, at: number, bytes: number, base: number, fields?: Fields) => void;
  code: (field: Field) => bigint;
}

function setNumbers(view: DataView, place: number, random: Random): void {
  view.setUint32(place, random.below(3) === 0 ? 0 : Number(BigInt.asUintN(32, integer(random))), true);
  view.setUint32(place + 4, Number(BigInt.asUintN(32, integer(random))), true);
}

function setLetters(view: DataView, place: number, random: Random): void {
  for (let byte = 0; byte < 7; byte++) view.setUint8(place + byte, 97 + random.below(26));
}

/** Half of these inputs are rich in pointers and nulls, as lists and trees are, the others in numbers and letters. */
function mixture(random: Random): Filling {
  const pointer = (after: number): bigint => {
    const { from, to } = layout.pointed;
    const first = Math.min(Math.max(after, from), to - 8);
    return BigInt(layout.arena.address + ((first + random.below(to - first)) & ~7));
  };
  const fill: Filling['fill'] = (view, at, bytes, base) => {
    const weights = random.below(2) === 0 ? [5, 2, 0, 0, 3] : [2, 3, 1, 1, 1];
    for (let offset = 0; offset + 8 <= bytes; offset += 8) {
      const kind = random.weighted(weights);
      const place = at + offset;
      if (kind === 0 && base + offset < layout.pointed.to - 8) {
        view.setBigUint64(place, pointer(base + offset + 8), true);
      } else if (kind === 1) setNumbers(view, place, random);
      else if (kind === 2) setLetters(view, place, random);
      else if (kind === 3) view.setFloat64(place, double(random), true);
    }
  };
  return { random, number: () => integer(random), pointer, fill, code: () => pointer(0) };
}

function setNumber(
  view: DataView,
  place: number,
  type: string,
  { random, number }: Pick<Filling, 'random' | 'number'>,
): void {
  const integer = BigInt.asUintN(64, number());
  if (type === 'double') view.setFloat64(place, double(random), true);
  else if (type === 'float') view.setFloat32(place, double(random), true);
  else if (type === 'i64') view.setBigUint64(place, integer, true);
  else if (type === 'i32') view.setUint32(place, Number(integer & 0xffff_ffffn), true);
  else if (type === 'i16') view.setUint16(place, Number(integer & 0xffffn), true);
  else view.setUint8(place, Number(integer & 0xffn));
}

/** Objects of one size one behind the other, all with pointers, numbers and code where the function reads them. */
function shaped(random: Random, shape: Shape, callees: readonly number[]): Filling {
  const { from, to } = layout.pointed;
  const reach = Math.max(0, ...shape.objects.keys()) + 8;
  const object = [256, 512, 1024].find((bytes) => bytes >= reach) ?? 2048;
  const pointer = (after: number): bigint => {
    const first = Math.ceil(Math.max(after, from) / object) + random.below(3);
    return first * object < to ? BigInt(layout.arena.address + first * object) : 0n;
  };
  // Numbers count and index: hardly ever beyond what is there, and now and then just what is looked for.
  const number = (): bigint => {
    const kind = random.below(8);
    if (kind === 0) return integer(random);
    if (kind > 3 || shape.constants.length === 0) return BigInt(random.below(6));
    return random.pick(shape.constants) + BigInt([0, 0, 0, 1, -1][random.below(5)]!);
  };
  const code: Filling['code'] = (field) => (field.kind === 'code' ? BigInt(callees[field.callee]!) : 0n);
  const set = (view: DataView, place: number, base: number, field: Field): void => {
    if (field.kind === 'code') view.setBigUint64(place, code(field), true);
    else if (field.kind === 'pointer') {
      view.setBigUint64(place, random.below(8) === 0 ? 0n : pointer(base + 8), true);
    } else setNumber(view, place, field.type, { random, number });
  };
  const fill: Filling['fill'] = (view, at, bytes, base, fields) => {
    for (let offset = 0; offset + 8 <= bytes; offset += 8) {
      const kind = random.weighted([4, 2, 1, 2]);
      if (kind === 0) set(view, at + offset, base + offset, { kind: 'pointer' });
      else if (kind === 1) setNumbers(view, at + offset, random);
      else if (kind === 2) setLetters(view, at + offset, random);
    }
    const size = fields === undefined ? object : bytes;
    for (let start = 0; start < bytes; start += size) {
      for (const [offset, choices] of fields ?? shape.objects) {
        const place = start + offset;
        if (place + 8 <= bytes) set(view, at + place, base + place, random.pick(choices));
      }
    }
  };
  return { random, number, pointer, fill, code };
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

function setValue(view: DataView, at: number, type: string, { random, number, pointer }: Filling): void {
  if (type === 'ptr') {
    const none = random.below(16) === 0;
    view.setBigUint64(at, none ? 0n : pointer(0), true);
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
    view.setBigUint64(at, BigInt.asUintN(64, number()), true);
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
  shape: Shape,
  { globals, patches, pointedCallees }: Pick<Programs, 'globals' | 'patches' | 'pointedCallees'>,
  { count, seed, floating }: InputOptions,
): Buffer {
  const size = bytesOfInput(globals.length);
  const all = Buffer.alloc(size * count);
  for (let index = 0; index < count; index++) {
    const random = createRandom(seed).fork(`input ${index}`);
    const view = new DataView(all.buffer, all.byteOffset + index * size, size);
    const isShaped = index % 2 === 1;
    const filling = isShaped ? shaped(random, shape, pointedCallees) : mixture(random);
    for (const [at, { type }] of calledParameters(signature).entries()) {
      const field = shape.parameters.get(at);
      const place = at * layout.argumentBytes;
      if (field === undefined) setValue(view, place, type, filling);
      else view.setBigUint64(place, filling.code(field), true);
    }
    setReplies(view, filling);
    if (isShaped) setPatches(view, patches, filling);
    for (const [at, name] of globals.entries()) {
      const place = layout.inputBytes + at * layout.globalBytes;
      filling.fill(view, place, layout.globalBytes, 0, shape.variables.get(name) ?? new Map());
    }
    const arenaAt = layout.inputBytes + globals.length * layout.globalBytes;
    filling.fill(view, arenaAt, layout.arena.bytes, 0);
    if (floating) withoutNaN(view, layout.inputBytes);
  }
  return all;
}

/** What callees answer. */
function setReplies(view: DataView, { random, number, pointer }: Filling): void {
  const replies = layout.argumentBytes * layout.mostArguments;
  for (const [row, kind] of layout.replyClasses.entries()) {
    for (let turn = 0; turn < layout.replyCount; turn++) {
      const at = replies + (row * layout.replyCount + turn) * 8;
      if (kind === 'integer') view.setBigUint64(at, BigInt.asUintN(64, number()), true);
      else if (kind === 'double') view.setFloat64(at, double(random), true);
      else if (kind === 'float') view.setFloat32(at, double(random), true);
      else view.setBigUint64(at, random.below(6) === 0 ? 0n : pointer(0), true);
    }
  }
}

function setPatches(view: DataView, patches: readonly Patch[], filling: Filling): void {
  const { pointer, code } = filling;
  view.setBigUint64(layout.patchesAt, 1n, true);
  for (const [at, { field }] of patches.entries()) {
    const place = layout.patchesAt + 8 + at * 8;
    if (field.kind === 'number') setNumber(view, place, field.type, filling);
    else view.setBigUint64(place, field.kind === 'code' ? code(field) : pointer(0), true);
  }
}
