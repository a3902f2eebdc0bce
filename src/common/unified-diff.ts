// The difference of two texts as `diff -u` writes it: lines, three of context around each change. Longest
// common subsequence by dynamic programming, between what is equal at both ends; quick enough for functions
// (two texts of 3,000 different lines take 9 million steps), not meant for large files.

/** Lines shown before and after a change. */
const context = 3;

type Edit = { kind: ' ' | '-' | '+'; line: string };

/** Empty where the texts are equal. */
export function unifiedDiff(
  from: { name: string; text: string },
  to: { name: string; text: string },
): string {
  const edits = editsOf(linesOf(from.text), linesOf(to.text));
  const hunks = hunksOf(edits);
  return hunks.length === 0 ? '' : [`--- ${from.name}`, `+++ ${to.name}`, ...hunks, ''].join('\n');
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function editsOf(left: readonly string[], right: readonly string[]): Edit[] {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  const shorter = Math.min(left.length, right.length) - start;
  while (end < shorter && left[left.length - 1 - end] === right[right.length - 1 - end]) end++;
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({ kind: ' ', line }));
  return [
    ...same(left.slice(0, start)),
    ...changes(left.slice(start, left.length - end), right.slice(start, right.length - end)),
    ...same(left.slice(left.length - end)),
  ];
}

/** Deletions before insertions where both could come first. */
function changes(left: readonly string[], right: readonly string[]): Edit[] {
  const width = right.length + 1;
  // common[i * width + j]: the longest common subsequence of left from i and right from j.
  const common = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      common[i * width + j] =
        left[i] === right[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const inBoth = i < left.length && j < right.length;
    if (inBoth && left[i] === right[j]) {
      edits.push({ kind: ' ', line: left[i]! });
      i++;
      j++;
    } else if (j === right.length || (inBoth && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) {
      edits.push({ kind: '-', line: left[i++]! });
    } else {
      edits.push({ kind: '+', line: right[j++]! });
    }
  }
  return edits;
}

/** Changes with their context; those that are near share a hunk. */
function hunksOf(edits: readonly Edit[]): string[] {
  const lines: string[] = [];
  const changed = [...edits.keys()].filter((at) => edits[at]!.kind !== ' ');
  for (let first = 0; first < changed.length;) {
    let last = first;
    while (last + 1 < changed.length && changed[last + 1]! - changed[last]! <= 2 * context + 1) last++;
    const begin = Math.max(0, changed[first]! - context);
    const hunk = edits.slice(begin, changed[last]! + context + 1);
    const before = edits.slice(0, begin);
    lines.push(`@@ -${range(before, hunk, '+')} +${range(before, hunk, '-')} @@`);
    lines.push(...hunk.map(({ kind, line }) => kind + line));
    first = last + 1;
  }
  return lines;
}

/** First line and count on the side that does not have `other`, as diff says them. */
function range(before: readonly Edit[], hunk: readonly Edit[], other: '+' | '-'): string {
  const count = (edits: readonly Edit[]): number => edits.filter(({ kind }) => kind !== other).length;
  const length = count(hunk);
  const start = count(before) + (length === 0 ? 0 : 1);
  return length === 1 ? String(start) : `${start},${length}`;
}
