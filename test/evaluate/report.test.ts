// Runs and reports without a compiler: an evaluation of made-up samples, killed and resumed, and what a person
// gets to read of it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'prettier';
import { afterAll, describe, expect, test } from 'vitest';
import type { Evaluation } from '#ozma/evaluate/evaluation.js';
import { mean, share } from '#ozma/evaluate/figures.js';
import { putBetweenMarkers, writeTables } from '#ozma/evaluate/report/markdown.js';
import { writePage } from '#ozma/evaluate/report/page.js';
import { readResults } from '#ozma/evaluate/report/results.js';
import { runEvaluation, type EvaluationReport } from '#ozma/evaluate/run-evaluation.js';

const folder = mkdtempSync(join(tmpdir(), 'ozma-evaluate-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Twenty functions of four files; every third is exact. `asked` counts. */
function made(asked: string[] = []): Evaluation {
  return {
    task: 'disassemble',
    samples: Array.from({ length: 20 }, (_, index) => ({
      id: `s${index}`,
      input: `input ${index}`,
      origin: { group: `file${index % 4}.c`, name: `f<${index}>` },
      strata: { length: `≤ ${2 ** (3 + (index % 3))}` },
    })),
    dropped: { 'clang refuses: no missing.h': 2 },
    figures: [
      share('exact', 'exact'),
      share('exact or equivalent', 'verified'),
      mean('BLEU over all', 'bleu'),
    ],
    settings: {},
    concurrency: 3,
    evaluate: async ({ id }) => {
      asked.push(id);
      const exact = Number(Number(id.slice(1)) % 3 === 0);
      const result = {
        outcome: exact === 1 ? 'exact' : 'failed',
        scores: { exact, verified: exact, bleu: exact },
        seconds: { answering: 1, compiling: 2, running: 0.5, checking: 0.25 },
      };
      return { model: result, 'rule lifter': { ...result, scores: { exact: 1, verified: 1, bleu: 1 } } };
    },
  };
}

const settings = {
  model: undefined,
  data: 'made up',
  command: "ozma evaluate disassemble --data 'made up'",
  preparing: 1,
  seed: 7,
  llvm: '22',
};
const withoutTime = ({ time: _time, ...rest }: EvaluationReport): unknown => rest;

describe('runs', () => {
  test('a resumed run asks only about what is missing and reports the same', async () => {
    const whole = await runEvaluation(made(), settings);
    expect(whole.metrics!.overall['exact']!.value).toBe(7 / 20);
    const output = join(folder, 'resumed');
    const stopped = new AbortController();
    const first = runEvaluation(made(), {
      ...settings,
      output,
      signal: stopped.signal,
      onRecord: (_, done) => {
        if (done === 9) stopped.abort(new Error('killed'));
      },
    });
    await expect(first).rejects.toThrow('killed');
    const log = join(output, 'disassemble.jsonl');
    writeFileSync(log, readFileSync(log, 'utf8').slice(0, -5));
    const asked: string[] = [];
    const resumed = await runEvaluation(made(asked), { ...settings, output });
    expect(asked.length).toBeLessThanOrEqual(12);
    expect(asked.length).toBeGreaterThanOrEqual(11);
    expect(withoutTime(resumed)).toEqual(withoutTime(whole));
    // Once more: nothing is asked.
    const again: string[] = [];
    expect(withoutTime(await runEvaluation(made(again), { ...settings, output }))).toEqual(
      withoutTime(whole),
    );
    expect(again).toEqual([]);
    await expect(runEvaluation(made(), { ...settings, seed: 8, output })).rejects.toThrow('expected 8');
    expect(await readResults(output)).toHaveLength(1);
  });
});

describe('reports', () => {
  test('a page that needs nothing from outside, with figures, charts and the worst cases', async () => {
    const page = writePage([await runEvaluation(made(), settings)], []);
    expect(page).not.toMatch(/<script|<link|src=|url\(|@import/);
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page).toContain('35.0 % [');
    expect(page).toContain('13.8 %');
    expect(page.match(/<svg/g)).toHaveLength(2);
    // Names from files are text.
    expect(page).toContain('f&lt;1>');
    expect(page).not.toContain('f<1>');
    expect(page).toContain('clang refuses: no missing.h: 2');
    for (const tag of ['svg', 'g', 'table', 'tr', 'td', 'figure', 'details', 'small']) {
      const opened = page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length ?? 0;
      expect([tag, page.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0]).toEqual([tag, opened]);
    }
  });

  test('tables of a README stand between their markers and replace the last ones', async () => {
    const tables = writeTables([await runEvaluation(made(), settings)]);
    expect(tables.full).toMatch(/\| exact +\| +35\.0 % \[.*\] \| +100\.0 % \[.*\] \| +13\.8 % \|/);
    expect(tables.full).toContain("\nozma evaluate disassemble --data 'made up'\n");
    expect(tables.short).toMatch(
      /\| disassemble: exact +\| +20 \| 35\.0 % \[.*\] \| rule lifter 100\.0 % +\| +13\.8 % \|/,
    );
    const readme = 'before\n\n<!-- results -->\n\nold\n\n<!-- end of results -->\n\nafter\n';
    const both = `${readme}\n<!-- results: short -->\n<!-- end of results -->\n`;
    const once = putBetweenMarkers(both, tables, 'README.md');
    for (const table of [tables.full, tables.short]) expect(once).toContain(table);
    expect(once).not.toContain('old');
    expect(once).toMatch(/^before\n[^]*\nafter\n/);
    expect(putBetweenMarkers(once, tables, 'README.md')).toBe(once);
    // As prettier would have it, or a fresh table would fail the check of formatting.
    expect(await format(once, { parser: 'markdown' })).toBe(once);
    expect(putBetweenMarkers(readme, tables, 'README.md')).not.toContain(tables.short);
    const refused: [text: string, why: string][] = [
      ['nothing', 'README.md: expected the markers'],
      ['<!-- results -->', 'README.md: expected <!-- end of results --> behind <!-- results -->'],
      [
        '<!-- results: short -->\n<!-- results -->\n<!-- end of results -->',
        'README.md: expected <!-- end of results --> behind <!-- results: short -->',
      ],
    ];
    for (const [text, why] of refused) {
      expect(() => putBetweenMarkers(text, tables, 'README.md')).toThrow(why);
    }
  });

  test('where time goes stands in results and page', async () => {
    const report = await runEvaluation(made(), settings);
    expect(report.time.methods['model']).toEqual({
      answering: 1,
      compiling: 2,
      running: 0.5,
      checking: 0.25,
    });
    expect(report.time.preparing).toBe(1);
    expect(writePage([report], [])).toMatch(/>1\.00<.*>2\.00<.*>0\.50<.*>0\.25<.*>3\.75</);
  });

  test('a folder without results is refused', async () => {
    await expect(readResults(folder)).rejects.toThrow('expected results');
  });
});
