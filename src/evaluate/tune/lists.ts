// Who proposes what for a function, in which order: a model, random lists, the coreset, the search. Each
// answers with the size after each of its compiles, so that all are compared at equal numbers of them.

import { createRandom } from '../../common/random.ts';
import { createPassLists } from '../../data/labels/pass-lists.ts';
import { baselinePipeline } from '../../llvm/baseline.ts';
import type { CodegenLevel } from '../../llvm/module.ts';
import type { Recipe } from '../../llvm/recipe.ts';
import type { ModuleSource } from '../../llvm/worker-protocol.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import { nestPasses } from '../../passes/nesting.ts';
import { samplePassList } from '../../passes/sampling.ts';
import { readVocabulary, usablePasses } from '../../passes/vocabulary.ts';
import { coresetOf } from '../../search/coreset.ts';
import { preludesFor } from '../../search/module-moves.ts';
import { everyFunction, recipeOfPlan, undecided } from '../../search/plan.ts';
import { search } from '../../search/search.ts';
import { skeletonOf } from '../../search/skeleton.ts';

export const levels = ['Oz', 'O0'] as const satisfies readonly CodegenLevel[];

/** Bytes after each compile, in order; undefined where it failed. */
export type Sizes = readonly (number | undefined)[];
export type SizesByLevel = Readonly<Record<CodegenLevel, Sizes>>;

/** What a model says where it knows nothing smaller: -Oz itself, which in clang is a little more than this. */
export const ozList = 'default<Oz>';

/** Pass lists as they are, with the inlining that clang never leaves out; none where an answer held none. */
export async function measureLists(
  pool: WorkerPool,
  module: ModuleSource,
  pipelines: readonly (string | undefined)[],
): Promise<SizesByLevel> {
  const passLists = createPassLists(pool.installation);
  const clang = await baselinePipeline(pool.installation);
  const given = [...new Set(pipelines.filter((list) => list !== undefined))];
  const applied = given.map((list) => (list === ozList ? clang : passLists.appliedOf(list)));
  const outcomes = await pool.measureAll(module, applied, levels);
  const bytes = (level: CodegenLevel): Sizes =>
    pipelines.map((list) => {
      const outcome = list === undefined ? undefined : outcomes[given.indexOf(list)];
      return outcome?.ok === true ? outcome.value.bytes[level] : undefined;
    });
  return { Oz: bytes('Oz'), O0: bytes('O0') };
}

/** What `clang -Oz` has at each level, and the code before any pass; undefined where that cannot be compiled. */
export async function measureBaselines(
  pool: WorkerPool,
  module: ModuleSource,
): Promise<{ oz: Record<CodegenLevel, number>; before: Record<CodegenLevel, number> } | undefined> {
  const pipeline = await baselinePipeline(pool.installation);
  const [outcome] = await pool.measureAll(module, [pipeline], levels);
  const before = await measureRecipes(pool, module, () => [[]]);
  const found = outcome?.ok === true ? outcome.value.bytes : {};
  const all = [found.Oz, found.O0, before.Oz[0], before.O0[0]];
  if (all.some((bytes) => bytes === undefined || bytes === 0)) return undefined;
  const [Oz, O0, plainOz, plainO0] = all as number[];
  return { oz: { Oz: Oz!, O0: O0! }, before: { Oz: plainOz!, O0: plainO0! } };
}

async function measureRecipes(
  pool: WorkerPool,
  module: ModuleSource,
  recipesAt: (level: CodegenLevel) => readonly Recipe[],
): Promise<SizesByLevel> {
  const bytes = async (level: CodegenLevel): Promise<Sizes> => {
    const outcomes = await Promise.all(
      recipesAt(level).map((recipe) => pool.measure(module, recipe, { level, codegen: true })),
    );
    return outcomes.map((outcome) => (outcome.ok ? outcome.value.bytes : undefined));
  };
  return { Oz: await bytes('Oz'), O0: await bytes('O0') };
}

/** Uniform over the trusted passes, 1 to 50 of them: the published random search. */
export function measureRandom(
  pool: WorkerPool,
  module: ModuleSource,
  compiles: number,
  seed: number,
): Promise<SizesByLevel> {
  const random = createRandom(seed).fork(`random lists ${module.hash}`);
  const passes = usablePasses(pool.installation);
  const { levelOf } = readVocabulary(pool.installation);
  const lists = Array.from({ length: compiles }, () =>
    nestPasses(samplePassList(random, { passes }), levelOf),
  );
  return measureLists(pool, module, lists);
}

/** The known lists in the order in which the search would try them. */
export async function measureCoreset(
  pool: WorkerPool,
  module: ModuleSource,
  compiles: number,
): Promise<SizesByLevel> {
  const skeleton = skeletonOf(await baselinePipeline(pool.installation));
  return measureRecipes(pool, module, (level) => {
    const goal = { objective: 'bytes', level } as const;
    const start = { ...undecided, prelude: preludesFor(goal)[0] };
    return coresetOf(skeleton, goal)
      .slice(0, compiles)
      .map((choice) =>
        recipeOfPlan({ module: start, choices: new Map([[everyFunction, choice]]) }, skeleton),
      );
  });
}

/** The search of `ozma tune`, for each level on its own; its `lists` are tried first, the best one first. */
export async function measureSearch(
  pool: WorkerPool,
  module: ModuleSource,
  compiles: number,
  seed: number,
  lists: Readonly<Record<CodegenLevel, readonly string[]>> = { Oz: [], O0: [] },
): Promise<SizesByLevel> {
  const suggested = levels.some((level) => lists[level].length > 0);
  const summary = suggested ? await pool.describe(module) : undefined;
  const names = summary?.ok === true ? summary.value.functions.map(({ name }) => name) : [];
  const bytes = async (level: CodegenLevel): Promise<Sizes> => {
    const { trace } = await search(pool, module, {
      objective: 'bytes',
      level,
      compiles,
      seed,
      perFunction: true,
      suggestions: new Map(names.map((name) => [name, lists[level]])),
    });
    const sizes: (number | undefined)[] = Array.from({ length: compiles }, () => undefined);
    for (const { compiles: at, value } of trace) sizes[at - 1] = value;
    return sizes;
  };
  return { Oz: await bytes('Oz'), O0: await bytes('O0') };
}
