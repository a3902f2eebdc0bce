// Emulation against known answers: the set's own completion is all right, the input unchanged is right
// where the list did nothing, and broken answers compile to nothing.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSet } from '#ozma/data/corpus.js';
import { buildTaskSet } from '#ozma/data/task-sets/build.js';
import { emulationMaker, type EmulationRow } from '#ozma/data/task-sets/emulation.js';
import { evaluate } from '#ozma/evaluate/evaluate.js';
import type { EvaluationReport } from '#ozma/evaluate/run-evaluation.js';
import { installation, writeTinyCorpus } from '../data/labels/tiny-corpus.ts';
import { ToyEngine, type Answer } from './toy-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-evaluate-emulate-'));
afterAll(() => rmSync(folder, { recursive: true }));
const data = join(folder, 'emulation');
const rows = new Map<string, EmulationRow>();

beforeAll(async () => {
  const corpus = join(folder, 'corpus');
  await writeTinyCorpus(corpus, 'test');
  const maker = emulationMaker({ installation, form: 'normal', lists: 4, longest: 2, x86Share: 1 });
  const settings = { installation, corpus, output: data, seed: 1, jobs: 2 };
  await buildTaskSet(maker, { ...settings, maximumCharacters: 16_384, jsonl: false });
  for await (const row of readSet<EmulationRow>(data)) rows.set(row.prompt, row);
});

const run = (answer: Answer): Promise<EvaluationReport> =>
  evaluate('emulate', { data, model: new ToyEngine(answer), installation, jobs: 2 });

describe('emulation', () => {
  test('the truth is exact, compiles, and has the right sizes', async () => {
    const { metrics, n } = await run((prompt) => rows.get(prompt)!.completion);
    expect(n).toBe(rows.size);
    for (const name of ['compiles (IR)', 'exact', 'BLEU, arithmetic mean', 'both sizes right']) {
      expect([name, metrics!.overall[name]!.value]).toEqual([name, 1]);
    }
    expect(metrics!.overall['error of the size, arithmetic mean of shares']!.value).toBe(0);
    const single = [...rows.values()].filter(({ passes }) => passes === 1).length;
    const passes = Object.values(metrics!.by['pass']!).map((figures) => figures['exact']!.samples);
    expect(passes.reduce((sum, count) => sum + count, 0)).toBe(single);
  });

  test('the input unchanged is exact just where the list changed nothing', async () => {
    const { baselines, records } = await run(() => '');
    expect(baselines['input unchanged']!.overall['compiles (IR)']!.value).toBe(1);
    const byId = new Map([...rows.values()].map((row) => [row.id, row]));
    const code = (text: string): string | undefined => /<code>(.*?)<\/code>/s.exec(text)?.[1];
    for (const { id, methods } of records) {
      const row = byId.get(id)!;
      if (row.answer !== 'ir') continue;
      const same = code(row.prompt) === code(row.completion);
      expect(methods['input unchanged']!.scores['exact']).toBe(Number(same));
    }
  });

  test('broken and empty answers score zero', async () => {
    for (const answer of ['', '<code></code>', '<code>define i32 @0() {\n%b0:\nret i32 %7\n}\n</code>']) {
      const { overall } = (await run(() => answer)).metrics!;
      expect(overall['exact']!.value).toBe(0);
      expect(overall['compiles (IR)']!.value).toBe(0);
      expect(overall['both sizes right']!.value).toBe(0);
    }
  });
});
