// How much of some code the instruction tables know: every instruction is translated on its own, nothing is
// lifted. A function counts as handled when all of its instructions are.

import type { AssemblyFile } from './assembly/types.ts';
import { isOutlined } from './outlined.ts';
import { Unsupported, type Step } from './step.ts';
import { targetNamed } from './targets/all.ts';

export interface Coverage {
  instructions: number;
  handledInstructions: number;
  functions: number;
  handledFunctions: number;
  /** Instructions without a row, or with operands that the row does not take, with how often each occurs. */
  missing: Map<string, number>;
}

export function emptyCoverage(): Coverage {
  return { instructions: 0, handledInstructions: 0, functions: 0, handledFunctions: 0, missing: new Map() };
}

/** Adds the functions of a file to what was counted before, in place. */
export function addCoverage(into: Coverage, file: AssemblyFile): void {
  const target = targetNamed(file.target);
  for (const { name, items } of file.functions) {
    let missing = 0;
    let before: Step[] = [];
    for (const item of items) {
      if (item.kind === 'label') {
        before = [];
        continue;
      }
      into.instructions++;
      try {
        before.push(...target.translate(item.instruction, before));
        into.handledInstructions++;
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        missing++;
        into.missing.set(error.message, (into.missing.get(error.message) ?? 0) + 1);
      }
    }
    if (isOutlined(name)) continue;
    into.functions++;
    if (missing === 0) into.handledFunctions++;
  }
}

/** The commonest first; those that occur equally often in order of their names. */
export function mostMissing({ missing }: Coverage, most: number): [string, number][] {
  return [...missing]
    .sort(([name, times], [other, otherTimes]) => otherTimes - times || (name < other ? -1 : 1))
    .slice(0, most);
}
