// The way through bitcode against the real `clang -Oz`: with -Oz's own pipeline both must write the same
// object, byte for byte, whatever the user's flags. Otherwise the saving would be our own doing.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import {
  baselineWords,
  bitcodeWords,
  compileBaseline,
  compileBitcode,
  compileToBitcode,
  defaultTriple,
  llvmSize,
} from '#ozma/llvm/clang.js';
import { codegenFlags, compileFlags, readClangWords, untunableFlag } from '#ozma/llvm/clang-flags.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const installation = findInstallation();
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
  writeFileSync(
    join(folder, 'a.c'),
    `extern int puts(const char *); static int square(int x) { return x * x; }
     int table[64]; const char *names[] = {"one", "two", "three"};
     int sum(const int *v, int n) { int s = 0; for (int i = 0; i < n; i++) s += square(v[i]); return s; }
     int show(unsigned k) { char buffer[40]; for (int i = 0; i < 40; i++) buffer[i] = (char)(k >> (i & 7));
       return k < 3 ? puts(names[k]) : puts(buffer); }
     double mean(const double *v, int n) { double s = 0; for (int i = 0; i < n; i++) s += v[i]; return s / n; }`,
  );
  writeFileSync(
    join(folder, 'b.cc'),
    `struct Shape { virtual ~Shape(); virtual double area() const = 0; };
     struct Square : Shape { double side; double area() const override { return side * side; } };
     Shape::~Shape() {}
     double total(Shape **list, int n) { double t = 0; for (int i = 0; i < n; i++) t += list[i]->area();
       if (t < 0) throw t; return t; }`,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['a.c', []],
  ['a.c', ['-fPIC']],
  ['a.c', ['-ffunction-sections', '-fdata-sections']],
  ['a.c', ['-g', '-O2', '-Wall', '-std=c99', '-DX=1', '-I.']],
  ['a.c', ['-fno-asynchronous-unwind-tables', '-march=haswell']],
  ['a.c', ['-fstack-protector-strong', '-fcf-protection=full', '-fno-omit-frame-pointer']],
  ['a.c', ['--target=aarch64-linux-gnu', '-ffreestanding']],
  ['a.c', ['--target=thumbv7em-none-eabi', '-ffreestanding']],
  ['b.cc', ['-std=c++20', '-fno-rtti']],
] as const)('%s %s: the object of clang -Oz, byte for byte', async (file, flags) => {
  const translation = {
    file,
    directory: folder,
    language: file === 'a.c' ? ('c' as const) : ('c++' as const),
    flags,
  };
  const path = (name: string): string => join(folder, name);
  await compileBaseline(installation, translation, path('baseline.o'));
  await compileToBitcode(installation, translation, path('in.bc'));
  const opt = programPath(installation, 'opt');
  execFileSync(opt, [
    '-relocation-model=pic',
    '-p',
    await baselinePipeline(installation),
    path('in.bc'),
    '-o',
    path('out.bc'),
  ]);
  const dis = programPath(installation, 'llvm-dis');
  const text = execFileSync(dis, [path('in.bc'), '-o', '-'], { encoding: 'utf8' });
  const triple = /^target triple = "(.*)"/m.exec(text)?.[1] ?? '';
  const settings = { triple, flags, level: 'Oz' as const, switches: [] };
  await compileBitcode(installation, path('out.bc'), settings, path('best.o'));
  expect(readFileSync(path('best.o')).equals(readFileSync(path('baseline.o')))).toBe(true);
  const sizes = await llvmSize(installation, path('best.o'));
  expect(sizes.bytes).toBeGreaterThan(sizes.text);
  expect(sizes.text).toBeGreaterThan(100);
});

test('switches and the level O0 reach code generation', async () => {
  const path = (name: string): string => join(folder, name);
  const translation = { file: 'a.c', directory: folder, language: 'c' as const, flags: [] };
  await compileToBitcode(installation, translation, path('in.bc'));
  const settings = { triple: await defaultTriple(installation), flags: [], switches: [] };
  await compileBitcode(installation, path('in.bc'), { ...settings, level: 'Oz' }, path('oz.o'));
  await compileBitcode(installation, path('in.bc'), { ...settings, level: 'O0' }, path('o0.o'));
  const [oz, o0] = [await llvmSize(installation, path('oz.o')), await llvmSize(installation, path('o0.o'))];
  expect(o0.bytes).toBeGreaterThan(oz.bytes);
  const unknown = { ...settings, level: 'Oz' as const, switches: ['no-such-switch' as never] };
  await expect(compileBitcode(installation, path('in.bc'), unknown, path('x.o'))).rejects.toThrow(
    /no-such-switch/,
  );
});

test('a refusal of clang is its first error line', async () => {
  writeFileSync(join(folder, 'bad.c'), 'int f(void) { return }\n');
  const translation = { file: 'bad.c', directory: folder, language: 'c' as const, flags: [] };
  await expect(compileBaseline(installation, translation, join(folder, 'bad.o'))).rejects.toMatchObject({
    code: 'refused',
    message: 'bad.c:1:22: error: expected expression',
  });
});

test('flags of a command line, sorted', () => {
  const line =
    '-c -O2 -Ifoo -I bar -DX="a b" -std=c11 -MD -MF a.d -MT a.o -o out/a.o -fPIC -x c a.c -Wall -Wa,-x';
  const entries = readClangWords(line.split(' '));
  expect(entries.flatMap(({ words }) => words)).toEqual(line.split(' '));
  expect(compileFlags(entries)).toEqual([
    '-O2',
    '-Ifoo',
    '-I',
    'bar',
    '-DX="a',
    '-std=c11',
    '-fPIC',
    '-Wall',
    '-Wa,-x',
  ]);
  expect(codegenFlags(compileFlags(entries))).toEqual(['-fPIC', '-Wa,-x']);
  expect(codegenFlags(['-target', 'x', '-isysroot', '/', '-mllvm', '-x', '-include', 'a.h', '-w'])).toEqual([
    '-mllvm',
    '-x',
  ]);
  expect(untunableFlag(['-O2', '-fsanitize=address'])?.flag).toBe('-fsanitize=address');
  expect(untunableFlag(['-fno-sanitize=all', '-fno-lto'])).toBeUndefined();
});

test('no flag can swallow -Oz, and flags keep their values', () => {
  const translation = {
    file: 'a.c',
    directory: '/',
    language: 'c' as const,
    flags: ['-O2', '-unknown-flag-without-its-value'],
  };
  expect(bitcodeWords(translation, '-').at(-1)).toBe('-Oz');
  expect(baselineWords(translation, 'a.o').at(-1)).toBe('-Oz');
  expect(compileFlags(readClangWords(['-dumpdir', 'lib-', 'a.c', '-O2']))).toEqual([
    '-dumpdir',
    'lib-',
    '-O2',
  ]);
});
