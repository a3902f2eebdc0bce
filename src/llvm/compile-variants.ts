// Asks compile workers for several variants of one module in text at once. What failed is data, by its reason.

import { contentHash } from './module.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { Failure, Outcome, Variant, VariantResult } from './worker-protocol.ts';

/** An outcome for each variant; one that kills its worker costs itself alone. */
export async function compileVariants(
  pool: WorkerPool,
  ir: string,
  variants: readonly Variant[],
): Promise<Outcome<VariantResult>[]> {
  const bytes = Buffer.from(ir);
  const module = { hash: contentHash(bytes), bytes };
  try {
    return await pool.variants(module, variants);
  } finally {
    pool.forget(module);
  }
}

/** Why a variant failed, short enough to be counted by. */
export function reasonOf(failure: Failure): string {
  if (failure.kind !== 'refused') return failure.kind;
  return `refused: ${failure.message.split(':').at(-1)!.trim().slice(0, 60)}`;
}
