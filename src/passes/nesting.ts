// Flat pass lists to pipelines and back. A flat list is what is searched, sampled and learnt; LLVM wants
// each pass inside the adaptors of its level, so neighbours of one level share one adaptor, as a person
// would write it: `sroa, licm, inline` → `function(sroa,loop-mssa(licm)),cgscc(inline)`. Sharing is part of
// the meaning: `function(a,b)` runs both on one function before the next, `function(a),function(b)` does not.

import { OzmaError } from '../common/errors.ts';
import { passNode, printPassName, printPipeline } from './grammar.ts';
import type { PassNode } from './grammar.ts';
import { adaptorsOf, containers } from './levels.ts';
import type { PassLevel } from './levels.ts';

/** One pass of a flat list. `parameters` is the text between `<` and `>`. */
export interface FlatPass {
  name: string;
  parameters?: string | undefined;
}

/** Says at which level a pass runs; `Vocabulary.levelOf` is the usual one. Undefined: no such pass. */
export type LevelOf = (pass: FlatPass) => PassLevel | undefined;

/**
 * Plain `instcombine` checks that it reached a fixpoint and aborts the process where it did not, so a
 * generated list always asks for `no-verify-fixpoint`.
 */
export function withSafeParameters(pass: FlatPass): FlatPass {
  if (pass.name !== 'instcombine') return pass;
  const words = (pass.parameters ?? '')
    .split(';')
    .filter((word) => word !== '' && word !== 'verify-fixpoint');
  if (!words.includes('no-verify-fixpoint')) words.push('no-verify-fixpoint');
  return { name: pass.name, parameters: words.join(';') };
}

/**
 * The tree of a flat list: each pass inside the adaptors of its level, neighbours of a level together.
 * Throws `usage` for a pass that `levelOf` does not know.
 */
export function nestPassNodes(flat: readonly FlatPass[], levelOf: LevelOf): PassNode[] {
  const top: PassNode[] = [];
  for (const given of flat) {
    const level = levelOf(given);
    if (level === undefined) {
      throw new OzmaError('usage', `expected a pass of this LLVM, found '${printPassName(asNode(given))}'`);
    }
    let siblings = top;
    for (const adaptor of adaptorsOf[level]) {
      let last = siblings.at(-1);
      if (last?.name !== adaptor || last.children === undefined) {
        last = passNode(adaptor, undefined, []);
        siblings.push(last);
      }
      siblings = last.children!;
    }
    siblings.push(asNode(withSafeParameters(given)));
  }
  return top;
}

/** The pipeline text of a flat list (see `nestPassNodes`). */
export function nestPasses(flat: readonly FlatPass[], levelOf: LevelOf): string {
  return printPipeline(nestPassNodes(flat, levelOf));
}

/**
 * The passes of a pipeline in the order they are written. Adaptors, their parameters (`eager-inv`) and
 * repetition (`devirt<4>`) are lost, so nesting the result again is the same pipeline only for lists that
 * `nestPasses` could have written.
 */
export function flattenPipeline(nodes: readonly PassNode[]): FlatPass[] {
  return nodes.flatMap((node) =>
    node.children !== undefined && containers.has(node.name)
      ? flattenPipeline(node.children)
      : [
          node.parameters === undefined
            ? { name: node.name }
            : { name: node.name, parameters: node.parameters },
        ],
  );
}

function asNode(pass: FlatPass): PassNode {
  return passNode(pass.name, pass.parameters);
}
