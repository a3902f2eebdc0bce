// A vocabulary as plain data: what every id stands for and which pairs of pieces merge, in which order.
// Files (tokenizer.json, GGUF) and the trainer make it, tokenizer.ts brings it to life. Spaces are spaces
// here: SentencePiece's mark for them (U+2581) exists only in files.

import { OzmaError } from '../common/errors.ts';

/** The kinds of GGUF. Only `normal` pieces are made by merging; `userDefined` is matched whole, before all else. */
export type EntryKind = 'normal' | 'unknown' | 'control' | 'userDefined' | 'unused' | 'byte';

export interface Entry {
  /** The piece; `<0x0A>` for a byte. */
  readonly text: string;
  readonly kind: EntryKind;
  /** Of two possible merges the one whose result has the higher score is made first. */
  readonly score: number;
}

/**
 * Pairs that merge, in four columns: ids `left`, `right` and `result`, and `rank`. Smaller ranks merge
 * first; among equal ranks the leftmost pair of the text does.
 */
export interface Merges {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly result: Int32Array;
  readonly rank: Int32Array;
}

/**
 * Whether a space is put before the text: `never` (ours), `always` (Llama's: before each stretch between
 * user-defined tokens), or `first` (before the text alone, unless it starts with a space).
 */
export type PrefixSpace = 'never' | 'always' | 'first';

export interface Vocabulary {
  readonly entries: readonly Entry[];
  readonly merges: Merges;
  readonly prefixSpace: PrefixSpace;
  readonly beginId: number;
  readonly endId: number;
  readonly unknownId: number;
}

/** `<0x0A>` for 10, as all Llama vocabularies write the token of a byte. */
export function byteText(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** The byte of `<0x0A>`; undefined for any other text. */
export function byteOfText(text: string): number | undefined {
  return /^<0x[0-9A-F]{2}>$/.test(text) ? Number.parseInt(text.slice(3, 5), 16) : undefined;
}

/** Id by text. The first of equal texts counts. */
export function idsByText(entries: readonly Entry[]): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [id, { text }] of entries.entries()) if (!ids.has(text)) ids.set(text, id);
  return ids;
}

/**
 * The same, with normal entries that no text can reach marked as unused, since readers of files refuse two
 * entries of one text: a user-defined token of that text is always matched first.
 */
export function withoutUnreachable(vocabulary: Vocabulary): Vocabulary {
  const { entries } = vocabulary;
  const matched = new Set(entries.filter(({ kind }) => kind === 'userDefined').map(({ text }) => text));
  const unreachable = ({ text, kind }: Entry): boolean => kind === 'normal' && matched.has(text);
  if (!entries.some(unreachable)) return vocabulary;
  const kept = entries.map((entry, id): Entry =>
    unreachable(entry) ? { text: `<unused_${id}>`, kind: 'unused', score: entry.score } : entry,
  );
  const gone = new Set(entries.flatMap((entry, id) => (unreachable(entry) ? [id] : [])));
  const { left, right, result, rank } = vocabulary.merges;
  const stays = (_: number, at: number): boolean =>
    ![left[at]!, right[at]!, result[at]!].some((id) => gone.has(id));
  const merges = {
    left: left.filter(stays),
    right: right.filter(stays),
    result: result.filter(stays),
    rank: rank.filter(stays),
  };
  return { ...vocabulary, entries: kept, merges };
}

/** The ids that have these texts. Throws `usage` when one is missing. */
export function idsOfMarkers(
  entries: readonly Entry[],
  names: { begin: string; end: string; unknown: string },
): Pick<Vocabulary, 'beginId' | 'endId' | 'unknownId'> {
  const ids = idsByText(entries);
  const find = (text: string): number => {
    const id = ids.get(text);
    if (id === undefined) throw new OzmaError('usage', `expected a vocabulary with ${text}, found none`);
    return id;
  };
  return { beginId: find(names.begin), endId: find(names.end), unknownId: find(names.unknown) };
}

interface Split {
  readonly left: number;
  readonly right: number;
  readonly result: number;
}

function splitsOf(text: string, result: number, ids: ReadonlyMap<string, number>): Split[] {
  const splits: Split[] = [];
  for (let at = 1; at < text.length; at++) {
    const left = ids.get(text.slice(0, at));
    const right = left === undefined ? undefined : ids.get(text.slice(at));
    if (left !== undefined && right !== undefined) splits.push({ left, right, result });
  }
  return splits;
}

/**
 * Every pair of normal pieces whose concatenation is a normal piece, best score first: the rule by which
 * llama.cpp merges. Equal scores share a rank. Encoders that go by the order of pairs alone, as Hugging Face's
 * does, give the same ids in all that was tried.
 */
export function mergesByScore(entries: readonly Entry[]): Merges {
  const normal = new Map<string, number>();
  for (const [id, { text, kind }] of entries.entries()) {
    if (kind === 'normal' && !normal.has(text)) normal.set(text, id);
  }
  const score = (id: number): number => entries[id]!.score;
  const splits = [...normal]
    .sort(([, a], [, b]) => score(b) - score(a) || a - b)
    .flatMap(([text, id]) => splitsOf(text, id, normal));
  const rank = new Int32Array(splits.length);
  for (let index = 1; index < splits.length; index++) {
    const tied = score(splits[index]!.result) === score(splits[index - 1]!.result);
    rank[index] = tied ? rank[index - 1]! : index;
  }
  return {
    left: Int32Array.from(splits, ({ left }) => left),
    right: Int32Array.from(splits, ({ right }) => right),
    result: Int32Array.from(splits, ({ result }) => result),
    rank,
  };
}
