// Data for training: what comes out of the token cache is what went in, every token is predicted once, shares
// hold, rows are full and never over, and a stopped run goes on at the very next piece.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mixture, type MixtureSource } from '#ozma/train/data/mixture.js';
import { makeBatch, Packer } from '#ozma/train/data/packing.js';
import { Pieces } from '#ozma/train/data/pieces.js';
import { openTokenSet, type TokenSet } from '#ozma/train/data/token-set.js';
import { pieceBytesOf } from '#ozma/train/stages/stage-data.js';
import { makeToyCorpus, type ToyCorpus } from './toy-corpus.ts';

let corpus: ToyCorpus;
let texts: TokenSet;
let questions: TokenSet;

beforeAll(async () => {
  corpus = await makeToyCorpus();
  texts = await openTokenSet({ path: corpus.texts, split: 'train' }, corpus.tokenizer);
  questions = await openTokenSet({ path: corpus.questions, split: 'train' }, corpus.tokenizer);
});

afterAll(async () => {
  texts.close();
  questions.close();
  await rm(corpus.folder, { recursive: true });
});

const rowsOfFile = async (file: string): Promise<Record<string, string>[]> =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);

describe('token sets', () => {
  test('hold the samples, between begin and end tokens', async () => {
    const { beginId, endId } = corpus.tokenizer;
    const rows = await rowsOfFile(corpus.texts);
    expect(texts.samples).toBe(rows.length);
    for (const [sample, { text }] of rows.entries()) {
      const ids = texts.read(sample, 0, texts.lengths[sample]!);
      expect([ids[0], ids.at(-1)]).toEqual([beginId, endId]);
      expect(corpus.tokenizer.decodeText(ids)).toBe(text);
      expect(texts.promptLength(sample)).toBeUndefined();
    }
  });

  test('know where the answer begins', async () => {
    for (const [sample, { prompt, completion }] of (await rowsOfFile(corpus.questions)).entries()) {
      const ids = questions.read(sample, 0, questions.lengths[sample]!);
      const answer = ids.subarray(questions.promptLength(sample));
      expect(corpus.tokenizer.decodeText(answer)).toBe(completion);
      expect(corpus.tokenizer.decodeText(ids)).toBe(prompt! + completion!);
    }
  });

  test('take an answer without a prompt for plain text, which is cut and not dropped', async () => {
    const path = join(corpus.folder, 'without-prompts.jsonl');
    const rows = ['ret i32 1\n'.repeat(40), 'ret i32 2\n'].map((completion) => ({ prompt: '', completion }));
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const set = await openTokenSet({ path, split: 'train' }, corpus.tokenizer);
    expect([0, 1].map((sample) => set.promptLength(sample))).toEqual([undefined, undefined]);
    const pieces = new Pieces(set, 32);
    expect(pieces.dropped).toBe(0);
    expect(pieces.positions).toBe(set.tokens - 2);
    set.close();
  });

  test('come from the cache the second time, and not when the file has changed', async () => {
    const path = join(corpus.folder, 'changing.jsonl');
    let made = 0;
    const open = async (): Promise<number> => {
      const set = await openTokenSet({ path, split: 'train' }, corpus.tokenizer, () => made++);
      set.close();
      return set.samples;
    };
    await writeFile(path, '{"text":"ret void"}\n');
    expect(await open()).toBe(1);
    const madeOnce = made;
    expect(await open()).toBe(1);
    expect(made).toBe(madeOnce);
    await writeFile(path, '{"text":"ret void"}\n{"text":"ret i32 0"}\n');
    expect(await open()).toBe(2);
  });
});

describe('pieces', () => {
  test('of text are windows that predict every token once', () => {
    const pieces = new Pieces(texts, 24);
    expect(pieces.dropped).toBe(0);
    const predicted: number[] = [];
    for (let piece = 0; piece < pieces.count; piece++) {
      const { ids, firstAnswer } = pieces.read(piece);
      expect(ids.length - 1).toBe(pieces.length(piece));
      expect(ids.length - 1).toBeLessThanOrEqual(24);
      expect(firstAnswer).toBe(0);
      predicted.push(...ids.subarray(1));
    }
    const expected = Array.from({ length: texts.samples }, (_, sample) => [
      ...texts.read(sample, 1, texts.lengths[sample]! - 1),
    ]).flat();
    expect(predicted).toEqual(expected);
    expect(pieces.positions).toBe(expected.length);
  });

  test('that are answers fit or are dropped and counted', () => {
    const longest = Math.max(...questions.lengths);
    const all = new Pieces(questions, longest - 1);
    expect([all.count, all.dropped]).toEqual([questions.samples, 0]);
    const fewer = new Pieces(questions, longest - 2);
    const tooLong = questions.lengths.filter((length) => length === longest).length;
    expect(tooLong).toBeGreaterThan(0);
    expect([fewer.count, fewer.dropped]).toEqual([questions.samples - tooLong, tooLong]);
  });
});

const sources = (): MixtureSource[] => [
  { name: 'questions', pieces: new Pieces(questions, 64), share: 0.85 },
  { name: 'texts', pieces: new Pieces(texts, 64), share: 0.15 },
];

describe('mixture', () => {
  test('keeps the shares, and goes through every source in full', () => {
    const mixture = new Mixture(sources(), 1);
    const positions = [0, 0];
    const seen = new Map<string, number>();
    for (let taken = 0; taken < 2000; taken++) {
      const { source, piece } = mixture.next();
      positions[source]! += mixture.sources[source]!.pieces.length(piece);
      seen.set(`${source} ${piece}`, (seen.get(`${source} ${piece}`) ?? 0) + 1);
    }
    expect(Math.abs(positions[0]! / (positions[0]! + positions[1]!) - 0.85)).toBeLessThan(64 / 2000);
    const times = [...seen].filter(([key]) => key.startsWith('0')).map(([, count]) => count);
    expect(times.length).toBe(questions.samples);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
  });

  test('has another order with another seed, and in another epoch', () => {
    const take = (seed: number, skip: number): number[] => {
      const mixture = new Mixture([sources()[0]!], seed);
      return Array.from({ length: skip + 50 }, () => mixture.next().piece).slice(skip);
    };
    expect(take(1, 0)).toEqual(take(1, 0));
    expect(take(1, 0)).not.toEqual(take(2, 0));
    expect(take(1, 0)).not.toEqual(take(1, questions.samples));
  });
});

describe('packing', () => {
  const context = 64;

  test('fills rows, loses no piece, and goes on from its state', () => {
    const packer = new Packer(new Mixture(sources(), 5), context);
    const other = new Mixture(sources(), 5);
    let used = 0;
    const packed: string[] = [];
    let resumed: Packer | undefined;
    for (let row = 0; row < 300; row++) {
      const pieces = packer.nextRow();
      if (resumed !== undefined) expect(resumed.nextRow()).toEqual(pieces);
      const length = pieces.reduce(
        (sum, { source, piece }) => sum + other.sources[source]!.pieces.length(piece),
        0,
      );
      expect(length).toBeLessThanOrEqual(context);
      used += length;
      packed.push(...pieces.map(({ source, piece }) => `${source} ${piece}`));
      if (row === 100) {
        const state = JSON.parse(JSON.stringify(packer.state())) as ReturnType<Packer['state']>;
        resumed = new Packer(new Mixture(sources(), 5, state.mixture), context, state);
      }
    }
    expect(used / (300 * context)).toBeGreaterThan(0.97);
    const open = packer.state().open.flat();
    const waiting = open.map(({ source, piece }) => `${source} ${piece}`);
    const drawn = Array.from({ length: packed.length + waiting.length }, () => other.next());
    expect([...packed, ...waiting].sort()).toEqual(
      drawn.map(({ source, piece }) => `${source} ${piece}`).sort(),
    );
  });

  test('makes batches that say what counts and who sees whom', async () => {
    const mixture = new Mixture([sources()[0]!], 5);
    const references = [mixture.next(), mixture.next()];
    const { pieces } = mixture.sources[0]!;
    const bytes = pieceBytesOf(corpus.tokenizer);
    const batch = makeBatch([references, []], mixture.sources, context, bytes);
    let at = 0;
    let answers = '';
    for (const { piece } of references) {
      const { ids, firstAnswer } = pieces.read(piece);
      const length = ids.length - 1;
      expect([...batch.tokens.subarray(at, at + length)]).toEqual([...ids.subarray(0, -1)]);
      expect([...batch.targets.subarray(at, at + length)]).toEqual([...ids.subarray(1)]);
      const weights = Array.from({ length }, (_, index) => Number(index >= firstAnswer));
      expect([...batch.lossWeights.subarray(at, at + length)]).toEqual(weights);
      expect(new Set(batch.sequenceStarts.subarray(at, at + length))).toEqual(new Set([at]));
      answers += corpus.tokenizer.decodeText(ids.subarray(firstAnswer + 1));
      at += length;
    }
    expect(batch.used).toBe(at);
    expect(batch.bytes).toBe(Buffer.byteLength(answers));
    expect(batch.answers).toBe(batch.lossWeights.filter((weight) => weight === 1).length);
    // Empty positions see themselves and count for nothing.
    expect(batch.lossWeights.subarray(at).every((weight) => weight === 0)).toBe(true);
    expect([...batch.sequenceStarts.subarray(context)]).toEqual([...Array(context).keys()]);
  });
});
