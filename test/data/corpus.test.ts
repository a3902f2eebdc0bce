// From collected modules to the corpus: what counts as the same, what leaks between splits and leaves, what
// cannot be read is counted, and a build that is killed ends with the same data.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildCorpus, type CorpusSettings } from '#ozma/data/build/build-corpus.js';
import { leakageOfCorpus } from '#ozma/data/build/card.js';
import { findLeakage } from '#ozma/data/build/leakage.js';
import { normalHash, normalTokens } from '#ozma/data/build/normal-form.js';
import { shingles } from '#ozma/data/build/similarity.js';
import { splitOfPackage } from '#ozma/data/build/split-of-package.js';
import { writeCollected, type CollectRecord } from '#ozma/data/collect/collected.js';
import { readCorpus, type CorpusRow } from '#ozma/data/corpus.js';
import { openDatabase, sqlText } from '#ozma/data/database.js';
import { querySets } from '#ozma/data/query.js';
import { readManifest, type SetManifest, type Split } from '#ozma/data/set-manifest.js';
import { createRandom } from '#ozma/common/random.js';
import { cutFunctions } from '#ozma/llvm/cutting.js';
import { mainFile, runOzma } from '../cli/run-ozma.ts';
import { compileModule, installation } from '../llvm/compile.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-corpus-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function addPackage(folder: string, name: string, modules: Uint8Array[]): Promise<void> {
  const record: CollectRecord = {
    key: `key of ${name}`,
    package: name,
    version: '1.0-1',
    licence: 'MIT',
    status: 'collected',
    how: 'files',
    sources: modules.length,
    modules: modules.length,
    bytes: modules.reduce((sum, { length }) => sum + length, 0),
    dropped: { error: 3 },
    examples: [],
    seconds: 1,
  };
  const rows = modules.map((content, at) => ({
    content,
    package: name,
    version: '1.0-1',
    licence: 'MIT',
    source: `debian:${name}=1.0-1`,
    language: 'c',
    file: `src/${at}.c`,
    flags: ['-std=gnu17', '-Iinclude', '-DX=1'],
  }));
  await writeCollected(folder, record, rows);
}

function build(
  collected: string[],
  folder: string,
  more: Partial<CorpusSettings> = {},
): Promise<SetManifest> {
  const limits = { longestFunction: 20_000, longestModule: 200_000 };
  return buildCorpus({ installation, collected, folder, jobs: 2, ...limits, ...more });
}

async function rowsOf(folder: string, split?: Split): Promise<CorpusRow[]> {
  const rows: CorpusRow[] = [];
  for await (const row of readCorpus(folder, split === undefined ? {} : { split })) rows.push(row);
  return rows;
}

const functionNames = (rows: CorpusRow[]): string[] =>
  rows
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name)
    .sort();

/** A function of many statements; `changed` of them are other ones. */
function long(name: string, changed: number): string {
  const operators = ['+', '^', '*', '-', '|', '&'];
  const lines = Array.from({ length: 60 }, (_, at) =>
    at < changed ? `x = (x << ${(at % 7) + 1}) / 3;` : `x = x ${operators[(at * 7) % 6]} ${at + 10};`,
  );
  return `int ${name}(int x) { ${lines.join(' ')} return x; }\n`;
}

const common = (name: string): string =>
  `int ${name}(int *p, int n) { int s = 0; while (n--) s += p[n]; return s; }\n`;

test('splits are by package: exact and near copies leave the held-out splits, once each', async () => {
  expect(['alpha', 'beta', 'kappa'].map(splitOfPackage)).toEqual(['train', 'validation', 'test']);
  const folder = temporaryFolder();
  const collected = join(folder, 'collected');
  const module = (source: string): Uint8Array => compileModule(source).bytes;
  await import('node:fs/promises').then(({ mkdir }) => mkdir(collected));
  await addPackage(collected, 'alpha', [
    module(common('sum') + long('walk', 0) + 'int only_train(int x) { return x % 77; }'),
    module(
      common('sum_again') +
        'static int hidden(int a) { return a * a + 5; } int uses(int a) { return hidden(a); }',
    ),
  ]);
  await addPackage(collected, 'beta', [
    module(common('add') + 'int only_validation(float f) { return f > 2; }'),
  ]);
  await addPackage(collected, 'kappa', [
    // One statement of sixty is another one: alike to more than 90 %. With twenty it is another function.
    module(
      common('total') + long('stroll', 1) + long('run', 20) + 'int only_test(char c) { return c - 48; }',
    ),
    module(
      'int only_test_too(char c) { return c + 49; }\nint only_validation_copy(float f) { return f > 2; }',
    ),
  ]);
  const manifest = await build([collected], join(folder, 'corpus'));
  expect(functionNames(await rowsOf(join(folder, 'corpus'), 'train'))).toEqual([
    'hidden',
    'only_train',
    'sum',
    'uses',
    'walk',
  ]);
  expect(functionNames(await rowsOf(join(folder, 'corpus'), 'validation'))).toEqual([]);
  expect(functionNames(await rowsOf(join(folder, 'corpus'), 'test'))).toEqual([
    'only_test',
    'only_test_too',
    'only_validation_copy',
    'run',
  ]);
  expect(manifest.made['leakageBeforeRemoval']).toEqual({
    // Four functions and two modules; two functions and a module.
    validation: { rows: 3, same: 1, near: 1 },
    test: { rows: 8, same: 1, near: 2 },
  });
  expect(manifest.dropped).toMatchObject({
    'function seen before': 1,
    'function of test known to another split': 2,
    'function of validation known to another split': 2,
  });
  expect(await leakageOfCorpus(join(folder, 'corpus'))).toMatchObject({
    test: { same: 0, near: 0 },
    validation: { same: 0, near: 0 },
  });
  const [row] = await rowsOf(join(folder, 'corpus'));
  expect(row).toMatchObject({
    package: 'alpha',
    version: '1.0-1',
    licence: 'MIT',
    language: 'c',
    file: 'src/0.c',
    flags: ['-std=gnu17', '-DX=1'],
    bytes: null,
  });
  expect(row!.target).toMatch(/linux-gnu$/);
  const card = readFileSync(join(folder, 'corpus', 'README.md'), 'utf8');
  expect(card).toContain('| alpha | 1.0-1 | MIT | train | 5 | 2 |');
  expect(card).toContain('| test, before | 8 | 1 | 2 |');
  expect(card).toContain('| test, after | 6 | 0 | 0 |');
  const { rows } = await querySets(
    folder,
    "SELECT split, count(*) AS n FROM corpus WHERE kind = 'function' GROUP BY ALL ORDER BY 2",
  );
  expect(rows).toEqual([
    { split: 'test', n: '4' },
    { split: 'train', n: '5' },
  ]);
  await expect(querySets(folder, 'SELECT nonsense FROM corpus')).rejects.toMatchObject({ code: 'usage' });
});

test('the normal form: names and metadata do not count, numbers and types do', () => {
  const hash = (source: string, flags: string[] = []): string[] =>
    cutFunctions(textOf(source, flags)).map(({ ir }) => normalHash(normalTokens(ir)));
  const one =
    'struct a { int x; long y; }; extern int g(struct a *); int f(struct a *p) { return g(p) + p->x; }';
  const same =
    'struct zz { int q; long r; }; extern int other(struct zz *); static int h(struct zz *v) { return other(v) + v->q; } void *keep = h;';
  expect(hash(one)).toEqual(hash(same));
  expect(hash(one, ['-fno-strict-aliasing'])).toEqual(hash(one));
  const changes = [
    'struct a { int x; int y; }; extern int g(struct a *); int f(struct a *p) { return g(p) + p->x; }',
    'struct a { int x; long y; }; extern int g(struct a *); int f(struct a *p) { return g(p) - p->x; }',
    'struct a { int x; long y; }; extern int g(struct a *); int f(struct a *p) { return g(p) + p->x + 1; }',
    'struct a { int x; long y; }; extern int g(struct a *), k(struct a *); int f(struct a *p) { return g(p) + k(p); }',
  ];
  expect(new Set([one, ...changes].flatMap((source) => hash(source))).size).toBe(5);
});

function textOf(source: string, flags: string[]): string {
  const words = ['-S', '-emit-llvm', '-o', '-'];
  return Buffer.from(compileModule(source, { flags: [...flags, ...words] }).bytes).toString();
}

test('near copies are found as by comparing all with all', async () => {
  const random = createRandom(5);
  const body = (): string[] =>
    Array.from(
      { length: 20 + random.below(60) },
      () => `  %x${random.below(9)} = add i32 ${random.below(40)}, %y`,
    );
  const train = Array.from({ length: 60 }, body);
  // Copies with a few lines changed, and others.
  const test = Array.from({ length: 60 }, (_, at) => {
    if (at % 3 === 0) return body();
    const copy = [...train[at]!];
    for (let change = random.below(4); change > 0; change--)
      copy[random.below(copy.length)] = `  %x1 = sub i32 ${random.below(99)}, %y`;
    return copy;
  });
  const ir = (lines: string[]): string => `define void @f() {\n${lines.join('\n')}\n  ret void\n}\n`;
  const rows = { train, test, validation: [] };
  const found = await findLeakage(async function* (split) {
    for (const [at, lines] of rows[split].entries()) yield { id: `${split} ${at}`, ir: ir(lines) };
  });
  const runs = (lines: string[]): Set<number> => shingles(normalTokens(ir(lines)));
  const jaccard = (a: Set<number>, b: Set<number>): number =>
    [...a].filter((run) => b.has(run)).length / new Set([...a, ...b]).size;
  const all = test.flatMap((lines, at) =>
    train.some((other) => jaccard(runs(lines), runs(other)) >= 0.9) ? [`test ${at}`] : [],
  );
  expect(all.length).toBeGreaterThan(10);
  expect(all.length).toBeLessThan(40);
  expect([...found.leaked.test].sort()).toEqual(all.sort());
});

test('ComPile’s layout is read as it is; corrupt bitcode is counted', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'part.parquet');
  const good = compileModule('int f(int x) { return x + 1; }').bytes;
  writeFileSync(join(folder, 'good.bc'), good);
  writeFileSync(join(folder, 'bad.bc'), good.slice(0, good.length - 400));
  const database = await openDatabase();
  const row = (name: string): string =>
    `(SELECT content, 'rust' AS language, 'Apache-2.0' AS license_expression, ['LICENSE'] AS license_files, 'crate-1' AS package_source FROM read_blob(${sqlText(join(folder, name))}))`;
  await database.run(
    `COPY (${row('good.bc')} UNION ALL ${row('bad.bc')}) TO ${sqlText(file)} (FORMAT parquet)`,
  );
  database.closeSync();
  const manifest = await build([file], join(folder, 'corpus'));
  expect(manifest.dropped['module refused']).toBe(1);
  const rows = await rowsOf(join(folder, 'corpus'));
  expect(rows.map(({ kind }) => kind)).toEqual(['function', 'module']);
  expect(rows[0]).toMatchObject({ language: 'rust', licence: 'Apache-2.0', package: 'crate-1' });
  writeFileSync(join(folder, 'other.parquet'), 'no parquet');
  await expect(build([join(folder, 'other.parquet')], join(folder, 'x'))).rejects.toMatchObject({
    code: 'refused',
  });
});

test('interrupted in what comes after cutting, the build goes on to the same data', async () => {
  const folder = temporaryFolder();
  const collected = join(folder, 'collected');
  await import('node:fs/promises').then(({ mkdir }) => mkdir(collected));
  for (const name of ['alpha', 'beta']) {
    await addPackage(collected, name, [compileModule(long('walk', 0) + common(name)).bytes]);
  }
  const phases: string[] = [];
  const whole = await build([collected], join(folder, 'whole'), { onPhase: (what) => phases.push(what) });
  expect(phases).toHaveLength(3);
  for (const phase of phases) {
    const controller = new AbortController();
    const interrupted = build([collected], join(folder, 'again'), {
      signal: controller.signal,
      onPhase: (what) => {
        if (what === phase) controller.abort();
      },
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' });
    expect(existsSync(join(folder, 'again', 'README.md'))).toBe(false);
  }
  const again = await build([collected], join(folder, 'again'));
  expect(again.contentHash).toBe(whole.contentHash);
  expect(existsSync(join(folder, 'again', 'README.md'))).toBe(true);
});

test('killed at random moments, the build ends with the same data', async () => {
  const folder = temporaryFolder();
  const collected = join(folder, 'collected');
  await import('node:fs/promises').then(({ mkdir }) => mkdir(collected));
  for (let number = 0; number < 12; number++) {
    const functions = Array.from(
      { length: 60 },
      (_, at) => `int f${at}(int x) { return x * ${number} + ${at} / (x + ${at % 5}); }`,
    );
    await addPackage(collected, `package${number}x`, [compileModule(functions.join('\n')).bytes]);
  }
  const words = (target: string): string[] => [
    'data',
    'corpus',
    collected,
    '-o',
    join(folder, target),
    '--json',
  ];
  const whole = await runOzma(words('whole'));
  expect(whole.exitCode).toBe(0);
  let kills = 0;
  while (!existsSync(join(folder, 'killed', 'README.md'))) {
    const child = spawn(process.execPath, [mainFile, ...words('killed')], { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), 400 + Math.random() * 600 + kills * 150);
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    clearTimeout(timer);
    if (signal !== null) kills++;
  }
  expect(kills).toBeGreaterThan(0);
  const [expected, found] = [
    await readManifest(join(folder, 'whole')),
    await readManifest(join(folder, 'killed')),
  ];
  expect(found!.contentHash).toBe(expected!.contentHash);
  expect(found!.rows).toBeGreaterThan(500);
}, 120_000);
