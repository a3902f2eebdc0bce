// Flag tuning against known answers: -Oz's own list saves nothing, to the byte; a better list saves what
// llvm-size says; what is no list costs nothing with the backup.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate, type EvaluateOptions } from '#ozma/evaluate/evaluate.js';
import type { EvaluationReport } from '#ozma/evaluate/run-evaluation.js';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { installation, writeTinyCorpus } from '../data/labels/tiny-corpus.ts';
import { ToyEngine, type Answer } from './toy-engine.ts';

const data = mkdtempSync(join(tmpdir(), 'ozma-evaluate-tune-'));
beforeAll(() => writeTinyCorpus(data, 'test'));
afterAll(() => rmSync(data, { recursive: true }));

const run = (answer: Answer, more: Partial<EvaluateOptions> = {}): Promise<EvaluationReport> =>
  evaluate('tune', { data, model: new ToyEngine(answer), installation, jobs: 2, limit: 3, ...more });

const list = (pipeline: string, before = 100, after = 50): string =>
  `opt -p '${pipeline}'\n\nThe binary size goes from ${before} to ${after} bytes.\n\n`;

describe('flag tuning', () => {
  test("clang's own -Oz saves exactly nothing, spelled out or by name", async () => {
    for (const pipeline of [await baselinePipeline(installation), 'default<Oz>']) {
      const { overall } = (await run(() => list(pipeline))).metrics!;
      const savings = Object.entries(overall).filter(([name]) => /saving|improved|regressed/.test(name));
      expect(savings.length).toBeGreaterThan(8);
      for (const [name, figure] of savings)
        expect([name, figure]).toMatchObject([name, { value: 0, low: 0, high: 0 }]);
    }
  });

  test('no list, an unknown one, one that is not trusted, and an endless one: nothing saved, nothing lost', async () => {
    const answers = [
      '',
      'opt -p ',
      list('no-such-pass'),
      list('structurizecfg'),
      `opt -p '${'sroa,'.repeat(1e5)}`,
    ];
    for (const answer of answers) {
      const { overall } = (await run(() => answer, { limit: 1 })).metrics!;
      expect(overall['first answer is a valid list']!.value).toBe(0);
      expect(overall['share of valid lists']!.value).toBe(0);
      expect(overall['-Oz: zero-shot saving, total']!.value).toBe(0);
    }
  });

  test('each level is asked about, and judged by its own answer', async () => {
    const oz = list(await baselinePipeline(installation));
    const same = (await run(() => list('function(sroa)'))).metrics!.overall;
    const { overall } = (
      await run((prompt) => (prompt.includes('with clang -Oz:') ? oz : list('function(sroa)')))
    ).metrics!;
    expect(overall['-Oz: zero-shot saving, total']!.value).toBe(0);
    expect(overall['-O0: zero-shot saving, total']).toEqual(same['-O0: zero-shot saving, total']);
    expect(same['-Oz: zero-shot saving, total']!.value).not.toBe(0);
    expect(same['-O0: zero-shot saving, total']!.value).not.toBe(0);
  });

  test('a list that does nothing regresses without the backup, and not with it', async () => {
    const { metrics, baselines, records } = await run(() => list('function(sroa)', 0, 0), { limit: 6 });
    const overall = metrics!.overall;
    const scores = records.map(({ methods }) => methods['model']!.scores);
    const larger = scores.filter((one) => one['O0 first']! > one['O0 -Oz']!).length;
    expect(larger).toBeGreaterThan(0);
    expect(overall['-O0: regressed']!.value).toBeCloseTo(larger / scores.length, 12);
    expect(overall['-O0: saving, best of 1, total']!.value).toBeGreaterThanOrEqual(0);
    expect(overall['-O0: zero-shot saving, total']!.value).toBeLessThan(
      overall['-O0: saving, best of 1, total']!.value,
    );
    // It said 0 bytes: all of the size is the error.
    expect(overall['-Oz: error of the size before, arithmetic mean of shares']!.value).toBe(1);
    // More compiles never save less.
    for (const method of ['random lists', 'coreset', 'search']) {
      const curve = [1, 4, 16].map(
        (k) => baselines[method]!.overall[`-Oz: saving, best of ${k}, total`]!.value,
      );
      expect(curve).toEqual([...curve].sort((left, right) => left - right));
    }
  });
});
