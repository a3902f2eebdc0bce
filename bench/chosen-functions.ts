// Functions of real code drawn by chance, for the benches of `ozma disassemble`, with the options that say of which.

import { assemblyInputs } from './assembly-inputs.ts';
import type { Random } from '#ozma/common/random.js';
import type { Level } from '#ozma/data/task-sets/levels.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { targetOfTriple } from '#ozma/lift/lift.js';
import { isOutlined } from '#ozma/lift/outlined.js';
import type { LlvmInstallation } from '#ozma/llvm/installation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';

/** For parseArgs. */
export const choiceOptions = {
  level: { type: 'string', default: 'Oz' },
  compiler: { type: 'string', default: 'clang' },
  target: { type: 'string', default: 'x86_64-linux-gnu' },
  functions: { type: 'string', default: '100' },
  longest: { type: 'string', default: 'Infinity' },
  seed: { type: 'string', default: '1' },
} as const;

type Choice = Record<keyof typeof choiceOptions, string>;

export interface ChosenFunctions {
  /** In the order in which they were drawn. */
  chosen: { text: string; name: string }[];
  /** Out of how many. */
  available: number;
}

export async function chooseFunctions(
  installation: LlvmInstallation,
  places: readonly string[],
  { level, compiler, target, functions, longest }: Choice,
  random: Random,
): Promise<ChosenFunctions> {
  const pool = new WorkerPool({ installation, workers: 1 });
  const settings = {
    triple: target,
    level: level as Level,
    compiler: compiler === 'gcc' ? ('gcc' as const) : ('clang' as const),
  };
  const all: { text: string; name: string; key: number }[] = [];
  for await (const { text } of assemblyInputs(installation, pool, places, settings)) {
    for (const { name, items } of parseAssembly(text, targetOfTriple(target)).functions) {
      // Pieces of code that the compiler shared between functions are put back, not lifted by themselves.
      if (isOutlined(name)) continue;
      const instructions = items.filter(({ kind }) => kind === 'instruction').length;
      if (instructions <= Number(longest)) all.push({ text, name, key: random.next() });
    }
  }
  pool.close();
  all.sort((left, right) => left.key - right.key);
  return { chosen: all.slice(0, Number(functions)), available: all.length };
}
