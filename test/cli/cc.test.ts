// `ozma cc` against clang: the same files, words and exit codes, and nothing searched twice.

import { execa } from 'execa';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { readCompileRequest } from '#ozma/tune/cc/compile-request.js';
import { mainFile, type Run } from './run-ozma.ts';

const clang = programPath(findInstallation(), 'clang');
let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
  for (const name of ['json.c', 'compress.c', 'calculator.c', 'self-test.c', 'examples.h']) {
    copyFileSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), at(name));
  }
  writeFileSync(at('warns.c'), 'int f(int x) { int unused; return x; }\n');
  writeFileSync(at('bad.c'), 'int f( {\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(program: string[], environment: Record<string, string> = {}): Promise<Run> {
  const [file = '', ...words] = program;
  const env = { OZMA_CACHE: at('cache'), OZMA_COMPILES: '4', OZMA_LOG: at('log'), ...environment };
  const { exitCode, stdout, stderr } = await execa(file, words, { reject: false, env, cwd: folder });
  return { exitCode, stdout, stderr };
}

const cc = (words: string[], environment?: Record<string, string>): Promise<Run> =>
  run([process.execPath, mainFile, 'cc', ...words], environment);

interface Logged {
  source: string;
  before: number;
  after: number;
  compiles: number;
  cached: boolean;
}

function log(): Logged[] {
  return readFileSync(at('log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Logged);
}

test('a compile is clang -Oz or smaller, with its dependency file, and is remembered', async () => {
  const words = ['-c', '-O2', '-MD', '-Wall', 'json.c', '-o', 'json.o'];
  expect(await cc(words)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  const first = readFileSync(at('json.o'));
  const dependencies = readFileSync(at('json.d'), 'utf8');
  await run([clang, ...words, '-Oz']);
  expect(readFileSync(at('json.d'), 'utf8')).toBe(dependencies);
  rmSync(at('json.o'));
  rmSync(at('json.d'));
  expect(await cc(words)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  expect(readFileSync(at('json.o')).equals(first)).toBe(true);
  expect(readFileSync(at('json.d'), 'utf8')).toBe(dependencies);
  const [searched, remembered] = log();
  expect(searched).toMatchObject({ source: 'json.c', compiles: 4, cached: false });
  expect(searched!.after).toBeLessThanOrEqual(searched!.before);
  expect(remembered).toMatchObject({
    compiles: 0,
    cached: true,
    before: searched!.before,
    after: searched!.after,
  });
});

test.each([
  [['-MMD', '-MP', '-MF', 'deps', '-MT', 'a target'], 'deps'],
  [['-MD', '-o', 'sub.x.o'], 'sub.x.d'],
  [['-MD'], 'compress.d'],
])('dependency files as clang writes them: %j', async (flags, file) => {
  const words = ['-c', 'compress.c', ...flags];
  await run([clang, ...words, '-Oz']);
  const expected = readFileSync(at(file), 'utf8');
  for (const turn of ['searched', 'remembered']) {
    rmSync(at(file));
    expect((await cc(words)).exitCode, turn).toBe(0);
    expect(readFileSync(at(file), 'utf8'), turn).toBe(expected);
  }
});

test('warnings and errors are those of clang, each time', async () => {
  const words = ['-c', '-Wall', 'warns.c', '-o', 'warns.o'];
  const expected = await run([clang, ...words, '-Oz']);
  expect(expected.stderr).toContain('unused variable');
  expect(await cc(words)).toEqual(expected);
  expect(await cc(words)).toEqual(expected);
  const wrong = ['-c', 'bad.c', '-o', 'bad.o'];
  expect(await cc(wrong)).toEqual(await run([clang, ...wrong, '-Oz']));
  expect(existsSync(at('bad.o'))).toBe(false);
});

test.each([
  [['--version']],
  [['-E', '-P', 'warns.c']],
  [['-S', '-O1', 'warns.c', '-o', '-']],
  [['-c', 'no-such-file.c']],
  [['-print-resource-dir']],
  [['-dumpmachine']],
  [[]],
])('left to clang: %j', async (words) => {
  expect(await cc(words)).toEqual(await run([clang, ...words]));
});

test('a whole program: compiles in parallel, a link, a run', async () => {
  const names = ['json', 'compress', 'calculator', 'self-test'];
  writeFileSync(at('words.rsp'), '-c "calculator.c" -o calculator.o');
  const compiles = [
    cc(['-c', 'json.c', '-o', 'json.o']),
    cc(['-c', 'compress.c', '-o', 'compress.o']),
    cc(['@words.rsp']),
    cc(['-c', '-O0', 'self-test.c']),
  ];
  for (const { exitCode, stderr } of await Promise.all(compiles)) {
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  }
  expect((await cc([...names.map((name) => `${name}.o`), '-lm', '-o', 'program'])).exitCode).toBe(0);
  expect(await run([at('program')])).toMatchObject({ exitCode: 0, stdout: 'all examples work' });
  expect(log().some(({ source }) => source === 'self-test.c')).toBe(false);
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a model asked first is part of what an answer depends on; one that fails leaves the object of clang', async () => {
  writeFileSync(at('sum.c'), 'int sum(int *p, int n) { int s = 0; while (n--) s += p[n]; return s; }\n');
  const words = ['-c', 'sum.c', '-o', 'sum.o'];
  const asked = { OZMA_MODEL: 'ftd', OZMA_CANDIDATES: '1' };
  const cached: boolean[] = [];
  for (const environment of [asked, asked, { ...asked, OZMA_CANDIDATES: '2' }, {}]) {
    expect(await cc(words, environment)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    cached.push(log().at(-1)!.cached);
  }
  expect(cached).toEqual([false, true, false, false]);
  const broken = await cc(words, { OZMA_MODEL: at('sum.c') });
  expect(broken.exitCode).toBe(0);
  expect(broken.stderr).toMatch(/^ozma: sum\.c: clang's own object is kept: .*sum\.c/);
  await run([clang, ...words.slice(0, 2), '-Oz', '-o', 'clang.o']);
  expect(readFileSync(at('sum.o')).equals(readFileSync(at('clang.o')))).toBe(true);
});

test('two processes with one key do no harm', async () => {
  const environment = { OZMA_CACHE: at('cache-two') };
  const both = await Promise.all([
    cc(['-c', 'warns.c', '-o', 'w1.o'], environment),
    cc(['-c', 'warns.c', '-o', 'w2.o'], environment),
  ]);
  expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(readFileSync(at('w1.o')).equals(readFileSync(at('w2.o')))).toBe(true);
});

test('a damaged answer is found anew', async () => {
  const environment = { OZMA_CACHE: at('cache-damaged') };
  const words = ['-c', 'warns.c', '-o', 'd.o'];
  await cc(words, environment);
  const good = readFileSync(at('d.o'));
  const answers = readdirSync(at('cache-damaged'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(at('cache-damaged'), name))
    .filter((path) => path.includes('/cc/') && statSync(path).isFile());
  expect(answers).toHaveLength(1);
  writeFileSync(answers[0]!, readFileSync(answers[0]!).subarray(0, -40));
  expect((await cc(words, environment)).exitCode).toBe(0);
  expect(readFileSync(at('d.o')).equals(good)).toBe(true);
});

test('when the cache cannot be written, clang’s word stands and one line says so', async () => {
  writeFileSync(at('not-a-folder'), '');
  const run = await cc(['-c', 'warns.c', '-o', 'n.o'], { OZMA_CACHE: at('not-a-folder') });
  expect(run.exitCode).toBe(0);
  expect(run.stderr.split('\n').filter((line) => line.startsWith('ozma: '))).toHaveLength(1);
  expect(existsSync(at('n.o'))).toBe(true);
  const quiet = await cc(['-c', 'warns.c', '-o', 'n.o'], { OZMA_CACHE: at('not-a-folder'), OZMA_QUIET: '1' });
  expect(quiet.stderr).toBe('');
});

test('c++ is clang++', async () => {
  writeFileSync(
    at('p.cc'),
    'template <class T> T f(T x) { if (x < 0) throw x; return x; }\ntemplate int f(int);\n',
  );
  const made = await run([process.execPath, mainFile, 'c++', '-std=c++17', '-c', 'p.cc']);
  expect(made).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  expect(log().at(-1)).toMatchObject({ source: 'p.cc' });
});

test('what is tuned and what is not', () => {
  const tuned = (line: string, driver: 'clang' | 'clang++' = 'clang'): boolean =>
    readCompileRequest(driver, line.split(' ')) !== undefined;
  for (const line of [
    '-c a.c',
    '-o x.o -c a.c -O2 -g -fPIC -DX -I /usr -pipe -pthread',
    '-c -x c header',
    '-c a.cpp -std=c++20',
    '-c a.c -MD -MF x -MT y -MP -MQ z',
  ]) {
    expect(tuned(line), line).toBe(true);
  }
  for (const line of [
    'a.c',
    '-c a.c b.c',
    '-c -',
    '-c a.s',
    '-c a.S',
    '-c a.m',
    '-c a.o',
    '-c -O0 a.c',
    '-c -O2 a.c -Og',
    '-c conftest.c',
    '-c ztest123.c',
    '-c CMakeFiles/CMakeScratch/T/a.c',
    '-c a.c -flto',
    '-c a.c -fsanitize=undefined',
    '-c a.c --coverage',
    '-c a.c -M',
    '-c a.c -Wp,-MMD,a.d',
    '-c a.c -save-temps=obj',
    '-c a.c -Xclang -ast-dump',
    '-c a.c -v',
    '-c -x assembler-with-cpp a.c',
    '-c @no-such-file',
    '-c -- a.c',
  ]) {
    expect(tuned(line), line).toBe(false);
  }
  expect(readCompileRequest('clang++', ['-c', 'a.c'])?.language).toBe('c++');
});
