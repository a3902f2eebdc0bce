// Labels of a tiny corpus from beginning to end: sizes as opt, clang and llvm-size tell them, splits kept
// apart, an interrupted run that goes on to the same data.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSet, type CorpusRow } from '#ozma/data/corpus.js';
import type { LabelRow } from '#ozma/data/labels/label-set.js';
import { buildLabels, type LabelSettings } from '#ozma/data/labels/labels.js';
import { createPassLists } from '#ozma/data/labels/pass-lists.js';
import type { BuiltLabels } from '#ozma/data/labels/writing.js';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { programPath } from '#ozma/llvm/installation.js';
import { installation, writeCorpusOf, writeTinyCorpus, writeTinySuite } from './tiny-corpus.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));

let programs: CorpusRow[];
let settings: LabelSettings;
let built: BuiltLabels;
let rows: LabelRow[];

async function readLabels(from: string): Promise<LabelRow[]> {
  const read: LabelRow[] = [];
  for await (const row of readSet<LabelRow>(from)) read.push(row);
  return read;
}

beforeAll(async () => {
  programs = await writeTinyCorpus(join(folder, 'corpus'));
  writeTinySuite(join(folder, 'suite'));
  settings = {
    installation,
    corpus: join(folder, 'corpus'),
    output: join(folder, 'labels'),
    filter: {},
    seed: 1,
    rounds: 1,
    budget: 24,
    broadcast: 6,
    distinct: 5,
    suite: join(folder, 'suite'),
    jobs: 2,
  };
  built = await buildLabels(settings);
  rows = await readLabels(settings.output);
}, 120_000);

/** Bytes by the usual tools: opt, then clang, then llvm-size. */
function bytesOf(ir: string, pipeline: string, level: 'Oz' | 'O0'): number {
  const object = join(folder, 'one.o');
  const optimised = execFileSync(
    programPath(installation, 'opt'),
    [`-passes=${pipeline}`, '-relocation-model=pic'],
    { input: ir },
  );
  const words = level === 'Oz' ? ['-Oz', '-Xclang', '-disable-llvm-passes'] : [];
  const line = [...words, '-w', '-c', '-x', 'ir', '-', '-o', object];
  execFileSync(programPath(installation, 'clang'), line, { input: optimised });
  const text = execFileSync(programPath(installation, 'llvm-size'), [object], { encoding: 'utf8' });
  const [code, data] = text.split('\n')[1]!.trim().split(/\s+/);
  return Number(code) + Number(data);
}

test('each program has a label at both levels, in its own split, from few lists', () => {
  expect(rows.map(({ name, codegen, split }) => [name, codegen, split])).toEqual(
    programs.flatMap(({ name, split }) => ['Oz', 'O0'].map((codegen) => [name, codegen, split])),
  );
  for (const level of ['Oz', 'O0']) {
    const lists = new Set(rows.filter(({ codegen }) => codegen === level).map(({ pipeline }) => pipeline));
    lists.delete('default<Oz>');
    expect(lists.size).toBeLessThanOrEqual(5);
  }
  expect(rows.some(({ pipeline }) => pipeline !== 'default<Oz>')).toBe(true);
});

test('sizes are those of opt, clang and llvm-size', async () => {
  const clang = await baselinePipeline(installation);
  const lists = createPassLists(installation);
  for (const row of rows) {
    const { ir } = programs.find(({ id }) => id === row.id)!;
    expect([row.name, bytesOf(ir, clang, row.codegen)]).toEqual([row.name, row.ozBytes]);
    expect([row.pipeline, bytesOf(ir, lists.appliedOf(row.pipeline), row.codegen)]).toEqual([
      row.pipeline,
      row.bytes,
    ]);
  }
});

test('a label is smaller than clang -Oz or is -Oz, and runners-up are larger', () => {
  for (const { pipeline, bytes, ozBytes, runnersUp, runnersUpBytes } of rows) {
    if (pipeline !== 'default<Oz>') expect(bytes).toBeLessThan(ozBytes);
    expect(runnersUp).toHaveLength(runnersUpBytes.length);
    expect([bytes, ...runnersUpBytes]).toEqual([bytes, ...runnersUpBytes].toSorted((a, b) => a - b));
    expect(runnersUp).not.toContain(pipeline);
  }
});

test('the summary counts what was done, and the curve rises', () => {
  const { summary } = built;
  expect(summary).toMatchObject({ programs: 6, failed: 0 });
  expect(summary.checked).toBeGreaterThan(0);
  expect(summary.measured).toBe(rows.reduce((sum, row) => sum + row.listsMeasured, 0) / 2);
  for (const level of Object.values(summary.levels)) {
    const shares = level.curve.map(({ train }) => train);
    expect(shares).toEqual(shares.toSorted((left, right) => left - right));
    expect(level.withOwnSearch.train).toBeGreaterThanOrEqual(level.ofAllLists.train);
    expect(level.train).toBeGreaterThan(0);
  }
});

test('interrupted and started again, it ends with the same data', async () => {
  const output = join(folder, 'interrupted');
  const controller = new AbortController();
  const first = buildLabels({
    ...settings,
    output,
    signal: controller.signal,
    onProgress: (step) => {
      if (step.startsWith('round 1')) controller.abort();
    },
  });
  await expect(first).rejects.toThrow(/interrupted/);
  const { manifest } = await buildLabels({ ...settings, output });
  expect(manifest.contentHash).toBe(built.manifest.contentHash);
}, 60_000);

test('a second run in the same folder is refused', async () => {
  const output = join(folder, 'twice');
  const controller = new AbortController();
  const first = buildLabels({ ...settings, output, signal: controller.signal });
  await expect(buildLabels({ ...settings, output })).rejects.toThrow(/expected one build at a time/);
  controller.abort();
  await expect(first).rejects.toThrow(/interrupted/);
});

test('modules of one function, which have the function’s id, change nothing', async () => {
  const corpus = join(folder, 'with-modules');
  await writeCorpusOf(
    corpus,
    programs.flatMap((row) => [row, { ...row, kind: 'module' }]),
  );
  const { manifest } = await buildLabels({ ...settings, corpus, output: join(folder, 'of-modules') });
  expect(manifest.contentHash).toBe(built.manifest.contentHash);
}, 60_000);
