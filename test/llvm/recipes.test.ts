// Recipes through a worker: the baseline is clang's very object, each step does what it says, and none
// leaves anything behind for the next request.

import { afterAll, describe, expect, test } from 'vitest';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { codegenSwitches, recipeOf, type CodegenSwitch, type Recipe } from '#ozma/llvm/recipe.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import type { MeasureOptions, Measurement, ModuleSource, Outcome } from '#ozma/llvm/worker-protocol.js';
import { compileModule, compileObject, installation, llvmSize, sourceOf } from './compile.ts';
import { everySection, exceptions, jumpTables, loops, noFixpoint } from './programs.ts';

const pool = new WorkerPool({ installation, workers: 1 });
afterAll(() => pool.close());

const real: MeasureOptions = { level: 'Oz', codegen: true };

function succeed<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
  return outcome.value;
}

async function measure(
  module: ModuleSource,
  recipe: Recipe | string,
  options: Partial<MeasureOptions> = {},
): Promise<Measurement> {
  const steps = typeof recipe === 'string' ? recipeOf(recipe) : recipe;
  return succeed(await pool.measure(module, steps, { ...real, ...options }));
}

describe('the baseline is exactly what `clang -Oz -c` makes', () => {
  const programs = { everySection, jumpTables, noFixpoint, loops };
  const targets = [
    'x86_64-linux-gnu',
    'aarch64-linux-gnu',
    'riscv64-linux-gnu',
    'armv7-linux-gnueabihf',
    'thumbv7em-none-eabi',
    'wasm32-unknown-unknown',
  ];
  const rows = targets.flatMap((target) =>
    Object.entries(programs).map(([name, source]) => [target, name, source] as const),
  );
  test.each(rows)('%s %s', async (target, _, source) => {
    const flags = [`--target=${target}`, '-ffreestanding'];
    const module = compileModule(source, { flags });
    const pipeline = await baselinePipeline(installation);
    const { bytes } = await measure(module, pipeline);
    expect(bytes).toBe(llvmSize(compileObject(source, { flags })));
    const object = succeed(await pool.emit(module, recipeOf(pipeline), 'Oz', 'object'));
    expect(llvmSize(object)).toBe(bytes);
  });

  test('C++ with exceptions', async () => {
    const { bytes } = await measure(
      compileModule(exceptions, { cpp: true }),
      await baselinePipeline(installation),
    );
    expect(bytes).toBe(llvmSize(compileObject(exceptions, { cpp: true })));
  });

  test('position-dependent code', async () => {
    const flags = ['-fno-pie'];
    const { bytes } = await measure(
      compileModule(jumpTables, { flags }),
      await baselinePipeline(installation),
    );
    expect(bytes).toBe(llvmSize(compileObject(jumpTables, { flags })));
  });

  test.each(['kernel', 'medium', 'large'])('-mcmodel=%s', async (model) => {
    const flags = ['-fno-pie', `-mcmodel=${model}`];
    const { bytes } = await measure(
      compileModule(jumpTables, { flags }),
      await baselinePipeline(installation),
    );
    expect(bytes).toBe(llvmSize(compileObject(jumpTables, { flags })));
    if (model !== 'large') return;
    // Far calls take more bytes, so the model has reached code generation.
    expect(bytes).toBeGreaterThan(llvmSize(compileObject(jumpTables, { flags: ['-fno-pie'] })));
  });
});

test('what is read back from bitcode gives the same code', async () => {
  // Code generation orders stack slots by their uses: without the order of uses it was 95 bytes instead of 90.
  const module = compileModule(
    `__attribute__((noinline)) int count_up(int from, int to, int step) {
       int n = 0; for (int i = from; i < to; i += step) n++; return n; }`,
  );
  const recipe = recipeOf('function(gvn,loop-unroll<no-partial;no-peeling;upperbound>)');
  const { bytes } = await measure(module, recipe);
  const again = succeed(await pool.emit(module, recipe, 'Oz', 'bitcode'));
  expect((await measure({ hash: 'read back', bytes: again }, [])).bytes).toBe(bytes);
});

test('what is described: target, instructions, functions', async () => {
  const summary = succeed(await pool.describe(compileModule(loops)));
  expect(summary.triple).toMatch(/linux/);
  expect(summary.positionIndependent).toBe(true);
  expect(summary.functions.map(({ name, internal }) => [name, internal])).toEqual([
    ['square', false],
    ['total', false],
    ['cube', true],
    ['hash', false],
    ['copy', false],
  ]);
  expect(summary.broken).toBeUndefined();
});

test('a broken module is described as such', async () => {
  const broken =
    'define void @f(i1 %c) {\n br i1 %c, label %1, label %2\n1:\n %x = add i32 1, 2\n br label %2\n2:\n %y = add i32 %x, 1\n ret void\n}';
  expect(succeed(await pool.describe(sourceOf(broken))).broken).toMatch(/does not dominate/);
});

test('text and bitcode of one module measure the same', async () => {
  const module = compileModule(loops);
  const text = succeed(await pool.emit(module, [], 'Oz', 'ir'));
  const [first, second] = [
    await measure(module, 'function(sroa)'),
    await measure(sourceOf(text), 'function(sroa)'),
  ];
  expect(second.bytes).toBe(first.bytes);
  const again = await measure(sourceOf(text), 'function(sroa)');
  expect(again).toEqual({ ...second, reused: true });
});

test('the triple may be overridden', async () => {
  const module = { ...compileModule(loops, { flags: ['-ffreestanding'] }), triple: 'aarch64-linux-gnu' };
  expect(succeed(await pool.describe(module)).triple).toBe('aarch64-linux-gnu');
});

test('IR that was measured before is not generated again, and with reuse off it is', async () => {
  const module = compileModule(`${loops} int own(int x) { return x + 12345; }`);
  const first = await measure(module, 'function(sroa)');
  expect(first.reused).toBe(false);
  expect(await measure(module, 'function(sroa),function(no-op-function)')).toEqual({
    ...first,
    reused: true,
  });
  expect(await measure(module, 'function(sroa)', { reuse: false })).toEqual(first);
  expect((await measure(module, 'function(sroa)', { level: 'O0' })).reused).toBe(false);
});

test('sizes of functions, also of IR whose total is known already', async () => {
  const module = compileModule(jumpTables);
  const total = await measure(module, 'function(sroa)');
  const each = await measure(module, 'function(sroa)', { perFunction: true });
  expect(each.bytes).toBe(total.bytes);
  expect(each.functions?.map(({ name }) => name)).toEqual(each.functionInstructions?.map(({ name }) => name));
  expect((await measure(module, 'function(sroa)', { perFunction: true })).reused).toBe(true);
});

test('IR instructions alone need no code generation', async () => {
  const measured = await measure(compileModule(loops), 'function(sroa)', { codegen: false });
  expect(measured.bytes).toBeUndefined();
  expect(measured.instructions).toBeGreaterThan(10);
});

const major20 = installation.major >= 20;
if (!major20) process.stderr.write('skipped: steps of single functions need LLVM 20\n');

test.runIf(major20)('functions: only the named ones are changed', async () => {
  const module = compileModule(loops);
  const sizes = async (pipelines: Record<string, string>): Promise<Map<string, number>> => {
    const recipe: Recipe = [...recipeOf('function(sroa,early-cse)'), { kind: 'functions', pipelines }];
    const { functions } = await measure(module, recipe, { perFunction: true });
    return new Map(functions!.map(({ name, bytes }) => [name, bytes]));
  };
  const plain = await sizes({});
  const changed = await sizes({ copy: 'reg2mem', absent: 'reg2mem', hash: '' });
  expect(changed.get('copy')).toBeGreaterThan(plain.get('copy')!);
  expect([...changed].filter(([name]) => name !== 'copy')).toEqual(
    [...plain].filter(([name]) => name !== 'copy'),
  );
});

test('inlining: never and always', async () => {
  const module = compileModule(loops);
  const pipeline = await baselinePipeline(installation);
  const names = async (recipe: Recipe): Promise<string[]> => {
    const { functionInstructions } = await measure(module, recipe, { perFunction: true });
    return functionInstructions!.map(({ name }) => name);
  };
  const never = await names([{ kind: 'inlining', never: ['cube'], always: [] }, ...recipeOf(pipeline)]);
  const always = await names([{ kind: 'inlining', never: [], always: ['cube'] }, ...recipeOf(pipeline)]);
  expect(never).toContain('cube');
  expect(always).not.toContain('cube');
});

test('relax: -Os for some', async () => {
  const module = compileModule('int big(int x) { return x / 7; } int constant(void) { return 1; }');
  const plain = await measure(module, '', { perFunction: true });
  const relaxed = await measure(module, [{ kind: 'relax', functions: ['big'] }], { perFunction: true });
  const all = await measure(module, [{ kind: 'relax', functions: 'all' }], { perFunction: true });
  const size = (measurement: Measurement, name: string): number =>
    measurement.functions!.find((entry) => entry.name === name)!.bytes;
  expect(size(relaxed, 'big')).toBeGreaterThan(size(plain, 'big'));
  expect(size(relaxed, 'constant')).toBe(size(plain, 'constant'));
  expect(size(all, 'constant')).not.toBe(size(plain, 'constant'));
});

test('switches: on and off again without residue', async () => {
  const module = compileModule(everySection + loops + jumpTables);
  const pipeline = await baselinePipeline(installation);
  const options = { reuse: false } as const;
  const plain = await measure(module, pipeline, options);
  const names = Object.keys(codegenSwitches) as CodegenSwitch[];
  const sizes = new Map<string, number | undefined>();
  for (const name of [...names, ...names.toReversed()]) {
    const switched = await measure(
      module,
      [...recipeOf(pipeline), { kind: 'switches', switches: [name] }],
      options,
    );
    if (sizes.has(name)) expect(switched.bytes, name).toBe(sizes.get(name));
    sizes.set(name, switched.bytes);
  }
  await measure(module, [...recipeOf(pipeline), { kind: 'switches', switches: names }], options);
  expect(await measure(module, pipeline, options)).toEqual(plain);
  expect([...sizes.values()].some((bytes) => bytes !== plain.bytes)).toBe(true);
});

test('every format can be emitted, and IR comes back', async () => {
  const module = compileModule(loops);
  const recipe = recipeOf('function(sroa)');
  const assembly = Buffer.from(succeed(await pool.emit(module, recipe, 'Oz', 'assembly'))).toString();
  expect(assembly).toContain('total:');
  const bitcode = succeed(await pool.emit(module, recipe, 'Oz', 'bitcode'));
  expect((await measure(sourceOf(bitcode), [])).bytes).toBe((await measure(module, recipe)).bytes);
});
