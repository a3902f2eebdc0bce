// Tuning with the real compiler: results are checked, forms of output agree, tests have the last word.
// Recipes stand in for the search where the test is about what comes after it.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRecipe, tune, type Recipe } from '#ozma/index.js';
import { llvmSize } from '#ozma/llvm/clang.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const installation = findInstallation();
const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const json = join(examples, 'json.c');
const compress = join(examples, 'compress.c');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Smaller than -Oz on both examples, by code generation alone. */
const withSwitch: Recipe = [
  { kind: 'module', pipeline: 'default<Oz>' },
  { kind: 'switches', switches: ['disable-lsr'] },
];

/** Smaller than -Oz on json.c, by -Os code and another order. */
const recipe: Recipe = [
  { kind: 'relax', functions: 'all' },
  { kind: 'module', pipeline: 'function(sroa),function(tailcallelim)' },
  { kind: 'module', pipeline: 'default<Oz>' },
  { kind: 'switches', switches: ['disable-lsr'] },
];

test('a search never loses, and says what it checked', async () => {
  const output = join(folder, 'json.o');
  const progress: number[] = [];
  const report = await tune([json], {
    compiles: 12,
    output,
    jobs: 2,
    onProgress: (_source, { compiles }) => progress.push(compiles),
  });
  expect(report.failures).toEqual([]);
  const [result] = report.results;
  expect(result!.best.bytes).toBeLessThanOrEqual(result!.baseline.bytes);
  expect(result!.saving).toBeCloseTo(1 - result!.best.bytes / result!.baseline.bytes, 10);
  expect(result!.compiles).toBeLessThanOrEqual(12);
  expect(result!.checks).toEqual([
    { name: 'verifier', passed: true },
    { name: 'size measured again by llvm-size', passed: true },
    { name: 'not larger than clang -Oz', passed: true },
  ]);
  expect((await llvmSize(installation, output)).bytes).toBe(result!.best.bytes);
  expect(progress.length).toBeGreaterThan(0);
});

test('shell lines of a recipe reach the very same size', async () => {
  const script = join(folder, 'replay.sh');
  const report = await tune([json], {
    recipe,
    emit: 'pipeline',
    output: script,
    flags: ['-fPIC', '-DX="a b"'],
  });
  const { best, baseline } = report.results[0]!;
  expect(best.origin).toBe('recipe');
  expect(best.bytes).toBeLessThan(baseline.bytes);
  expect(readFileSync(script, 'utf8')).toContain("opt -p 'function(sroa),function(tailcallelim)'");
  execFileSync('/bin/sh', [script], { cwd: folder });
  expect((await llvmSize(installation, join(folder, 'json.o'))).bytes).toBe(best.bytes);
});

test('what no shell can say becomes a recipe file that replays', async () => {
  const file = join(folder, 'recipe.json');
  const own: Recipe = [...recipe, { kind: 'functions', pipelines: { json_read: 'simplifycfg' } }];
  const notes: string[] = [];
  const first = await tune([json], {
    recipe: own,
    emit: 'pipeline',
    output: file,
    onNote: (line) => notes.push(line),
  });
  expect(notes.join()).toContain('--recipe');
  const read = readRecipe(readFileSync(file, 'utf8'), file);
  expect(read).toEqual(own);
  const again = await tune([json], { recipe: read });
  expect(again.results[0]!.best.bytes).toBe(first.results[0]!.best.bytes);
});

test('assembly, IR and bitcode are of the same code', async () => {
  const sizes: number[] = [];
  for (const emit of ['asm', 'll', 'bc'] as const) {
    const output = join(folder, `form.${emit === 'asm' ? 's' : emit}`);
    const report = await tune([compress], { recipe: withSwitch, emit, output });
    expect(report.results[0]!.best.origin).toBe('recipe');
    const object = join(folder, 'form.o');
    const words =
      emit === 'asm'
        ? [output]
        : ['-x', 'ir', output, '-Oz', '-Xclang', '-disable-llvm-passes', '-mllvm', '-disable-lsr'];
    execFileSync(programPath(installation, 'clang'), ['-c', ...words, '-o', object]);
    sizes.push((await llvmSize(installation, object)).bytes - report.results[0]!.best.bytes);
  }
  expect(sizes).toEqual([0, 0, 0]);
});

test('a recipe that does not help leaves the object of clang -Oz', async () => {
  const output = join(folder, 'same.o');
  const report = await tune([compress], { recipe: [{ kind: 'module', pipeline: 'globaldce' }], output });
  const { best, baseline, saving, rejected, checks } = report.results[0]!;
  expect({ ...best, origin: '', recipe: [] }).toEqual({ ...baseline, origin: '', recipe: [] });
  expect([best.origin, saving]).toEqual(['baseline', 0]);
  expect(rejected?.reason).toMatch(/bytes, clang -Oz has/);
  expect(checks.every(({ passed }) => passed)).toBe(true);
  const reference = join(folder, 'reference.o');
  execFileSync(programPath(installation, 'clang'), ['-Oz', '-c', compress, '-o', reference]);
  expect(readFileSync(output).equals(readFileSync(reference))).toBe(true);
});

test('sources that are refused do not stop the others', async () => {
  const bad = join(folder, 'bad.c');
  writeFileSync(bad, 'int f(\n');
  const output = join(folder, 'several');
  const report = await tune([bad, compress], { recipe: withSwitch, output });
  expect(report.failures).toMatchObject([{ source: bad, code: 'refused' }]);
  expect(report.results.map(({ output: place }) => place)).toEqual([join(output, 'compress.o')]);
});

test('a compilation database gives each file its folder and flags', async () => {
  const database = join(folder, 'compile_commands.json');
  writeFileSync(join(folder, 'flagged.c'), 'int NAME(int x) { return x * VALUE; }\n');
  writeFileSync(
    join(folder, 'plus.cc'),
    'template <class T> T twice(T x) { return x + x; } template int twice(int);\n',
  );
  const entries = [
    {
      directory: folder,
      file: 'flagged.c',
      command: "cc -DNAME=named '-DVALUE=(2 + 3)' -O2 -c flagged.c -o f.o",
    },
    { directory: '.', file: 'plus.cc', arguments: ['c++', '-std=c++17', '-c', 'plus.cc'] },
    { directory: '.', file: 'start.S', command: 'cc -c start.S' },
    { directory: '.', file: 'flagged.c', command: 'cc -fsanitize=address -c flagged.c' },
  ];
  writeFileSync(database, JSON.stringify(entries));
  const notes: string[] = [];
  const report = await tune([database], {
    compiles: 1,
    output: join(folder, 'db'),
    onNote: (line) => notes.push(line),
  });
  expect(report.failures).toEqual([]);
  expect(report.results.map(({ baseline }) => baseline.bytes > 0)).toEqual([true, true]);
  expect(notes.filter((line) => line.endsWith('left out'))).toHaveLength(2);
  const names = execFileSync(join(installation.programs, 'llvm-nm'), [join(folder, 'db', 'flagged.o')], {
    encoding: 'utf8',
  });
  expect(names).toContain('named');
});

test('IR keeps its target; bitcode for another machine is not made for the host', async () => {
  const ir = join(folder, 'a64.ll');
  writeFileSync(
    ir,
    'target triple = "aarch64-unknown-linux-gnu"\ndefine i32 @f(i32 %x) minsize optsize {\n  %y = mul i32 %x, 7\n  ret i32 %y\n}\n',
  );
  const output = join(folder, 'a64.o');
  const report = await tune([ir], { compiles: 1, output });
  expect(report.results[0]!.target).toBe('aarch64-unknown-linux-gnu');
  expect(readFileSync(output).readUInt16LE(18)).toBe(183); // EM_AARCH64
  const elsewhere = await tune([ir], { compiles: 1, output, target: 'x86_64-linux-gnu' });
  expect(elsewhere.results[0]!.target).toMatch(/^x86_64-/);
  expect(readFileSync(output).readUInt16LE(18)).toBe(62); // EM_X86_64
});

test('tests that fail find the source to blame, and it goes back to -Oz', async () => {
  const output = join(folder, 'judged');
  const reference = join(folder, 'judge.o');
  execFileSync(programPath(installation, 'clang'), ['-Oz', '-c', json, '-o', reference]);
  const report = await tune([compress, json], {
    recipe: withSwitch,
    output,
    test: `cmp -s ${join(output, 'json.o')} ${reference}`,
  });
  expect(report.tests).toEqual({ passed: true, runs: 4, broken: [json] });
  expect(report.results.map(({ best }) => best.origin)).toEqual(['recipe', 'baseline']);
  expect(report.results[1]!.rejected?.reason).toContain('the tests fail');
  expect(report.results[1]!.checks.at(-1)).toEqual({ name: 'tests', passed: true });
  expect(readFileSync(join(output, 'json.o')).equals(readFileSync(reference))).toBe(true);

  const hopeless = await tune([compress], { recipe: withSwitch, output: join(folder, 'c.o'), test: 'false' });
  expect(hopeless.tests).toEqual({ passed: false, runs: 2, broken: [] });
  expect(hopeless.results[0]!.best.origin).toBe('baseline');
});

test('the code generation level O0 has a baseline of its own', async () => {
  const report = await tune([compress], { recipe: withSwitch, codegen: 'O0' });
  const { baseline, codegen } = report.results[0]!;
  const oz = await tune([compress], { recipe: withSwitch });
  expect(codegen).toBe('O0');
  expect(baseline.bytes).toBeGreaterThan(oz.results[0]!.baseline.bytes);
});

test('an aborted signal ends with what there is', async () => {
  const started = await tune([json], { compiles: 500, signal: AbortSignal.timeout(1500) });
  expect(started.results[0]?.stopped ?? 'interrupted').toBe('interrupted');
  const never = await tune([json, compress], { signal: AbortSignal.abort() });
  expect(never).toMatchObject({ results: [], notStarted: [json, compress] });
});
