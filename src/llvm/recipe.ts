// What is done to a module before and while code is generated for it: a list of steps, run in order. A
// plain pass list is a recipe of one step. Recipes are data: they are compared, sent to workers, written
// to files and replayed. Every step keeps the meaning of the program; only its size may change.

/** Runs one pipeline over the whole module. */
export interface ModuleStep {
  kind: 'module';
  pipeline: string;
}

/** Runs a pipeline of its own (function passes only) over each named function. Needs LLVM 20 or newer. */
export interface FunctionsStep {
  kind: 'functions';
  pipelines: Record<string, string>;
}

/** Decides for single functions whether their callers may copy them. */
export interface InliningStep {
  kind: 'inlining';
  never: string[];
  always: string[];
}

/**
 * Functions that are compiled as at -Os instead of -Oz from here on (`optsize` without `minsize`): on
 * x86-64 -Oz writes `push 1; pop rax`, two bytes less code and four bytes more unwind table.
 */
export interface RelaxStep {
  kind: 'relax';
  functions: string[] | 'all';
}

/** Code generation switches of LLVM, as `-mllvm` takes them. Holds for the whole module. */
export interface SwitchesStep {
  kind: 'switches';
  switches: CodegenSwitch[];
}

export type Step = ModuleStep | FunctionsStep | InliningStep | RelaxStep | SwitchesStep;

export type Recipe = Step[];

/** The code generation switches that we use, each with the words that put LLVM's default back. */
export const codegenSwitches = {
  'disable-lsr': 'disable-lsr=false',
  'disable-block-placement': 'disable-block-placement=false',
  'disable-machine-cse': 'disable-machine-cse=false',
  'disable-machine-sink': 'disable-machine-sink=false',
  'disable-machine-licm': 'disable-machine-licm=false',
  'disable-copyprop': 'disable-copyprop=false',
  'twoaddr-reschedule=false': 'twoaddr-reschedule=true',
  'pre-RA-sched=list-burr': 'pre-RA-sched=default',
  'regalloc-csr-first-time-cost=10000': 'regalloc-csr-first-time-cost=0',
} as const;

export type CodegenSwitch = keyof typeof codegenSwitches;

export function recipeOf(pipeline: string): Recipe {
  return [{ kind: 'module', pipeline }];
}

/** The code generation switches of a recipe, in a fixed order. */
export function switchesOf(recipe: Recipe): CodegenSwitch[] {
  return recipe.flatMap((step) => (step.kind === 'switches' ? step.switches : [])).sort();
}

/** Equal recipes have equal keys. */
export function recipeKey(recipe: Recipe): string {
  return JSON.stringify(recipe);
}
