// `ozma cc`: what a build system takes for clang. A compile that we understand is done by clang's front end
// first: its IR is the key to what was found before, and a known answer is written without generating any
// code. An unknown one is compiled by the real `clang -Oz`, whose object, diagnostics and exit code stand;
// then it is tuned, and the object is replaced when ours is smaller. Whatever fails on the way leaves
// clang's own object and one warning.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ozmaVersion } from '../../common/version.ts';
import { bitcodeWords, llvmSize } from '../../llvm/clang.ts';
import { codegenFlags } from '../../llvm/clang-flags.ts';
import { programPath, type LlvmInstallation } from '../../llvm/installation.ts';
import { findRememberedInstallation } from '../../llvm/remembered-installation.ts';
import { runProgram } from '../../llvm/run-program.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import type { ModuleSource } from '../../llvm/worker-protocol.ts';
import type { SearchSettings } from '../../search/search.ts';
import { writeFileAtomically } from '../../common/files.ts';
import type { AskedModel } from '../ask-model.ts';
import { describeRecipe } from '../recipe-text.ts';
import { cacheKey, readAnswer, writeAnswer, type Answer } from './cache.ts';
import { readCompileRequest, type CompileRequest, type Driver } from './compile-request.ts';
import { runClang } from './run-clang.ts';

export interface CcSettings {
  search: Omit<SearchSettings, 'level' | 'signal' | 'onProgress'>;
  /** Worker processes. */
  jobs: number;
  /** No warnings of ours. */
  quiet: boolean;
  /** Limit of the folder of answers; the least recently used make room. */
  cacheMegabytes: number;
  /** Who is asked for lists first: a file or an address, and how many for each function. */
  model?: { place: string; candidates: number };
  /** A file that gets one line of JSON for each tuned compile. */
  log?: string;
}

/** The exit code is clang's. Throws `environment` without LLVM and nothing else. */
export async function cc(driver: Driver, words: readonly string[], settings: CcSettings): Promise<number> {
  const installation = findRememberedInstallation();
  const program = programPath(installation, driver);
  const request = readCompileRequest(driver, words);
  if (request === undefined) return await runClang(program, words);
  const folder = mkdtempSync(join(tmpdir(), 'ozma-cc-'));
  const cleanUp = (): void => rmSync(folder, { recursive: true, force: true });
  // Ctrl-C ends the process without coming back here.
  process.once('exit', cleanUp);
  try {
    return await compile(installation, program, words, request, folder, settings);
  } finally {
    process.off('exit', cleanUp);
    cleanUp();
  }
}

/** Ctrl-C reaches clang as without us, and nobody but the user limits its time. */
const asMake = { ownGroup: false, timeoutSeconds: 24 * 3600 } as const;

/** Clang sees a pipe where the user has a terminal. */
function colour(flags: readonly string[]): string[] {
  const said = flags.some((flag) => /^-f(no-)?(color|diagnostics-color)/.test(flag));
  return process.stderr.isTTY && !said ? ['-fcolor-diagnostics'] : [];
}

async function compile(
  installation: LlvmInstallation,
  program: string,
  words: readonly string[],
  request: CompileRequest,
  folder: string,
  settings: CcSettings,
): Promise<number> {
  const start = performance.now();
  const { input, output, language, flags } = request;
  const colours = colour(flags);
  const translation = { file: input, directory: process.cwd(), language, flags };
  const file = join(folder, 'unoptimised.bc');
  const frontEndWords = [...colours, ...request.dependencyFlags, ...bitcodeWords(translation, file)];
  const frontEnd = await runProgram(program, frontEndWords, asMake);
  // Clang says it again, in its own words and with its own exit code.
  if (frontEnd.exitCode !== 0) return await runClang(program, [...words, '-Oz']);
  const bitcode = readFileSync(file);
  const { quiet, log, search, model, cacheMegabytes } = settings;
  const circumstances = [
    ozmaVersion(),
    installation.version,
    codegenFlags(flags),
    Object.entries(search).sort(),
    ...(model === undefined ? [] : [whichModel(model.place), model.candidates]),
  ];
  const key = cacheKey(bitcode, circumstances);
  const record = (answer: Answer, compiles: number, cached: boolean): void => {
    if (log === undefined) return;
    const { before, after, origin, recipe } = answer;
    const seconds = Math.round(performance.now() - start) / 1000;
    const pipeline = origin === 'baseline' ? undefined : describeRecipe(recipe);
    const line = { source: input, output, before, after, compiles, seconds, cached, origin, pipeline };
    appendFileSync(log, `${JSON.stringify(line)}\n`);
  };
  const warn = (message: string): void => {
    if (!quiet) process.stderr.write(`ozma: ${input}: ${message.replace(/\s*\n\s*/g, ' ')}\n`);
  };

  const known = readAnswer(key);
  if (known !== undefined) {
    try {
      await writeFileAtomically(output, known.object);
      process.stderr.write(frontEnd.stderr);
      record(known.answer, 0, true);
      return 0;
    } catch {
      return await runClang(program, [...words, '-Oz']);
    }
  }

  const real = await runProgram(program, [...colours, ...words, '-Oz'], asMake);
  process.stdout.write(real.stdout);
  process.stderr.write(real.stderr);
  if (real.signal !== undefined) process.kill(process.pid, real.signal);
  if (real.exitCode !== 0) return real.exitCode ?? 1;
  try {
    const tuned = await tuneCompiled(installation, { request, bitcode, folder }, settings);
    const object = readFileSync(tuned.object);
    if (tuned.object !== output) await writeFileAtomically(output, object);
    record(tuned.answer, tuned.compiles, false);
    // A warning of the back end would be lost on a known answer, which generates no code.
    if (real.stderr === frontEnd.stderr) await writeAnswer(key, tuned.answer, object, cacheMegabytes);
  } catch (error) {
    warn(`clang's own object is kept: ${(error as Error).message}`);
  }
  return 0;
}

/** Tells models apart without reading them: at every file of a build that would cost more than a known answer. */
function whichModel(place: string): string {
  const file = statSync(place, { throwIfNoEntry: false });
  return file === undefined ? place : `${resolve(place)} ${file.size} ${file.mtimeMs}`;
}

interface Compiled {
  request: CompileRequest;
  bitcode: Uint8Array;
  folder: string;
}

/** Searches from the front end's IR; what clang wrote is the baseline. Loads what only a search needs. */
async function tuneCompiled(
  installation: LlvmInstallation,
  { request, bitcode, folder }: Compiled,
  { search, model, jobs }: CcSettings,
): Promise<{ object: string; answer: Answer; compiles: number }> {
  const { WorkerPool } = await import('../../llvm/worker-pool.ts');
  const { baselinePipeline } = await import('../../llvm/baseline.ts');
  const { recipeOf } = await import('../../llvm/recipe.ts');
  const { describeModule, moduleHash } = await import('../../llvm/load-module.ts');
  const { tuneModule } = await import('../tune-module.ts');
  const { input, output, language, flags } = request;
  const pool = new WorkerPool({ installation, workers: jobs });
  try {
    const module = { hash: moduleHash(bitcode), bytes: bitcode };
    const { triple, positionIndependent } = await describeModule(pool, module);
    const sizes = await llvmSize(installation, output);
    const recipe = recipeOf(await baselinePipeline(installation));
    const asked = model && (await askModel(pool, module, model, search));
    const tuned = await tuneModule(
      pool,
      {
        name: input,
        translation: { file: input, directory: process.cwd(), language, flags },
        module,
        triple,
        positionIndependent,
        level: 'Oz',
        folder,
        baseline: { object: output, sizes, recipe },
      },
      { ...search, level: 'Oz' },
      { asked },
    );
    const { baseline, best, compiles, checks } = tuned.result;
    const failed = checks.find(({ passed }) => !passed);
    if (failed !== undefined) throw new Error(`check failed: ${failed.name}: ${failed.detail ?? ''}`);
    const answer = {
      before: baseline.bytes,
      after: best.bytes,
      origin: best.origin,
      recipe: best.recipe,
    };
    return { object: tuned.object, answer, compiles };
  } finally {
    pool.close();
  }
}

async function askModel(
  pool: WorkerPool,
  module: ModuleSource,
  { place, candidates }: NonNullable<CcSettings['model']>,
  { seed, seconds }: CcSettings['search'],
): Promise<AskedModel> {
  const { openEngine } = await import('../../inference/engine.ts');
  const { askForLists } = await import('../ask-model.ts');
  const engine = await openEngine(place);
  try {
    return await askForLists(engine, pool, module, { candidates, codegen: 'Oz', seed, seconds });
  } finally {
    await engine.close();
  }
}
