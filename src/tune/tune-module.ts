// One loaded source from search to a checked object: the best recipe is applied, the verifier asked, the
// object written by the real clang with the user's flags and measured by llvm-size. Unless it is smaller
// there too, clang's own object is the result. So a wrong figure of the search can cost a saving, never
// bytes.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { compileBitcode, llvmSize, type FileSizes } from '../llvm/clang.ts';
import { readObject } from '../llvm/object-file.ts';
import { recipeKey, switchesOf, type Recipe } from '../llvm/recipe.ts';
import { describeFailure } from '../llvm/worker-protocol.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { search, type Objective, type SearchResult, type SearchSettings } from '../search/search.ts';
import { writeFileAtomically } from '../common/files.ts';
import type { AskedModel } from './ask-model.ts';
import type { LoadedSource } from './load-source.ts';
import { describeRecipe } from './recipe-text.ts';
import type { Check, SizedCode, TuneResult } from './result.ts';

export interface TunedSource {
  loaded: LoadedSource;
  result: TuneResult;
  /** The object that is the result, in the source's folder. */
  object: string;
}

interface Built {
  object: string;
  sizes: FileSizes;
}

/** The object of a recipe, by the real clang; or in words why there is none. */
async function build(pool: WorkerPool, loaded: LoadedSource, recipe: Recipe): Promise<Built | string> {
  const { folder, triple, level, translation } = loaded;
  const outcome = await pool.emit(loaded.module, recipe, level, 'bitcode');
  if (!outcome.ok) return describeFailure(outcome.failure);
  const bitcode = join(folder, 'best.bc');
  const object = join(folder, 'best.o');
  await writeFileAtomically(bitcode, outcome.value);
  const settings = { triple, flags: translation.flags, level, switches: switchesOf(recipe) };
  try {
    await compileBitcode(pool.installation, bitcode, settings, object);
    return { object, sizes: await llvmSize(pool.installation, object) };
  } catch (error) {
    if (error instanceof OzmaError && error.code === 'refused') return error.message;
    throw error;
  }
}

/** Whether our own reader sees in the written file what llvm-size sees. */
async function readAgain(object: string, sizes: FileSizes): Promise<Check> {
  const name = 'size measured again by llvm-size';
  try {
    const own = readObject(await readFile(object)).bytes;
    if (own === sizes.bytes) return { name, passed: true };
    return { name, passed: false, detail: `llvm-size reads ${sizes.bytes} bytes, we read ${own}` };
  } catch (error) {
    return { name, passed: false, detail: (error as Error).message };
  }
}

/** A search that did not happen: the baseline and one given recipe, measured. */
async function applyOnly(
  pool: WorkerPool,
  loaded: LoadedSource,
  recipe: Recipe,
  settings: SearchSettings,
): Promise<SearchResult> {
  const options = { level: settings.level, codegen: settings.objective !== 'instructions' };
  const baseline = await pool.measure(loaded.module, loaded.baseline.recipe, options);
  const outcome = await pool.measure(loaded.module, recipe, options);
  if (!baseline.ok) throw new OzmaError('refused', `${loaded.name}: ${describeFailure(baseline.failure)}`);
  if (!outcome.ok) {
    throw new OzmaError('refused', `${loaded.name}: the recipe ${describeFailure(outcome.failure)}`);
  }
  return {
    baseline: { ...baseline.value, pipeline: describeRecipe(loaded.baseline.recipe) },
    best: { ...outcome.value, recipe, origin: 'search' },
    kept: 0,
    compiles: 1,
    reused: 0,
    crashed: 0,
    timedOut: 0,
    refused: 0,
    failures: {},
    trace: [],
    stopped: 'budget',
  };
}

/** What the objective counts, of written objects; IR instructions have no file, so they come from the search. */
function counted(objective: Objective, sizes: FileSizes, instructions: number): number {
  return objective === 'instructions' ? instructions : sizes[objective];
}

/** What there is before the search: a recipe to apply in its place, or a model's lists to begin with. */
export interface Given {
  recipe?: Recipe | undefined;
  asked?: AskedModel | undefined;
}

/** The search begins with the model's lists and has the time that questions left. */
function afterQuestions(settings: SearchSettings, { suggestions, use }: AskedModel): SearchSettings {
  const { seconds } = settings;
  return {
    ...settings,
    suggestions,
    ...(seconds === undefined ? {} : { seconds: Math.max(0, seconds - use.seconds) }),
  };
}

const origins = { baseline: 'baseline', suggestion: 'model', search: 'search' } as const;

/**
 * Searches (or applies the given recipe), builds and checks. Throws `refused` when the baseline cannot be
 * compiled. Interrupted, it answers with the best so far.
 */
export async function tuneModule(
  pool: WorkerPool,
  loaded: LoadedSource,
  settings: SearchSettings,
  { recipe: given, asked }: Given = {},
): Promise<TunedSource> {
  const start = performance.now();
  const { objective } = settings;
  const found =
    given === undefined
      ? await search(pool, loaded.module, asked === undefined ? settings : afterQuestions(settings, asked))
      : await applyOnly(pool, loaded, given, settings);
  const { baseline } = loaded;
  const checks: Check[] = [];
  const baselineCode: SizedCode = {
    pipeline: found.baseline.pipeline,
    ...baseline.sizes,
    instructions: found.baseline.instructions,
  };
  let best: TuneResult['best'] = { ...baselineCode, origin: 'baseline', recipe: baseline.recipe };
  let object = baseline.object;
  let rejected: TuneResult['rejected'];

  const limit = counted(objective, baseline.sizes, found.baseline.instructions);
  let value = limit;
  let verified: boolean | string = false;
  const wanted = found.best.recipe;
  if (found.best.origin !== 'baseline' && recipeKey(wanted) !== recipeKey(baseline.recipe)) {
    const pipeline = describeRecipe(wanted);
    const { instructions } = found.best;
    const built = await build(pool, loaded, wanted);
    const reached = typeof built === 'string' ? built : counted(objective, built.sizes, instructions);
    if (typeof built !== 'string' && typeof reached === 'number' && reached < limit) {
      const origin = given === undefined ? origins[found.best.origin] : 'recipe';
      best = { pipeline, ...built.sizes, instructions, origin, recipe: wanted };
      object = built.object;
      value = reached;
      verified = true;
    } else {
      const reason =
        typeof reached === 'string' ? reached : `${reached} ${objective}, clang -Oz has ${limit}`;
      rejected = { pipeline, recipe: wanted, reason };
    }
  }
  if (verified === false) {
    // That nothing better was found is also an answer, so it is verified too.
    const outcome = await pool.emit(loaded.module, baseline.recipe, settings.level, 'bitcode');
    verified = outcome.ok || describeFailure(outcome.failure);
  }
  checks.push({
    name: 'verifier',
    passed: verified === true,
    ...(verified === true ? {} : { detail: verified }),
  });
  checks.push(await readAgain(object, { bytes: best.bytes, text: best.text }));
  const what =
    objective === 'instructions' ? 'not more IR instructions than clang -Oz' : 'not larger than clang -Oz';
  checks.push({ name: what, passed: value <= limit });
  const result: TuneResult = {
    source: loaded.name,
    target: loaded.triple,
    llvm: pool.installation.version,
    codegen: settings.level,
    objective,
    baseline: baselineCode,
    best,
    saving: limit === 0 ? 0 : 1 - value / limit,
    compiles: found.compiles,
    reused: found.reused,
    crashed: found.crashed,
    timedOut: found.timedOut,
    refused: found.refused,
    failures: found.failures,
    trace: found.trace,
    stopped: found.stopped,
    seed: settings.seed,
    seconds: Math.round(performance.now() - start + 1000 * (asked?.use.seconds ?? 0)) / 1000,
    checks,
    ...(asked && { model: { ...asked.use, kept: best.origin === 'baseline' ? 0 : found.kept } }),
    ...(rejected === undefined ? {} : { rejected }),
  };
  return { loaded, result, object };
}

/** The same source with clang's own object as its result, and why. */
export function backToBaseline({ loaded, result }: TunedSource, reason: string): TunedSource {
  const { pipeline, recipe } = result.best;
  return {
    loaded,
    object: loaded.baseline.object,
    result: {
      ...result,
      best: { ...result.baseline, origin: 'baseline', recipe: loaded.baseline.recipe },
      saving: 0,
      ...(result.model && { model: { ...result.model, kept: 0 } }),
      rejected: { pipeline, recipe, reason },
    },
  };
}
