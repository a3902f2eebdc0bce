// Inlining of `always_inline` functions is not an optimisation: clang does it at -O0 too, and libstdc++ counts
// on it. `std::string` calls always_inline members whose bodies are here for inlining only
// (available_externally) and which no library exports, so without it the object does not link.
// Every pass list that is run on unoptimised IR therefore begins with `always-inline`, unless it has it in time.

import { passNode } from './grammar.ts';
import type { PassNode } from './grammar.ts';
import { flattenPipeline } from './nesting.ts';
import type { LevelOf } from './nesting.ts';
import { spellOutFirst } from './normalising.ts';

/** Passes and pipelines after which no call of an always_inline function is left. */
const inlinesThem = new Set([
  'always-inline',
  'default',
  'lto-pre-link',
  'thinlto-pre-link',
  'fatlto-pre-link',
]);

/** Drops the available_externally bodies, after which they cannot be inlined. */
const dropsBodies = 'elim-avail-extern';

/** True where the list itself inlines what must be inlined, before the bodies are dropped. */
export function hasMandatoryInlining(nodes: readonly PassNode[]): boolean {
  const first = flattenPipeline(nodes).find(({ name }) => inlinesThem.has(name) || name === dropsBodies);
  return first !== undefined && first.name !== dropsBodies;
}

/** The list with `always-inline` before it, where it needs that; the empty list becomes `always-inline`. */
export function withMandatoryInlining(nodes: readonly PassNode[], levelOf: LevelOf): PassNode[] {
  if (hasMandatoryInlining(nodes)) return [...nodes];
  return [passNode('always-inline'), ...spellOutFirst(nodes, levelOf)];
}
