// How alike two normal forms are: the share of runs of five tokens that they have in common (Jaccard). The
// numbers of values do not count, since one instruction more changes all that follow.

const runLength = 5;

/** A 32-bit hash of each run of tokens; a set. */
export function shingles(tokens: readonly string[]): Set<number> {
  const words = tokens.map((token) => hashText(/^%\d/.test(token) ? '%' : token));
  const found = new Set<number>();
  const last = Math.max(1, words.length - runLength + 1);
  for (let at = 0; at < last; at++) {
    let hash = 0x811c9dc5;
    for (let offset = 0; offset < runLength; offset++) {
      hash = Math.imul(hash ^ (words[at + offset] ?? 0), 0x01000193);
      hash ^= hash >>> 15;
    }
    found.add(hash >>> 0);
  }
  return found;
}

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Whether the size of the intersection over that of the union (Jaccard) is `least` or more; ends as soon as it cannot be. */
export function areAlike(a: ReadonlySet<number>, b: ReadonlySet<number>, least: number): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  const isEnough = (common: number): boolean => common >= least * (a.size + b.size - common);
  let possible = small.size;
  for (const run of small) {
    if (!large.has(run)) possible--;
    if (!isEnough(possible)) return false;
  }
  return isEnough(possible);
}
