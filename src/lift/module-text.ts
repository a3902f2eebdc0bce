// The frame of a module around one function: target, attributes as clang writes them, module flags.

import type { AssemblyFile, AssemblyFunction } from './assembly/types.ts';
import type { Target } from './targets/target.ts';

/** How the input was compiled, as far as it steers code generation. */
export type Level = 'O0' | 'O2' | 'Os' | 'Oz';

const levelAttributes: Record<Level, string> = { O0: '', O2: '', Os: 'optsize ', Oz: 'minsize optsize ' };

const machineAttributes: Record<string, string> = {
  'x86-64':
    '"min-legal-vector-width"="0" "no-trapping-math"="true" "target-cpu"="x86-64" "target-features"="+cmov,+cx8,+fxsr,+mmx,+sse,+sse2,+x87" "tune-cpu"="generic"',
  aarch64:
    '"no-trapping-math"="true" "target-cpu"="generic" "target-features"="+fp-armv8,+neon,+outline-atomics,+v8a"',
};

/** Compilers align functions to 16 bytes, except where they work for size. */
export function guessLevel(source: AssemblyFunction): Level {
  return source.alignment >= 4 ? 'O2' : 'Oz';
}

/** Whether the function keeps a frame pointer: its first instructions set it up. */
function keepsFramePointer(source: AssemblyFunction): boolean {
  let looked = 0;
  for (const item of source.items) {
    if (item.kind !== 'instruction') continue;
    if (looked++ > 5) return false;
    const { mnemonic, operands } = item.instruction;
    const names = operands.map((operand) => (operand.kind === 'register' ? operand.name : ''));
    if (mnemonic.startsWith('mov') && names[0] === 'rsp' && names[1] === 'rbp') return true;
    if ((mnemonic === 'mov' || mnemonic === 'add') && names[0] === 'x29' && names[1] === 'sp') return true;
  }
  return false;
}

export function attributesOf(source: AssemblyFunction, target: Target, level: Level): string {
  const frame = keepsFramePointer(source)
    ? target.name === 'aarch64'
      ? '"frame-pointer"="non-leaf" '
      : '"frame-pointer"="all" '
    : '';
  return `nounwind ${levelAttributes[level]}uwtable ${frame}${machineAttributes[target.name]} `;
}

export function moduleText(
  file: AssemblyFile,
  target: Target,
  triple: string,
  globals: readonly string[],
  declarations: Iterable<string>,
  definition: string,
): string {
  const flags = file.positionIndependent
    ? [
        '!llvm.module.flags = !{!0, !1, !2}',
        '!0 = !{i32 8, !"PIC Level", i32 2}',
        '!1 = !{i32 7, !"PIE Level", i32 2}',
        '!2 = !{i32 7, !"uwtable", i32 2}',
      ]
    : ['!llvm.module.flags = !{!0}', '!0 = !{i32 7, !"uwtable", i32 2}'];
  const parts = [
    `target datalayout = "${target.dataLayout}"\ntarget triple = "${triple}"`,
    globals.join('\n'),
    definition,
    [...declarations].join('\n'),
    flags.join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
