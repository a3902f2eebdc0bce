// `ozma tune` from the outside: one line and the right exit code for each kind of bad input, tables, JSON,
// Ctrl-C.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { mainFile, runOzma } from './run-ozma.ts';

let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
  writeFileSync(at('good.c'), 'int twice(int x) { return x + x; }\n');
  writeFileSync(at('bad.c'), 'int twice(int x) { return x + ; }\n');
  writeFileSync(at('empty.c'), '');
  writeFileSync(at('empty.ll'), '');
  writeFileSync(at('empty.bc'), '');
  writeFileSync(at('broken.ll'), 'define i32 @f() {\n  ret i64 0\n}\n');
  writeFileSync(at('odd.xyz'), '');
  const clang = programPath(findInstallation(), 'clang');
  execFileSync(clang, ['-c', '-emit-llvm', at('good.c'), '-o', at('good.bc')]);
  // The identification block ends with the epoch: 32-bit words 2 to 6 after the magic, bit 227 is its lowest.
  const newer = readFileSync(at('good.bc'));
  newer[227 >> 3]! ^= 1 << (227 & 7);
  writeFileSync(at('newer.bc'), newer);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  [['missing.c'], 2, /^ozma: .*missing\.c: no such file$/],
  [['odd.xyz'], 2, /^ozma: .*odd\.xyz: expected a \.c, .* file or a compile_commands\.json$/],
  [['empty.ll'], 4, /^ozma: .*empty\.ll: expected LLVM IR, found an empty file$/],
  [['empty.bc'], 4, /^ozma: .*empty\.bc: expected LLVM IR, found an empty file$/],
  [['bad.c'], 4, /^ozma: .*bad\.c:1:31: error: expected expression$/],
  [['broken.ll'], 4, /^ozma: .*broken\.ll: LLVM [\d.]+ cannot read it: 2:7: error: .*$/],
  [
    ['newer.bc'],
    4,
    /^ozma: .*newer\.bc: LLVM [\d.]+ cannot read it, a newer LLVM wrote it: Incompatible epoch.*$/,
  ],
  [
    ['good.c', '--target', 'nonsense-none'],
    4,
    /^ozma: .*good\.c: error: unknown target triple 'nonsense-none'$/,
  ],
  [
    ['good.bc', '--target', 'nonsense-none'],
    4,
    /^ozma: .*good\.bc: error: unknown target triple 'nonsense-none'$/,
  ],
  [['good.c', '-o', 'no/such/folder/x.o'], 2, /^ozma: .*x\.o: cannot be written: no such folder$/],
  [['good.c', '--emit', 'bc'], 2, /^ozma: --emit bc: expected -o/],
  [['good.c', '--test', 'true'], 2, /^ozma: --test: expected -o/],
  [['good.c', '--', '-fsanitize=address'], 2, /^ozma: -fsanitize=address: sanitisers are passes of/],
])('%j ends with %i and one line', async ([source, ...words], exitCode, line) => {
  const placed = words.map((word) => (word.includes('/') ? at(word) : word));
  const run = await runOzma(['tune', at(source!), ...placed]);
  expect(run.stderr).toMatch(line);
  expect(run.stderr.split('\n')).toHaveLength(1);
  expect(run).toMatchObject({ exitCode, stdout: '' });
});

test('without LLVM it says how to get one', async () => {
  const run = await runOzma(['tune', at('good.c')], { OZMA_LLVM: at('nowhere') });
  expect(run).toMatchObject({ exitCode: 3, stdout: '' });
  expect(run.stderr).toMatch(/^ozma: OZMA_LLVM=.*: expected a folder with clang and a libLLVM/);
});

test('an empty C file is a translation unit of no bytes', async () => {
  const run = await runOzma(['tune', at('empty.c'), '--compiles', '2', '--json', '-o', at('empty.o')]);
  expect(run.exitCode).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({ baseline: { bytes: 0 }, best: { bytes: 0 }, saving: 0 });
  expect(existsSync(at('empty.o'))).toBe(true);
});

test('a table for people, on stdout; seed and version on stderr', async () => {
  const run = await runOzma(['tune', at('good.c'), at('good.bc'), '--compiles', '2', '--seed', '9']);
  expect(run.exitCode).toBe(0);
  const lines = run.stdout.split('\n');
  expect(lines[0]).toMatch(/^file +bytes before +after +saved +compiles +seconds +from$/);
  expect(lines).toHaveLength(4);
  expect(lines[3]).toMatch(/^total/);
  expect(run.stderr).toMatch(/^LLVM \d+\.\d+\.\d+, seed 9$/);
});

test('several sources are one JSON array, failures included', async () => {
  const run = await runOzma(['tune', at('good.c'), at('bad.c'), '--compiles', '1', '--json']);
  expect(run.exitCode).toBe(4);
  expect(JSON.parse(run.stdout)).toMatchObject([
    { source: at('good.c'), best: { origin: expect.any(String) as string }, seed: 1 },
    { source: at('bad.c'), error: { code: 'refused' } },
  ]);
});

test('text forms go to stdout without -o', async () => {
  const run = await runOzma(['tune', at('good.c'), '--compiles', '1', '--emit', 'asm']);
  expect(run.stdout).toContain('twice:');
  expect(run.stderr).toContain('bytes before');
});

test('Ctrl-C writes the best so far and ends with 130', async () => {
  const example = new URL('../../examples/calculator.c', import.meta.url).pathname;
  const words = [mainFile, 'tune', example, '--compiles', '100000', '-o', at('c.o'), '--json'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  setTimeout(() => child.kill('SIGINT'), 8000);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect(exitCode).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ source: example, stopped: 'interrupted' });
  expect(existsSync(at('c.o'))).toBe(true);
});
