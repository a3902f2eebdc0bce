// Learns a vocabulary: the most frequent pair of neighbours becomes a piece, until there are enough. All
// units lie in one array in which a symbol of n bytes takes n places and is written in the first and the
// last of them, so that both neighbours are found without links. Counts are kept up to date around each
// merge and never counted again. A pair in `aaa` counts twice, as in SentencePiece.

import { setImmediate } from 'node:timers/promises';
import { OzmaError } from '../common/errors.ts';
import { CandidateHeap, Occurrences } from './candidates.ts';
import { ForbiddenTexts } from './forbidden-texts.ts';
import { PairTable } from './pair-table.ts';
import { reservedEntries } from './reserved.ts';
import { TrainingText } from './training-text.ts';
import type { MergeRule } from './training-text.ts';
import { idsOfMarkers, mergesByScore } from './vocabulary.ts';
import type { Entry, Vocabulary } from './vocabulary.ts';

export interface TrainingSettings {
  /** How many entries the vocabulary has, the reserved ones included; at most 65,536. */
  size: number;
  /** No piece has more characters than this. */
  longestPiece: number;
  rule: MergeRule;
  /** Called about every hundred entries. */
  onProgress?: (entries: number) => void;
  signal?: AbortSignal;
}

export interface TrainedVocabulary {
  /** Smaller than asked for when the text has no more pairs that come twice. */
  vocabulary: Vocabulary;
  /** Bytes of text, and the tokens that they became. */
  bytes: number;
  tokens: number;
}

/** A pair that came once is no pattern. */
const leastCount = 2;

/** What stands between units and in the middle of symbols. No piece has this id. */
const nothing = 0;

class Trainer {
  readonly entries: Entry[] = reservedEntries();
  /** Merges made in the text, each as often as its unit came. */
  merged = 0;
  private readonly learnedFrom = this.entries.length;
  private readonly ids = new Map<string, number>();
  private readonly forbidden: ForbiddenTexts;
  private readonly longestPiece: number;
  private readonly symbols: Uint16Array;
  /** By id: how many places its symbol takes. */
  private readonly lengths: number[] = this.entries.map(() => 1);
  /** By place. */
  private readonly unitOf: Int32Array;
  /** By unit. */
  private readonly weights: Float64Array;
  private readonly pairs = new PairTable(1 << 16);
  /** By pair, these three. */
  private readonly left: number[] = [];
  private readonly right: number[] = [];
  private readonly counts: number[] = [];
  private readonly occurrences = new Occurrences();
  private readonly heap = new CandidateHeap((a, b) => {
    const difference = this.left[a]! - this.left[b]!;
    return difference < 0 || (difference === 0 && this.right[a]! < this.right[b]!);
  });

  constructor({ units, counts }: TrainingText, longestPiece: number) {
    this.longestPiece = longestPiece;
    const isPiece = ({ kind }: Entry): boolean => kind === 'normal';
    for (const [id, entry] of this.entries.entries()) if (isPiece(entry)) this.ids.set(entry.text, id);
    const others = this.entries.filter((entry) => !isPiece(entry) && entry.kind !== 'userDefined');
    this.forbidden = new ForbiddenTexts(others.map(({ text }) => text));
    this.weights = counts;
    const byteCount = units.size === 0 ? 0 : units.end(units.size - 1);
    const places = 1 + byteCount + units.size;
    this.symbols = new Uint16Array(places);
    this.unitOf = new Int32Array(places);
    const idOfByte = Array.from(
      { length: 256 },
      (_, byte) => this.ids.get(String.fromCharCode(byte)) ?? nothing,
    );
    let place = 1;
    for (let unit = 0; unit < units.size; unit++, place++) {
      const end = units.end(unit);
      for (let at = units.start(unit); at < end; at++, place++) {
        this.symbols[place] = idOfByte[units.bytes[at]!]!;
        this.unitOf[place] = unit;
      }
    }
    for (place = 2; place < places; place++) {
      this.count(this.symbols[place - 1]!, this.symbols[place]!, place - 1, 1);
    }
    for (const [pair, count] of this.counts.entries()) this.offer(pair, count);
  }

  /** Learns the next piece. False when nothing is left to learn. */
  learn(): boolean {
    for (let next = this.heap.pop(); next !== undefined; next = this.heap.pop()) {
      const [pair, countThen] = next;
      const count = this.counts[pair]!;
      if (count !== countThen) {
        // Out of date. A count that has grown was offered again then.
        if (count < countThen) this.offer(pair, count);
        continue;
      }
      const text = this.entries[this.left[pair]!]!.text + this.entries[this.right[pair]!]!.text;
      const known = this.ids.get(text);
      if (known !== undefined) {
        this.replace(pair, known);
        continue;
      }
      if (this.forbidden.completedBy(text, this.ids)) continue;
      const id = this.entries.length;
      this.entries.push({ text, kind: 'normal', score: this.learnedFrom - 1 - id });
      this.ids.set(text, id);
      this.lengths.push(text.length);
      this.replace(pair, id);
      return true;
    }
    return false;
  }

  private offer(pair: number, count: number): void {
    if (count >= leastCount) this.heap.push(pair, count);
  }

  /** Counts a pair at a place, or with sign -1 no longer. Returns the pair; -1 when it can never be a piece. */
  private count(left: number, right: number, place: number, sign: 1 | -1): number {
    if (left === nothing || right === nothing) return -1;
    if (this.lengths[left]! + this.lengths[right]! > this.longestPiece) return -1;
    let pair = this.pairs.get(left, right);
    if (pair < 0) {
      pair = this.counts.push(0) - 1;
      this.left.push(left);
      this.right.push(right);
      this.pairs.set(left, right, pair);
    }
    this.counts[pair]! += sign * this.weights[this.unitOf[place]!]!;
    if (sign > 0) this.occurrences.add(pair, place);
    return pair;
  }

  /** Puts the symbol `id` in the place of every occurrence of a pair. */
  private replace(pair: number, id: number): void {
    const { symbols, lengths } = this;
    const left = this.left[pair]!;
    const right = this.right[pair]!;
    const grown = new Set<number>();
    for (const place of this.occurrences.take(pair)) {
      const middle = place + lengths[left]!;
      // Where the symbol was merged with another meanwhile, its first place holds something else.
      if (symbols[place] !== left || symbols[middle] !== right) continue;
      const after = middle + lengths[right]!;
      const before = symbols[place - 1]!;
      const follower = symbols[after]!;
      this.count(before, left, place, -1);
      this.count(left, right, place, -1);
      this.count(right, follower, place, -1);
      this.merged += this.weights[this.unitOf[place]!]!;
      symbols[middle - 1] = nothing;
      symbols[middle] = nothing;
      symbols[place] = id;
      symbols[after - 1] = id;
      grown.add(this.count(before, id, place - lengths[before]!, 1));
      grown.add(this.count(id, follower, place, 1));
    }
    grown.delete(-1);
    for (const changed of grown) this.offer(changed, this.counts[changed]!);
  }
}

/**
 * Learns a vocabulary from texts. Same texts in the same order, same vocabulary. Memory: about 30 bytes for
 * each byte of distinct units. Throws `usage` when `size` has no room for the reserved entries.
 */
export async function trainVocabulary(
  texts: AsyncIterable<string> | Iterable<string>,
  settings: TrainingSettings,
): Promise<TrainedVocabulary> {
  const { size, longestPiece, rule, onProgress, signal } = settings;
  const least = reservedEntries().length;
  if (size < least || size > 65_536) {
    throw new OzmaError('usage', `expected a vocabulary of ${least} to 65536 entries, found ${size}`);
  }
  const text = new TrainingText(rule);
  for await (const part of texts) {
    signal?.throwIfAborted();
    text.add(part);
  }
  const trainer = new Trainer(text, longestPiece);
  while (trainer.entries.length < size && trainer.learn()) {
    if (trainer.entries.length % 100 !== 0) continue;
    onProgress?.(trainer.entries.length);
    // Ctrl-C is heard when nothing else runs.
    await setImmediate();
    signal?.throwIfAborted();
  }
  const { entries } = trainer;
  const markers = idsOfMarkers(entries, { begin: '<s>', end: '</s>', unknown: '<unk>' });
  const vocabulary: Vocabulary = {
    entries,
    merges: mergesByScore(entries),
    prefixSpace: 'never',
    ...markers,
  };
  return { vocabulary, bytes: text.bytes, tokens: text.bytes - trainer.merged };
}
