// Tuning with a real model file, of random weights: it knows nothing, but under the grammar whatever it says is
// a list that LLVM takes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TuneResult } from '#ozma/index.js';
import { writeGguf } from '#ozma/model/gguf/gguf.js';
import { sourceOf } from '#ozma/model/model-source.js';
import { toyConfigurations, toyModel } from '../../bench/toy-models.ts';
import { runOzma } from '../cli/run-ozma.ts';

let folder = '';
let source = '';
let model = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-model-file-'));
  source = join(folder, 'two.c');
  model = join(folder, 'toy.gguf');
  const long = Array.from({ length: 60 }, (_, index) => `x = x * ${index + 3} ^ (x >> ${index % 7});`).join(
    ' ',
  );
  writeFileSync(
    source,
    `int thrice(int x) { return x * 3; }\nunsigned mixed(unsigned x) { ${long} return x; }\n`,
  );
  // A token a byte: room for a short function and its answer, none for the long one.
  const toy = toyModel({ ...toyConfigurations['tied embeddings'], contextLength: 640 });
  await writeGguf(model, { ...sourceOf(toy), form: 'normal' }, { type: 'F32', name: 'a toy' });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function tuned(...words: string[]): Promise<{ result: TuneResult; stderr: string }> {
  const { exitCode, stdout, stderr } = await runOzma(['tune', source, '--model', model, '--json', ...words]);
  expect(exitCode).toBe(0);
  return { result: JSON.parse(stdout) as TuneResult, stderr };
}

test('every answer under the grammar is a list; the same each time; what does not fit is said', async () => {
  const words = ['--candidates', '3', '--compiles', '3'];
  const first = await tuned(...words);
  expect(first.result.model).toMatchObject({
    name: 'a toy',
    form: 'normal',
    candidates: 3,
    functions: 2,
    asked: 1,
    answered: 1,
    unusable: 0,
    notAsked: { 'does not fit the context': 1 },
  });
  expect(first.result).toMatchObject({ compiles: 3, refused: 0, seed: 1 });
  expect(first.result.saving).toBeGreaterThanOrEqual(0);
  expect(first.stderr).toMatch(
    /model a toy \(sha256 [0-9a-f]{12}\): asked about 1 of 2 functions for 3 lists each/,
  );
  const second = await tuned(...words);
  const timeless = ({ result }: typeof first): unknown => ({
    ...result,
    seconds: 0,
    reused: 0,
    model: { ...result.model, seconds: 0 },
  });
  expect(timeless(second)).toEqual(timeless(first));
});

test('a model file that is not there is said', async () => {
  const missing = await runOzma(['tune', source, '--model', join(folder, 'none.gguf')]);
  expect(missing.exitCode).toBe(2);
  expect(missing.stderr).toContain('none.gguf');
});
