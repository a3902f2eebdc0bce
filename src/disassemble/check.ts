// One candidate for one function: is it IR at all, does it compile back, to the same instructions, and if
// not, does it do the same? Every answer that anybody sees has gone through here.

import type { WorkerPool } from '../llvm/worker-pool.ts';
import { contentHash } from '../llvm/module.ts';
import { describeFailure } from '../llvm/worker-protocol.ts';
import { parseAssembly } from '../lift/assembly/parse-assembly.ts';
import type { AssemblyFile, AssemblyFunction } from '../lift/assembly/types.ts';
import { bleu } from './bleu.ts';
import { compareFunctions, normaliseFunction } from './compare-assembly.ts';
import type { AssemblyComparison } from './compare-assembly.ts';
import { compareByRunning } from './equivalence/equivalence.ts';
import type { Comparison } from './equivalence/equivalence.ts';
import { withSettings } from './settings.ts';
import type { CompileSettings } from './settings.ts';
import { standalone } from './split.ts';
import type { SplitFile } from './split.ts';

/** A function of an assembly file, as everything here needs it. */
export interface Subject {
  file: AssemblyFile;
  split: SplitFile;
  function: AssemblyFunction;
}

/** From the best to the worst; design: what each means is in the README. */
export const statuses = ['exact', 'equivalent', 'recompiles', 'failed'] as const;
export type Status = (typeof statuses)[number];

/** What compiling back gave, for the settings that came closest. */
export interface Recompiled {
  settings: CompileSettings;
  comparison: AssemblyComparison;
  /** Of the normal forms of the instructions, 0 to 1. */
  bleu: number;
}

export interface CheckedCandidate {
  status: Status;
  ir: string;
  recompiled?: Recompiled;
  /** Present when the code was run: how often, and what differed. */
  run?: Comparison;
  /** Why it failed. */
  reason?: string;
}

function normalText(subject: Pick<Subject, 'file' | 'function'>): string {
  return normaliseFunction(subject)
    .map((instruction) => instruction.text)
    .join('\n');
}

/** Compiles a candidate back with one setting. */
export async function recompile(
  pool: WorkerPool,
  subject: Subject,
  ir: string,
  settings: CompileSettings,
): Promise<{ recompiled: Recompiled } | { reason: string }> {
  const bytes = Buffer.from(withSettings(ir, subject.file.target, settings));
  const source = { hash: contentHash(bytes), bytes };
  const outcome = await pool.emit(source, [], settings.level, 'assembly');
  pool.forget(source);
  if (!outcome.ok) return { reason: describeFailure(outcome.failure) };
  const file = parseAssembly(Buffer.from(outcome.value).toString('utf8'), subject.file.target);
  const body = file.functions.find((one) => one.name === subject.function.name);
  if (body === undefined) return { reason: `expected a definition of ${subject.function.name}, found none` };
  const found = { file, function: body };
  return {
    recompiled: {
      settings,
      comparison: compareFunctions(subject, found),
      bleu: bleu(normalText(found), normalText(subject)),
    },
  };
}

/** The closest of several settings, or why none of them compiles. */
export async function recompileClosest(
  pool: WorkerPool,
  subject: Subject,
  ir: string,
  settings: readonly CompileSettings[],
): Promise<{ recompiled: Recompiled } | { reason: string }> {
  let best: Recompiled | undefined;
  let reason = 'no settings to compile it with';
  for (const one of settings) {
    const result = await recompile(pool, subject, ir, one);
    if ('reason' in result) {
      ({ reason } = result);
      continue;
    }
    if (result.recompiled.comparison.equal) return result;
    if (best === undefined || result.recompiled.bleu > best.bleu) best = result.recompiled;
  }
  return best === undefined ? { reason } : { recompiled: best };
}

const machines = { 'x86-64': 'x86_64', aarch64: 'aarch64' } as const;

/** The symbols that the module refers to. */
function namesIn(ir: string): string[] {
  return (ir.match(/@(?:"[^"]+"|[-\w.$]+)/g) ?? []).map((name) => name.slice(1).replaceAll('"', ''));
}

/** Runs both; the function must be visible for that, and share the file's data. */
export async function runBoth(
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
    { name, machine: machines[target], assembly: alone.assembly, data: alone.data, ir: visible },
    { seed },
  );
}

/** Compiles back, compares, and runs what is not the same. */
export async function checkCandidate(
  pool: WorkerPool,
  subject: Subject,
  ir: string,
  settings: readonly CompileSettings[],
  seed: number,
): Promise<CheckedCandidate> {
  const result = await recompileClosest(pool, subject, ir, settings);
  if ('reason' in result) return { status: 'failed', ir, reason: result.reason };
  const { recompiled } = result;
  if (recompiled.comparison.equal) return { status: 'exact', ir, recompiled };
  const run = await runBoth(pool, subject, ir, recompiled.settings, seed);
  return { status: run.verdict === 'equal' ? 'equivalent' : 'recompiles', ir, recompiled, run };
}
