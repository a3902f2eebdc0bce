// How lifted code is compiled back: as the compiler did that wrote the assembly. Nobody knows the flags
// that it ran with; what they were shows in the code (frame pointer, position independence), and for the
// level of code generation a few are tried.

import type { AssemblyFile, AssemblyFunction, TargetName } from '../lift/assembly/types.ts';
import type { OptimisationLevel } from '../llvm/module.ts';

export interface CompileSettings {
  /** Of code generation, as clang names it. */
  level: OptimisationLevel;
  /** Attributes that every defined function gets. */
  attributes: string;
  positionIndependent: boolean;
}

/** What clang writes into every function for these targets when nothing else is asked for. */
const usualAttributes: Readonly<Record<TargetName, string>> = {
  'x86-64': '"target-cpu"="x86-64" "tune-cpu"="generic"',
  aarch64: '"target-cpu"="generic" "target-features"="+fp-armv8,+neon,+outline-atomics,+v8a,-fmv"',
};

/** The frame pointer is set up at the start. */
function keepsFramePointer(target: TargetName, body: AssemblyFunction): boolean {
  const first = body.items
    .flatMap((item) => (item.kind === 'instruction' ? [item.instruction] : []))
    .slice(0, 8);
  const [from, to] = target === 'x86-64' ? ['rsp', 'rbp'] : ['sp', 'x29'];
  return first.some(({ mnemonic, operands }) => {
    const names = operands.map((operand) => (operand.kind === 'register' ? operand.name : ''));
    return /^(?:mov|add)/.test(mnemonic) && names.includes(from) && names.includes(to);
  });
}

/** The settings to try for a function, the likeliest first. */
export function likelySettings(file: AssemblyFile, body: AssemblyFunction): CompileSettings[] {
  const kept = keepsFramePointer(file.target, body);
  // On AArch64 clang leaves the frame pointer out of leaves only, unless it is told to keep it there.
  const frame = kept ? 'all' : file.target === 'aarch64' ? 'non-leaf' : 'none';
  const common = `uwtable "frame-pointer"="${frame}" ${usualAttributes[file.target]}`;
  const { positionIndependent } = file;
  const at = (level: OptimisationLevel, sizes = ''): CompileSettings => ({
    level,
    attributes: `${sizes}${common}`,
    positionIndependent,
  });
  const [plain, sized] = [at('O0'), at('Oz', 'minsize optsize ')];
  const others = [at('O2'), at('O3')];
  return kept && file.target === 'x86-64' ? [plain, sized, ...others] : [sized, ...others, plain];
}

const triples: Readonly<Record<TargetName, string>> = {
  'x86-64': 'x86_64-pc-linux-gnu',
  aarch64: 'aarch64-unknown-linux-gnu',
};

const ownSettings = /^(?:target (?:triple|datalayout)|source_filename|!llvm\.module\.flags)\b.*\n/gm;

/** What settings decide, where a candidate has it in its attribute groups. */
const ownAttributes =
  /(?:\b(?:minsize|optsize|uwtable(?:\(\w+\))?)|"(?:frame-pointer|target-cpu|target-features|tune-cpu)"="[^"]*")(?=[\s}])/g;

/** The module with these settings in place of its own. */
export function withSettings(ir: string, target: TargetName, settings: CompileSettings): string {
  const body = ir
    .replaceAll(ownSettings, '')
    .replaceAll(/^attributes #\d+ = .*$/gm, (line) => line.replaceAll(ownAttributes, ''))
    .replaceAll(/^(define\b.*?)(\s*(?:personality\b.*)?\{)$/gm, `$1 ${settings.attributes}$2`);
  const flags = settings.positionIndependent
    ? '\n!llvm.module.flags = !{!987650, !987651}\n!987650 = !{i32 8, !"PIC Level", i32 2}\n!987651 = !{i32 7, !"PIE Level", i32 2}\n'
    : '';
  return `target triple = "${triples[target]}"\n${body}${flags}`;
}
