// The oldest LLVM that we accept: it measures what its own clang makes, and says in one line what it lacks.

import { existsSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { findInstallation, type LlvmInstallation } from '#ozma/llvm/installation.js';
import { recipeOf } from '#ozma/llvm/recipe.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { compileModule, compileObject, llvmSize } from './compile.ts';
import { everySection, jumpTables, loops } from './programs.ts';

const folder = '/usr/lib/llvm-19';
const present = existsSync(`${folder}/bin/clang`);
if (!present) process.stderr.write(`skipped: tests with LLVM 19, no ${folder}/bin/clang\n`);

function findOlder(): LlvmInstallation {
  const before = process.env['OZMA_LLVM'];
  process.env['OZMA_LLVM'] = folder;
  try {
    return findInstallation();
  } finally {
    if (before === undefined) delete process.env['OZMA_LLVM'];
    else process.env['OZMA_LLVM'] = before;
  }
}

const by = present ? findOlder() : undefined;
const pool = by && new WorkerPool({ installation: by, workers: 1 });
afterAll(() => pool?.close());

test.runIf(present).each(Object.entries({ everySection, jumpTables, loops }))(
  'LLVM 19: the baseline is what its `clang -Oz -c` makes: %s',
  async (_, source) => {
    expect(by!.version).toMatch(/^19\./);
    const recipe = recipeOf(await baselinePipeline(by!));
    const outcome = await pool!.measure(compileModule(source, { by: by! }), recipe, {
      level: 'Oz',
      codegen: true,
    });
    expect(outcome).toMatchObject({
      ok: true,
      value: { bytes: llvmSize(compileObject(source, { by: by! })) },
    });
  },
);

test.runIf(present)('LLVM 19: pipelines of single functions are refused', async () => {
  const outcome = await pool!.measure(
    compileModule(loops, { by: by! }),
    [{ kind: 'functions', pipelines: { hash: 'sroa' } }],
    { level: 'Oz', codegen: true },
  );
  expect(outcome).toEqual({
    ok: false,
    failure: { kind: 'refused', message: 'pipelines of single functions need LLVM 20' },
  });
});

test.runIf(present)('LLVM 19: bitcode of a newer LLVM is refused', async () => {
  const newer = findInstallation();
  if (newer.major === 19) return;
  const outcome = await pool!.describe(compileModule(loops, { by: newer }));
  expect(outcome).toMatchObject({ ok: false, failure: { kind: 'refused' } });
  if (!outcome.ok && outcome.failure.kind === 'refused') expect(outcome.failure.message).not.toContain('\n');
});
