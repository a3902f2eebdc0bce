// Pass lists that somebody else suggests for single functions, tried before the search has ideas of its own.
// The k-th lists of all functions are one compile of the module: inlining as at -Oz, then each function gets
// its list, then comes the module's clean-up. No other decision is taken, so that the figure is the lists'
// own. Of a module with one function the list is run as it is.
//
// A list is the pipeline of a whole module, found for a module of this one function. Of it a plan takes the
// function and loop passes, in order; `default<Oz>` and its like stand for clang's own function passes of
// that level. Module and call-graph passes are left out: there the plan decides for all functions at once.

import { levelPipeline } from '../llvm/baseline.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';
import type { OptimisationLevel } from '../llvm/module.ts';
import { recipeKey, recipeOf, type Recipe } from '../llvm/recipe.ts';
import type { Measurement } from '../llvm/worker-protocol.ts';
import { parsePipeline, passNode, printPipeline, type PassNode } from '../passes/grammar.ts';
import { withMandatoryInlining } from '../passes/mandatory-inlining.ts';
import { withSafeParameters, type LevelOf } from '../passes/nesting.ts';
import { normalisePipeline } from '../passes/normalising.ts';
import { readVocabulary } from '../passes/vocabulary.ts';
import type { Evaluator } from './evaluator.ts';
import type { SearchSpace } from './module-moves.ts';
import { everyFunction, recipeOfPlan, type Choice, type ModuleDecisions } from './plan.ts';
import type { Suggestions } from './settings.ts';
import { skeletonOf } from './skeleton.ts';
import type { SuggestedList } from './suggested-list.ts';
import { valuesByGroup } from './values-by-group.ts';

/**
 * Nothing but the functions' lists differs from -Oz. With this prelude -Oz's own lists give -Oz's sizes, and
 * other lists gain what they gain with `raw`, whose own savings would be taken for theirs (docs/lab-log.md).
 */
export const plain: ModuleDecisions = {
  before: [],
  prelude: 'light',
  relaxFirst: false,
  extra: [],
  neverInline: [],
  alwaysInline: [],
  switches: [],
};

/** Throws `usage` for a text that is no pipeline. */
export async function readSuggestions(
  installation: LlvmInstallation,
  suggestions: Suggestions,
): Promise<Map<string, SuggestedList[]>> {
  const { levelOf } = readVocabulary(installation);
  const read = new Map<string, Promise<SuggestedList>>();
  const once = (pipeline: string): Promise<SuggestedList> => {
    const known = read.get(pipeline) ?? readOne(installation, levelOf, pipeline);
    read.set(pipeline, known);
    return known;
  };
  const entries = [...suggestions].map(
    async ([name, pipelines]) => [name, await Promise.all(pipelines.map(once))] as const,
  );
  return new Map(await Promise.all(entries));
}

async function readOne(
  installation: LlvmInstallation,
  levelOf: LevelOf,
  pipeline: string,
): Promise<SuggestedList> {
  const nodes = normalisePipeline(parsePipeline(pipeline), levelOf).map(safe);
  return {
    whole: printPipeline(withMandatoryInlining(nodes, levelOf)),
    passes: await functionPasses(installation, levelOf, nodes),
    isOz: printPipeline(nodes) === 'default<Oz>',
  };
}

function safe(node: PassNode): PassNode {
  if (node.children !== undefined) return { ...node, children: node.children.map(safe) };
  const { name, parameters } = withSafeParameters({ name: node.name, parameters: node.parameters });
  return passNode(name, parameters);
}

/** The function passes of a pipeline in order, loop passes in their adaptors. */
async function functionPasses(
  installation: LlvmInstallation,
  levelOf: LevelOf,
  nodes: readonly PassNode[],
): Promise<string[]> {
  const passes: string[] = [];
  for (const node of nodes) {
    if (node.name === 'loop' || node.name === 'loop-mssa') passes.push(printPipeline([node]));
    else if (node.children !== undefined) {
      passes.push(...(await functionPasses(installation, levelOf, node.children)));
    } else if (node.name === 'default') {
      const level = node.parameters as OptimisationLevel;
      if (level === 'O0') continue;
      passes.push(...skeletonOf(await levelPipeline(installation, level)).functionPasses);
    } else if (levelOf(node) === 'function') passes.push(printPipeline([node]));
  }
  return passes;
}

/** The lists of each group of functions. Where all functions take one way, the lists that most functions got come first. */
function suggestionsOf(space: SearchSpace): ReadonlyMap<string, readonly SuggestedList[]> {
  const { suggestions, separate } = space;
  if (separate) return suggestions;
  const votes = new Map<SuggestedList, number>();
  for (const list of [...suggestions.values()].flat()) votes.set(list, (votes.get(list) ?? 0) + 1);
  const ranked = [...votes].sort(([, left], [, right]) => right - left).map(([list]) => list);
  const most = Math.max(0, ...[...suggestions.values()].map(({ length }) => length));
  return new Map([[everyFunction, ranked.slice(0, most)]]);
}

interface Standing {
  list: SuggestedList | undefined;
  value: number;
}

/**
 * Measures the suggested lists, and the best list of each function joined to one whole. What a function keeps
 * is returned; one that -Oz serves better has no entry.
 */
export async function trySuggestions(
  evaluator: Evaluator,
  space: SearchSpace,
  baseline: Recipe,
): Promise<Map<string, Choice>> {
  const { summary, skeleton, separate } = space;
  const lists = suggestionsOf(space);
  const groups = separate ? summary.functions.map(({ name }) => name) : [everyFunction];
  const oz: Choice = { passes: skeleton.functionPasses, relax: 'never' };
  const recipeOfLists = (of: ReadonlyMap<string, SuggestedList | undefined>): Recipe => {
    const chosen = groups.map((group) => of.get(group));
    if (chosen.every((list) => list === undefined || list.isOz)) return baseline;
    if (summary.functions.length === 1) return recipeOf(chosen[0]!.whole);
    const choices = new Map(groups.map((group) => [group, choiceOf(of.get(group)) ?? oz]));
    return recipeOfPlan({ module: plain, choices }, skeleton);
  };
  const ranks = Math.min(evaluator.left, Math.max(0, ...[...lists.values()].map(({ length }) => length)));
  const candidates = Array.from(
    { length: ranks },
    (_, rank) => new Map(groups.map((group) => [group, lists.get(group)?.[rank]])),
  );
  const measured = await evaluator.measure(candidates.map(recipeOfLists), 'suggestion');

  const valuesOf = (measurement: Measurement): Map<string, number> =>
    valuesByGroup(measurement, evaluator.settings.objective, separate);
  const standings = new Map<string, Standing>();
  for (const [group, value] of valuesOf(evaluator.baseline)) standings.set(group, { list: undefined, value });
  for (const [rank, measurement] of measured.entries()) {
    if (measurement === undefined) continue;
    for (const [group, value] of valuesOf(measurement)) {
      const standing = standings.get(group);
      const list = candidates[rank]!.get(group);
      if (standing === undefined || value < standing.value) standings.set(group, { list, value });
    }
  }
  const best = new Map(groups.map((group) => [group, standings.get(group)?.list]));
  const joined = recipeOfLists(best);
  const tried = new Set([baseline, ...candidates.map(recipeOfLists)].map(recipeKey));
  if (evaluator.left > 0 && !tried.has(recipeKey(joined))) await evaluator.measure([joined], 'suggestion');
  const kept = groups.flatMap((group) => {
    const choice = choiceOf(best.get(group));
    return choice === undefined ? [] : [[group, choice] as const];
  });
  return new Map(kept);
}

/** Undefined for -Oz's own. */
function choiceOf(list: SuggestedList | undefined): Choice | undefined {
  return list === undefined || list.isOz ? undefined : { passes: list.passes, relax: 'never' };
}

/** How many functions of a measured whole have a list that was suggested for them, -Oz's own not counted. */
export function countKept(
  { suggestions }: SearchSpace,
  recipe: Recipe,
  { functionInstructions = [] }: Measurement,
): number {
  const present = new Set(functionInstructions.map(({ name }) => name));
  const kept = [...suggestions].filter(([name, lists]) =>
    lists.some(
      ({ isOz, whole, passes }) =>
        !isOz &&
        recipe.some((step) =>
          step.kind === 'functions'
            ? step.pipelines[name] === passes.join(',')
            : step.kind === 'module' && step.pipeline === whole,
        ),
    ),
  );
  return kept.filter(([name]) => present.has(name)).length;
}
