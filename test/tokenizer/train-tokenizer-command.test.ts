// `ozma train tokenizer` as a person runs it: from files, folders, Parquet files; what it says and writes.

import { DuckDBInstance } from '@duckdb/node-api';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeParquetSet } from '#ozma/data/parquet-set.js';
import type { Split } from '#ozma/data/set-manifest.js';
import { loadTokenizer } from '#ozma/tokenizer/hugging-face-reading.js';
import { runOzma } from '../cli/run-ozma.ts';

let folder = '';
const at = (name: string): string => join(folder, name);
const line = '  %1 = load ptr, ptr %0, align 8\n';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-train-tokenizer-'));
  mkdirSync(at('texts/deep'), { recursive: true });
  writeFileSync(at('texts/a.ll'), line.repeat(20));
  writeFileSync(at('texts/deep/b.s'), '\tmovl\t%eax, %ebx\n'.repeat(20));
  writeFileSync(at('texts/c.txt'), 'unread '.repeat(20));
  const database = await (await DuckDBInstance.create(':memory:')).connect();
  await database.run(
    `COPY (SELECT '${line.repeat(20)}' AS ir, '\tret\n' AS assembly FROM range(3)) TO '${at('rows.parquet')}' (FORMAT parquet)`,
  );
  database.closeSync();
});
afterAll(() => rmSync(folder, { recursive: true }));

test('learns from the files of a folder that have the endings', async () => {
  const run = await runOzma([
    'train',
    'tokenizer',
    at('texts'),
    '-o',
    at('ours'),
    '--vocabulary',
    '390',
    '--json',
  ]);
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(run.stdout)).toMatchObject({
    output: at('ours'),
    vocabulary: 390,
    bytes: 20 * (33 + 17),
  });
  expect(readdirSync(at('ours')).sort()).toEqual([
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const tokenizer = await loadTokenizer(at('ours'));
  expect(tokenizer.size).toBe(390);
  expect(tokenizer.encode('unread').length).toBeGreaterThan(3);
});

test('the same words give the same file; Parquet rows are texts too', async () => {
  const words = (output: string): string[] => [
    'train',
    'tokenizer',
    at('rows.parquet'),
    '-o',
    at(output),
    '--vocabulary',
    '380',
  ];
  const first = await runOzma(words('first'));
  await runOzma(words('second'));
  expect(first.stdout).toMatch(/first: 380 entries from 0\.0 MB, \d+\.\d\d bytes a token on it, \d+\.\d s$/);
  expect(readFileSync(at('second/tokenizer.json'), 'utf8')).toBe(
    readFileSync(at('first/tokenizer.json'), 'utf8'),
  );
});

test('several columns of Parquet files', async () => {
  const words = [
    'train',
    'tokenizer',
    at('rows.parquet'),
    '-o',
    at('both'),
    '--json',
    '--columns',
    'ir, assembly',
  ];
  const run = await runOzma([...words, '--vocabulary', '380']);
  expect(JSON.parse(run.stdout)).toMatchObject({ bytes: 3 * (20 * 33 + 5) });
});

test('of a set, the training split alone', async () => {
  const columns = { id: 'VARCHAR', ir: 'VARCHAR' };
  const rows = ['train', 'train', 'test'].map((split, at) => ({
    id: String(at),
    ir: line,
    split: split as Split,
  }));
  const units = rows.map((row) => ({ key: row.id, input: row }));
  await writeParquetSet(at('set'), { name: 'trial', columns }, units, ({ input }) => [input]);
  const run = await runOzma(['train', 'tokenizer', at('set'), '-o', at('of-set'), '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({ bytes: 2 * 33 });
});

test('says when there is nothing more to learn', async () => {
  const run = await runOzma(['train', 'tokenizer', at('texts/a.ll'), '-o', at('small')]);
  expect(run.exitCode).toBe(0);
  expect(run.stderr).toMatch(/^ozma: the text has no more pairs that come twice: \d+ entries, not 4096$/);
});

test.each([
  [['texts/c.txt'], [], /^ozma: expected -o FOLDER, found none$/],
  [
    ['texts'],
    ['-o', 'ours', '--endings', 'xyz'],
    /expected texts \(in a folder: files ending in \.xyz\), found none$/,
  ],
  [['nowhere.ll'], ['-o', 'ours'], /nowhere\.ll: cannot be read: no such /],
  [['rows.parquet'], ['-o', 'ours', '--vocabulary', '100'], /a whole number from 369 to 65536/],
])('refuses %s %s', async (inputs, words, message) => {
  const places = words.map((word) => (word === 'ours' ? at(word) : word));
  const run = await runOzma(['train', 'tokenizer', ...inputs.map(at), ...places]);
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toMatch(message);
});
