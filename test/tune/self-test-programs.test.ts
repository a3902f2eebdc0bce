// Every program of our suite is tuned and then run: what the search finds must keep its meaning, whatever
// passes, inlining decisions and code generation switches it is made of.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import type { Objective } from '#ozma/search/search.js';
import { tune } from '#ozma/tune/tune.js';

const run = promisify(execFile);
const suite = 'suites/self-test';
const sources = readdirSync(suite)
  .filter((name) => /\.(c|cc)$/.test(name))
  .map((name) => join(suite, name));
const folder = mkdtempSync(join(tmpdir(), 'ozma-self-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** More of them find more; a person may ask for that, the check must stay quick. */
const compiles = Number(process.env['OZMA_TEST_COMPILES'] ?? 10);
const objective = (process.env['OZMA_TEST_OBJECTIVE'] ?? 'bytes') as Objective;

test(`the suite still passes after ${compiles} compiles a program`, { timeout: 3_600_000 }, async () => {
  const report = await tune(sources, { compiles, objective, seed: 7, output: folder });
  expect(report.failures).toEqual([]);
  const clang = programPath(findInstallation(), 'clang++');
  const broken: string[] = [];
  for (const { source, output } of report.results) {
    const program = join(folder, 'program');
    await run(clang, [output!, '-lm', '-o', program]);
    await run(program, { timeout: 20_000 }).catch(() => broken.push(source));
  }
  expect(broken).toEqual([]);
  expect(report.results.length).toBe(sources.length);
  expect(report.results.every(({ checks }) => checks.every(({ passed }) => passed))).toBe(true);
  expect(report.results.filter(({ saving }) => saving > 0).length).toBeGreaterThan(sources.length / 2);
});
