// What a small model gets wrong most is copying: an offset, a constant, which of two symbols. The assembly
// that its answer compiles to says where: instructions of equal shape that differ in a number or a symbol. The
// input's is put into the IR in its place, and the compiler asked again whether that brought both closer.

import type { WorkerPool } from '../llvm/worker-pool.ts';
import { recompile } from './recompile.ts';
import type { Recompiled, Subject } from './recompile.ts';
import type { AssemblyDifference } from './compare-assembly.ts';

export interface Repaired {
  ir: string;
  recompiled: Recompiled;
}

/** Compiles that one candidate may cost. */
const budget = 32;
/** Places that one difference is tried in. */
const placesTried = 6;

/** Lines whose numbers mean nothing for the code of the function. */
const notCode = /^(?:target |source_filename|attributes |!|;|declare )/;

interface Edit {
  at: number;
  length: number;
  text: string;
}

/** Where a pattern stands in lines of code. */
function* matches(ir: string, pattern: RegExp): Generator<{ at: number; text: string }> {
  let lineStart = 0;
  for (const line of ir.split('\n')) {
    if (!notCode.test(line)) {
      for (const match of line.matchAll(pattern)) yield { at: lineStart + match.index, text: match[0] };
    }
    lineStart += line.length + 1;
  }
}

/** Integers that are operands: not in names (`%5`, `#0`, `@s1`), types (`i32`) or alignments. */
const integer = /(?<![\w.%@#!"$-]|align )-?\d+(?![\w."(]| x )/g;

/**
 * Numbers also one off: a comparison with 10 may be compiled to one with 9. The found number itself comes first.
 */
function numberEdits(ir: string, expected: bigint, found: bigint): Edit[] {
  const shifts = [0n, 1n, -1n];
  return shifts.flatMap((shift) =>
    [...matches(ir, integer)]
      .filter(({ text }) => BigInt(text) === found + shift)
      .map(({ at, text }) => ({ at, length: text.length, text: String(expected + shift) })),
  );
}

function symbolEdits(ir: string, expected: string, found: string): Edit[] {
  const [to, from] = [expected, found].map((name) => name.replace(/\+\d+$/, ''));
  if (to === from || to === undefined || /^[{L]/.test(to)) return [];
  return [...matches(ir, /@(?:"[^"]+"|[-\w.$]+)/g)]
    .filter(({ text }) => text.slice(1).replaceAll('"', '') === from)
    .map(({ at, text }) => ({ at, length: text.length, text: `@${to}` }));
}

function editsFor(ir: string, { kind, expected, found }: AssemblyDifference): Edit[] {
  if (expected === undefined || found === undefined) return [];
  if (kind === 'symbol') return symbolEdits(ir, expected, found);
  const whole = /^-?\d+$/;
  if (kind !== 'number' || !whole.test(expected) || !whole.test(found)) return [];
  return numberEdits(ir, BigInt(expected), BigInt(found));
}

function edited(ir: string, edits: readonly Edit[]): string {
  const ordered = edits.toSorted((left, right) => right.at - left.at);
  return ordered.reduce(
    (text, { at, length, text: word }) => text.slice(0, at) + word + text.slice(at + length),
    ir,
  );
}

/** A symbol that is named for the first time needs a declaration; a call says its type. */
function declared(ir: string): string {
  const known = new Set(
    Array.from(ir.matchAll(/^(?:(?:declare|define)\b[^@]*)?@([-\w.$]+)(?: =|\()/gm), ([, name]) => name),
  );
  const mentioned = Array.from(matches(ir, /@[-\w.$]+/g), ({ text }) => text.slice(1));
  const missing = new Set(mentioned.filter((name) => !known.has(name)));
  return [ir, ...Array.from(missing, (name) => `@${name} = external global i8\n`)].join('\n');
}

/**
 * The closest to the input that edits of numbers and symbols lead to; the candidate itself where none helps.
 * `recompiled` is what the candidate compiles to.
 */
export async function repair(
  pool: WorkerPool,
  subject: Subject,
  ir: string,
  recompiled: Recompiled,
): Promise<Repaired> {
  let best: Repaired = { ir, recompiled };
  let left = budget;
  const distance = ({ recompiled: { comparison } }: Repaired): number => comparison.differences.length;
  const attempt = async (edits: readonly Edit[]): Promise<boolean> => {
    left--;
    const changed = declared(edited(best.ir, edits));
    const result = await recompile(pool, subject, changed, recompiled.settings);
    if ('reason' in result) return false;
    const candidate = { ir: changed, recompiled: result.recompiled };
    const closer = result.recompiled.comparison.equal || distance(candidate) < distance(best);
    if (closer) best = candidate;
    return closer;
  };
  let progress = !recompiled.comparison.equal;
  while (progress && !best.recompiled.comparison.equal && left > 0) {
    progress = false;
    const found = best.recompiled.comparison.differences.map((difference) => editsFor(best.ir, difference));
    // All at once where each can only mean one place, then one after the other.
    const certain = found.flatMap((edits) => (edits.length === 1 ? edits : []));
    const places = new Set(certain.map(({ at }) => at));
    if (certain.length > 1 && places.size === certain.length) progress = await attempt(certain);
    for (const edits of found) {
      if (progress) break;
      for (const edit of edits.slice(0, placesTried)) {
        if (left === 0) break;
        progress = await attempt([edit]);
        if (progress) break;
      }
    }
  }
  return best;
}
