// Sets from units: what is written is read back in order, a build that stops or is killed goes on without
// doing a unit twice, and a full disk is one line and no loss.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { corpusColumns, readCorpus, readSet, type CorpusRow } from '#ozma/data/corpus.js';
import { openDatabase, sqlText } from '#ozma/data/database.js';
import { exportJsonl } from '#ozma/data/export-jsonl.js';
import { writeParquetSet } from '#ozma/data/parquet-set.js';
import { readManifest, setFiles, type SetManifest, type Split } from '#ozma/data/set-manifest.js';
import { batchUnits, unitKey, type WorkUnit } from '#ozma/data/units.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-set-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Row {
  id: string;
  text: string;
  count: number;
  words: string[];
  nothing: number | null;
  split: Split;
}

const columns = { id: 'VARCHAR', text: 'VARCHAR', count: 'INTEGER', words: 'VARCHAR[]', nothing: 'INTEGER' };
const settings = { name: 'trial', columns };

function rowOf(number: number): Row {
  return {
    id: unitKey(number),
    text: `line one "quoted"\n\tüäö \\ ${'x'.repeat(number % 50)}`,
    count: number,
    words: number % 3 === 0 ? [] : [`-D${number}`, "it's"],
    nothing: null,
    split: number % 20 === 0 ? 'test' : 'train',
  };
}

function units(count: number, size: number): WorkUnit<number[]>[] {
  return Array.from({ length: count }, (_, at) => ({
    key: unitKey('unit', at),
    input: Array.from({ length: size }, (_, offset) => at * size + offset),
  }));
}

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

test('rows come back as they were written, in order, over several row groups', async () => {
  const folder = temporaryFolder();
  const manifest = await writeParquetSet(folder, settings, units(40, 500), ({ input }) => input.map(rowOf));
  const expected = Array.from({ length: 20_000 }, (_, at) => rowOf(at));
  expect(await all(readSet<Row>(folder, 'true', { split: 'train' }))).toEqual(
    expected.filter(({ split }) => split === 'train'),
  );
  expect(await all(readSet<Row>(folder, 'true', { split: 'test' }))).toEqual(
    expected.filter(({ split }) => split === 'test'),
  );
  expect(manifest).toMatchObject({ rows: 20_000, units: 40, splits: { test: { rows: 1000 } } });
  expect(setFiles(folder, manifest).map((file) => file.slice(folder.length + 1))).toEqual([
    'train-00000-of-00001.parquet',
    'test-00000-of-00001.parquet',
  ]);
});

test('a limited read is the rows with the smallest ids', async () => {
  const folder = temporaryFolder();
  await writeParquetSet(folder, settings, units(10, 500), ({ input }) => input.map(rowOf));
  const smallest = Array.from({ length: 5000 }, (_, at) => unitKey(at))
    .sort()
    .slice(0, 30);
  const found = await all(readSet<Row>(folder, 'true', { limit: 30 }));
  expect(found.map(({ id }) => id).sort()).toEqual(smallest);
  expect(await all(readSet<Row>(folder, 'true', { limit: 30 }))).toEqual(found);
});

test('units that are done are not done again; new ones are added, old ones leave', async () => {
  const folder = temporaryFolder();
  const worked: string[] = [];
  const build = (of: WorkUnit<number[]>[]): Promise<SetManifest> =>
    writeParquetSet(folder, settings, of, ({ key, input }, count) => {
      worked.push(key);
      count('odd', 2);
      return input.map(rowOf);
    });
  const first = await build(units(3, 10));
  expect(first.dropped).toEqual({ odd: 6 });
  const again = await build(units(3, 10));
  expect(again).toEqual(first);
  expect(worked).toHaveLength(3);
  const more = await build(units(4, 10).slice(1));
  expect(worked).toHaveLength(4);
  expect(more.rows).toBe(30);
  expect(more.contentHash).not.toBe(first.contentHash);
  expect(readdirSync(join(folder, '.units'))).toHaveLength(6);
});

test('what a unit throws ends the build, and the same call goes on', async () => {
  const folder = temporaryFolder();
  const worked: string[] = [];
  const build = (breaks: boolean): Promise<SetManifest> =>
    writeParquetSet(folder, settings, units(5, 10), ({ key, input }) => {
      if (breaks && input[0] === 30) throw new Error('broken');
      worked.push(key);
      return input.map(rowOf);
    });
  await expect(build(true)).rejects.toThrow('broken');
  expect(await readManifest(folder)).toBeUndefined();
  await expect(all(readSet(folder))).rejects.toMatchObject({ code: 'usage' });
  expect((await build(false)).rows).toBe(50);
  expect(worked).toHaveLength(5);
});

/** Builds a set of 30 slow units in the folder argv[1]; notes each finished unit in the file argv[2]. */
const slowBuild = `
  import { appendFileSync } from 'node:fs';
  import { exportJsonl } from '#ozma/data/export-jsonl.js';
import { writeParquetSet } from '#ozma/data/parquet-set.js';
  process.stdout.write('started');
  const units = Array.from({ length: 30 }, (_, at) => ({ key: 'unit' + at, input: at * 200 }));
  const settings = { name: 'slow', columns: { id: 'VARCHAR', text: 'VARCHAR' } };
  await writeParquetSet(process.argv[1], settings, units, async function* ({ key, input }) {
    for (let number = input; number < input + 200; number++) {
      yield { id: String(number), text: 'x'.repeat(number % 99), split: number % 9 === 0 ? 'test' : 'train' };
      if (number % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    appendFileSync(process.argv[2], key + '\\n');
  });
`;

/** Resolves to whether it was killed. The time is in milliseconds, counted from when its work starts. */
async function runSlowBuild(folder: string, killAfter?: number): Promise<boolean> {
  const words = ['--input-type=module', '-e', slowBuild, join(folder, 'set'), join(folder, 'log')];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let timer: NodeJS.Timeout | undefined;
  child.stdout.once('data', () => {
    if (killAfter !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  const [, signal] = (await ended) as [number | null, string | null];
  clearTimeout(timer);
  return signal !== null;
}

test('kill -9 at random moments: the same data, and no unit twice', async () => {
  const reference = temporaryFolder();
  expect(await runSlowBuild(reference)).toBe(false);
  const folder = temporaryFolder();
  let kills = 0;
  // Where it strikes is left to chance on purpose; the build needs at least 360 ms.
  while (await runSlowBuild(folder, 20 + 280 * Math.random() + 100 * kills)) kills++;
  expect(kills).toBeGreaterThan(0);
  const expected = await readManifest(join(reference, 'set'));
  const manifest = await readManifest(join(folder, 'set'));
  expect(manifest?.contentHash).toBe(expected?.contentHash);
  for (const file of setFiles('set', manifest!)) {
    expect(readFileSync(join(folder, file)).equals(readFileSync(join(reference, file)))).toBe(true);
  }
  const worked = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  // Only a unit that was being put in place when the kill came is done again.
  expect(worked.length).toBeLessThanOrEqual(30 + kills);
  expect(new Set(worked).size).toBe(30);
  expect(readdirSync(join(folder, 'set', '.units'))).toHaveLength(60);
}, 60_000);

test('batches of rows are units whose key depends on rows and settings', async () => {
  async function* rows(): AsyncGenerator<{ id: string }> {
    for (let at = 0; at < 25; at++) yield { id: String(at) };
  }
  const keys = async (setting: number): Promise<string[]> =>
    (await all(batchUnits(rows(), 10, { setting }))).map(({ key }) => key);
  expect(await keys(1)).toHaveLength(3);
  expect(await keys(1)).toEqual(await keys(1));
  expect(new Set([...(await keys(1)), ...(await keys(2))]).size).toBe(6);
});

test('readCorpus filters', async () => {
  const folder = temporaryFolder();
  const rows: CorpusRow[] = [
    ['a', 'function', 'bc', 'c', 'x86_64-pc-linux-gnu', 5, 'train'],
    ['b', 'module', 'bc', 'c', 'x86_64-pc-linux-gnu', 50, 'train'],
    ['c', 'function', 'fmt', 'c++', 'x86_64-pc-linux-gnu', 9, 'test'],
    ['d', 'function', 'fmt', 'c++', 'aarch64-unknown-linux-gnu', 12, 'test'],
  ].map(([id, kind, packageName, language, target, instructions, split]) => ({
    id,
    kind,
    name: 'f',
    ir: 'define void @f() {\n  ret void\n}\n',
    package: packageName,
    version: '1',
    licence: 'MIT',
    language,
    file: 'f.c',
    flags: ['-O2'],
    target,
    instructions,
    bytes: null,
    split,
  })) as CorpusRow[];
  await writeParquetSet(
    folder,
    { name: 'corpus', columns: corpusColumns },
    [{ key: 'a', input: rows }],
    ({ input }) => input,
  );
  const ids = async (filter: Parameters<typeof readCorpus>[1]): Promise<string> =>
    (await all(readCorpus(folder, filter))).map(({ id }) => id).join('');
  expect(await all(readCorpus(folder))).toEqual(rows);
  expect(await ids({ kind: 'function' })).toBe('acd');
  expect(await ids({ split: 'test', target: 'x86_64' })).toBe('c');
  expect(await ids({ packages: ['bc'], minimumInstructions: 6 })).toBe('b');
  expect(await ids({ language: 'c++', maximumInstructions: 9 })).toBe('c');
  expect(await ids({ where: "id >= 'b'", limit: 2 })).toBe('bc');
});

const root = process.getuid?.() === 0 && process.platform === 'linux';
test.runIf(root)('a full disk is one line, and with room again the same call goes on', async () => {
  const folder = temporaryFolder();
  const disk = join(folder, 'disk');
  execFileSync('mkdir', [disk]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96k', 'tmpfs', disk]);
  onTestFinished(() => void execFileSync('umount', [disk]));
  const build = (): Promise<SetManifest> =>
    writeParquetSet(join(disk, 'set'), settings, units(10, 400), ({ input }) => input.map(rowOf));
  await expect(build()).rejects.toMatchObject({
    code: 'environment',
    message: expect.stringMatching(/cannot be written: no space left on the disk$/) as string,
  });
  expect(existsSync(join(disk, 'set', 'manifest.json'))).toBe(false);
  execFileSync('mount', ['-o', 'remount,size=8m', disk]);
  expect((await build()).rows).toBe(4000);
});

test('JSON lines for trainers: prompt and completion, one file a split', async () => {
  const folder = temporaryFolder();
  const rows = [
    { prompt: '[INST] a "b"\n [/INST]', completion: '<code>ä</code>', more: 1, split: 'train' as const },
    { prompt: 'second', completion: '', more: 2, split: 'test' as const },
    { prompt: 'third', completion: 'x', more: 3, split: 'train' as const },
  ];
  const promptColumns = { prompt: 'VARCHAR', completion: 'VARCHAR', more: 'INTEGER' };
  const unit = [{ key: 'a', input: rows }];
  await writeParquetSet(
    join(folder, 'set'),
    { name: 'set', columns: promptColumns },
    unit,
    ({ input }) => input,
  );
  const files = await exportJsonl(join(folder, 'set'), join(folder, 'jsonl'));
  expect(files).toEqual([join(folder, 'jsonl/train.jsonl'), join(folder, 'jsonl/test.jsonl')]);
  const read = (file: string): unknown[] =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  const pair = ({ prompt, completion }: (typeof rows)[number]): object => ({ prompt, completion });
  expect(read(files[0]!)).toEqual([rows[0]!, rows[2]!].map(pair));
  expect(read(files[1]!)).toEqual([pair(rows[1]!)]);
  await expect(exportJsonl(join(folder, 'set'), folder, ['answer'])).rejects.toMatchObject({ code: 'usage' });
});

test('DuckDB reads the files by themselves', async () => {
  const folder = temporaryFolder();
  const manifest = await writeParquetSet(folder, settings, units(2, 50), ({ input }) => input.map(rowOf));
  const database = await openDatabase();
  const [file = ''] = setFiles(folder, manifest, 'train');
  const result = await database.runAndReadAll(
    `SELECT count(*)::INTEGER AS rows, sum(count)::INTEGER AS total FROM ${sqlText(file)}`,
  );
  database.closeSync();
  const train = Array.from({ length: 100 }, (_, at) => at).filter((at) => at % 20 !== 0);
  expect(result.getRowObjects()).toEqual([
    { rows: train.length, total: train.reduce((sum, number) => sum + number, 0) },
  ]);
});
