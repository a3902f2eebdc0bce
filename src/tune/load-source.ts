// A source made ready for search: its unoptimised bitcode, as a module that LLVM has read and verified, and
// the object that the real `clang -Oz` makes of it, measured. Everything lies in one folder that the caller
// removes. Refusals of clang and of LLVM are OzmaError `refused`, one line that begins with the source.

import { join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { baselinePipeline } from '../llvm/baseline.ts';
import { compileBaseline, compileBitcode, llvmSize, type FileSizes } from '../llvm/clang.ts';
import { loadModule, naming, type LoadedModule } from '../llvm/load-module.ts';
import type { CodegenLevel } from '../llvm/module.ts';
import { recipeOf, type Recipe } from '../llvm/recipe.ts';
import { describeFailure } from '../llvm/worker-protocol.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { writeFileAtomically } from '../common/files.ts';
import type { Source } from './sources.ts';

export interface LoadedSource extends LoadedModule {
  name: string;
  level: CodegenLevel;
  /** A folder for files of this source alone. */
  folder: string;
  baseline: { object: string; sizes: FileSizes; recipe: Recipe };
}

async function load(
  pool: WorkerPool,
  { name, translation: given }: Source,
  level: CodegenLevel,
  folder: string,
): Promise<LoadedSource> {
  const { installation } = pool;
  const { module, translation, triple, positionIndependent } = await loadModule(pool, given, folder);
  const recipe = recipeOf(await baselinePipeline(installation));
  const object = join(folder, 'baseline.o');
  if (level === 'Oz') {
    await compileBaseline(installation, translation, object);
  } else {
    const outcome = await pool.emit(module, recipe, level, 'bitcode');
    if (!outcome.ok) throw new OzmaError('refused', describeFailure(outcome.failure));
    const bitcode = join(folder, 'baseline.bc');
    await writeFileAtomically(bitcode, outcome.value);
    await compileBitcode(
      installation,
      bitcode,
      { triple, flags: translation.flags, level, switches: [] },
      object,
    );
  }
  const sizes = await llvmSize(installation, object);
  return {
    name,
    translation,
    module,
    triple,
    positionIndependent,
    level,
    folder,
    baseline: { object, sizes, recipe },
  };
}

/** Throws `refused`. */
export async function loadSource(
  pool: WorkerPool,
  source: Source,
  level: CodegenLevel,
  folder: string,
): Promise<LoadedSource> {
  return await naming(source.name, load(pool, source, level, folder));
}
