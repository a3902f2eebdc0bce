// `tune`: sources in, checked results out. Loads every source, searches over one pool of workers, writes
// what was asked for, and lets the user's tests have the last word. A source that fails is reported and
// the others go on. Printing is the command line's.

import { mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { OzmaError, type ErrorCode } from '../common/errors.ts';
import { openEngine, type Engine } from '../inference/engine.ts';
import { chooseModel } from '../inference/model-choice.ts';
import { findInstallation, type LlvmInstallation } from '../llvm/installation.ts';
import { naming } from '../llvm/load-module.ts';
import type { CodegenLevel } from '../llvm/module.ts';
import type { Recipe } from '../llvm/recipe.ts';
import { WorkerPool } from '../llvm/worker-pool.ts';
import type { Objective, SearchProgress } from '../search/search.ts';
import { writeFileAtomically } from '../common/files.ts';
import { askForLists, describeUse, type AskedModel } from './ask-model.ts';
import { loadSource, type LoadedSource } from './load-source.ts';
import { placesFor } from './places.ts';
import { render, type EmitKind } from './render.ts';
import type { TuneResult } from './result.ts';
import { readSources, type Source } from './sources.ts';
import { letTestsDecide, type TestsOutcome } from './tests-decide.ts';
import { tuneModule, type TunedSource } from './tune-module.ts';

export interface TuneOptions {
  /** clang flags for every source. */
  flags?: readonly string[];
  /** Candidates measured for a source, at most; default 100. */
  compiles?: number;
  /** Wall-clock limit for a source; none by default. */
  seconds?: number;
  objective?: Objective;
  /** The back end that sizes are measured with; default Oz. */
  codegen?: CodegenLevel;
  target?: string;
  /** Default 1. */
  seed?: number;
  /** Whether functions may get pipelines of their own; default true. */
  perFunction?: boolean;
  /** Worker processes; default one a processor core. */
  jobs?: number;
  /** A file for one source, a folder for several; without it nothing is written. */
  output?: string;
  /** What is written; default the object. */
  emit?: EmitKind;
  /** A shell command that must succeed with the written objects in place. Needs `output`. */
  test?: string;
  /** Applied in place of a search. */
  recipe?: Recipe;
  /** A GGUF file, an address, the name of a released model, `none` (default), or an engine that stays open. */
  model?: string | Engine;
  /** Lists that the model is asked for, for each function; default 1. */
  candidates?: number;
  installation?: LlvmInstallation;
  /** Aborting ends the search with the best so far. */
  signal?: AbortSignal;
  onProgress?: (source: string, progress: SearchProgress) => void;
  /** Functions that the model was asked about, of how many. */
  onQuestion?: (source: string, done: number, of: number) => void;
  /** Something a person should know while it goes on, a line at a time. */
  onNote?: (line: string) => void;
  /** Gets each result's text or bytes when there is no `output`. */
  onResult?: (result: TuneResult, rendered: Uint8Array | string) => void | Promise<void>;
}

export interface TuneReport {
  results: TuneResult[];
  failures: { source: string; code: ErrorCode; message: string }[];
  /** Sources that were not begun when the signal came. */
  notStarted: string[];
  /** Undefined when there was no test command. */
  tests?: TestsOutcome;
}

/**
 * Throws `usage` for sources or outputs that cannot be, `environment` without LLVM or disk. Refusals of the
 * compiler are in `failures`.
 */
export async function tune(sources: readonly string[], options: TuneOptions = {}): Promise<TuneReport> {
  const { flags = [], target, onNote = () => {} } = options;
  const list = await readSources(sources, {
    flags,
    onSkip: onNote,
    ...(target === undefined ? {} : { target }),
  });
  const emit = options.emit ?? 'obj';
  const names = list.map(({ name }) => name);
  const places = options.output === undefined ? undefined : await placesFor(names, emit, options.output);
  if (options.test !== undefined && (places === undefined || emit !== 'obj')) {
    throw new OzmaError('usage', '--test: expected -o and objects, so that the tests can use them');
  }
  const folder = await mkdtemp(join(tmpdir(), 'ozma-tune-'));
  // A second Ctrl-C ends the process without coming back here.
  const cleanUp = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', cleanUp);
  const installation = options.installation ?? findInstallation();
  const jobs = options.jobs ?? availableParallelism();
  const pool = new WorkerPool({ installation, workers: jobs, timeoutSeconds: candidateSeconds });
  let opened: Engine | undefined;
  try {
    const { model = 'none' } = options;
    const engine = typeof model === 'string' ? (opened = await openModel(model, options)) : model;
    return await tuneAll(list, places, pool, folder, jobs, { ...options, emit, onNote, engine });
  } finally {
    await opened?.close();
    pool.close();
    process.off('exit', cleanUp);
    await rm(folder, { recursive: true, force: true });
  }
}

/** The wall-clock limit of one candidate: sqlite3, the largest source we know, needs 10 s with -Oz itself. */
const candidateSeconds = 60;

type Settled = TuneOptions & Required<Pick<TuneOptions, 'emit' | 'onNote'>> & { engine: Engine | undefined };

/** Nothing for `none`, and where a recipe is given: then there is nothing to ask. */
async function openModel(model: string, { recipe }: TuneOptions): Promise<Engine | undefined> {
  const chosen = recipe === undefined ? chooseModel(model) : undefined;
  return chosen === undefined ? undefined : await openEngine(chosen);
}

async function tuneAll(
  sources: readonly Source[],
  places: readonly string[] | undefined,
  pool: WorkerPool,
  folder: string,
  jobs: number,
  options: Settled,
): Promise<TuneReport> {
  const limit = pLimit(jobs);
  const tuned: (TunedSource | undefined)[] = sources.map(() => undefined);
  const report: TuneReport = { results: [], failures: [], notStarted: [] };
  const one = async (source: Source, index: number): Promise<void> => {
    if (options.signal?.aborted === true) {
      report.notStarted.push(source.name);
      return;
    }
    try {
      const own = await mkdtemp(join(folder, 'source-'));
      const found = await tuneOne(source, own, pool, options);
      const place = places?.[index];
      tuned[index] = await handOver(found, place, pool, options);
    } catch (error) {
      if (!(error instanceof OzmaError) || error.code !== 'refused') throw error;
      report.failures.push({ source: source.name, code: error.code, message: error.message });
      options.onNote(error.message);
    }
  };
  const all = await Promise.allSettled(sources.map((source, index) => limit(() => one(source, index))));
  for (const outcome of all) if (outcome.status === 'rejected') throw outcome.reason;
  if (options.test !== undefined) {
    report.tests = await letTestsDecide(tuned, places ?? [], options.test, options);
  }
  report.results = tuned.flatMap((entry) => (entry === undefined ? [] : [entry.result]));
  return report;
}

async function tuneOne(
  source: Source,
  folder: string,
  pool: WorkerPool,
  options: Settled,
): Promise<TunedSource> {
  const level = options.codegen ?? 'Oz';
  const loaded = await loadSource(pool, source, level, folder);
  const { seconds, signal, onProgress, recipe } = options;
  const asked = recipe === undefined ? await ask(loaded, pool, options) : undefined;
  const work = tuneModule(
    pool,
    loaded,
    {
      objective: options.objective ?? 'bytes',
      level,
      compiles: options.compiles ?? 100,
      seed: options.seed ?? 1,
      perFunction: options.perFunction ?? true,
      ...(seconds === undefined ? {} : { seconds }),
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined
        ? {}
        : { onProgress: (progress: SearchProgress) => onProgress(source.name, progress) }),
    },
    { recipe, asked },
  );
  const tuned = await naming(source.name, work);
  const { model } = tuned.result;
  if (model !== undefined) options.onNote(`${source.name}: ${describeUse(model, model.kept)}`);
  pool.forget(loaded.module);
  return tuned;
}

async function ask(
  { name, module }: LoadedSource,
  pool: WorkerPool,
  options: Settled,
): Promise<AskedModel | undefined> {
  const { engine, seconds, signal, candidates = 1, seed = 1, codegen = 'Oz', onQuestion } = options;
  if (engine === undefined) return undefined;
  const asking = askForLists(engine, pool, module, {
    candidates,
    codegen,
    seed,
    seconds,
    ...(signal === undefined ? {} : { signal }),
    ...(onQuestion === undefined
      ? {}
      : { onQuestion: (done: number, of: number) => onQuestion(name, done, of) }),
  });
  return await naming(name, asking);
}

async function handOver(
  tuned: TunedSource,
  place: string | undefined,
  pool: WorkerPool,
  options: Settled,
): Promise<TunedSource> {
  const { result } = tuned;
  if (result.rejected !== undefined) {
    options.onNote(`${result.source}: clang's own object is kept: ${result.rejected.reason}`);
  }
  if (place === undefined && options.onResult === undefined) return tuned;
  const { bytes, note } = await render(pool, tuned, options.emit);
  if (note !== undefined) options.onNote(note);
  if (place === undefined) {
    await options.onResult?.(result, bytes);
    return tuned;
  }
  await writeFileAtomically(place, bytes);
  return { ...tuned, result: { ...result, output: place } };
}
