// The endurance run at small size: killed in the middle it loses nothing that it reported, and resumed it ends
// with every candidate once and every failure named.

import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'ozma-endurance-'));
const output = join(folder, 'run.jsonl');
const candidates = 200;

beforeAll(() => {
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.bench.json'],
    {
      cwd: root,
    },
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const words = (): string[] => {
  const source = join(folder, 'small.c');
  if (!existsSync(source))
    writeFileSync(source, 'int f(int n) { int s = 0; while (n-- > 0) s += n * s; return s; }\n');
  const settings = ['--candidates', String(candidates), '--timeout', '0.5', '--output', output];
  return [join(root, 'dist-bench', 'endurance.js'), ...settings, source];
};

const linesSoFar = (): string[] =>
  existsSync(output) ? readFileSync(output, 'utf8').split('\n').slice(0, -1) : [];

interface Line {
  index: number;
  outcome: string;
  cause?: string;
}

test('killed in the middle, resumed, complete', { timeout: 240_000 }, async () => {
  const first = spawn(process.execPath, words(), { cwd: root, stdio: 'ignore' });
  const ended = new Promise((resolve) => first.once('exit', resolve));
  while (linesSoFar().length < 80) await sleep(50);
  first.kill('SIGKILL');
  await ended;
  const reported = linesSoFar();
  // What a power cut may leave of a line.
  appendFileSync(output, '{"kind":"candidate","index":');

  const printed = execFileSync(process.execPath, [...words(), '--resume'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const all = linesSoFar();
  expect(all.slice(0, reported.length)).toEqual(reported);
  const lines = all.slice(1).map((line) => JSON.parse(line) as Line);
  expect(lines.map(({ index }) => index)).toEqual(Array.from({ length: candidates }, (_, index) => index));
  for (const { outcome, cause } of lines) {
    if (outcome !== 'measured') expect(cause).toMatch(/\w/);
  }
  const outcomes = new Set(lines.map(({ outcome }) => outcome));
  expect(outcomes).toContain('measured');
  expect(outcomes).toContain('crashed');
  expect(outcomes).toContain('timedOut');
  expect(printed).toContain('failures without a cause: 0');
});

test('a run of other settings is not resumed', () => {
  expect(() =>
    execFileSync(process.execPath, [...words(), '--resume', '--seed', '2'], { cwd: root, stdio: 'pipe' }),
  ).toThrow(/run\.jsonl: expected .* found/);
});
