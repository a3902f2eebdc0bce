// A recipe as one line for people. A recipe of one pipeline is that pipeline, ready for `opt -p`; anything
// more is a list of steps, which a recipe file replays (recipe-file.ts), not a shell.

import type { Recipe, Step } from '../llvm/recipe.ts';

/** More names than this are counted, not listed. */
const namesShown = 4;

function names(list: readonly string[]): string {
  if (list.length <= namesShown) return list.join(' ');
  return `${list.slice(0, namesShown).join(' ')} and ${list.length - namesShown} more`;
}

function describeStep(step: Step): string {
  switch (step.kind) {
    case 'module':
      return step.pipeline;
    case 'functions': {
      const byPipeline = new Map<string, string[]>();
      for (const [name, pipeline] of Object.entries(step.pipelines)) {
        byPipeline.set(pipeline, [...(byPipeline.get(pipeline) ?? []), name]);
      }
      return [...byPipeline].map(([pipeline, list]) => `[${names(list)}] ${pipeline}`).join('; ');
    }
    case 'inlining': {
      const never = step.never.length === 0 ? [] : [`never inline ${names(step.never)}`];
      const always = step.always.length === 0 ? [] : [`always inline ${names(step.always)}`];
      return [...never, ...always].join('; ');
    }
    case 'relax':
      return `-Os for ${step.functions === 'all' ? 'all functions' : names(step.functions)}`;
    case 'switches':
      return step.switches.map((name) => `-mllvm -${name}`).join(' ');
  }
}

/** Steps in order, separated by semicolons. An empty recipe is an empty text. */
export function describeRecipe(recipe: Recipe): string {
  return recipe
    .map(describeStep)
    .filter((text) => text !== '')
    .join('; ');
}
