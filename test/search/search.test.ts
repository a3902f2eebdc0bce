// The search on small real modules: never worse, the same answer each time and with any number of workers,
// budgets kept, interruption heard.

import { execFileSync } from 'node:child_process';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { contentHash } from '#ozma/llvm/module.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import type { ModuleSource } from '#ozma/llvm/worker-protocol.js';
import { search, type SearchResult, type SearchSettings } from '#ozma/search/search.js';

const installation = findInstallation();
const folder = mkdtempSync(join(tmpdir(), 'ozma-search-'));
const pool = new WorkerPool({ installation, workers: 2 });
afterAll(() => {
  pool.close();
  rmSync(folder, { recursive: true });
});

function compile(source: string): ModuleSource {
  const output = join(folder, 'module.bc');
  const words = ['-Oz', '-Xclang', '-disable-llvm-passes', '-emit-llvm', '-c', source, '-o', output];
  execFileSync(programPath(installation, 'clang'), words);
  const bytes = new Uint8Array(readFileSync(output));
  return { hash: contentHash(bytes), bytes };
}

const sorting = compile('suites/self-test/sorting.c');
const usual: SearchSettings = { objective: 'bytes', level: 'Oz', compiles: 24, seed: 1, perFunction: true };

/** All but `reused`: whether code was generated again depends on which worker measured what. */
function answer(result: SearchResult): Omit<SearchResult, 'reused'> {
  return { ...result, reused: 0 } as Omit<SearchResult, 'reused'>;
}

test('finds something smaller, within the budget, and says when', async () => {
  const result = await search(pool, sorting, usual);
  expect(result.compiles).toBeLessThanOrEqual(24);
  expect(result.best.bytes!).toBeLessThan(result.baseline.bytes!);
  expect(result.best.origin).toBe('search');
  expect(result.trace.at(-1)!.value).toBe(result.best.bytes);
  const values = result.trace.map(({ value }) => value);
  expect(values).toEqual([...values].sort((left, right) => right - left));
});

test('the best recipe measures what the search said', async () => {
  const result = await search(pool, sorting, usual);
  const again = await pool.measure(sorting, result.best.recipe, { level: 'Oz', codegen: true, reuse: false });
  expect(again.ok && again.value.bytes).toBe(result.best.bytes);
});

test('the same seed gives the same answer, with one worker as with two', async () => {
  const first = await search(pool, sorting, usual);
  const single = new WorkerPool({ installation, workers: 1 });
  const second = await search(single, sorting, usual);
  single.close();
  expect(answer(second)).toEqual(answer(first));
  const other = await search(pool, sorting, { ...usual, seed: 2 });
  expect(other.best.recipe).not.toEqual(first.best.recipe);
});

test.each(['text', 'instructions'] as const)('the objective %s', async (objective) => {
  const result = await search(pool, sorting, { ...usual, objective });
  expect(result.best[objective]!).toBeLessThanOrEqual(result.baseline[objective]!);
  expect(result.trace.every(({ value }) => value < result.baseline[objective]!)).toBe(true);
});

test('where code is generated at -O0, nothing is promoted to registers before a list says so', async () => {
  const result = await search(pool, sorting, { ...usual, level: 'O0', compiles: 1 });
  const pipelines = result.best.recipe.flatMap((step) => (step.kind === 'module' ? step.pipeline : []));
  expect(pipelines.join(',')).not.toMatch(/sroa|mem2reg/);
  expect(result.best).toMatchObject({ origin: 'search' });
  expect(result.best.bytes!).toBeLessThan(result.baseline.bytes!);
});

test('one list for all functions is a recipe without function steps', async () => {
  const result = await search(pool, sorting, { ...usual, perFunction: false });
  expect(result.best.recipe.some(({ kind }) => kind === 'functions')).toBe(false);
  expect(result.best.bytes!).toBeLessThanOrEqual(result.baseline.bytes!);
});

test('a module without functions is left as it is', async () => {
  const text = new TextEncoder().encode('target triple = "x86_64-pc-linux-gnu"\n@x = global i32 1\n');
  const result = await search(pool, { hash: contentHash(text), bytes: text }, usual);
  expect(result).toMatchObject({ compiles: 0, stopped: 'exhausted', best: { origin: 'baseline' } });
});

test('an aborted search ends with the best so far', async () => {
  const controller = new AbortController();
  const result = await search(pool, sorting, {
    ...usual,
    compiles: 100_000,
    signal: controller.signal,
    onProgress: ({ compiles }) => {
      if (compiles >= 12) controller.abort();
    },
  });
  expect(result.stopped).toBe('interrupted');
  expect(result.best.bytes!).toBeLessThan(result.baseline.bytes!);
});

test('time is a budget too', async () => {
  const result = await search(pool, sorting, { ...usual, compiles: 1_000_000, seconds: 1 });
  expect(result.stopped).toBe('time');
});

test('broken IR is refused in words', async () => {
  const bytes = new TextEncoder().encode('define i32 @f() {\n  ret i64 1\n}\n');
  await expect(search(pool, { hash: contentHash(bytes), bytes }, usual)).rejects.toThrow(
    /the module: refused/,
  );
});
