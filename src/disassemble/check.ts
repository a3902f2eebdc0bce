// One candidate for one function: is it IR at all, does it compile back, to the same instructions, and if
// not, does it do the same? Every answer that anybody sees has gone through here.

import { keepingFunctions } from '../lift/kept-registers.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { compareByRunning } from './equivalence/equivalence.ts';
import type { Comparison } from './equivalence/equivalence.ts';
import { recompileClosest } from './recompile.ts';
import type { Recompiled, Subject } from './recompile.ts';
import { repair } from './repair.ts';
import { withSettings } from './settings.ts';
import type { CompileSettings } from './settings.ts';
import { standalone } from './split.ts';

/** From the best to the worst; design: what each means is in the README. */
export const statuses = ['exact', 'equivalent', 'recompiles', 'failed'] as const;
export type Status = (typeof statuses)[number];

export interface CheckedCandidate {
  status: Status;
  ir: string;
  recompiled?: Recompiled;
  /** Numbers or symbols of the input were put in place of the candidate's own. */
  repaired?: boolean;
  /** Present when the code was run: how often, and what differed. */
  run?: Comparison;
  /** Why it failed. */
  reason?: string;
}

const machines = { 'x86-64': 'x86_64', aarch64: 'aarch64' } as const;

/** The symbols that the module refers to. */
function namesIn(ir: string): string[] {
  return (ir.match(/@(?:"[^"]+"|[-\w.$]+)/g) ?? []).map((name) => name.slice(1).replaceAll('"', ''));
}

/** Runs both; the function must be visible for that, and share the file's data. */
async function runBoth(
  pool: WorkerPool,
  subject: Subject,
  ir: string,
  settings: CompileSettings,
  seed: number,
): Promise<Comparison> {
  const { name } = subject.function;
  const alone = standalone(subject.split, name, namesIn(ir));
  const { target } = subject.file;
  let visible = withSettings(ir, target, settings).replaceAll(/^define (?:internal|private) /gm, 'define ');
  for (const [local, global] of alone.renamed) {
    visible = visible.replaceAll(`@${local}`, `@${global}`).replaceAll(`@"${local}"`, `@"${global}"`);
  }
  return compareByRunning(
    pool,
    {
      name,
      machine: machines[target],
      assembly: alone.assembly,
      data: alone.data,
      ir: visible,
      keeping: keepingFunctions(subject.file),
    },
    { seed },
  );
}

/**
 * Compiles back and compares: `exact`, `failed`, or `recompiles` until runCandidate has run it. `mend`: numbers
 * and symbols that differ from the input's are put right where that brings it closer; what is checked then is
 * the mended candidate.
 */
export async function compileCandidate(
  pool: WorkerPool,
  subject: Subject,
  ir: string,
  settings: readonly CompileSettings[],
  mend: boolean,
): Promise<CheckedCandidate> {
  const result = await recompileClosest(pool, subject, ir, settings);
  if ('reason' in result) return { status: 'failed', ir, reason: result.reason };
  const best = mend ? await repair(pool, subject, ir, result.recompiled) : { ir, ...result };
  const { recompiled } = best;
  const checked = { ir: best.ir, recompiled, ...(best.ir === ir ? {} : { repaired: true }) };
  return { status: recompiled.comparison.equal ? 'exact' : 'recompiles', ...checked };
}

/** Runs a candidate that compiles beside the original: `equivalent` where nothing differs. */
export async function runCandidate(
  pool: WorkerPool,
  subject: Subject,
  checked: CheckedCandidate,
  seed: number,
): Promise<CheckedCandidate> {
  const run = await runBoth(pool, subject, checked.ir, checked.recompiled!.settings, seed);
  return { ...checked, status: run.verdict === 'equal' ? 'equivalent' : 'recompiles', run };
}
