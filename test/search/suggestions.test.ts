// Suggested lists against real LLVM: they are measured as the search's own first lists are, and a search that
// is given none is the search that it was.

import { expect, test, afterAll, vi } from 'vitest';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { search, type SearchSettings, type Suggestions } from '#ozma/search/search.js';
import { readSuggestions } from '#ozma/search/suggestions.js';
import { compileModule, installation } from '../llvm/compile.ts';

const pool = new WorkerPool({ installation, workers: 2 });
afterAll(() => pool.close());

const usual: SearchSettings = { objective: 'bytes', level: 'Oz', compiles: 1, seed: 1, perFunction: true };
const suggest = (lists: Record<string, readonly string[]>): Suggestions => new Map(Object.entries(lists));

/** A loop that -Oz turns around, at a price that this list does not pay. */
const single = compileModule(`
  unsigned hash(const unsigned char *p, unsigned n) {
    unsigned h = 2166136261u;
    for (unsigned i = 0; i < n; i++) { h ^= p[i]; h *= 16777619u; if (h & 1) h += p[i] * 3; }
    return h;
  }
  `);
const several = compileModule(`
  extern int printf(const char *, ...);
  static int cube(int x) { return x * x * x; }
  int total(const int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s += cube(p[i]); return s; }
  int largest(const int *p, int n) { int m = p[0]; for (int i = 1; i < n; i++) if (p[i] > m) m = p[i]; return m; }
  void show(const int *p, int n) { for (int i = 0; i < n; i++) printf("%d %d\\n", p[i], total(p, i)); }
`);
const names = ['cube', 'total', 'largest', 'show'];
const forAll = (...lists: string[]): Suggestions =>
  suggest(Object.fromEntries(names.map((name) => [name, lists])));

test("a list is compiled under the search's own decisions, in the place of its first known list", async () => {
  const list = 'function(sroa),globaldce,function(simplifycfg)';
  const result = await search(pool, single, { ...usual, suggestions: suggest({ hash: [list] }) });
  const usually = await search(pool, single, usual);
  expect(result).toMatchObject({ compiles: 1, kept: 1, best: { origin: 'suggestion' } });
  // Nothing differs but the function's passes.
  const passesOf = ({ best }: typeof result): string | undefined =>
    best.recipe.map((step) => (step.kind === 'functions' ? step.pipelines['hash'] : undefined)).find(Boolean);
  expect(passesOf(result)).toBe('sroa,simplifycfg');
  const withTheirs = result.best.recipe.map((step) =>
    step.kind === 'functions' ? { ...step, pipelines: { hash: passesOf(usually)! } } : step,
  );
  expect(withTheirs).toEqual(usually.best.recipe);
  expect(result.best.bytes!).toBeLessThan(usually.best.bytes!);
});

test.each([
  ['one function', single, suggest({ hash: ['default<Oz>'] })],
  ['several functions', several, forAll('default<Oz>')],
  ['in an adaptor', several, forAll('module(default<Oz>)')],
] as const)("-Oz's own list is what the search tries first anyway: %s", async (_, module, suggestions) => {
  const result = await search(pool, module, { ...usual, suggestions });
  const without = await search(pool, module, usual);
  expect(result).toMatchObject({ compiles: 1, kept: 0 });
  expect(result.best.recipe).toEqual(without.best.recipe);
  expect(result.best.bytes).toBe(without.best.bytes);
});

test('each function keeps the list that serves it', async () => {
  const suggestions = suggest({
    largest: ['function(sroa,simplifycfg)', 'function(sroa,loop-mssa(loop-rotate),instcombine,simplifycfg)'],
    total: ['function(mem2reg)', 'function(sroa,early-cse,simplifycfg)'],
  });
  const result = await search(pool, several, { ...usual, compiles: 3, suggestions });
  expect(result.compiles).toBe(3);
  const again = await pool.measure(several, result.best.recipe, { level: 'Oz', codegen: true, reuse: false });
  expect(again.ok && again.value.bytes).toBe(result.best.bytes);
  // Two wholes, and the best of both joined: no worse than either.
  const each = await Promise.all(
    [0, 1].map((rank) => {
      const alone = new Map([...suggestions].map(([name, lists]) => [name, [lists[rank]!]]));
      return search(pool, several, { ...usual, suggestions: alone });
    }),
  );
  for (const { best } of each) expect(result.best.bytes!).toBeLessThanOrEqual(best.bytes!);
});

test('the best of the first lists is put together as early with a suggestion as without', async () => {
  const firstWhole = async (settings: SearchSettings): Promise<number> => {
    const measure = vi.spyOn(pool, 'measure');
    await search(pool, several, settings);
    const recipes = measure.mock.calls.map(([, recipe]) => recipe);
    measure.mockRestore();
    // Compile 0 is the baseline. Before the first whole every compile has one list for all functions.
    return recipes.findIndex((recipe) =>
      recipe.some((step) => step.kind === 'functions' && new Set(Object.values(step.pipelines)).size > 1),
    );
  };
  const without = await firstWhole({ ...usual, compiles: 12 });
  expect(without).toBeGreaterThan(1);
  const suggestions = forAll('function(sroa,reg2mem)');
  expect(await firstWhole({ ...usual, compiles: 12, suggestions })).toBe(without);
});

test('what a plan takes of a pipeline', async () => {
  const list =
    'globaldce,cgscc(inline,function<eager-inv>(sroa,loop-mssa(licm,loop-rotate))),function(instcombine),iroutliner';
  const read = await readSuggestions(
    installation,
    suggest({ f: [list, 'sroa,dce', 'default<Os>,function(dce)'] }),
  );
  const [first, bare, whole] = read.get('f')!;
  expect(first!.passes).toEqual(['sroa', 'loop-mssa(licm,loop-rotate)', 'instcombine<no-verify-fixpoint>']);
  expect(bare).toEqual({ passes: ['sroa', 'dce'], isOz: false });
  expect(whole!.passes.length).toBeGreaterThan(20);
  expect(whole!.passes.at(-1)).toBe('dce');
  for (const level of ['O1', 'O2', 'O3', 'Os', 'Oz']) {
    const levels = await readSuggestions(installation, suggest({ f: [`default<${level}>`] }));
    expect(levels.get('f')![0]!.passes.length).toBeGreaterThan(20);
  }
});

test('a list that kills its worker costs one compile', async () => {
  const suggestions = forAll('function(loop(licm))', 'function(sroa,simplifycfg)');
  const result = await search(pool, several, { ...usual, compiles: 2, suggestions });
  expect(result).toMatchObject({ compiles: 2, crashed: 1 });
});

test('the search goes on from suggestions, the same each time, with one worker as with two', async () => {
  const settings = {
    ...usual,
    compiles: 14,
    suggestions: forAll('function(sroa,simplifycfg)', 'default<Oz>'),
  };
  const first = await search(pool, several, settings);
  const alone = new WorkerPool({ installation, workers: 1 });
  const second = await search(alone, several, settings);
  alone.close();
  expect({ ...second, reused: 0 }).toEqual({ ...first, reused: 0 });
  expect(first.compiles).toBe(14);
  const without = await search(pool, several, { ...usual, compiles: 14 });
  expect(without.kept).toBe(0);
  expect(first.best.bytes!).toBeLessThanOrEqual(without.baseline.bytes!);
});

test('where all functions take one way, lists that more functions got come first', async () => {
  const suggestions = suggest({
    cube: ['function(mem2reg)'],
    total: ['function(sroa,simplifycfg)'],
    largest: ['function(sroa,simplifycfg)'],
  });
  const result = await search(pool, several, { ...usual, perFunction: false, suggestions });
  const only = await search(pool, several, {
    ...usual,
    perFunction: false,
    suggestions: suggest({ total: ['function(sroa,simplifycfg)'] }),
  });
  expect([result.compiles, result.best.origin]).toEqual([1, 'suggestion']);
  expect(result.best.recipe).toEqual(only.best.recipe);
});
