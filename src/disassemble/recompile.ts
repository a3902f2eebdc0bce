// Compiles a candidate back with the settings that the input was likely compiled with, and compares the two
// assemblies.

import type { WorkerPool } from '../llvm/worker-pool.ts';
import { contentHash } from '../llvm/module.ts';
import { describeFailure } from '../llvm/worker-protocol.ts';
import { parseAssembly } from '../lift/assembly/parse-assembly.ts';
import type { AssemblyFile, AssemblyFunction } from '../lift/assembly/types.ts';
import { bleu } from './bleu.ts';
import { compareFunctions, normaliseFunction } from './compare-assembly.ts';
import type { AssemblyComparison } from './compare-assembly.ts';
import { withSettings } from './settings.ts';
import type { CompileSettings } from './settings.ts';
import type { SplitFile } from './split.ts';

/** A function of an assembly file, as everything here needs it. */
export interface Subject {
  file: AssemblyFile;
  split: SplitFile;
  function: AssemblyFunction;
}

/** What compiling back gave, for the settings that came closest. */
export interface Recompiled {
  settings: CompileSettings;
  comparison: AssemblyComparison;
  /** Of the normal forms of the instructions, 0 to 1. */
  bleu: number;
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
