// The best single list of a tuning set, chosen on its training split alone: which one that is, opt, clang and
// llvm-size say here. And a model's first list is measured exactly as that one is.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSet } from '#ozma/data/corpus.js';
import { labelColumns, type LabelRow } from '#ozma/data/labels/label-set.js';
import { writeParquetSet } from '#ozma/data/parquet-set.js';
import { buildTaskSet } from '#ozma/data/task-sets/build.js';
import { tuningMaker, type TuningRow } from '#ozma/data/task-sets/tuning.js';
import { evaluate } from '#ozma/evaluate/evaluate.js';
import type { EvaluationReport } from '#ozma/evaluate/run-evaluation.js';
import { programPath } from '#ozma/llvm/installation.js';
import { restoreIr } from '#ozma/tasks/normal-form/restore-ir.js';
import { parsePrompt } from '#ozma/tasks/prompts.js';
import { installation, writeTinyCorpus } from '../data/labels/tiny-corpus.ts';
import { ToyEngine } from './toy-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-known-lists-'));
afterAll(() => rmSync(folder, { recursive: true }));
const data = join(folder, 'tuning');

const lists = [
  'function(sroa)',
  'function(sroa,simplifycfg)',
  'function(sroa,instcombine<no-verify-fixpoint>,simplifycfg)',
];
type Level = 'Oz' | 'O0';
/** Of the held-out function; the levels differ on purpose. */
const labels: Record<Level, string> = { Oz: lists[2]!, O0: lists[1]! };

beforeAll(async () => {
  const corpus = join(folder, 'corpus');
  const programs = await writeTinyCorpus(corpus);
  const rows = programs.flatMap(({ id, package: origin, version, file, name, kind, target, split }) =>
    (['Oz', 'O0'] as const).map((codegen): LabelRow => ({
      ...{ id, package: origin, version, file, name, kind, target, split, codegen },
      pipeline: split === 'test' ? labels[codegen] : lists[0]!,
      ...{ bytes: 1, ozBytes: 2, unoptimisedBytes: 3 },
      ...{ runnersUp: [], runnersUpBytes: [], listsMeasured: 1 },
    })),
  );
  const made = { levels: { Oz: { lists }, O0: { lists } } };
  const settings = { name: 'labels', columns: labelColumns, made };
  await writeParquetSet(
    join(folder, 'labels'),
    settings,
    [{ key: 'all', input: rows }],
    ({ input }) => input,
  );
  const maker = await tuningMaker({
    installation,
    form: 'normal',
    labels: join(folder, 'labels'),
    codegen: 'Oz',
  });
  const building = { installation, corpus, output: data, seed: 1, jobs: 2 };
  await buildTaskSet(maker, { ...building, maximumCharacters: 16_384, jsonl: false });
});

/** Bytes by the usual tools; without a list with clang's own -Oz. */
function bytesOf(ir: string, level: Level, list?: string): number {
  const object = join(folder, 'one.o');
  const clang = programPath(installation, 'clang');
  const optimised =
    list === undefined
      ? execFileSync(clang, ['-Oz', '-w', '-S', '-emit-llvm', '-x', 'ir', '-', '-o', '-'], { input: ir })
      : execFileSync(programPath(installation, 'opt'), [`-passes=${list}`, '-relocation-model=pic'], {
          input: ir,
        });
  const words = level === 'Oz' ? ['-Oz', '-Xclang', '-disable-llvm-passes'] : [];
  execFileSync(clang, [...words, '-w', '-c', '-x', 'ir', '-', '-o', object], { input: optimised });
  const text = execFileSync(programPath(installation, 'llvm-size'), [object], { encoding: 'utf8' });
  const [code, initialised] = text.split('\n')[1]!.trim().split(/\s+/);
  return Number(code) + Number(initialised);
}

async function codeOf(split: 'train' | 'test'): Promise<string[]> {
  const found: string[] = [];
  for await (const { prompt } of readSet<TuningRow>(data, 'true', { split })) {
    const parsed = parsePrompt(prompt);
    found.push(restoreIr(parsed?.task === 'tune' ? parsed.ir : '', { target: 'x86-64' }));
  }
  return found;
}

/** By what the model answers: searching takes its time, and the same answer gives the same report. */
const reports = new Map<string, Promise<EvaluationReport>>();

function answered(pipeline: string): Promise<EvaluationReport> {
  const model = new ToyEngine(() => `opt -p '${pipeline}'\n\nThe binary size goes from 100 to 50 bytes.\n\n`);
  const report = reports.get(pipeline) ?? evaluate('tune', { data, model, installation, jobs: 2 });
  reports.set(pipeline, report);
  return report;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

describe('the first known list', () => {
  test('is the best of the training split, with and without the backup', async () => {
    const { settings } = await answered(lists[0]!);
    const chosen = settings['first known list'] as Record<Level, { alone: string; withBackup: string }>;
    const training = await codeOf('train');
    expect(training).toHaveLength(4);
    for (const level of ['Oz', 'O0'] as const) {
      const oz = training.map((ir) => bytesOf(ir, level));
      const measured = lists.map((list) => training.map((ir) => bytesOf(ir, level, list)));
      const alone = [sum(oz), ...measured.map(sum)];
      const backed = [
        sum(oz),
        ...measured.map((sizes) => sum(sizes.map((bytes, at) => Math.min(bytes, oz[at]!)))),
      ];
      const best = (totals: number[]): string =>
        ['default<Oz>', ...lists][totals.indexOf(Math.min(...totals))]!;
      expect([level, chosen[level].alone]).toEqual([level, best(alone)]);
      expect([level, chosen[level].withBackup]).toEqual([level, best(backed)]);
    }
  });

  test('is measured as a model that answers with it', async () => {
    const { settings } = await answered(lists[0]!);
    const chosen = settings['first known list'] as Record<Level, { alone: string; withBackup: string }>;
    for (const level of ['Oz', 'O0'] as const) {
      for (const [kind, pattern] of [
        ['alone', /zero-shot|improved|regressed/],
        ['withBackup', /best of 1,/],
      ] as const) {
        const { metrics, baselines } = await answered(chosen[level][kind]);
        const fixed = baselines['first known list']!.overall;
        const names = Object.keys(fixed).filter((name) => name.startsWith(`-${level}`) && pattern.test(name));
        expect(names.length).toBeGreaterThanOrEqual(3);
        for (const name of names) expect([name, metrics!.overall[name]]).toEqual([name, fixed[name]]);
      }
    }
  });
});

describe('labels', () => {
  test('are measured at the level that they are for, and are what the best known saving is of', async () => {
    const [ir] = await codeOf('test');
    const report = await answered(labels.Oz);
    for (const level of ['Oz', 'O0'] as const) {
      const oz = bytesOf(ir!, level);
      const best = Math.min(oz, bytesOf(ir!, level, labels[level]));
      const { scores } = report.records[0]!.methods['label']!;
      expect([level, scores[`${level} best known`], scores[`${level} -Oz`]]).toEqual([level, best, oz]);
      const share = report.metrics!.overall[`-${level}: share of the best known saving, best of 1`]!;
      const saved = oz - Math.min(oz, bytesOf(ir!, level, labels.Oz));
      expect([level, share.value]).toEqual([level, oz === best ? 0 : saved / (oz - best)]);
    }
  });

  test('sizes that an answer states are compared with what was measured', async () => {
    const { records } = await answered(lists[1]!);
    const [ir] = await codeOf('test');
    const { scores } = records[0]!.methods['model']!;
    const after = bytesOf(ir!, 'Oz', lists[1]);
    expect(scores['Oz error after']).toBeCloseTo(Math.abs(50 / after - 1), 12);
    expect(scores['Oz first']).toBe(after);
  });
});
