// Files, names, command lines and recipes: what needs no compiler.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readCompileCommands } from '#ozma/llvm/compile-commands.js';
import { mustBeWritable, writeFileAtomically } from '#ozma/common/files.js';
import { resultNames } from '#ozma/tune/places.js';
import { readRecipe, writeRecipe } from '#ozma/tune/recipe-file.js';
import { describeRecipe } from '#ozma/tune/recipe-text.js';
import { shellWord } from '#ozma/tune/replay.js';
import { languageOf } from '#ozma/llvm/languages.js';
import { splitCommand } from '#ozma/llvm/split-command.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a file is whole or not there', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'a.o');
  await mustBeWritable(file);
  expect(readdirSync(folder)).toEqual([]);
  await writeFileAtomically(file, 'one');
  await writeFileAtomically(file, 'two');
  expect(readFileSync(file, 'utf8')).toBe('two');
  expect(readdirSync(folder)).toEqual(['a.o']);
  await expect(mustBeWritable(folder)).rejects.toMatchObject({ code: 'usage' });
  await expect(mustBeWritable(join(folder, 'no', 'b.o'))).rejects.toMatchObject({
    code: 'usage',
    message: `${join(folder, 'no', 'b.o')}: cannot be written: no such folder`,
  });
});

test.runIf(process.platform === 'linux')('a full disk is one line', async () => {
  await expect(writeFileAtomically('/dev/full', 'bytes')).rejects.toMatchObject({
    code: 'environment',
    message: '/dev/full: cannot be written: no space left on the disk',
  });
});

test('no two results have one name', () => {
  expect(resultNames(['/x/a.c', '/x/b.cc'], 'obj')).toEqual(['a.o', 'b.o']);
  expect(resultNames(['/x/a/m.c', '/x/b/m.c'], 'obj')).toEqual(['a/m.o', 'b/m.o']);
  expect(resultNames(['/x/m.c', '/x/m.cc', '/x/m.c'], 'asm')).toEqual(['m.s', 'm-2.s', 'm-3.s']);
});

test('languages by ending, as clang decides', () => {
  expect(['a.c', 'a.C', 'a.cpp', 'a.ll', 'a.bc', 'a.s', 'a'].map(languageOf)).toEqual([
    'c',
    'c++',
    'c++',
    'ir',
    'ir',
    undefined,
    undefined,
  ]);
});

test('commands are split as a shell does', () => {
  expect(splitCommand(`cc -DX="a b" '-DY=\\n' -I\\ z "q\\"r"  ''\t-c`)).toEqual([
    'cc',
    '-DX=a b',
    '-DY=\\n',
    '-I z',
    'q"r',
    '',
    '-c',
  ]);
  expect(['plain-1.o', "it's", 'a b', ''].map(shellWord)).toEqual(['plain-1.o', "'it'\\''s'", "'a b'", "''"]);
});

test('a compilation database is read or refused in one line', () => {
  const entry = { directory: '/d', file: 'a.c', command: 'cc -O2 -c a.c -o a.o' };
  expect(readCompileCommands(JSON.stringify([entry]), 'x.json')).toEqual([
    { directory: '/d', input: 'a.c', words: ['-O2', '-c', 'a.c', '-o', 'a.o'] },
  ]);
  expect(() => readCompileCommands('[{"directory":"/","file":"a.c"}]', 'x.json')).toThrow(
    'x.json, 0: expected arguments or command',
  );
  expect(() => readCompileCommands('{', 'x.json')).toThrow('expected a compilation database in JSON');
});

test('recipes survive a file; what is not a recipe does not', () => {
  const recipe = [
    { kind: 'relax', functions: 'all' },
    { kind: 'module', pipeline: 'globaldce' },
    { kind: 'functions', pipelines: { f: 'sroa', g: 'sroa', h: 'gvn' } },
    { kind: 'inlining', never: ['f'], always: [] },
    { kind: 'switches', switches: ['disable-lsr'] },
  ] as const;
  const text = writeRecipe({ llvm: '22.1.8', recipe: structuredClone(recipe) as never });
  expect(readRecipe(text, 'r.json')).toEqual(recipe);
  expect(describeRecipe(readRecipe(text, 'r.json'))).toBe(
    '-Os for all functions; globaldce; [f g] sroa; [h] gvn; never inline f; -mllvm -disable-lsr',
  );
  expect(() => readRecipe('[]', 'r.json')).toThrow(/^r\.json: /);
  const wrong = JSON.stringify({ format: 'ozma-recipe-1', llvm: '22', recipe: [{ kind: 'magic' }] });
  expect(() => readRecipe(wrong, 'r.json')).toThrow(/^r\.json, recipe\.0: /);
});
