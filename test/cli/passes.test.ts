// `ozma passes list` and `check`, with a suite of one program.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runOzma } from './run-ozma.ts';

let suite = '';
beforeAll(() => {
  suite = mkdtempSync(join(tmpdir(), 'ozma-test-'));
  writeFileSync(
    join(suite, 'sum.c'),
    'static int sum(int n) { int s = 0; while (n > 0) s += n--; return s; }\n' +
      'int main(int argc, char **argv) { (void)argv; return sum(argc + 3) == 10 ? 0 : 1; }\n',
  );
});
afterAll(() => rmSync(suite, { recursive: true, force: true }));

test('the list holds the passes that are trusted', async () => {
  const run = await runOzma(['passes', '--json']);
  const { passes } = JSON.parse(run.stdout) as { passes: { name: string; verdict: string }[] };
  expect(passes.some(({ name }) => name === 'sroa')).toBe(true);
  expect(passes.every(({ verdict }) => verdict === 'usable')).toBe(true);
  const all = await runOzma(['passes', 'list', '--all']);
  expect(all.stdout.split('\n').length).toBeGreaterThan(passes.length);
  expect(all.stdout).toMatch(/structurizecfg/);
});

test('a list that works, and what is no list', async () => {
  const good = await runOzma(['passes', 'check', 'function(sroa, gvn)', '--suite', suite]);
  expect(good).toMatchObject({ exitCode: 0, stdout: 'passed      1/1  function(sroa,gvn)' });
  const unknown = await runOzma(['passes', 'check', 'function(sraa)', '--suite', suite]);
  expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
  expect(unknown.stderr).toMatch(/^ozma: expected a pass of LLVM [\d.]+, found 'sraa'; nearest: 'sroa'$/);
  const broken = await runOzma(['passes', 'check', 'function(sroa', '--suite', suite]);
  expect(broken).toMatchObject({ exitCode: 2, stdout: '' });
  const nowhere = await runOzma(['passes', 'check', 'globaldce', '--suite', join(suite, 'no')]);
  expect(nowhere).toMatchObject({ exitCode: 2, stdout: '' });
});
