// A plan: everything the search decides about one module. Some decisions hold for the whole module, the
// rest for one group of functions; a group is one function, or all of them where functions may not go
// separate ways. A plan is turned into a recipe to be measured.

import type { CodegenSwitch, Recipe, Step } from '../llvm/recipe.ts';
import type { PreludeName, Skeleton } from './skeleton.ts';

/** When a function stops being compiled for minimum size (-Oz) and is compiled for size (-Os). */
export type Relaxation = 'never' | 'before passes' | 'before code generation';

/** What is decided for one group of functions. */
export interface Choice {
  /** Function passes; loop passes inside their adaptors. */
  passes: readonly string[];
  relax: Relaxation;
}

export interface ModuleDecisions {
  /** Module pipelines that run before anything else. */
  before: readonly string[];
  prelude: PreludeName;
  /** All functions are compiled as at -Os from the start, so that inlining is decided as at -Os too. */
  relaxFirst: boolean;
  /** Module and call-graph passes that run between the functions' passes and the clean-up. */
  extra: readonly string[];
  neverInline: readonly string[];
  alwaysInline: readonly string[];
  switches: readonly CodegenSwitch[];
}

/** Nothing decided for the module but where known lists start from; at -O0 they start from less (module-moves.ts). */
export const undecided: ModuleDecisions = {
  before: [],
  prelude: 'raw',
  relaxFirst: false,
  extra: [],
  neverInline: [],
  alwaysInline: [],
  switches: [],
};

export interface Plan {
  module: ModuleDecisions;
  /** By group. */
  choices: ReadonlyMap<string, Choice>;
}

/** The one group of a module whose functions all take the same way. */
export const everyFunction = '*';

export function recipeOfPlan(plan: Plan, skeleton: Skeleton): Recipe {
  const { module, choices } = plan;
  const steps: Step[] = [];
  if (module.neverInline.length + module.alwaysInline.length > 0) {
    steps.push({ kind: 'inlining', never: [...module.neverInline], always: [...module.alwaysInline] });
  }
  if (module.relaxFirst) steps.push({ kind: 'relax', functions: 'all' });
  const prelude = [...module.before, skeleton.preludes[module.prelude]].join(',');
  const cleanup = [...module.extra, skeleton.cleanup].join(',');
  const common = choices.get(everyFunction);
  if (common !== undefined) {
    if (common.relax === 'before passes') steps.push({ kind: 'relax', functions: 'all' });
    const middle = common.passes.length === 0 ? [] : [`function(${common.passes.join(',')})`];
    steps.push({ kind: 'module', pipeline: [prelude, ...middle, cleanup].join(',') });
    if (common.relax === 'before code generation') steps.push({ kind: 'relax', functions: 'all' });
  } else {
    const relaxed = (when: Relaxation): string[] =>
      [...choices].filter(([, choice]) => choice.relax === when).map(([name]) => name);
    const pushRelaxed = (functions: string[]): void => {
      if (functions.length > 0) steps.push({ kind: 'relax', functions });
    };
    steps.push({ kind: 'module', pipeline: prelude });
    pushRelaxed(relaxed('before passes'));
    const pipelines = [...choices].map(([name, choice]) => [name, choice.passes.join(',')] as const);
    steps.push({ kind: 'functions', pipelines: Object.fromEntries(pipelines) });
    steps.push({ kind: 'module', pipeline: cleanup });
    pushRelaxed(relaxed('before code generation'));
  }
  if (module.switches.length > 0) steps.push({ kind: 'switches', switches: [...module.switches] });
  return steps;
}
