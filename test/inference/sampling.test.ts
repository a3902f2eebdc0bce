// Every way of sampling against plain enumeration over a model that is a table: what is generated, with which
// log-probabilities, in which order, and what ends it.

import { expect, test } from 'vitest';
import { generate } from '#ozma/inference/generate.js';
import type { Candidate, GenerateOptions } from '#ozma/inference/generation.js';
import type { Scorer } from '#ozma/inference/scorer.js';
import {
  endText,
  logProbabilitiesOf,
  randomTable,
  tableScorer,
  textVocabulary,
  type Table,
} from './table-scorer.ts';

const texts = ['a', 'b', 'ab', 'c', '\n', endText];
const vocabulary = textVocabulary(texts);
const end = texts.indexOf(endText);

async function run(scorer: Scorer, options: GenerateOptions, room = 1000): Promise<Candidate[]> {
  return generate({ scorer, filters: new WeakMap(), room }, options);
}

const ids = (candidate: Candidate): number[] => candidate.tokens.map(({ id }) => id!);

interface Whole {
  tokens: number[];
  logProbability: number;
}

/** Every answer of at most so many tokens. */
function enumerate(table: Table, most: number, tokens: number[] = [], logProbability = 0): Whole[] {
  if (tokens.length === most) return [{ tokens, logProbability }];
  return logProbabilitiesOf(table, tokens).flatMap((log, token) =>
    token === end
      ? [{ tokens, logProbability: logProbability + log }]
      : enumerate(table, most, [...tokens, token], logProbability + log),
  );
}

function textOf(tokens: readonly number[]): string {
  return tokens.map((token) => texts[token]).join('');
}

test.each([1, 2, 3])('greedy takes the most probable token each time (table %i)', async (seed) => {
  const table = randomTable(texts.length, seed);
  const [candidate] = await run(tableScorer(vocabulary, table), { maximumTokens: 20 });
  const tokens: number[] = [];
  let sum = 0;
  let finish = 'length';
  while (tokens.length < 20) {
    const logs = logProbabilitiesOf(table, tokens);
    const best = logs.indexOf(Math.max(...logs));
    sum += logs[best]!;
    if (best === end) {
      finish = 'end';
      break;
    }
    tokens.push(best);
  }
  expect(ids(candidate!)).toEqual(tokens);
  expect(candidate!.text).toBe(textOf(tokens));
  expect(candidate!.finish).toBe(finish);
  expect(candidate!.logProbability).toBeCloseTo(sum, 10);
});

test.each([1, 2, 3, 4])('a wide beam finds the most probable answers of all (table %i)', async (seed) => {
  const table = randomTable(texts.length, seed);
  const expected = enumerate(table, 4).sort((a, b) => b.logProbability - a.logProbability);
  const found = await run(tableScorer(vocabulary, table), {
    sampling: { kind: 'beam', width: 6 ** 4 },
    candidates: 12,
    maximumTokens: 4,
  });
  expect(found.map(ids)).toEqual(expected.slice(0, 12).map(({ tokens }) => tokens));
  for (const [index, { logProbability }] of found.entries()) {
    expect(logProbability).toBeCloseTo(expected[index]!.logProbability, 10);
  }
});

test('a beam of one is greedy', async () => {
  const table = randomTable(texts.length, 5);
  const options = { maximumTokens: 12 };
  const greedy = await run(tableScorer(vocabulary, table), options);
  const beam = await run(tableScorer(vocabulary, table), {
    ...options,
    sampling: { kind: 'beam', width: 1 },
  });
  expect(beam.map(ids)).toEqual(greedy.map(ids));
});

/** Priority sampling written down one sample after the other, over plain arrays. */
function priorityByHand(table: Table, count: number, most: number): number[][] {
  const openings: { tokens: number[]; priority: number }[] = [{ tokens: [], priority: 0 }];
  const samples: number[][] = [];
  const seen = new Set<string>();
  while (samples.length < count && openings.length > 0) {
    const priority = Math.max(...openings.map((opening) => opening.priority));
    const first = openings.findIndex((opening) => opening.priority === priority);
    const { tokens } = openings.splice(first, 1)[0]!;
    const sample = [...tokens];
    while (sample.length < most && sample.at(-1) !== end) {
      const logs = logProbabilitiesOf(table, sample);
      const best = logs.indexOf(Math.max(...logs));
      for (const [token, log] of logs.entries()) {
        if (token !== best) openings.push({ tokens: [...sample, token], priority: log });
      }
      sample.push(best);
    }
    const answer = sample.filter((token) => token !== end);
    if (seen.has(textOf(answer))) continue;
    seen.add(textOf(answer));
    samples.push(answer);
  }
  return samples;
}

test.each([
  [1, 1],
  [2, 3],
  [3, 8],
  [4, 100],
])('priority sampling follows its rule, unique in text (table %i, %i side by side)', async (seed, width) => {
  const table = randomTable(texts.length, seed);
  const told: string[] = [];
  const found = await run(tableScorer(vocabulary, table, width), {
    sampling: { kind: 'priority' },
    candidates: 12,
    maximumTokens: 6,
    onCandidate: (candidate, index) => (told[index] = candidate.text),
  });
  expect(found.map(ids)).toEqual(priorityByHand(table, 12, 6));
  expect(new Set(found.map(({ text }) => text)).size).toBe(12);
  expect(told).toEqual(found.map(({ text }) => text));
  for (const candidate of found) {
    const logs = ids(candidate).map(
      (token, at) => logProbabilitiesOf(table, ids(candidate).slice(0, at))[token]!,
    );
    expect(candidate.tokens.map(({ logProbability }) => logProbability)).toEqual(
      logs.map((log) => expect.closeTo(log, 10) as number),
    );
  }
});

test('priority sampling uses the rest of a batch', async () => {
  // A surer model than the others, as trained ones are: most openings have long been known in their turn.
  const table: Table = (tokens) => randomTable(texts.length, 7)(tokens).map((weight) => weight ** 4);
  const options: GenerateOptions = { sampling: { kind: 'priority' }, candidates: 16, maximumTokens: 20 };
  const alone = tableScorer(vocabulary, table, 1);
  const together = tableScorer(vocabulary, table, 8);
  expect(await run(together, options)).toEqual(await run(alone, options));
  expect(together.calls.length).toBeLessThan((alone.calls.length * 2) / 3);
});

test('priority sampling ends where there is nothing more', async () => {
  const two = textVocabulary(['x', endText]);
  const found = await run(
    tableScorer(two, () => [0.7, 0.3]),
    { sampling: { kind: 'priority' }, candidates: 9, maximumTokens: 3 },
  );
  expect(found.map(({ text }) => text)).toEqual(['xxx', '', 'x', 'xx']);
});

test('temperature draws as often as the probabilities say', async () => {
  const weights = [8, 4, 2, 1, 1, 0];
  const draws = 4000;
  for (const temperature of [1, 0.5, 2]) {
    const found = await run(
      tableScorer(vocabulary, () => weights, 64),
      { sampling: { kind: 'temperature', temperature, seed: 1 }, candidates: draws, maximumTokens: 1 },
    );
    const powers = weights.map((weight) => weight ** (1 / temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (const [token, power] of powers.entries()) {
      const share = power / sum;
      const count = found.filter((candidate) => candidate.tokens[0]?.id === token).length;
      // Four standard deviations: seeded, so it is passed always or never.
      expect(Math.abs(count - draws * share)).toBeLessThanOrEqual(
        4 * Math.sqrt(draws * share * (1 - share)) + 1e-9,
      );
    }
  }
});

test('topK and topP leave the improbable out', async () => {
  const weights = [8, 4, 2, 1, 1, 0];
  const drawn = async (cut: { topK?: number; topP?: number }): Promise<Set<number>> => {
    const found = await run(
      tableScorer(vocabulary, () => weights, 64),
      {
        sampling: { kind: 'temperature', temperature: 1, seed: 1, ...cut },
        candidates: 400,
        maximumTokens: 1,
      },
    );
    return new Set(found.map((candidate) => candidate.tokens[0]!.id!));
  };
  expect(await drawn({ topK: 2 })).toEqual(new Set([0, 1]));
  expect(await drawn({ topP: 0.5 })).toEqual(new Set([0]));
  expect(await drawn({ topP: 0.8 })).toEqual(new Set([0, 1, 2]));
  expect(await drawn({})).toEqual(new Set([0, 1, 2, 3, 4]));
});

test('a candidate does not hang on how many there are or how many fit side by side', async () => {
  const table = randomTable(texts.length, 9);
  const sampling = { kind: 'temperature', temperature: 0.8, seed: 3 } as const;
  const few = await run(tableScorer(vocabulary, table, 2), { sampling, candidates: 3, maximumTokens: 9 });
  const many = await run(tableScorer(vocabulary, table, 8), { sampling, candidates: 11, maximumTokens: 9 });
  expect(many.slice(0, 3)).toEqual(few);
  const other = await run(tableScorer(vocabulary, table), {
    sampling: { ...sampling, seed: 4 },
    candidates: 3,
    maximumTokens: 9,
  });
  expect(other).not.toEqual(few);
});

/** Says these tokens, whatever comes before. */
function saying(tokens: readonly number[]): Table {
  return (before) => texts.map((_, token) => (token === tokens[before.length] ? 1 : 0.001));
}

test('stop strings end the text before them, also across tokens', async () => {
  const pieces: string[] = [];
  const table = saying([0, 3, 2, 3, 0]); // a c ab c a
  const [candidate] = await run(tableScorer(vocabulary, table), {
    stop: ['bc', 'nothing'],
    maximumTokens: 5,
    onText: (piece) => pieces.push(piece),
  });
  expect(candidate).toMatchObject({ text: 'aca', finish: 'stop' });
  expect(candidate!.tokens).toHaveLength(4);
  expect(pieces.join('')).toBe('aca');
});

test('what may begin a stop string is held back, and given out when it does not', async () => {
  const pieces: string[] = [];
  const [candidate] = await run(tableScorer(vocabulary, saying([0, 1, 3, 0])), {
    stop: ['abb', 'aa'],
    maximumTokens: 4,
    onText: (piece) => pieces.push(piece),
  });
  expect(pieces).toEqual(['abc', 'a']);
  expect(candidate).toMatchObject({ text: 'abca', finish: 'length' });
});

test('text is streamed in whole characters', async () => {
  const bytes = new TextEncoder().encode('é€');
  const single = {
    size: bytes.length + 1,
    bytes: (token: number) => bytes.slice(token, token + 1),
    ends: (token: number) => token === bytes.length,
  };
  const pieces: string[] = [];
  const [candidate] = await run(
    tableScorer(single, (before) =>
      Array.from({ length: 6 }, (_, token) => (token === before.length ? 1 : 0.01)),
    ),
    { onText: (piece) => pieces.push(piece) },
  );
  expect(pieces).toEqual(['é', '€']);
  expect(candidate).toMatchObject({ text: 'é€', finish: 'end' });
});

test.each(['greedy', 'temperature', 'beam', 'priority'] as const)(
  '%s: an abort leaves what there is',
  async (kind) => {
    const abort = new AbortController();
    const scorer = tableScorer(vocabulary, saying([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 2);
    const stopping: Scorer = {
      ...scorer,
      score: async (requests, signal) => {
        if (scorer.calls.length === 3) abort.abort();
        return scorer.score(requests, signal);
      },
    };
    const sampling =
      kind === 'temperature' ? ({ kind, temperature: 0.1, seed: 1 } as const) : ({ kind } as const);
    const pieces: string[] = [];
    const found = await run(stopping, {
      sampling,
      candidates: kind === 'greedy' ? 1 : 2,
      signal: abort.signal,
      onText: (piece, index) => (pieces[index] = (pieces[index] ?? '') + piece),
    });
    expect(found[0]).toMatchObject({ text: 'aaa', finish: 'aborted' });
    expect(found[0]!.tokens).toHaveLength(3);
    if (kind === 'greedy' || kind === 'temperature') expect(pieces[0]).toBe('aaa');
  },
);

test('the limit is the smaller of what is asked for and what the context holds', async () => {
  const scorer = tableScorer(vocabulary, saying(Array<number>(50).fill(1)));
  expect((await run(scorer, { maximumTokens: 7 }))[0]!.tokens).toHaveLength(7);
  expect((await run(scorer, { maximumTokens: 7 }, 5))[0]!.tokens).toHaveLength(5);
});

test.each([
  [{ candidates: 0 }, 'expected a number of candidates of at least 1, found 0'],
  [{ maximumTokens: 1.5 }, 'expected a maximum of tokens of at least 1, found 1.5'],
  [{ sampling: { kind: 'temperature', temperature: 0, seed: 1 } }, 'expected a temperature above 0'],
  [
    { sampling: { kind: 'temperature', temperature: 1, seed: 1, topP: 2 } },
    'expected topP above 0 and at most 1',
  ],
  [
    { sampling: { kind: 'beam', width: 2 }, candidates: 3 },
    'expected a beam width of at least the 3 candidates',
  ],
] as [GenerateOptions, string][])('numbers that mean nothing are refused: %o', async (options, message) => {
  await expect(run(tableScorer(vocabulary, saying([])), options)).rejects.toThrow(message);
});
