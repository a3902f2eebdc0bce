// What a function did with each input, as the driver wrote it, in a form in which two sides can be
// compared: addresses of the stack, of code and of constants, which are different by nature, are made
// equal.

import * as layout from './layout.ts';

/** One call that ended. Every part is compared as bytes. */
export interface Finished {
  result: Buffer;
  /** Who was called with what, in order. */
  calls: Buffer;
  /** External variables, the arena, the file's own data. */
  memory: Buffer;
}

/** It came to an end, or what stopped it: a signal, the time limit, endless calls. */
export type Outcome = Finished | { stopped: string };

/** Words of 8 bytes that point into the stack become 1, those that point to code or constants 2. */
function withoutPlaces(bytes: Buffer, low: bigint, high: bigint): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 8 <= copy.length; at += 8) {
    const word = copy.readBigUInt64LE(at);
    if (word >= low && word < high) copy.writeBigUInt64LE(1n, at);
    else if (isWithin(word, layout.image) || isWithin(word, layout.data)) copy.writeBigUInt64LE(2n, at);
  }
  return copy;
}

function isWithin(word: bigint, region: { address: number; bytes: number }): boolean {
  return word >= BigInt(region.address) && word < BigInt(region.address + region.bytes);
}

/** Bytes of one record, read from its head. */
export function recordBytes(head: Buffer, globals: number): number {
  return (
    layout.logBytes + globals * layout.globalBytes + layout.arena.bytes + Number(head.readBigUInt64LE(24))
  );
}

export function readOutcome(record: Buffer): Finished {
  const low = record.readBigUInt64LE(0);
  const high = record.readBigUInt64LE(8);
  const count = Number(record.readBigUInt64LE(16));
  const clean = (from: number, to: number): Buffer => withoutPlaces(record.subarray(from, to), low, high);
  const callsAt = layout.logHead + layout.resultBytes;
  return {
    result: clean(layout.logHead, callsAt),
    calls: clean(callsAt, callsAt + count * layout.callBytes),
    memory: clean(layout.logBytes, record.length),
  };
}

export interface Comparison {
  verdict: 'equal' | 'different' | 'untested';
  /** Inputs on which the original came to an end, which are those that were compared. */
  inputs: number;
  /** What differed first, or why nothing could be compared. */
  detail?: string;
  /** Wall-clock seconds that both programs ran, their making apart; absent where none did. */
  seconds?: number;
}

const isNaN32 = (word: number): boolean => (word & 0x7fff_ffff) >>> 0 > 0x7f80_0000;
const isNaN64 = (word: bigint): boolean => (word & 0x7fff_ffff_ffff_ffffn) > 0x7ff0_0000_0000_0000n;
const isPlainNaN32 = (word: number): boolean => (word & 0x7fff_ffff) >>> 0 === 0x7fc0_0000;
const isPlainNaN64 = (word: bigint): boolean => (word & 0x7fff_ffff_ffff_ffffn) === 0x7ff8_0000_0000_0000n;

/**
 * Whether two aligned words hold what arithmetic gives where there is no number, on one side without a payload:
 * the machine's choice of sign and payload depends on the order of operands, and LLVM keeps neither.
 */
function bothNoNumber(left: Buffer, right: Buffer, at: number): boolean {
  const [one, other] = [left.readUInt32LE(at), right.readUInt32LE(at)];
  if (isNaN32(one) && isNaN32(other) && (isPlainNaN32(one) || isPlainNaN32(other))) return true;
  const start = at & ~7;
  if (start + 8 > left.length) return false;
  const [whole, otherWhole] = [left.readBigUInt64LE(start), right.readBigUInt64LE(start)];
  return isNaN64(whole) && isNaN64(otherWhole) && (isPlainNaN64(whole) || isPlainNaN64(otherWhole));
}

function isSame(left: Buffer, right: Buffer): boolean {
  if (left.equals(right)) return true;
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 4) {
    if (left.compare(right, at, at + 4, at, at + 4) === 0) continue;
    if (at + 4 > left.length || !bothNoNumber(left, right, at)) return false;
  }
  return true;
}

/** Inputs that the original must survive before equality means anything. */
const fewestInputs = 8;

/** The first difference decides. Inputs that stop the original say nothing and are left out. */
export function compareOutcomes(original: readonly Outcome[], lifted: readonly Outcome[]): Comparison {
  let inputs = 0;
  for (const [index, expected] of original.entries()) {
    if ('stopped' in expected) continue;
    const found = lifted[index];
    if (found === undefined) break;
    inputs++;
    const differs = (detail: string): Comparison => ({
      verdict: 'different',
      inputs,
      detail: `input ${index}: ${detail}`,
    });
    if ('stopped' in found) return differs(`the original ends, the lifted code does not (${found.stopped})`);
    if (!isSame(expected.result, found.result)) return differs('another result');
    if (!isSame(expected.calls, found.calls)) return differs('other calls or arguments of calls');
    if (!isSame(expected.memory, found.memory)) return differs('other memory');
  }
  if (inputs >= fewestInputs) return { verdict: 'equal', inputs };
  const detail = `the original came to an end on ${inputs} inputs, fewer than ${fewestInputs}`;
  return { verdict: 'untested', inputs, detail };
}
