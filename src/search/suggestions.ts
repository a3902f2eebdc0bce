// Pass lists that somebody else suggests for single functions. The k-th lists of all functions are one compile of
// the module, in the place of one of the search's own known lists: inlining, code generation and clean-up are
// decided as for those, each function keeps what made it smallest, and the search goes on from there.
//
// A list is the pipeline of a whole module, found for a module of this one function. Of it a plan takes the
// function and loop passes, in order; `default<Oz>` and its like stand for clang's own function passes of
// that level. Module and call-graph passes are left out: there the plan decides for all functions at once.

import { levelPipeline } from '../llvm/baseline.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';
import type { OptimisationLevel } from '../llvm/module.ts';
import type { Recipe } from '../llvm/recipe.ts';
import type { Measurement } from '../llvm/worker-protocol.ts';
import { parsePipeline, passNode, printPipeline, type PassNode } from '../passes/grammar.ts';
import { withSafeParameters, type LevelOf } from '../passes/nesting.ts';
import { normalisePipeline } from '../passes/normalising.ts';
import { readVocabulary } from '../passes/vocabulary.ts';
import type { SearchSpace } from './module-moves.ts';
import { everyFunction, type Choice } from './plan.ts';
import type { Suggestions } from './settings.ts';
import { skeletonOf } from './skeleton.ts';
import type { SuggestedList } from './suggested-list.ts';

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

/**
 * The suggested lists as choices, rank by rank: the first lists of all functions, then the second ones. A function
 * without a list of that rank takes `usual`, and so is every list compiled with the relaxation of `usual`.
 */
export function suggestedChoices(space: SearchSpace, usual: Choice): Map<string, Choice>[] {
  const { summary, separate } = space;
  const lists = suggestionsOf(space);
  const groups = separate ? summary.functions.map(({ name }) => name) : [everyFunction];
  const ranks = Math.max(0, ...groups.map((group) => lists.get(group)?.length ?? 0));
  return Array.from({ length: ranks }, (_, rank) => {
    const choiceOf = (group: string): Choice => {
      const passes = lists.get(group)?.[rank]?.passes ?? [];
      return passes.length === 0 ? usual : { passes, relax: usual.relax };
    };
    return new Map(groups.map((group) => [group, choiceOf(group)]));
  });
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
      ({ isOz, passes }) =>
        !isOz &&
        recipe.some((step) => step.kind === 'functions' && step.pipelines[name] === passes.join(',')),
    ),
  );
  return kept.filter(([name]) => present.has(name)).length;
}
