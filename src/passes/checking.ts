// Looks at a pipeline before LLVM does, so that a person reads "unknown pass 'sraa', nearest 'sroa'" and a
// search loses no process on it. Names, levels and the known ways to abort; whether the list is trusted is
// in the verdicts. Nothing is run here.

import { printPassName } from './grammar.ts';
import type { PassNode } from './grammar.ts';
import { containers, needMemorySsa } from './levels.ts';
import type { PassLevel } from './levels.ts';
import type { Vocabulary } from './vocabulary.ts';

export type PipelineProblemKind =
  /** No pass, adaptor or analysis of that name. */
  | 'unknown-name'
  /** The pass exists, and cannot run there. */
  | 'wrong-level'
  /** LLVM would accept it and then end the process. */
  | 'aborts'
  /** An adaptor with nothing in it, which LLVM refuses. */
  | 'empty';

export interface PipelineProblem {
  kind: PipelineProblemKind;
  /** The pass as written, with parameters. */
  pass: string;
  /** The nearest known name, for unknown ones. */
  nearest?: string;
  /** One line: what was expected and what was found. */
  message: string;
}

/** What LLVM wraps by itself: inside `key` a bare pass of these levels is accepted. */
const accepted: Readonly<Record<PassLevel, readonly PassLevel[]>> = {
  module: ['module', 'cgscc', 'function', 'loop', 'loop-mssa'],
  cgscc: ['cgscc', 'function', 'loop', 'loop-mssa'],
  function: ['function', 'loop', 'loop-mssa'],
  loop: ['loop', 'loop-mssa'],
  'loop-mssa': ['loop', 'loop-mssa'],
};

/** Every problem in the pipeline, in order; an empty list where all names are known. */
export function checkPipelineNames(nodes: readonly PassNode[], vocabulary: Vocabulary): PipelineProblem[] {
  const first = nodes[0];
  const level =
    first === undefined ? undefined : (containers.get(first.name) ?? levelOfLeaf(first, vocabulary));
  // Where the first pass is not a module pass, LLVM puts the whole text at its level.
  const top = first?.children === undefined ? (level ?? 'module') : 'module';
  return checkNodes(nodes, top === 'loop-mssa' ? 'loop' : top, vocabulary);
}

function checkNodes(nodes: readonly PassNode[], at: PassLevel, vocabulary: Vocabulary): PipelineProblem[] {
  return nodes.flatMap((node) => {
    const pass = printPassName(node);
    if (node.children === undefined) return checkLeaf(node, pass, at, vocabulary);
    if (!containers.has(node.name)) {
      const message = `expected an adaptor (${[...containers.keys()].join(', ')}) before '(', found '${pass}'`;
      return [
        { kind: 'unknown-name' as const, pass, nearest: nearest(node.name, containers.keys()), message },
      ];
    }
    if (node.name === 'repeat' && Number.parseInt(vocabulary.llvm, 10) >= 22) {
      return [
        { kind: 'unknown-name' as const, pass, message: `expected no '${pass}(…)': LLVM 22 dropped it` },
      ];
    }
    if (node.children.length === 0) {
      return [{ kind: 'empty' as const, pass, message: `expected a pass in '${pass}()', found none` }];
    }
    // Machine passes are not in the vocabulary, so what stands in there is left to LLVM.
    if (node.name === 'machine-function') return [];
    const inside = containers.get(node.name) ?? at;
    const fits = accepted[at].includes(inside) || at === inside;
    const problems = checkNodes(node.children, inside, vocabulary);
    if (fits) return problems;
    const message = `expected a ${at} pass, found '${pass}(…)'`;
    return [{ kind: 'wrong-level' as const, pass, message }, ...problems];
  });
}

function levelOfLeaf(node: PassNode, vocabulary: Vocabulary): PassLevel | undefined {
  return vocabulary.find(node)?.level;
}

function checkLeaf(node: PassNode, pass: string, at: PassLevel, vocabulary: Vocabulary): PipelineProblem[] {
  if (node.name === 'require' || node.name === 'invalidate') {
    if (node.parameters !== undefined && vocabulary.analyses.has(node.parameters)) return [];
    const near = nearest(node.parameters ?? '', vocabulary.analyses);
    const message = `expected an analysis of LLVM ${vocabulary.llvm}, found '${pass}'; nearest: '${node.name}<${near}>'`;
    return [{ kind: 'unknown-name', pass, nearest: `${node.name}<${near}>`, message }];
  }
  const anywhere = vocabulary.find(node);
  if (anywhere === undefined) {
    const near = nearest(
      node.name,
      vocabulary.passes.map((known) => known.name),
    );
    const message = `expected a pass of LLVM ${vocabulary.llvm}, found '${pass}'; nearest: '${near}'`;
    return [{ kind: 'unknown-name', pass, nearest: near, message }];
  }
  if (!accepted[at].some((level) => vocabulary.find(node, level) !== undefined)) {
    const message = `expected a ${at} pass, found the ${anywhere.level} pass '${pass}'`;
    return [{ kind: 'wrong-level', pass, message }];
  }
  if (needMemorySsa.has(node.name) && at !== 'loop-mssa') {
    return [
      { kind: 'aborts', pass, message: `expected 'loop-mssa(${pass})': LLVM aborts on '${pass}' elsewhere` },
    ];
  }
  if (node.name === 'instcombine' && !(node.parameters ?? '').split(';').includes('no-verify-fixpoint')) {
    const message = `expected 'instcombine<no-verify-fixpoint>', found '${pass}', which may abort LLVM`;
    return [{ kind: 'aborts', pass, message }];
  }
  return [];
}

/** The known name with the fewest edits from this one. */
function nearest(name: string, known: Iterable<string>): string {
  let best = '';
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const edits = editDistance(name, candidate);
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replace = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
