// What is done to a module before code is generated for it: a list of steps, run in order. A plain pass
// list is a recipe of one step. Recipes are data: they are compared, cached, sent to workers and printed.

/** Runs one pipeline over the whole module. */
export interface ModuleStep {
  kind: 'module';
  pipeline: string;
}

/** Runs a pipeline of its own (function passes only) over each named function. */
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

export type Step = ModuleStep | FunctionsStep | InliningStep;

export type Recipe = Step[];

export function recipeOf(pipeline: string): Recipe {
  return [{ kind: 'module', pipeline }];
}

/** Equal recipes have equal keys. */
export function recipeKey(recipe: Recipe): string {
  return JSON.stringify(recipe);
}
