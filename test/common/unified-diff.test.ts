// Differences beside those of the real `diff -u`, and `patch` that makes one text of the other with ours.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { unifiedDiff } from '#ozma/common/unified-diff.js';

const folder = mkdtempSync(join(tmpdir(), 'ozma-diff-'));
afterAll(() => rmSync(folder, { recursive: true }));

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index}`);
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const ours = (from: string, to: string): string =>
  unifiedDiff({ name: 'from', text: from }, { name: 'to', text: to });

function byDiff(from: string, to: string): string {
  writeFileSync(join(folder, 'from'), from);
  writeFileSync(join(folder, 'to'), to);
  const words = ['-u', '--label', 'from', '--label', 'to', 'from', 'to'];
  return spawnSync('diff', words, { cwd: folder, encoding: 'utf8' }).stdout;
}

const lines = numbered(30);
test.each([
  ['equal texts', lines, lines],
  ['one line changed', lines, lines.with(12, 'other')],
  ['the first and the last', lines, lines.with(0, 'first').with(29, 'last')],
  ['near changes share a hunk', lines, lines.with(10, 'a').with(17, 'b')],
  ['far ones do not', lines, lines.with(10, 'a').with(18, 'b')],
  ['lines added', lines, lines.toSpliced(5, 0, 'x', 'y')],
  ['lines gone', lines, lines.toSpliced(20, 4)],
  ['from nothing', [], lines.slice(0, 3)],
  ['to nothing', lines.slice(0, 1), []],
] as const)('as diff writes it: %s', (_, from, to) => {
  expect(ours(text(from), text(to))).toBe(byDiff(text(from), text(to)));
});

test('patch makes one random text of the other', () => {
  const random = createRandom(1);
  for (let round = 0; round < 20; round++) {
    const from = text(Array.from({ length: random.below(40) }, () => `line ${random.below(6)}`));
    const to = text(Array.from({ length: random.below(40) }, () => `line ${random.below(6)}`));
    if (from === to) continue;
    const place = join(folder, 'patched');
    writeFileSync(place, from);
    execFileSync('patch', ['-s', place], { input: ours(from, to) });
    const patched = to === '' ? '' : readFileSync(place, 'utf8');
    expect(patched).toBe(to);
  }
});
