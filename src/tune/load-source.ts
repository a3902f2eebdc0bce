// A source made ready for search: its unoptimised bitcode, as a module that LLVM has read and verified, and
// the object that the real `clang -Oz` makes of it, measured. Everything lies in one folder that the caller
// removes. Refusals of clang and of LLVM are OzmaError `refused`, one line that begins with the source.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { baselinePipeline } from '../llvm/baseline.ts';
import {
  compileBaseline,
  compileBitcode,
  compileToBitcode,
  defaultTriple,
  llvmSize,
  type FileSizes,
  type Translation,
} from '../llvm/clang.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';
import type { CodegenLevel } from '../llvm/module.ts';
import { recipeOf, type Recipe } from '../llvm/recipe.ts';
import { describeFailure, type ModuleSource, type ModuleSummary } from '../llvm/worker-protocol.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { writeFileAtomically } from '../common/files.ts';
import type { Source } from './sources.ts';

export interface LoadedSource {
  name: string;
  translation: Translation;
  module: ModuleSource;
  /** The module's target. */
  triple: string;
  /** Whether it was compiled with -fPIC or -fPIE, clang's default on Linux. */
  positionIndependent: boolean;
  level: CodegenLevel;
  /** A folder for files of this source alone. */
  folder: string;
  baseline: { object: string; sizes: FileSizes; recipe: Recipe };
}

/** Content hash of a module, in hexadecimal. */
export function moduleHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 40);
}

/** Puts the source's name before the message of a refusal, unless clang has done so. */
export async function naming<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof OzmaError) || error.message.startsWith(name)) throw error;
    throw new OzmaError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/** LLVM calls every buffer `input`; a newer writer shows by its epoch or by its name. */
function unreadable(message: string, { major, version }: LlvmInstallation): string {
  const words = message.replace(/^input:\s*(error:\s*)?/, '');
  const producer = Number(/Producer: 'LLVM(\d+)/.exec(message)?.[1] ?? 0);
  const newer = producer > major || message.includes('Incompatible epoch');
  return `LLVM ${version} cannot read it${newer ? ', a newer LLVM wrote it' : ''}: ${words}`;
}

/** What LLVM reads in a module. Throws `refused`, also for IR that the verifier objects to. */
export async function describeModule(pool: WorkerPool, module: ModuleSource): Promise<ModuleSummary> {
  const outcome = await pool.describe(module);
  if (!outcome.ok) {
    const { failure } = outcome;
    const message = failure.kind === 'refused' ? failure.message : describeFailure(failure);
    throw new OzmaError('refused', unreadable(message, pool.installation));
  }
  if (outcome.value.broken !== undefined) {
    throw new OzmaError('refused', `broken IR: ${outcome.value.broken}`);
  }
  return outcome.value;
}

async function readModule(file: string): Promise<ModuleSource> {
  const bytes = await readFile(file);
  return { hash: moduleHash(bytes), bytes };
}

/** The file of unoptimised bitcode (or of the user's own IR) and what is in it. */
async function loadModule(
  pool: WorkerPool,
  translation: Translation,
  folder: string,
): Promise<Pick<LoadedSource, 'module' | 'translation' | 'triple' | 'positionIndependent'>> {
  const bitcode = join(folder, 'unoptimised.bc');
  if (translation.language === 'ir') {
    const path = isAbsolute(translation.file)
      ? translation.file
      : join(translation.directory, translation.file);
    const module = await readModule(path);
    if (module.bytes.length === 0) throw new OzmaError('refused', 'expected LLVM IR, found an empty file');
    const { triple, positionIndependent } = await describeModule(pool, module);
    const wanted = translation.triple ?? (triple === '' ? await defaultTriple(pool.installation) : undefined);
    if (wanted === undefined) {
      return { module, translation: { ...translation, triple }, triple, positionIndependent };
    }
    translation = { ...translation, triple: wanted };
  }
  await compileToBitcode(pool.installation, translation, bitcode);
  const module = await readModule(bitcode);
  const { triple, positionIndependent } = await describeModule(pool, module);
  return { module, translation, triple, positionIndependent };
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
