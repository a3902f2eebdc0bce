// BLEU of one text against one reference: the geometric mean of the precisions of 1- to 4-grams, times a
// penalty for being shorter. Words are what white space separates; precisions of zero are smoothed as
// sacreBLEU's default does (`exp`: the k-th zero counts as 1 / 2^k). Between 0 and 1.

const longest = 4;

function countGrams(words: readonly string[], length: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at + length <= words.length; at++) {
    const gram = words.slice(at, at + length).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** `BLEU = min(1, e^(1 - r/c)) · (p1 p2 p3 p4)^(1/4)` with r and c the lengths of reference and text. */
export function bleu(text: string, reference: string): number {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const expected = reference.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0 || expected.length === 0) return words.length === expected.length ? 1 : 0;
  let logarithms = 0;
  let orders = 0;
  let zeros = 1;
  for (let length = 1; length <= longest; length++) {
    const total = words.length - length + 1;
    if (total <= 0) break;
    const allowed = countGrams(expected, length);
    let matches = 0;
    for (const [gram, count] of countGrams(words, length)) matches += Math.min(count, allowed.get(gram) ?? 0);
    if (matches === 0 && length === 1) return 0;
    if (matches === 0) zeros *= 2;
    logarithms += Math.log((matches === 0 ? 1 / zeros : matches) / total);
    orders++;
  }
  const brevity = words.length >= expected.length ? 1 : Math.exp(1 - expected.length / words.length);
  return brevity * Math.exp(logarithms / orders);
}
