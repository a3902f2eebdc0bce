// Emulation with a model that answers what the test says: right answers come from `opt`, `clang` and llvm-size
// themselves, wrong ones are made of them, and each must be told from the other.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulate } from '#ozma/emulate/emulate.js';
import type { EmulateOptions } from '#ozma/emulate/emulate.js';
import type { EmulateReport } from '#ozma/emulate/result.js';
import { programPath, type LlvmProgram } from '#ozma/llvm/installation.js';
import { parsePrompt, type EmulatePrompt } from '#ozma/tasks/prompts.js';
import { runOzma } from '../cli/run-ozma.ts';
import { answeringEngine, type AnsweringOptions } from '../inference/answering-engine.ts';
import { toyModelFile } from '../inference/toy-model-file.ts';
import { installation, llvmSize } from '../llvm/compile.ts';

let folder = '';
let adding = '';
let several = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-emulate-test-'));
  adding = join(folder, 'adding.c');
  several = join(folder, 'several.c');
  writeFileSync(adding, 'extern int limit;\nint adding(int x) { return x + limit + 7; }\n');
  writeFileSync(
    several,
    'int first(int x) { int y = x; return y * 3; }\n' +
      'long second(long *p, long n) { long s = 0; for (long i = 0; i < n; i++) s += p[i] * p[i]; return s; }\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pipeline = 'function(sroa,early-cse,simplifycfg)';

/** The answer to an emulate prompt with code as the compiler writes it, by the programs themselves. */
function byPrograms(prompt: string): string {
  const { ir, pipeline: passes, answer } = parsePrompt(prompt) as EmulatePrompt;
  const run = (program: LlvmProgram, words: string[], input: string | Buffer): Buffer =>
    execFileSync(programPath(installation, program), words, { input });
  const optimised = run('opt', ['-p', passes, '-S', '-o', '-'], ir);
  const clang = (...mode: string[]): Buffer => run('clang', [...mode, '-x', 'ir', '-', '-o', '-'], optimised);
  const text = optimised.toString();
  const code = answer === 'ir' ? text : clang('-S', '-fno-verbose-asm', '-fno-addrsig').toString();
  const instructions = text.match(/^ {2}\S/gm)!.length;
  return `<code>${code}</code>\n\nThe output code has instruction count ${instructions} and binary size ${llvmSize(clang('-c'))} bytes.`;
}

const emulated = (
  file: string,
  answers: (prompt: string) => string,
  { pipeline: passes = pipeline, ...options }: Partial<EmulateOptions> & AnsweringOptions = {},
): ReturnType<typeof emulate> =>
  emulate(file, {
    pipeline: passes,
    ...options,
    model: answeringEngine((prompt) => [answers(prompt)], options),
  });

test.each(['ir', 'assembly'] as const)('what the compiler itself answers is exact: %s', async (answer) => {
  const report = await emulated(adding, byPrograms, { form: 'full', answer, check: true });
  expect(report.refused).toEqual([]);
  const [one] = report.functions;
  expect(one).toMatchObject({
    name: 'adding',
    complete: true,
    accepted: answer === 'ir' ? 'yes' : 'not tried',
  });
  expect(one!.comparison).toMatchObject({ exact: true, bleu: 1, sizeError: 0, difference: '' });
  expect(one!.comparison!.sizes).toEqual({ instructions: one!.instructions, bytes: one!.bytes });
  if (answer === 'ir') expect(one!.measured).toEqual(one!.comparison!.sizes);
});

/** By hand, from docs/normal-form.md. */
const normalAnswer = (offset: number): string => `<code>define int @0(int %0) nounwind {
%1 = load int, ptr @1
%2 = add nsw int %0, %1
%3 = add nsw int %2, ${offset}
ret int %3
}
</code>

The output code has instruction count 4 and binary size 100 bytes.`;

test('an answer in normal form becomes a module with the names of the source', async () => {
  const report = await emulated(adding, () => normalAnswer(7), { check: true });
  const [one] = report.functions;
  expect(one).toMatchObject({ accepted: 'yes', instructions: 4, measured: { instructions: 4 } });
  expect(one!.code).toMatch(/define dso_local i32 @adding\(i32 noundef %v0\)/);
  expect(one!.code).toContain('load i32, ptr @limit');
  expect(one!.comparison).toMatchObject({ exact: true, bleu: 1 });
  const { bytes } = one!.comparison!.sizes;
  expect(one!.comparison!.sizeError).toBeCloseTo(Math.abs(100 - bytes) / bytes, 12);
});

test('a wrong constant is valid IR, not exact, and the difference shows it', async () => {
  const report = await emulated(adding, () => normalAnswer(8), { check: true });
  const [one] = report.functions;
  expect(one).toMatchObject({ accepted: 'yes', comparison: { exact: false } });
  expect(one!.comparison!.bleu).toBeLessThan(1);
  expect(one!.comparison!.difference).toBe(`--- adding, by the compiler
+++ adding, predicted
@@ -1,6 +1,6 @@
 define int @0(int %0) nounwind {
 %1 = load int, ptr @1
 %2 = add nsw int %0, %1
-%3 = add nsw int %2, 7
+%3 = add nsw int %2, 8
 ret int %3
 }
`);
});

test.each([
  ['no code', 'I cannot.', 'the answer holds no code'],
  ['no IR', '<code>movl %eax, %ebx\n</code>', 'expected a function'],
  ['a value that is nowhere', '<code>define int @0(int %0) {\nret int %5\n}\n</code>', 'undefined value'],
  ['cut off', '<code>define int @0(int %0) {\n', 'refused'],
])('what LLVM does not take is said: %s', async (_, answer, reason) => {
  const report = await emulated(adding, () => answer);
  const [one] = report.functions;
  expect(one).toMatchObject({ accepted: 'no', complete: answer.includes('</code>') });
  expect(one!.reason).toContain(reason);
});

test('functions one by one; one that does not fit the context is named with both counts', async () => {
  const lengths = answeringEngine(() => ['']);
  await emulate(several, { pipeline, model: lengths });
  const [, longer] = lengths.prompts.map(({ length }) => length);
  const report = await emulated(several, () => normalAnswer(1), { contextLength: longer! });
  expect(report.functions.map(({ name }) => name)).toEqual(['first']);
  expect(report.refused.map(({ name }) => name)).toEqual(['second']);
  expect(report.refused[0]!.reason).toMatch(/at most \d+ tokens, found \d+/);
});

test('in full form the whole module is asked about where it fits', async () => {
  const whole = await emulated(several, byPrograms, { form: 'full', check: true });
  expect(whole.functions).toMatchObject([{ name: 'several.c', accepted: 'yes' }]);
  // opt keeps the names that passes give to values, a context that forgets names has numbers; sizes are equal.
  expect(whole.functions[0]!.comparison!.sizes).toEqual(whole.functions[0]!.measured);
  const length = answeringEngine(() => [''], { form: 'full' });
  await emulate(several, { pipeline, model: length });
  const apart = await emulated(several, byPrograms, {
    form: 'full',
    contextLength: length.prompts[0]!.length,
  });
  expect(apart.functions.map(({ name }) => name)).toEqual(['first', 'second']);
});

test('the prompt has the list spelled out, and the sizes of its own code', async () => {
  const engine = answeringEngine(() => [''], { form: 'full' });
  await emulate(adding, { pipeline: 'sroa, early-cse', model: engine });
  const prompt = parsePrompt(engine.prompts[0]!) as EmulatePrompt;
  expect(prompt.pipeline).toBe('function(sroa,early-cse)');
  const object = execFileSync(programPath(installation, 'clang'), ['-c', '-x', 'ir', '-', '-o', '-'], {
    input: prompt.ir,
  });
  expect(prompt.sizes).toEqual({
    instructions: prompt.ir.match(/^ {2}\S/gm)!.length,
    bytes: llvmSize(object),
  });
});

test('what cannot be asked is one clear line', async () => {
  const model = answeringEngine(() => ['']);
  await expect(emulate(adding, { pipeline: 'function(sraa)', model })).rejects.toThrow(/-p: .*sraa.*sroa/);
  await expect(emulate(adding, { pipeline: '', model })).rejects.toThrow(/expected a pass list/);
  await expect(emulate(adding, { pipeline, model, functions: ['other'] })).rejects.toThrow(
    /expected a function other/,
  );
  await expect(emulate(adding, { pipeline, model: 'none' })).rejects.toThrow(/expected a model/);
  await expect(emulate(join(folder, 'none.c'), { pipeline, model })).rejects.toThrow(/no such file/);
  writeFileSync(join(folder, 'bad.c'), 'int f(\n');
  await expect(emulate(join(folder, 'bad.c'), { pipeline, model })).rejects.toMatchObject({
    code: 'refused',
  });
});

test('the command: a prompt too long for a real model file is said, with exit code 1', async () => {
  const toy = await toyModelFile();
  try {
    const { exitCode, stderr, stdout } = await runOzma([
      'emulate',
      adding,
      '-p',
      pipeline,
      '--model',
      toy.path,
      '--json',
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/adding: not asked about: expected a prompt of at most 127 tokens/);
    const report = JSON.parse(stdout) as EmulateReport;
    expect(report).toMatchObject({ functions: [], refused: [{ name: 'adding' }], model: { name: 'a toy' } });
    expect(report.model.hash).toMatch(/^[0-9a-f]{64}$/);
  } finally {
    toy.remove();
  }
});
