// Buckets of length: the smallest power of two that is not below.

/** `≤ 16` of 12 instructions. */
export function lengthBucket(length: number, smallest = 8): string {
  return `≤ ${2 ** Math.max(Math.log2(smallest), Math.ceil(Math.log2(Math.max(1, length))))}`;
}
