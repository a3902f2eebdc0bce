// Where IR for a function comes from: the rules of src/lift, and a model where there is one. A source only
// proposes; check.ts decides.

import { isPlain } from '../lift/frame-regions.ts';
import type { LiftedFunction, Variant } from '../lift/lift.ts';
import { cleanUp, cleanUpPipeline, lightPipeline, plainPipeline } from '../lift/clean-up.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { describeFailure } from '../llvm/worker-protocol.ts';

export interface Candidate {
  origin: 'lifter' | 'model';
  /** Which of its source's candidates: a variant of the lifter, a rank of the model. */
  variant: string;
  ir: string;
  /** It takes parts of a structure on the stack for variables of their own: right where it compiles back exactly. */
  isGuess?: boolean;
}

export interface Proposed {
  candidates: Candidate[];
  /** Why there are none, or fewer than there might be. */
  reasons: string[];
}

/** Where slots stay memory the code was hardly optimised: nothing is moved there. */
function pipelinesOf(variant: Variant['name']): [string, string][] {
  if (isPlain(variant)) return [['plain', plainPipeline]];
  return [
    ['optimised', cleanUpPipeline],
    ['light', lightPipeline],
  ];
}

/** The variants of a lift, each cleaned up thoroughly and only lightly: one of them may compile back. */
export async function liftedCandidates(pool: WorkerPool, lifted: LiftedFunction): Promise<Proposed> {
  if (lifted.status === 'failed') return { candidates: [], reasons: [lifted.reason ?? 'cannot be lifted'] };
  const candidates = new Map<string, Candidate>();
  const reasons: string[] = [];
  for (const { name, ir } of lifted.variants) {
    for (const [how, pipeline] of pipelinesOf(name)) {
      const cleaned = await cleanUp(pool, ir, pipeline);
      if (!cleaned.ok) reasons.push(describeFailure(cleaned.failure));
      else if (!candidates.has(cleaned.value)) {
        const guess = name === 'split' ? { isGuess: true } : {};
        candidates.set(cleaned.value, {
          origin: 'lifter',
          variant: `${name}, ${how}`,
          ir: cleaned.value,
          ...guess,
        });
      }
    }
  }
  return { candidates: [...candidates.values()], reasons };
}
