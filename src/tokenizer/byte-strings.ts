// A growing list of distinct byte strings, each found by its content and numbered in the order they came.
// All bytes lie in one buffer: no object for a string.

import { doubled } from './growing.ts';

export class ByteStrings {
  /** The bytes of all strings, one after another. */
  bytes = new Uint8Array(1 << 16);
  /** Where string `index` ends; it begins where the one before ends. */
  private ends = new Int32Array(1 << 12);
  private hashes = new Int32Array(1 << 12);
  /** Index + 1 by hash; 0 is free. */
  private slots = new Int32Array(1 << 13);
  size = 0;

  start(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!;
  }

  end(index: number): number {
    return this.ends[index]!;
  }

  /** The number of `bytes[from, to)`, which equals `size` before the call when the string is new. */
  intern(bytes: Uint8Array, from: number, to: number): number {
    if (this.size === this.ends.length) this.growLists();
    let hash = 0x811c9dc5;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const index = this.slots[slot]! - 1;
      if (index < 0) return this.add(bytes, from, to, hash, slot);
      if (this.hashes[index] === hash && this.equals(index, bytes, from, to)) return index;
      slot = (slot + 1) & mask;
    }
  }

  clear(): void {
    this.size = 0;
    this.slots.fill(0);
  }

  private equals(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    const own = this.bytes;
    let at = this.start(index);
    if (this.ends[index]! - at !== to - from) return false;
    for (let other = from; other < to; other++, at++) if (own[at] !== bytes[other]) return false;
    return true;
  }

  private add(bytes: Uint8Array, from: number, to: number, hash: number, slot: number): number {
    const index = this.size++;
    const start = this.start(index);
    const end = start + to - from;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    for (let at = from, own = start; at < to; at++, own++) this.bytes[own] = bytes[at]!;
    this.ends[index] = end;
    this.hashes[index] = hash;
    this.slots[slot] = index + 1;
    return index;
  }

  private growLists(): void {
    this.ends = doubled(this.ends);
    this.hashes = doubled(this.hashes);
    this.slots = new Int32Array(this.slots.length * 2);
    const mask = this.slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = this.hashes[index]! & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = index + 1;
    }
  }
}
