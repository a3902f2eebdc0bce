// What a restored module says of its target, as clang says it for Linux, and the attributes that clang
// gives every function at a level. With these the same code generator makes the same code.

export type TargetName = 'x86-64' | 'aarch64';

/** clang's levels. What differs in the IR are the attributes; the passes are the caller's business. */
export type OptimisationLevel = 'O0' | 'O1' | 'O2' | 'O3' | 'Os' | 'Oz';

interface Target {
  triple: string;
  dataLayout: string;
  attributes: readonly string[];
}

export const targets: Record<TargetName, Target> = {
  'x86-64': {
    triple: 'x86_64-pc-linux-gnu',
    dataLayout: 'e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128',
    attributes: [
      '"target-cpu"="x86-64"',
      '"target-features"="+cmov,+cx8,+fxsr,+mmx,+sse,+sse2,+x87"',
      '"tune-cpu"="generic"',
    ],
  },
  aarch64: {
    triple: 'aarch64-unknown-linux-gnu',
    dataLayout: 'e-m:e-p270:32:32-p271:32:32-p272:64:64-i8:8:32-i16:16:32-i64:64-i128:128-n32:64-S128-Fn32',
    attributes: ['"target-cpu"="generic"', '"target-features"="+fp-armv8,+neon,+v8a,-fmv"'],
  },
};

/** Undefined for a triple of another machine. */
export function targetOf(triple: string): TargetName | undefined {
  if (/^(?:x86_64|amd64)/.test(triple)) return 'x86-64';
  if (/^(?:aarch64|arm64)/.test(triple)) return 'aarch64';
  return undefined;
}

const forLevel: Record<OptimisationLevel, readonly string[]> = {
  O0: [],
  O1: [],
  O2: [],
  O3: [],
  Os: ['optsize'],
  Oz: ['minsize', 'optsize'],
};

/** The attributes of a function at a level, as they stand in a group. */
export function standardAttributes(target: TargetName, level: OptimisationLevel): string[] {
  // clang keeps the frame pointer without optimisation; on AArch64 always, except in leaves.
  const optimised = target === 'aarch64' ? ['"frame-pointer"="non-leaf-no-reserve"'] : [];
  const framePointer = level === 'O0' ? ['"frame-pointer"="all"'] : optimised;
  return [
    ...forLevel[level],
    'uwtable',
    '"no-trapping-math"="true"',
    '"stack-protector-buffer-size"="8"',
    ...framePointer,
    ...targets[target].attributes,
  ];
}
