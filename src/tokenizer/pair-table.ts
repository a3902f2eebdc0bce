// A hash table from pairs of ids to a number, in one typed array: what encoding and training look up for
// every two neighbours. Much faster than a Map with composed keys.

/** Columns of a slot: left id + 1 (0 is a free slot), right id, value. */
const columns = 3;

export class PairTable {
  private slots: Int32Array;
  private mask: number;
  private used = 0;

  constructor(expected: number) {
    const size = 2 ** Math.max(4, Math.ceil(Math.log2(expected * 2)));
    this.slots = new Int32Array(size * columns);
    this.mask = size - 1;
  }

  /** The value of a pair, or -1. */
  get(left: number, right: number): number {
    const at = this.slotOf(left, right);
    return this.slots[at] === 0 ? -1 : this.slots[at + 2]!;
  }

  set(left: number, right: number, value: number): void {
    const at = this.slotOf(left, right);
    if (this.slots[at] === 0) {
      this.slots[at] = left + 1;
      this.slots[at + 1] = right;
      this.used++;
    }
    this.slots[at + 2] = value;
    if (this.used * 2 > this.mask) this.grow();
  }

  /** Where the pair is, or where it would go. */
  private slotOf(left: number, right: number): number {
    const { slots, mask } = this;
    let slot = Math.imul(Math.imul(left, 0x9e3779b1) + right, 0x85ebca6b);
    slot = (slot ^ (slot >>> 15)) & mask;
    for (;;) {
      const at = slot * columns;
      const found = slots[at]!;
      if (found === 0 || (found === left + 1 && slots[at + 1] === right)) return at;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    for (let at = 0; at < old.length; at += columns) {
      if (old[at] === 0) continue;
      this.slots.set(old.subarray(at, at + columns), this.slotOf(old[at]! - 1, old[at + 1]!));
    }
  }
}
