// The levels of LLVM's pass manager: what a pass is run on. A pass list is flat, a pipeline is nested; the
// levels say how to get from one to the other. `loop-mssa` is the loop level with MemorySSA kept up to
// date: LLVM 22 aborts on `licm` and `lnicm` outside it, and accepts every loop pass inside it.

/** What a pass is run on. Loop-nest passes (`loop-interchange`) are loop passes here, as in the text. */
export type PassLevel = 'module' | 'cgscc' | 'function' | 'loop' | 'loop-mssa';

/** The adaptors that a pass of this level needs around it, outermost first. */
export const adaptorsOf: Readonly<Record<PassLevel, readonly string[]>> = {
  module: [],
  cgscc: ['cgscc'],
  function: ['function'],
  loop: ['function', 'loop'],
  'loop-mssa': ['function', 'loop-mssa'],
};

/** Nodes that hold other nodes, and the level that their children are at (undefined: the same as theirs). */
export const containers: ReadonlyMap<string, PassLevel | undefined> = new Map([
  ['module', 'module'],
  ['coro-cond', 'module'],
  ['cgscc', 'cgscc'],
  ['devirt', 'cgscc'],
  ['function', 'function'],
  ['loop', 'loop'],
  ['loop-mssa', 'loop-mssa'],
  ['machine-function', undefined],
  ['repeat', undefined],
]);

/** Loop passes that abort the process in `loop(…)` and must stand in `loop-mssa(…)`. */
export const needMemorySsa: ReadonlySet<string> = new Set(['licm', 'lnicm']);
