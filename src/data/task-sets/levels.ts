// What a user has in hand: code of any level of clang, for either machine. A corpus row is x86-64 IR before
// any pass; here it becomes the IR that the passes and the code generator of a level see.

import type { OptimisationLevel } from '../../llvm/module.ts';
import { standardAttributes, targets, type TargetName } from '../../tasks/normal-form/targets.ts';

/** clang's levels, and the published form: IR of -Oz, code generation at -O0. */
export type Level = OptimisationLevel | 'paper';

export const levels: readonly Level[] = ['paper', 'O0', 'O1', 'O2', 'O3', 'Os', 'Oz'];

export interface LevelSettings {
  /** Whose pipeline runs and whose attributes the functions have. */
  passes: OptimisationLevel;
  codegen: OptimisationLevel;
}

export function settingsOf(level: Level): LevelSettings {
  return level === 'paper' ? { passes: 'Oz', codegen: 'O0' } : { passes: level, codegen: level };
}

/** What only x86-64 understands, and variable arguments, whose list is laid out differently. */
const x86Only = /@llvm\.x86\.|x86_fp80|@llvm\.va_(?:start|copy)|\bva_arg\b| asm /;

/** Whether this IR means the same on another machine. */
export function isPortable(ir: string): boolean {
  return !x86Only.test(ir);
}

const machineWords =
  /"(?:target-cpu|target-features|tune-cpu|frame-pointer|min-legal-vector-width)"="[^"]*" ?/g;

/** The module for a machine and a level: target lines and attribute groups replaced, code untouched. */
export function forTargetAndLevel(ir: string, target: TargetName, level: OptimisationLevel): string {
  const { triple, dataLayout } = targets[target];
  const own = standardAttributes(target, level).filter((word) => word !== 'uwtable');
  const size = own.filter((word) => word === 'minsize' || word === 'optsize');
  // clang -O0 does not say how long variables live.
  const code = level === 'O0' ? ir.replaceAll(/^.* call void @llvm\.lifetime\..*\n/gm, '') : ir;
  return code
    .replace(/^target datalayout = .*$/m, `target datalayout = "${dataLayout}"`)
    .replace(/^target triple = .*$/m, `target triple = "${triple}"`)
    .replaceAll(/^(attributes #\d+ = \{ )(.*)\}$/gm, (_, start: string, words: string) => {
      const hadSize = /\b(?:minsize|optsize)\b/.test(words);
      const ofMachine = words.includes('"target-cpu"');
      const rest = words.replaceAll(/\b(?:minsize|optsize|optnone) /g, '').replaceAll(machineWords, '');
      const added = ofMachine ? own : hadSize ? size : [];
      const all = [...added, rest.trim()].filter((word) => word !== '');
      // A group must not be empty.
      return `${start}${all.length === 0 ? '"no-trapping-math"="true"' : all.join(' ')} }`;
    });
}
