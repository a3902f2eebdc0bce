// A file of the user's made a module that LLVM has read and verified: C and C++ by clang, before its first
// pass, IR and bitcode as they are. Refusals of clang and of LLVM are OzmaError `refused`.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { compileToBitcode, defaultTriple, type Translation } from './clang.ts';
import type { LlvmInstallation } from './installation.ts';
import type { WorkerPool } from './worker-pool.ts';
import { describeFailure, type ModuleSource, type ModuleSummary } from './worker-protocol.ts';

export interface LoadedModule {
  module: ModuleSource;
  translation: Translation;
  /** The module's target. */
  triple: string;
  /** Whether it was compiled with -fPIC or -fPIE, clang's default on Linux. */
  positionIndependent: boolean;
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

/** Unoptimised bitcode (or the user's own IR) and what is in it. Files go to `folder`. Throws `refused`. */
export async function loadModule(
  pool: WorkerPool,
  translation: Translation,
  folder: string,
): Promise<LoadedModule> {
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
