// Counts by n-gram: a hash table in typed arrays, since tens of millions of n-grams are too many for a Map.
// Keys are 64-bit hashes; two n-grams that fall together are taken for one, which happens to about one in
// 10⁵ runs of 10⁷ n-grams.

export class CountTable {
  private low: Uint32Array;
  private high: Uint32Array;
  private values: Uint32Array;
  private used = 0;

  constructor(capacity = 1 << 16) {
    this.low = new Uint32Array(capacity);
    this.high = new Uint32Array(capacity);
    this.values = new Uint32Array(capacity);
  }

  get size(): number {
    return this.used;
  }

  get(low: number, high: number): number {
    return this.values[this.slot(low, high)]!;
  }

  /** Adds one and returns the new count. */
  increment(low: number, high: number): number {
    let slot = this.slot(low, high);
    if (this.values[slot] === 0) {
      if (this.used * 2 >= this.values.length) {
        this.grow();
        slot = this.slot(low, high);
      }
      this.low[slot] = low;
      this.high[slot] = high;
      this.used++;
    }
    return ++this.values[slot]!;
  }

  /** How many keys have exactly this count. */
  withCount(count: number): number {
    let found = 0;
    for (const value of this.values) if (value === count) found++;
    return found;
  }

  /** Where the key is, or where it would go: counts are never 0 in a slot that is taken. */
  private slot(low: number, high: number): number {
    const mask = this.values.length - 1;
    let slot = (low ^ Math.imul(high, 0x9e3779b1)) & mask;
    while (this.values[slot] !== 0 && (this.low[slot] !== low || this.high[slot] !== high)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private grow(): void {
    const { low, high, values } = this;
    this.low = new Uint32Array(values.length * 2);
    this.high = new Uint32Array(values.length * 2);
    this.values = new Uint32Array(values.length * 2);
    for (let old = 0; old < values.length; old++) {
      if (values[old] === 0) continue;
      const slot = this.slot(low[old]!, high[old]!);
      this.low[slot] = low[old]!;
      this.high[slot] = high[old]!;
      this.values[slot] = values[old]!;
    }
  }
}
