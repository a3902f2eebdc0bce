// Typed arrays that grow.

/** A copy with twice the places; the new ones hold 0. */
export function doubled(list: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(list.length * 2);
  grown.set(list);
  return grown;
}
