// Examples of labels written by hand: what the lists do is asked of opt, clang and llvm-size on the text of the
// prompt.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSet, type CorpusRow } from '#ozma/data/corpus.js';
import { labelColumns, type LabelRow } from '#ozma/data/labels/label-set.js';
import { writeParquetSet } from '#ozma/data/parquet-set.js';
import { buildTaskSet } from '#ozma/data/task-sets/build.js';
import { tuningMaker, type TuningRow, type TuningSettings } from '#ozma/data/task-sets/tuning.js';
import { programPath } from '#ozma/llvm/installation.js';
import { restoreIr } from '#ozma/tasks/normal-form/restore-ir.js';
import { parseAnswer } from '#ozma/tasks/answers.js';
import { parsePrompt } from '#ozma/tasks/prompts.js';
import { installation, llvmSize } from '../../llvm/compile.ts';
import { writeTinyCorpus } from '../labels/tiny-corpus.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-tuning-'));
afterAll(() => rmSync(folder, { recursive: true }));
const corpus = join(folder, 'corpus');
const labels = join(folder, 'labels');
const lists: Record<string, string> = {
  sum: 'function(sroa,simplifycfg)',
  factorial: 'function(mem2reg,tailcallelim)',
  position: 'default<Oz>',
};

/** Of `sum` with code generation at -O0; the others have no label there. */
const publishedList = 'function(instcombine<no-verify-fixpoint>)';

let programs: CorpusRow[];
beforeAll(async () => {
  programs = await writeTinyCorpus(corpus);
  const label = (program: CorpusRow, codegen: LabelRow['codegen'], pipeline: string): LabelRow => {
    const { id, package: origin, version, file, name, kind, target, split } = program;
    return {
      ...{ id, package: origin, version, file, name, kind, target, split, codegen, pipeline },
      bytes: 1,
      ozBytes: 2,
      unoptimisedBytes: 3,
      runnersUp: [],
      runnersUpBytes: [],
      listsMeasured: 1,
    };
  };
  const rows = programs
    .filter(({ name }) => name in lists)
    .flatMap((program) => [
      label(program, 'Oz', lists[program.name]!),
      ...(program.name === 'sum' ? [label(program, 'O0', publishedList)] : []),
    ]);
  const settings = { name: 'labels', columns: labelColumns };
  await writeParquetSet(labels, settings, [{ key: 'all', input: rows }], ({ input }) => input);
});

async function build(name: string, changes: Partial<TuningSettings> = {}): Promise<TuningRow[]> {
  const output = join(folder, name);
  const maker = await tuningMaker({ installation, form: 'normal', labels, codegen: 'Oz', ...changes });
  const settings = {
    installation,
    corpus,
    output,
    seed: 1,
    jobs: 2,
    maximumCharacters: 16_384,
    jsonl: false,
  };
  await buildTaskSet(maker, settings);
  const rows: TuningRow[] = [];
  for await (const row of readSet<TuningRow>(output)) rows.push(row);
  return rows;
}

function objectOf(ir: string | Buffer, level = 'Oz'): Buffer {
  const words = [`-${level}`, '-Xclang', '-disable-llvm-passes', '-w', '-c', '-x', 'ir', '-', '-o', '-'];
  return execFileSync(programPath(installation, 'clang'), words, { input: ir });
}

test('each labelled function is an example, in its split, with the list of its label', async () => {
  const rows = await build('normal');
  expect(rows.map(({ corpus_id, pipeline, split }) => [corpus_id, pipeline, split])).toEqual(
    programs.filter(({ name }) => name in lists).map(({ id, name, split }) => [id, lists[name], split]),
  );
  for (const row of rows) {
    const prompt = parsePrompt(row.prompt);
    const answer = parseAnswer(row.completion);
    expect(answer.pipeline).toBe(row.pipeline);
    expect([answer.bytesBefore, answer.bytes]).toEqual([row.bytes_before, row.bytes_after]);
    if (prompt?.task !== 'tune') throw new Error('expected a prompt of the tune task');
    const ir = restoreIr(prompt.ir, { target: 'x86-64' });
    expect(llvmSize(objectOf(ir))).toBe(row.bytes_before);
    const words = [`-passes=${row.pipeline}`, '-relocation-model=pic'];
    const optimised = execFileSync(programPath(installation, 'opt'), words, { input: ir });
    expect(llvmSize(objectOf(optimised))).toBe(row.bytes_after);
    expect(llvmSize(objectOf(restoreIr(answer.code!, { target: 'x86-64' })))).toBe(row.bytes_after);
  }
});

test('the full form shows the code as the corpus has it', async () => {
  const rows = await build('full', { form: 'full' });
  expect(rows).toHaveLength(3);
  for (const row of rows) {
    const { ir } = programs.find(({ id }) => id === row.corpus_id)!;
    expect(parsePrompt(row.prompt)).toEqual({ task: 'tune', ir });
    expect(llvmSize(objectOf(ir))).toBe(row.bytes_before);
    expect(llvmSize(objectOf(parseAnswer(row.completion).code!))).toBe(row.bytes_after);
  }
});

test('an example for each level says in its question which one it is, and has the bytes of that level', async () => {
  const rows = await build('both', { codegen: 'both' });
  const found = rows.map(({ corpus_id, codegen, pipeline }) => [corpus_id, codegen, pipeline]);
  const ofName = (wanted: string): string => programs.find(({ name }) => name === wanted)!.id;
  expect(found.toSorted()).toEqual(
    [
      ...Object.entries(lists).map(([name, list]) => [ofName(name), 'Oz', list]),
      [ofName('sum'), 'O0', publishedList],
    ].toSorted(),
  );
  for (const { prompt, codegen, pipeline, bytes_after: bytes } of rows) {
    const parsed = parsePrompt(prompt);
    if (parsed?.task !== 'tune') throw new Error('expected a prompt of the tune task');
    expect(parsed.codegen).toBe(codegen === 'Oz' ? 'Oz' : undefined);
    const words = [`-passes=${pipeline}`, '-relocation-model=pic'];
    const input = restoreIr(parsed.ir, { target: 'x86-64' });
    const optimised = execFileSync(programPath(installation, 'opt'), words, { input });
    expect(llvmSize(objectOf(optimised, codegen))).toBe(bytes);
  }
});

test('in full form, whose questions do not say the level, examples for both are refused', async () => {
  const settings = { installation, form: 'full', labels, codegen: 'both' } as const;
  await expect(tuningMaker(settings)).rejects.toThrow(/expected Oz or O0 in full form/);
});

test('functions without a label at a level give no example; a folder that is no set is refused', async () => {
  const rows = await build('published', { codegen: 'O0' });
  expect(rows.map(({ pipeline }) => pipeline)).toEqual([publishedList]);
  const settings = { installation, form: 'full', labels: folder, codegen: 'Oz' } as const;
  await expect(tuningMaker(settings)).rejects.toThrow(/expected a finished set/);
});
