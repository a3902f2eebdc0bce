// From the lifter's text (a variable for every register) to readable IR: LLVM's own passes, in a compile
// worker, since text made from hostile assembly may crash them like any other.

import { contentHash } from '../llvm/module.ts';
import { recipeOf } from '../llvm/recipe.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import type { ModuleSource, Outcome } from '../llvm/worker-protocol.ts';

/** clang's -Oz on what is one function long. */
export const cleanUpPipeline = 'default<Oz>';

/** Only what makes SSA and folds it: the structure of the assembly is kept. */
export const lightPipeline =
  'function(sroa,early-cse,instcombine<no-verify-fixpoint>,simplifycfg,instcombine<no-verify-fixpoint>,adce)';

/** Registers become values, and nothing else changes: for code that was generated at -O0. */
export const plainPipeline = 'function(mem2reg,instsimplify,dce)';

export function sourceOf(ir: string): ModuleSource {
  const bytes = Buffer.from(ir);
  return { hash: contentHash(bytes), bytes };
}

/** Optimised IR text of a lifted module. The verifier has looked at it. */
export async function cleanUp(
  pool: WorkerPool,
  ir: string,
  pipeline = cleanUpPipeline,
): Promise<Outcome<string>> {
  const source = sourceOf(ir);
  const outcome = await pool.emit(source, recipeOf(pipeline), 'Oz', 'ir');
  pool.forget(source);
  return outcome.ok ? { ok: true, value: Buffer.from(outcome.value).toString() } : outcome;
}
