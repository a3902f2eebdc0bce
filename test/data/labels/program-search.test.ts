// Lists and the search of one program, with the real compiler.

import { execFileSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { MeasuredProgram } from '#ozma/data/labels/measured-program.js';
import { createPassLists } from '#ozma/data/labels/pass-lists.js';
import { searchProgram } from '#ozma/data/labels/program-search.js';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { programPath } from '#ozma/llvm/installation.js';
import { contentHash } from '#ozma/llvm/module.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { installation, unoptimised } from './tiny-corpus.ts';

const pool = new WorkerPool({ installation, workers: 2 });
afterAll(() => pool.close());
const lists = createPassLists(installation);

function programOf(source: string): MeasuredProgram {
  const bytes = Buffer.from(unoptimised(source));
  return new MeasuredProgram(pool, { hash: contentHash(bytes), bytes }, lists);
}

test('random lists are taken by opt, and their text comes back as the same list', () => {
  const random = createRandom(7);
  const ir = unoptimised('int f(int a) { return a + 1; }');
  for (let count = 0; count < 12; count++) {
    const list = lists.mutate(random, lists.random(random));
    const pipeline = lists.pipelineOf(list);
    expect(lists.pipelineOf(lists.listOf(pipeline))).toBe(pipeline);
    const words = [`-passes=${lists.appliedOf(pipeline)}`, '-disable-output', '-'];
    execFileSync(programPath(installation, 'opt'), words, { input: ir });
  }
});

test('a list is measured once, whoever asks, and failures are counted', async () => {
  const program = programOf('int f(int a) { return a * 3; }');
  const [first, again, broken] = await program.measure(['function(sroa)', 'function(sroa)', 'no-such-pass']);
  expect(again).toEqual(first);
  expect(broken).toBeUndefined();
  expect(await program.measure(['function(sroa)'])).toEqual([first]);
  expect(program).toMatchObject({ measured: 2, failed: 1 });
});

test('the best list is minimised: what does not matter is gone', async () => {
  // Tail recursion becomes a loop, which no other of these passes does.
  const program = programOf('unsigned f(unsigned n, unsigned a) { return n < 2 ? a : f(n - 1, a * n); }');
  const long = ['sroa', 'instsimplify', 'sink', 'tailcallelim', 'float2int', 'adce', 'slsr'];
  const [sizes] = await program.measure([lists.pipelineOf(long)]);
  const found = await searchProgram({
    program,
    lists,
    random: createRandom(1),
    budget: 0,
    known: [long],
    baseline: { Oz: Infinity, O0: Infinity },
  });
  expect(found.map(({ level }) => level)).toEqual(['Oz', 'O0']);
  for (const { level, pipeline, bytes } of found) {
    expect(bytes).toBeLessThanOrEqual(sizes![level]);
    expect(lists.listOf(pipeline).length).toBeLessThan(5);
    const [again] = await program.measure([pipeline]);
    expect(again![level]).toBe(bytes);
  }
});

test('the same seed finds the same lists', async () => {
  const source =
    'int f(int *p, int n) { int s = 0; for (int i = 0; i < n; i++) if (p[i] > 3) s += p[i]; return s; }';
  const clang = await baselinePipeline(installation);
  const search = async (): Promise<unknown> => {
    const program = programOf(source);
    const [baseline] = await program.measure([clang]);
    const known = [['default<Oz>'], ['sroa']];
    return searchProgram({ program, lists, random: createRandom(3), budget: 24, known, baseline: baseline! });
  };
  expect(await search()).toEqual(await search());
});
