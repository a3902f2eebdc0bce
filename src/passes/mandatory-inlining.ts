// Inlining of `always_inline` functions is not an optimisation: clang does it at -O0 too, and libstdc++ counts
// on it. `std::string` calls always_inline members whose bodies are here for inlining only
// (available_externally) and which no library exports, so without it the object does not link.
// Every pass list that is run on unoptimised IR therefore begins with `always-inline`, unless it has it already.

import { passNode } from './grammar.ts';
import type { PassNode } from './grammar.ts';
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

/** True where the list itself inlines what must be inlined. */
export function hasMandatoryInlining(nodes: readonly PassNode[]): boolean {
  return nodes.some((node) => inlinesThem.has(node.name) || hasMandatoryInlining(node.children ?? []));
}

/** The list with `always-inline` before it, where it needs that; the empty list becomes `always-inline`. */
export function withMandatoryInlining(nodes: readonly PassNode[], levelOf: LevelOf): PassNode[] {
  if (hasMandatoryInlining(nodes)) return [...nodes];
  return [passNode('always-inline'), ...spellOutFirst(nodes, levelOf)];
}
