// A printed module taken apart into the lines that matter: named types, globals, functions with their
// instructions as token lists, attribute groups. It reads what LLVM prints and what restore-ir.ts writes,
// one instruction a line or continued on deeper lines. It is not a parser of LLVM-IR: nothing is checked.

import { tokenise } from './tokens.ts';
import { Types } from './types.ts';

export interface BodyLine {
  /** Of a block that starts here. */
  label?: string;
  /** Of an instruction. */
  tokens?: string[];
}

export interface FunctionText {
  name: string;
  /** From after `define` to before `{`. */
  header: string[];
  body: BodyLine[];
}

export interface GlobalText {
  name: string;
  /** After `=`. */
  tokens: string[];
}

export interface ModuleText {
  triple: string;
  types: Types;
  globals: GlobalText[];
  functions: FunctionText[];
  /** From after `declare`. */
  declarations: string[][];
  attributeGroups: Map<string, string[]>;
  /** Nodes by `!number`, as text. */
  metadata: Map<string, string>;
}

export function readModule(text: string): ModuleText {
  const module: ModuleText = {
    triple: '',
    types: new Types(),
    globals: [],
    functions: [],
    declarations: [],
    attributeGroups: new Map(),
    metadata: new Map(),
  };
  let current: FunctionText | undefined;
  let brackets = 0;
  for (const raw of text.split('\n')) {
    const line = withoutComment(raw);
    if (line.trim() === '') continue;
    if (current !== undefined) {
      if (line === '}') current = undefined;
      else brackets = readBodyLine(current, line, brackets);
      continue;
    }
    if (line.startsWith('define ')) {
      current = readHeader(line);
      brackets = 0;
      module.functions.push(current);
    } else readModuleLine(module, line);
  }
  return module;
}

/** `;` starts a comment outside quotes. */
function withoutComment(line: string): string {
  const at = line.indexOf(';');
  if (at < 0) return line;
  if (!line.includes('"')) return line.slice(0, at).trimEnd();
  return /^(?:[^";]|"[^"]*")*/.exec(line)![0].trimEnd();
}

function readModuleLine(module: ModuleText, line: string): void {
  if (line.startsWith('@')) {
    const [name, , ...tokens] = tokenise(line);
    module.globals.push({ name: nameOf(name!), tokens });
  } else if (line.startsWith('%')) {
    const [name, , , ...tokens] = tokenise(line);
    module.types.define(name!, tokens);
  } else if (line.startsWith('declare ')) {
    module.declarations.push(tokenise(line).slice(1));
  } else if (line.startsWith('attributes ')) {
    const [, group, , , ...words] = tokenise(line);
    module.attributeGroups.set(group!, words.slice(0, -1));
  } else if (line.startsWith('target triple')) {
    module.triple = /"([^"]*)"/.exec(line)?.[1] ?? '';
  } else if (line.startsWith('!')) {
    const node = /^(!\d+) = (?:distinct )?(.*)$/.exec(line);
    if (node !== null) module.metadata.set(node[1]!, node[2]!);
  }
}

function readHeader(line: string): FunctionText {
  const header = tokenise(line).slice(1, -1);
  const name = header.find((token, index) => token.startsWith('@') && header[index + 1] === '(');
  return { name: nameOf(name ?? '@'), header, body: [] };
}

/** One line of a body; returns how many switch brackets are still open after it. */
function readBodyLine(current: FunctionText, line: string, brackets: number): number {
  const label = /^("[^"]*"|[-\w$.]+):/.exec(line);
  if (label !== null && brackets === 0) {
    current.body.push({ label: `%${label[1]!}` });
    return 0;
  }
  const tokens = tokenise(line);
  // Debug records and use-list orders.
  if (line.trimStart().startsWith('#dbg_') || tokens[0] === 'uselistorder') return brackets;
  const continues = brackets > 0 || /^ {4}/.test(line) || tokens[0] === ']';
  if (continues) current.body.at(-1)?.tokens?.push(...tokens);
  else current.body.push({ tokens });
  for (const token of tokens) {
    if (token === '[') brackets++;
    else if (token === ']') brackets--;
  }
  return brackets;
}

/** The name behind `@name` or `@"quoted\20name"`. */
export function nameOf(token: string): string {
  const name = token.slice(1);
  if (!name.startsWith('"')) return name;
  return name.slice(1, -1).replace(/\\([0-9A-Fa-f]{2})/g, (_, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
}

/** A name as LLVM's parser takes it, without the `@`. */
export function quotedName(name: string): string {
  if (/^[-a-zA-Z$._][-\w$.]*$/.test(name)) return name;
  const escaped = name.replace(/["\\]|[^\x20-\x7e]/g, (character) => {
    return `\\${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}
