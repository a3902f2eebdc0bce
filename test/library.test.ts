// The examples of docs/library.md: each block of code is run as a program of its own that imports the built
// package by its name, and prints what the block after it says.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/library.md'), 'utf8');
const blocks = [...page.matchAll(/```js\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)].map(
  ([, code, output]) => [code!.match(/import \{ (\w+)/)![1]!, code!, output] as const,
);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-library-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/ozma'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the page has an example of each of the three', () => {
  expect(new Set(blocks.map(([name]) => name))).toEqual(new Set(['tune', 'disassemble', 'emulate']));
});

test.each(blocks)('%s', async (name, code, output) => {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, code);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: root });
  if (output === undefined) expect(stdout).not.toBe('');
  else expect(stdout).toBe(output);
});
