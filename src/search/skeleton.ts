// Takes clang's own -Oz pipeline apart: what must see the whole module first (inlining above all), what
// works on one function at a time, and the module's clean-up. Put together again with -Oz's function
// passes in the middle it is -Oz, nearly to the byte; with other ones it is the space that we search.

import { parsePipeline, printPipeline, type PassNode } from '../passes/grammar.ts';

/**
 * How much of the functions' simplification happens before inlining is decided. `bare` leaves all of it to the
 * functions' own lists, `raw` `instcombine` and `simplifycfg`; `light` runs a short fixed list; `full` is -Oz as
 * it is.
 */
export const preludeNames = ['bare', 'raw', 'light', 'full'] as const;
export type PreludeName = (typeof preludeNames)[number];

export interface Skeleton {
  preludes: Record<PreludeName, string>;
  /** -Oz's function passes, in order; loop passes inside their adaptors. */
  functionPasses: readonly string[];
  cleanup: string;
}

/** Passes that only mark, report or belong to coroutines: they never change a size. */
const idle = /^(coro-|annotation|ee-instrument|transform-warning|inject-tli)/;

/** What `light` runs on a function before its callers decide about inlining it. */
const lightPasses = parsePipeline(
  'sroa<modify-cfg>,early-cse<memssa>,simplifycfg<switch-range-to-icmp>,' +
    'instcombine<max-iterations=1;no-verify-fixpoint>,simplifycfg',
);
const rawPasses = parsePipeline('sroa<modify-cfg>,early-cse<memssa>');

/** Without the passes that `raw` leaves to each function, adaptors that became empty too. */
function withoutSimplification(nodes: readonly PassNode[]): PassNode[] {
  return nodes
    .filter((node) => !/^(simplifycfg|instcombine|mem2reg)$/.test(node.name) && !idle.test(node.name))
    .map((node) =>
      node.children === undefined ? node : { ...node, children: withoutSimplification(node.children) },
    )
    .filter((node) => node.children === undefined || node.children.length > 0);
}

/** What sees the whole module or a part of the call graph. */
function withoutFunctionPasses(nodes: readonly PassNode[]): PassNode[] {
  return nodes
    .filter(({ name }) => name !== 'function' && !idle.test(name))
    .map((node) =>
      node.children === undefined ? node : { ...node, children: withoutFunctionPasses(node.children) },
    )
    .filter((node) => node.children === undefined || node.children.length > 0);
}

/** The tree with the function adaptor of the call-graph part replaced. */
function withInnerPasses(node: PassNode, passes: PassNode[]): PassNode {
  const children = node.children?.map((child) =>
    child.name === 'function' && (child.children?.length ?? 0) > 10
      ? { ...child, children: passes }
      : withInnerPasses(child, passes),
  );
  return { ...node, children };
}

function innerPasses(node: PassNode): PassNode[] | undefined {
  if (node.name === 'function') return (node.children?.length ?? 0) > 10 ? node.children : undefined;
  for (const child of node.children ?? []) {
    const found = innerPasses(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function texts(nodes: readonly PassNode[]): string[] {
  return nodes.filter((node) => !idle.test(node.name)).map((node) => printPipeline([node]));
}

/** Throws when the pipeline is not built like clang's -Oz of LLVM 19 to 22. */
export function skeletonOf(pipeline: string): Skeleton {
  const tree = parsePipeline(pipeline);
  const callGraphAt = tree.findIndex((node) => node.name === 'cgscc');
  const lateAt = tree.findLastIndex((node) => node.name === 'function' && (node.children?.length ?? 0) > 10);
  const callGraph = tree[callGraphAt];
  const inner = callGraph === undefined ? undefined : innerPasses(callGraph);
  if (callGraph === undefined || inner === undefined || lateAt < callGraphAt) {
    throw new Error(`clang's -Oz pipeline is not built as expected: ${pipeline.slice(0, 200)}…`);
  }
  const before = tree.slice(0, callGraphAt);
  const between = tree.slice(callGraphAt + 1, lateAt);
  const early = before.flatMap((node) => (node.name === 'function' ? (node.children ?? []) : []));
  const light = [...before, withInnerPasses(callGraph, lightPasses), ...between];
  const raw = withoutSimplification([...before, withInnerPasses(callGraph, rawPasses), ...between]);
  return {
    preludes: {
      bare: printPipeline(withoutFunctionPasses([...before, callGraph, ...between])),
      raw: printPipeline(raw),
      light: printPipeline(light),
      full: printPipeline(tree.slice(0, lateAt)),
    },
    functionPasses: [
      ...texts(early.filter((node) => node.name !== 'invalidate')),
      ...texts(inner),
      ...texts(tree[lateAt]!.children!),
    ],
    cleanup: printPipeline(tree.slice(lateAt + 1)),
  };
}
