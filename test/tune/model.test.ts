// Tuning with a model that answers what the test says: what it is asked, what its lists become, and that
// answers of no use cost nothing. The compiler is the real one.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tune, type TuneOptions, type TuneReport, type TuneResult } from '#ozma/index.js';
import type { Engine } from '#ozma/inference/engine.js';
import { parsePrompt } from '#ozma/tasks/prompts.js';
import { answeringEngine } from '../inference/answering-engine.ts';

let folder = '';
let single = '';
let several = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-model-'));
  single = join(folder, 'single.c');
  several = join(folder, 'several.c');
  writeFileSync(
    single,
    `unsigned hash(const unsigned char *p, unsigned n) {
       unsigned h = 2166136261u;
       for (unsigned i = 0; i < n; i++) { h ^= p[i]; h *= 16777619u; if (h & 1) h += p[i] * 3; }
       return h;
     }`,
  );
  writeFileSync(
    several,
    `extern int printf(const char *, ...);
     int total(const int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s += p[i] * p[i]; return s; }
     int largest(const int *p, int n) { int m = p[0]; for (int i = 1; i < n; i++) if (p[i] > m) m = p[i]; return m; }
     void show(const int *p, int n) { for (int i = 0; i < n; i++) printf("%d %d\\n", p[i], total(p, i)); }`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Smaller than -Oz on single.c. */
const better = 'function(sroa,simplifycfg)';
const answer = (pipeline: string): string =>
  `opt -p '${pipeline}'\n\nThe binary size goes from 100 to 80 bytes.\n`;

async function tuned(source: string, model: Engine, options: TuneOptions = {}): Promise<TuneResult> {
  const { results, failures } = await tune([source], { compiles: 1, candidates: 1, ...options, model });
  expect(failures).toEqual([]);
  return results[0]!;
}

test('a list of the model is the first compile, and can be done again from its recipe', async () => {
  const result = await tuned(
    single,
    answeringEngine(() => [answer(better)]),
  );
  expect(result).toMatchObject({
    compiles: 1,
    best: { origin: 'model' },
    model: { name: 'answers', functions: 1, asked: 1, answered: 1, unusable: 0, kept: 1 },
  });
  expect(result.checks.every(({ passed }) => passed)).toBe(true);
  const searched = await tune([single], { compiles: 1 });
  expect(result.best.bytes).toBeLessThan(searched.results[0]!.best.bytes);
  const again = await tune([single], { recipe: result.best.recipe });
  expect(again.results[0]!.best.bytes).toBe(result.best.bytes);
});

test.each(['single', 'several'] as const)(
  "-Oz's own list is what the search tries first without a model: %s",
  async (which) => {
    const source = which === 'single' ? single : several;
    const result = await tuned(
      source,
      answeringEngine(() => [answer('default<Oz>')]),
    );
    const searched = await tune([source], { compiles: 1 });
    expect(result).toMatchObject({ compiles: 1, model: { kept: 0 } });
    expect(result.best.bytes).toBe(searched.results[0]!.best.bytes);
  },
);

test('the model is asked about each function in the form that it knows', async () => {
  for (const form of ['normal', 'full'] as const) {
    const engine = answeringEngine(() => [answer(better)], { form });
    const result = await tuned(several, engine);
    expect(result.model).toMatchObject({ form, functions: 3, asked: 3, answered: 3 });
    const shown = engine.prompts.map((prompt) => parsePrompt(prompt));
    expect(shown.map((prompt) => prompt?.task)).toEqual(['tune', 'tune', 'tune']);
    for (const prompt of engine.prompts) {
      expect(prompt.match(/(?:^|<code>)define /gm)).toHaveLength(1);
      expect(prompt.includes('target triple')).toBe(form === 'full');
      expect(/define \w+ @0\(/.test(prompt)).toBe(form === 'normal');
    }
  }
});

/** The same without a model. */
let without: TuneReport | undefined;

test.each([
  ['no list', 'I do not know.'],
  ['an empty one', answer('')],
  ['unknown passes', answer('function(sraa)')],
  ['a pass at the wrong level', answer('loop(sroa)')],
  ['brackets that stay open', answer('function(sroa')],
  ['a pass that is not trusted', answer('function(structurizecfg)')],
  ['no end', `opt -p '${'function(dce),'.repeat(2000)}`],
])('an answer of no use costs nothing: %s', async (_, text) => {
  const result = await tuned(
    several,
    answeringEngine(() => [text]),
    { compiles: 2 },
  );
  expect(result.model).toMatchObject({ asked: 3, answered: 0, unusable: 3, kept: 0 });
  without ??= await tune([several], { compiles: 2 });
  expect({ ...result, model: 0, seconds: 0, reused: 0 }).toEqual({
    ...without.results[0],
    model: 0,
    seconds: 0,
    reused: 0,
  });
});

test('a function that does not fit the context is said, the others are asked about', async () => {
  const notes: string[] = [];
  const engine = answeringEngine(() => [answer(better)], { contextLength: 915 });
  const result = await tuned(several, engine, { onNote: (line) => notes.push(line) });
  const { asked, notAsked } = result.model!;
  expect(asked).toBeGreaterThan(0);
  expect(notAsked).toEqual({ 'does not fit the context': 3 - asked });
  expect(asked).toBeLessThan(3);
  expect(notes.join()).toMatch(
    /several\.c: model answers: asked about \d of 3 functions.*does not fit the context/,
  );
});

test('another machine than the normal form knows: nothing is asked, and it is said', async () => {
  const engine = answeringEngine(() => [answer(better)]);
  const result = await tuned(single, engine, { target: 'riscv64-unknown-linux-gnu' });
  expect(engine.prompts).toEqual([]);
  expect(result.model).toMatchObject({ asked: 0, notAsked: { 'has no normal form': 1 } });
});

test('several candidates, and the search after them: the same each time', async () => {
  const lists = [answer('function(sroa)'), answer('default<Oz>'), answer(better), answer(better)];
  const options = { candidates: 4, compiles: 16 };
  const first = await tuned(
    several,
    answeringEngine(() => lists),
    options,
  );
  const second = await tuned(
    several,
    answeringEngine(() => lists),
    options,
  );
  const timeless = (result: TuneResult): unknown => ({
    ...result,
    seconds: 0,
    reused: 0,
    model: { ...result.model, seconds: 0 },
  });
  expect(timeless(second)).toEqual(timeless(first));
  expect(first.compiles).toBe(16);
  expect(first.best.bytes).toBeLessThanOrEqual(first.baseline.bytes);
});

test('an engine of the caller stays open, and a recipe asks nobody', async () => {
  const engine = answeringEngine(() => [answer(better)]);
  await tune([single], { model: engine, recipe: [{ kind: 'module', pipeline: better }] });
  expect([engine.prompts.length, engine.closed]).toEqual([0, false]);
});

test.each([
  ['Oz', 'normal', 'Oz'],
  ['O0', 'normal', undefined],
  ['Oz', 'full', undefined],
] as const)('a question for code generation at %s, to a model of %s form', async (codegen, form, told) => {
  const engine = answeringEngine(() => [answer(better)], { form });
  await tuned(single, engine, { codegen });
  expect(engine.prompts.length).toBeGreaterThan(0);
  for (const prompt of engine.prompts) {
    const parsed = parsePrompt(prompt);
    expect(parsed?.task === 'tune' && parsed.codegen).toBe(told);
  }
});
