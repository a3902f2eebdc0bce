// Finds the recipe that makes a module smallest, within a budget of compiles or seconds. This file is the
// entry; plan-search.ts does the work. The baseline (clang's own -Oz) is always the first candidate, ties
// go to it, and the same module, settings and seed give the same answer, however many workers there are.

import { OzmaError } from '../common/errors.ts';
import { createRandom } from '../common/random.ts';
import { baselinePipeline } from '../llvm/baseline.ts';
import { recipeOf } from '../llvm/recipe.ts';
import { describeFailure, type ModuleSource } from '../llvm/worker-protocol.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { usablePasses } from '../passes/vocabulary.ts';
import { Evaluator } from './evaluator.ts';
import type { SearchSpace } from './module-moves.ts';
import { searchPlans } from './plan-search.ts';
import type { SearchResult, SearchSettings } from './settings.ts';
import { skeletonOf } from './skeleton.ts';
import { countKept, readSuggestions } from './suggestions.ts';

export * from './settings.ts';

/** Throws `refused` when the baseline itself cannot be compiled. */
export async function search(
  pool: WorkerPool,
  module: ModuleSource,
  settings: SearchSettings,
): Promise<SearchResult> {
  const pipeline = await baselinePipeline(pool.installation);
  const baselineRecipe = recipeOf(pipeline);
  const codegen = settings.objective !== 'instructions';
  const [summary, baseline] = await Promise.all([
    pool.describe(module),
    pool.measure(module, baselineRecipe, { level: settings.level, codegen, perFunction: true }),
  ]);
  if (!summary.ok) throw new OzmaError('refused', `the module: ${describeFailure(summary.failure)}`);
  if (!baseline.ok) {
    throw new OzmaError('refused', `clang -Oz's own pipeline: ${describeFailure(baseline.failure)}`);
  }
  const evaluator = new Evaluator(pool, module, settings, baseline.value);
  const space: SearchSpace = {
    summary: summary.value,
    skeleton: skeletonOf(pipeline),
    passes: usablePasses(pool.installation),
    random: createRandom(settings.seed),
    // LLVM 20 is the first that can run passes on one function.
    separate: settings.perFunction && pool.installation.major >= 20,
    suggestions: await readSuggestions(pool.installation, settings.suggestions ?? new Map()),
  };
  await searchPlans(evaluator, space);
  const { best } = evaluator;
  const kept = best === undefined ? 0 : countKept(space, best.recipe, best.measurement);
  return { ...evaluator.result(baselineRecipe, pipeline), kept };
}
