// A seeded random number generator: sfc32, seeded through splitmix32. The same seed gives the same
// sequence on every machine, and the state can be saved and restored. Not for cryptography.

export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
  /** One of the items. The list must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** An index drawn with probability proportional to its weight. Weights must not all be zero. */
  weighted(weights: readonly number[]): number;
  /** A generator of its own, determined by this one's seed and the label, not by its state. */
  fork(label: string): Random;
}

function hashText(text: string, seed: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

export function createRandom(seed: number): Random {
  let mix = seed | 0;
  const split = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let word = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
  let a = split();
  let b = split();
  let c = split();
  let counter = 1;
  const word = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  const random: Random = {
    next: () => word() / 0x1_0000_0000,
    below: (bound) => Math.floor(random.next() * bound),
    pick: (items) => items[random.below(items.length)]!,
    weighted: (weights) => {
      let rest = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
      for (const [index, weight] of weights.entries()) {
        rest -= weight;
        if (rest < 0) return index;
      }
      return weights.length - 1;
    },
    fork: (label) => createRandom(hashText(label, seed)),
  };
  for (let warm = 0; warm < 12; warm++) word();
  return random;
}
