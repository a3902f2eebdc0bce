// A tuned source in the form that was asked for: object, assembly, IR, bitcode, or how to make it again.

import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { compileBaseline, compileBitcode } from '../llvm/clang.ts';
import { switchesOf } from '../llvm/recipe.ts';
import { describeFailure } from '../llvm/worker-protocol.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { writeFileAtomically } from '../common/files.ts';
import { writeRecipe } from './recipe-file.ts';
import { checkedReplayLines } from './replay.ts';
import type { TunedSource } from './tune-module.ts';

export type EmitKind = 'obj' | 'asm' | 'll' | 'bc' | 'pipeline';

/** The ending of a file of each kind. */
export const endings: Readonly<Record<EmitKind, string>> = {
  obj: '.o',
  asm: '.s',
  ll: '.ll',
  bc: '.bc',
  pipeline: '.pipeline',
};

/** `deflate.o` of `src/deflate.c`. */
export function resultName(source: string, emit: EmitKind): string {
  return basename(source, extname(source)) + endings[emit];
}

export interface Rendered {
  bytes: Uint8Array | string;
  /** What the reader must know that is not in the bytes. */
  note?: string;
}

async function emitModule(
  pool: WorkerPool,
  tuned: TunedSource,
  format: 'ir' | 'bitcode',
): Promise<Uint8Array> {
  const { loaded, result } = tuned;
  const outcome = await pool.emit(loaded.module, result.best.recipe, loaded.level, format);
  if (!outcome.ok) throw new OzmaError('refused', `${loaded.name}: ${describeFailure(outcome.failure)}`);
  return outcome.value;
}

async function assembly(pool: WorkerPool, tuned: TunedSource): Promise<Uint8Array> {
  const { loaded, result } = tuned;
  const output = join(loaded.folder, 'best.s');
  if (result.best.origin === 'baseline' && loaded.level === 'Oz') {
    await compileBaseline(pool.installation, loaded.translation, output, 'assembly');
    return await readFile(output);
  }
  const bitcode = join(loaded.folder, 'assembly.bc');
  await writeFileAtomically(bitcode, await emitModule(pool, tuned, 'bitcode'));
  const { triple, level, translation } = loaded;
  const switches = switchesOf(result.best.recipe);
  const settings = { triple, flags: translation.flags, level, switches };
  await compileBitcode(pool.installation, bitcode, settings, output, 'assembly');
  return await readFile(output);
}

/** Throws `refused` where LLVM does. */
export async function render(pool: WorkerPool, tuned: TunedSource, emit: EmitKind): Promise<Rendered> {
  const { loaded, result } = tuned;
  switch (emit) {
    case 'obj':
      return { bytes: await readFile(tuned.object) };
    case 'asm':
      return { bytes: await assembly(pool, tuned) };
    case 'll':
    case 'bc': {
      const bytes = await emitModule(pool, tuned, emit === 'll' ? 'ir' : 'bitcode');
      const switches = switchesOf(result.best.recipe).map((name) => `-mllvm -${name}`);
      const words = ['clang -c -x ir -Oz -Xclang -disable-llvm-passes', ...switches].join(' ');
      return { bytes, note: `${loaded.name}: for these ${result.best.bytes} bytes compile it with ${words}` };
    }
    case 'pipeline': {
      const lines = await checkedReplayLines(pool.installation, tuned, resultName(loaded.name, 'obj'));
      if (lines !== undefined) return { bytes: lines };
      const recipe = writeRecipe({
        llvm: result.llvm,
        source: loaded.name,
        target: result.target,
        recipe: result.best.recipe,
      });
      return {
        bytes: recipe,
        note: `${loaded.name}: no shell line says this, so it is a recipe: ozma tune ${loaded.name} --recipe FILE`,
      };
    }
  }
}
