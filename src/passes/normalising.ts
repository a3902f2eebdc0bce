// One form for pipelines that mean the same, so that equal lists compare equal and are compiled once. Only
// what certainly changes nothing is touched: passes that do nothing, empty adaptors, adaptors directly
// inside one of their own kind, empty parameter words. Neighbouring adaptors are never merged, because
// `function(a),function(b)` and `function(a,b)` visit the functions in another order.

import { passNode } from './grammar.ts';
import type { PassNode } from './grammar.ts';
import { adaptorsOf, containers } from './levels.ts';
import type { PassLevel } from './levels.ts';
import type { LevelOf } from './nesting.ts';

const doesNothing = /^(no-op-|verify$)/;

/**
 * The canonical form. `verify` goes too: it reports, it changes no code. Order and spelling of
 * parameters stay (of `pre;no-pre` the last one counts); `<>` and a trailing `;` go.
 *
 * With `levelOf`, passes without their adaptors are wrapped as LLVM would do it, a run of bare
 * passes at the start included (`sroa,dce` is `function(sroa,dce)`, `globaldce,sroa,dce` is
 * `globaldce,function(sroa),function(dce)`).
 */
export function normalisePipeline(nodes: readonly PassNode[], levelOf?: LevelOf): PassNode[] {
  const explicit = levelOf === undefined ? nodes : spellOutFirst(nodes, levelOf);
  return simplify(explicit, 'module', levelOf);
}

function simplify(nodes: readonly PassNode[], at: PassLevel, levelOf: LevelOf | undefined): PassNode[] {
  return nodes.flatMap((node): PassNode[] => {
    const parameters = simplifyParameters(node.parameters);
    if (node.children === undefined) {
      if (doesNothing.test(node.name) && parameters === undefined) return [];
      const leaf = passNode(node.name, parameters);
      return levelOf === undefined ? [leaf] : [wrap(leaf, at, levelOf)];
    }
    const inside = containers.get(node.name) ?? at;
    const children = simplify(node.children, inside, levelOf);
    if (children.length === 0) return [];
    if (node.name === at && parameters === undefined) return children;
    const redundant = children.length === 1 && children[0]!.name === node.name && parameters === undefined;
    return redundant ? children : [passNode(node.name, parameters, children)];
  });
}

function simplifyParameters(parameters: string | undefined): string | undefined {
  const words = parameters?.split(';').filter((word) => word !== '');
  return words === undefined || words.length === 0 ? undefined : words.join(';');
}

/** Levels from the outside in; a loop pass may stand at either loop level. */
const depths: Readonly<Record<PassLevel, number>> = {
  module: 0,
  cgscc: 1,
  function: 2,
  loop: 3,
  'loop-mssa': 3,
};

function missingAdaptors(at: PassLevel, level: PassLevel): readonly string[] {
  // LLVM wraps a bare loop pass in `loop`, whatever it needs.
  const wanted = adaptorsOf[level === 'loop-mssa' ? 'loop' : level];
  return wanted.filter((adaptor) => depths[adaptor as PassLevel] > depths[at]);
}

function wrap(leaf: PassNode, at: PassLevel, levelOf: LevelOf): PassNode {
  const level = levelOf(leaf) ?? at;
  return missingAdaptors(at, level).reduceRight<PassNode>(
    (inner, adaptor) => passNode(adaptor, undefined, [inner]),
    leaf,
  );
}

/** LLVM lets the first pass decide: when it is not a module pass, the whole text is put into its adaptors. */
export function spellOutFirst(nodes: readonly PassNode[], levelOf: LevelOf): readonly PassNode[] {
  const first = nodes[0];
  if (first === undefined || containers.has(first.name)) return wrapContainer(nodes);
  const level = levelOf(first) ?? 'module';
  return missingAdaptors('module', level).reduceRight<readonly PassNode[]>(
    (inner, adaptor) => [passNode(adaptor, undefined, [...inner])],
    nodes,
  );
}

function wrapContainer(nodes: readonly PassNode[]): readonly PassNode[] {
  const first = nodes[0]?.name;
  if (first === 'loop' || first === 'loop-mssa') return [passNode('function', undefined, [...nodes])];
  if (first === 'devirt') return [passNode('cgscc', undefined, [...nodes])];
  return nodes;
}
