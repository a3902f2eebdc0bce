// Disassembly against known answers: the true IR is all exact, anything else that a model may say scores zero
// and harms nothing; runs that were killed and runs that were repeated report the same.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSet } from '#ozma/data/corpus.js';
import { buildTaskSet } from '#ozma/data/task-sets/build.js';
import { disassemblyMaker, type DisassemblyRow } from '#ozma/data/task-sets/disassembly.js';
import { evaluate, type EvaluateOptions } from '#ozma/evaluate/evaluate.js';
import type { EvaluationReport } from '#ozma/evaluate/run-evaluation.js';
import { installation, writeTinyCorpus } from '../data/labels/tiny-corpus.ts';
import { ToyEngine, type Answer } from './toy-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-evaluate-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const data = join(folder, 'disassembly');
const rows = new Map<string, DisassemblyRow>();

beforeAll(async () => {
  await writeTinyCorpus(join(folder, 'corpus'), 'test');
  const maker = disassemblyMaker({
    installation,
    form: 'normal',
    pairs: 2,
    levels: ['Oz', 'O1'],
    x86Share: 1,
  });
  const settings = { installation, corpus: join(folder, 'corpus'), seed: 1, jobs: 2 };
  await buildTaskSet(maker, { ...settings, output: data, maximumCharacters: 16_384, jsonl: false });
  for await (const row of readSet<DisassemblyRow>(data, 'exact', { split: 'test' }))
    rows.set(row.prompt, row);
});

const run = (answer: Answer, more: Partial<EvaluateOptions> = {}): Promise<EvaluationReport> =>
  evaluate('disassemble', { data, model: new ToyEngine(answer), installation, jobs: 2, ...more });

const truth: Answer = (prompt) => rows.get(prompt)!.completion;

/**
 * What must not change from run to run: all but seconds and commits, and but what the rules' code did when it was
 * run, since whoever runs code stops it by the clock.
 */
function figures({ metrics, baselines, n, records }: EvaluationReport): unknown {
  const { 'round trips': roundTrips, exact } = baselines['rule lifter']!.overall;
  const told = records.map(({ methods: { model, 'rule lifter': rules }, ...rest }) => {
    const { outcome, scores, answers } = model!;
    return { ...rest, outcome, scores, answers, rules: rules!.scores['bleu'] };
  });
  return { metrics, roundTrips, exact, n, told };
}

describe('disassembly', () => {
  test('the true IR is exact, all of it, and the rules are judged on the same functions', async () => {
    const report = await run(truth);
    expect(report.n).toBe(rows.size);
    expect(report.n).toBeGreaterThanOrEqual(6);
    expect(report.metrics!.overall['exact']).toMatchObject({ value: 1, low: 1, high: 1, samples: report.n });
    expect(report.metrics!.overall['BLEU over all, arithmetic mean']!.value).toBe(1);
    const rules = report.baselines['rule lifter']!.overall;
    expect(rules['round trips']).toMatchObject({ samples: report.n });
    expect(rules['round trips']!.value).toBeGreaterThan(0.5);
    expect(Object.keys(report.metrics!.by['level']!).sort()).toEqual(['O1', 'Oz']);
  }, 300_000);

  test('broken, empty, endless and foreign answers score zero', async () => {
    const bad: Record<string, Answer> = {
      empty: () => '',
      none: () => [],
      broken: () => '<code>define i32 @0(i32 %0) {\nret i32 %1\n}\n</code>',
      endless: (prompt) =>
        rows.get(prompt)!.completion.replace('</code>', '%9 = add i32 1, 1\n'.repeat(100_000)),
      foreign: () => '<code>define void @other() {\n%b0:\nret void\n}\n</code>',
      // A module may not run anything in the compiler.
      assembly: () =>
        '<code>module asm ".incbin \\"/etc/passwd\\""\ndefine i32 @0() {\n%b0:\nret i32 0\n}\n</code>',
    };
    for (const [name, answer] of Object.entries(bad)) {
      const { overall } = (await run(answer, { limit: 2 })).metrics!;
      expect([name, overall['exact']!.value, overall['exact or equivalent']!.value]).toEqual([name, 0, 0]);
    }
  });

  test('one right answer among several counts', async () => {
    const answer: Answer = (prompt) => ['no idea', rows.get(prompt)!.completion];
    const { metrics } = await run(answer, { candidates: 2, limit: 2 });
    expect(metrics!.overall['exact']!.value).toBe(1);
  });

  test('twice the same figures; killed and resumed the same figures, asked once each', async () => {
    const half: Answer = (prompt) => (prompt.length % 2 === 0 ? rows.get(prompt)!.completion : 'no');
    const whole = await run(half, { output: join(folder, 'whole'), limit: 5 });
    const stopped = new AbortController();
    const output = join(folder, 'killed');
    let left = 3;
    const interrupted = run(half, {
      output,
      limit: 5,
      signal: stopped.signal,
      onRecord: () => {
        if (--left === 0) stopped.abort(new Error('killed'));
      },
    });
    await expect(interrupted).rejects.toThrow('killed');
    // As kill -9 leaves it: the last line is cut.
    const log = join(output, 'disassemble.jsonl');
    const text = readFileSync(log, 'utf8');
    writeFileSync(log, text.slice(0, -20));
    const engine = new ToyEngine(half);
    const resumed = await evaluate('disassemble', {
      data,
      model: engine,
      installation,
      jobs: 1,
      limit: 5,
      output,
    });
    expect(figures(resumed)).toEqual(figures(whole));
    expect(engine.asked).toBeLessThan(resumed.n);
    const written = JSON.parse(readFileSync(join(output, 'disassemble.json'), 'utf8')) as EvaluationReport;
    expect(figures(written)).toEqual(figures(whole));
    await expect(run(half, { output, limit: 5, seed: 2 })).rejects.toThrow(/expected 2/);
  });

  test('training data is not evaluated on', async () => {
    await writeTinyCorpus(join(folder, 'as usual'));
    const report = await run(() => '', { data: join(folder, 'as usual'), split: 'validation' });
    expect(new Set(report.records.map(({ origin }) => origin.name))).toEqual(new Set(['largest']));
  });
});
