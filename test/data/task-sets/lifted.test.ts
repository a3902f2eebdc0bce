// Pairs of code without its source: what the set says is exact, clang compiles back to the prompt.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSet } from '#ozma/data/corpus.js';
import { buildLiftedSet, type LiftedRow, type LiftedSettings } from '#ozma/data/task-sets/lifted.js';
import { programPath } from '#ozma/llvm/installation.js';
import { parseAnswer } from '#ozma/tasks/answers.js';
import { normaliseAssembly } from '#ozma/tasks/normal-form/normalise-assembly.js';
import { restoreIr } from '#ozma/tasks/normal-form/restore-ir.js';
import { parsePrompt } from '#ozma/tasks/prompts.js';
import { installation } from '../../llvm/compile.ts';

const source = `
int scaled(int a, int b) { return a * b + 3; }
int blanks(const char *s) { int n = 0; while (*s) n += *s++ == 32; return n; }
extern int say(const char *);
int both(void) { return say("hello") + say("there"); }
long table[4];
long sum(int n) { long s = 0; for (int i = 0; i < n; i++) s += table[i & 3]; return s; }
`;
const folder = mkdtempSync(join(tmpdir(), 'ozma-lifted-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'code.c');
const noCode = join(folder, 'notes.s');

function clang(words: readonly string[], input?: string): Buffer {
  return execFileSync(programPath(installation, 'clang'), words, {
    input,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

function compiled(name: string, words: readonly string[]): string {
  const output = join(folder, name);
  clang(['-Oz', ...words, file, '-o', output]);
  return output;
}

async function build(
  files: readonly string[],
  name: string,
  changes: Partial<LiftedSettings> = {},
): Promise<{ rows: LiftedRow[]; dropped: Record<string, number>; hash: string }> {
  const output = join(folder, name);
  const { dropped, contentHash: hash } = await buildLiftedSet({
    installation,
    files,
    output,
    form: 'normal',
    least: 'exact',
    seed: 1,
    jobs: 2,
    maximumCharacters: 16_384,
    jsonl: false,
    ...changes,
  });
  const rows: LiftedRow[] = [];
  for await (const row of readSet<LiftedRow>(output)) rows.push(row);
  return { rows, dropped, hash };
}

beforeAll(() => {
  writeFileSync(file, source);
  writeFileSync(noCode, 'nothing but words\n');
});

test('objects of both machines give pairs that clang confirms', async () => {
  const triples = ['x86_64-linux-gnu', 'aarch64-linux-gnu'];
  const files = triples.map((triple) => compiled(`${triple}.o`, ['-c', `--target=${triple}`]));
  const { rows } = await build(files, 'objects', { package: 'mine' });
  expect(rows.map(({ target, name }) => `${target} ${name}`)).toEqual(
    ['x86-64', 'aarch64'].flatMap((target) =>
      ['scaled', 'blanks', 'both'].map((name) => `${target} ${name}`),
    ),
  );
  for (const { target, prompt, completion } of rows) {
    const asked = parsePrompt(prompt);
    if (asked?.task !== 'disassemble') throw new Error(prompt);
    const ir = restoreIr(parseAnswer(completion).code!, { target, level: 'Oz' });
    const triple = `--target=${target === 'aarch64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
    const back = clang([triple, '-Oz', '-Xclang', '-disable-llvm-passes', '-xir', '-', '-S', '-o', '-'], ir);
    const unnamed = (text: string): string => text.replaceAll(/@\d+/g, '@');
    expect(unnamed(normaliseAssembly(back.toString(), { target }).text)).toBe(unnamed(asked.assembly));
  }
});

test('what is only equivalent is kept where that was asked for; what is left out is counted', async () => {
  const files = [compiled('code.s', ['-S']), noCode];
  const statuses = async (least: 'exact' | 'equivalent'): Promise<unknown> => {
    const { rows, dropped } = await build(files, least, { least });
    expect(rows.every((row) => row.package === 'code')).toBe(true);
    return { rows: rows.map(({ name, status }) => `${name} ${status}`), dropped };
  };
  const exact = ['scaled exact', 'blanks exact', 'both exact'];
  const noFunctions = { 'a file without functions': 1 };
  expect(await statuses('exact')).toEqual({
    rows: exact,
    dropped: { ...noFunctions, 'lifted, but only equivalent': 1 },
  });
  expect(await statuses('equivalent')).toEqual({
    rows: [...exact, 'sum equivalent'],
    dropped: noFunctions,
  });
});

test('the same command again does nothing and says the same', async () => {
  const files = [compiled('again.s', ['-S'])];
  const units = (): number[] => {
    const place = join(folder, 'again', '.units');
    return readdirSync(place).map((name) => statSync(join(place, name)).mtimeMs);
  };
  const first = await build(files, 'again');
  const times = units();
  expect(await build(files, 'again')).toEqual(first);
  expect(units()).toEqual(times);
});

test('what results are reported on is refused as a package and left out as a file', async () => {
  const { rows, dropped } = await build(
    [compiled('inftrees.s', ['-S']), compiled('zlib.s', ['-S'])],
    'copies',
  );
  expect(dropped).toEqual({ 'reserved for tests': 1, 'lifted, but only equivalent': 1 });
  expect(rows.map((row) => row.package)).toEqual(['inftrees', 'inftrees', 'inftrees']);
  await expect(build([noCode], 'reserved', { package: 'zlib' })).rejects.toThrow(/found zlib/);
});
