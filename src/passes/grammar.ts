// The text of LLVM's new pass manager (`opt -passes=…`) as a tree, and back without loss. Think of it as
// names with optional `<parameters>` and optional `(children)`, separated by commas; nothing here knows
// which names exist or where they may stand (vocabulary.ts and checking.ts do). What
// `opt -print-pipeline-passes` writes comes back byte for byte, also its oddities: `early-cse<>`,
// `<…;vectorize-forced-only;>`, `print<structural-hash><detailed>`.

import { OzmaError } from '../common/errors.ts';

/** One pass or adaptor of a pipeline, as written. */
export interface PassNode {
  /** `sroa`, `function`, `print`; of several groups in angle brackets all but the last belong to the name. */
  name: string;
  /** The text inside the last `<…>`, `''` for `<>`, undefined where there are no angle brackets. */
  parameters: string | undefined;
  /** What stands in parentheses, undefined where there are none. */
  children: PassNode[] | undefined;
}

/** A node of the tree; leave out what is not there. */
export function passNode(name: string, parameters?: string, children?: PassNode[]): PassNode {
  return { name, parameters, children };
}

/** The node without its children: `devirt<4>`, `early-cse<>`, `sroa`. */
export function printPassName(node: Pick<PassNode, 'name' | 'parameters'>): string {
  return node.parameters === undefined ? node.name : `${node.name}<${node.parameters}>`;
}

/** The pipeline as LLVM reads it: no spaces. */
export function printPipeline(nodes: readonly PassNode[]): string {
  return nodes
    .map((node) =>
      node.children === undefined
        ? printPassName(node)
        : `${printPassName(node)}(${printPipeline(node.children)})`,
    )
    .join(',');
}

/** LLVM's own adaptors are four: module, cgscc, function, loop. A model's answer may be any number. */
const deepest = 64;

const nameText = /[^\s<>(),]+/y;
const space = /\s*/y;

/**
 * Reads a pipeline. Space around names, commas and parentheses is allowed and forgotten (LLVM itself
 * refuses it); an empty text is an empty pipeline, and `function()` has an empty list of children.
 * Throws `usage` with the position (from 1), what was expected there and what was found.
 */
export function parsePipeline(text: string): PassNode[] {
  let position = 0;
  let lists = 0;

  const skipSpace = (): void => {
    space.lastIndex = position;
    space.exec(text);
    position = space.lastIndex;
  };

  const fail = (expected: string, at = position): never => {
    const found = at >= text.length ? 'the end' : `'${text.slice(at, at + 20)}'`;
    throw new OzmaError('usage', `pipeline, character ${at + 1}: expected ${expected}, found ${found}`);
  };

  /** The inside of one `<…>`, which may hold further ones. */
  const parseAngles = (): string => {
    const start = position;
    let depth = 0;
    do {
      const character = text[position];
      if (character === undefined) return fail(`'>' for the '<' at character ${start + 1}`);
      if (character === '<') depth += 1;
      if (character === '>') depth -= 1;
      position += 1;
    } while (depth > 0);
    return text.slice(start + 1, position - 1);
  };

  const parseNode = (): PassNode => {
    skipSpace();
    nameText.lastIndex = position;
    const match = nameText.exec(text);
    if (match === null) return fail('a pass name');
    position = nameText.lastIndex;
    const groups: string[] = [];
    while (text[position] === '<') groups.push(parseAngles());
    const parameters = groups.pop();
    const name = match[0] + groups.map((group) => `<${group}>`).join('');
    skipSpace();
    if (text[position] !== '(') return { name, parameters, children: undefined };
    const opening = position;
    position += 1;
    if (++lists > deepest) return fail(`at most ${deepest} lists in each other`, opening);
    const children = parseList();
    lists -= 1;
    if (text[position] !== ')') return fail(`',' or ')' for the '(' at character ${opening + 1}`);
    position += 1;
    skipSpace();
    return { name, parameters, children };
  };

  const parseList = (): PassNode[] => {
    skipSpace();
    if (position >= text.length || text[position] === ')') return [];
    const nodes = [parseNode()];
    while (text[position] === ',') {
      position += 1;
      nodes.push(parseNode());
    }
    return nodes;
  };

  const nodes = parseList();
  if (position < text.length) fail("',' or the end");
  return nodes;
}
