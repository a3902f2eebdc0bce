// Cuts each function out of a module as a module of its own: the function defined and visible, small
// constants such as string literals kept, everything else that it needs declared. Like `llvm-extract
// --func`, but all functions of a module in one pass over its text, where a copy of the module for each
// function would cost time proportional to their product. What comes out is what LLVM must still accept:
// the compile worker reads and verifies every piece (see worker-main.ts).

import { endOfType, eachName, readIrText, replaceNames, type IrText } from './ir-text.ts';

export interface CutFunction {
  /** Without `@` and quotes. */
  name: string;
  ir: string;
  /** In the function's body. */
  instructions: number;
}

/** An initialiser of more characters than this stays behind: the constant is declared. */
const longestInitialiser = 512;

const linkages =
  'private|internal|available_externally|linkonce|linkonce_odr|weak|weak_odr|common|appending|extern_weak|external';
const definitionLinkage = new RegExp(`^define (?:(${linkages}) )?`);
const globalLinkage = new RegExp(`^(?:(${linkages}) )?`);

/** The words before a type: `dso_local thread_local(initialexec) unnamed_addr addrspace(1) global `. */
const globalKeyword = /^(?:[a-z_]+(?:\([^)]*\))? )*?(global|constant|alias|ifunc) /;

/** Comdats, sections and attachments mean something between files only, or nothing without their metadata. */
function withoutFilePlaces(text: string): string {
  return text.replaceAll(/,? comdat(\([^)]*\))?/g, '').replaceAll(/,? section "[^"]*"/g, '');
}

/** The function itself, as a function that other files may call, whatever it was. */
function visible(definition: string): string {
  const newline = definition.indexOf('\n');
  const header = definition.slice(0, newline).replace(definitionLinkage, 'define ');
  const shown = /^define (dso_local|dso_preemptable)/.test(header)
    ? header
    : header.replace('define ', 'define dso_local ');
  return withoutFilePlaces(shown) + definition.slice(newline).replaceAll(/, !srcloc !\d+/g, '');
}

/** `define … {` → `declare …`. */
function declared(definition: string): string {
  const header = definition.slice(0, definition.indexOf('\n')).replace(/ \{$/, '');
  const local = /^define (private|internal) /.test(header);
  const open = header.replace(definitionLinkage, local ? 'declare dso_local ' : 'declare ');
  return withoutFilePlaces(open)
    .replace(/ (personality|prefix|prologue) .*$/, '')
    .replaceAll(/ ![a-z.]+ !\d+/g, '');
}

/** Whether a global variable is small and can never change: then functions are optimised knowing it. */
function isKept(line: string, name: string): boolean {
  const rest = line.slice(name.length + 3);
  return (
    /^(private|internal) ((local_)?unnamed_addr )?(constant) /.test(rest) && rest.length <= longestInitialiser
  );
}

/** A variable, alias or ifunc → its declaration. */
function declaredGlobal(line: string, name: string): string {
  const rest = line.slice(name.length + 3);
  const [, linkage] = globalLinkage.exec(rest) ?? [];
  if (linkage === 'external' || linkage === 'extern_weak') return line;
  const open = rest.replace(globalLinkage, '');
  const local = linkage === 'private' || linkage === 'internal' ? 'dso_local ' : '';
  const [head = '', keyword] = globalKeyword.exec(open) ?? [];
  if (keyword === 'alias' || keyword === 'ifunc') {
    const from = head.length;
    const end = endOfType(open, from);
    const type = open.slice(from, end);
    const parameters = open.startsWith(' (', end) ? open.slice(end + 1, endOfType(open, end + 1)) : undefined;
    if (parameters !== undefined) return `declare ${local}${type} ${name}${parameters}`;
    return `${name} = external ${local}global ${type}`;
  }
  if (keyword === undefined) return line;
  const end = endOfType(open, head.length);
  const alignment = /, align \d+/.exec(open.slice(end))?.[0] ?? '';
  return `${name} = external ${local}${open.slice(0, end)}${alignment}`;
}

/** The bodies of a module's functions in text: two spaces before every instruction, more before the rest of one. */
export function countInstructions(definition: string): number {
  return definition.match(/^ {2}[^\s\]]/gm)?.length ?? 0;
}

class Cutter {
  private readonly text: IrText;
  private readonly declarations = new Map<string, string>();
  /** The names in types, declarations and metadata, which many functions share. */
  private readonly names = new Map<string, string[]>();
  private readonly placeOfType: Map<string, number>;

  constructor(text: IrText) {
    this.text = text;
    this.placeOfType = new Map([...text.types.keys()].map((name, at) => [name, at]));
  }

  private namesIn(piece: string): string[] {
    let names = this.names.get(piece);
    if (names === undefined) {
      const found = new Set<string>();
      eachName(piece, (name) => found.add(name));
      names = [...found];
      this.names.set(piece, names);
    }
    return names;
  }

  /** The line that stands for a global in the module of another function. */
  private lineOf(name: string): string | undefined {
    const known = this.declarations.get(name);
    if (known !== undefined) return known;
    const { text } = this;
    let line = text.declarations.get(name);
    const definition = text.definitions.get(name);
    const global = text.globals.get(name);
    if (definition !== undefined) line = declared(definition);
    else if (global !== undefined)
      line = withoutFilePlaces(isKept(global, name) ? global : declaredGlobal(global, name));
    if (line !== undefined) this.declarations.set(name, line);
    return line;
  }

  cut(name: string): string {
    const { text } = this;
    const definition = visible(text.definitions.get(name)!);
    const types = new Set<string>();
    const variables: string[] = [];
    const functions: string[] = [];
    const seen = new Set([name]);
    const attributes = new Map<string, string>();
    const metadata = new Map<string, string>();
    const flags = text.moduleFlags;
    // References are followed as they are met, so that everything is in the order in which it is needed.
    const use = (found: string): void => {
      if (found[0] === '%') {
        const type = text.types.get(found);
        if (type === undefined || types.has(found)) return;
        types.add(found);
        follow(type);
      } else if (found[0] === '#') {
        if (!attributes.has(found)) attributes.set(found, `#${attributes.size}`);
      } else if (found[0] === '!') {
        if (metadata.has(found)) return;
        metadata.set(found, `!${metadata.size}`);
        follow(text.metadata.get(found) ?? '');
      } else if (!seen.has(found)) {
        seen.add(found);
        const line = this.lineOf(found);
        if (line === undefined) return;
        (line[0] === '@' ? variables : functions).push(line);
        follow(line);
      }
    };
    const follow = (piece: string): void => this.namesIn(piece).forEach(use);
    eachName(definition, use);
    flags.forEach(use);
    const renumber = (piece: string): string =>
      replaceNames(piece, (found) => attributes.get(found) ?? metadata.get(found) ?? found);
    const place = (type: string): number => this.placeOfType.get(type)!;
    const typeLines = [...types].sort((a, b) => place(a) - place(b)).map((type) => text.types.get(type)!);
    const attributeLines = [...attributes].map(
      ([from, to]) => `attributes ${to} = { ${text.attributes.get(from) ?? ''} }`,
    );
    const metadataLines = [...metadata].map(
      ([from, to]) => `${to} = ${renumber(text.metadata.get(from) ?? '!{}')}`,
    );
    const flagLines = flags.length === 0 ? [] : [`!llvm.module.flags = !{${flags.map(renumber).join(', ')}}`];
    const parts = [
      [text.dataLayout, text.triple],
      typeLines,
      variables.map(renumber),
      [renumber(definition)],
      functions.map(renumber),
      attributeLines,
      flagLines,
      metadataLines,
    ];
    const shown = parts.map((part) => part.filter((line) => line !== '')).filter((part) => part.length > 0);
    return `${shown.map((part) => part.join('\n')).join('\n\n')}\n`;
  }
}

/** All functions with a body, in the order of the module. `text` is as LLVM prints it. */
export function cutFunctions(text: string): CutFunction[] {
  const read = readIrText(text);
  const cutter = new Cutter(read);
  return [...read.definitions].map(([name, definition]) => ({
    name: name.replace(/^@"?/, '').replace(/"$/, ''),
    ir: cutter.cut(name),
    instructions: countInstructions(definition),
  }));
}

/**
 * A module's text without what says where it was made: the name of the source, the compiler's signature,
 * and comments.
 */
export function plainModuleText(text: string): string {
  return text
    .replaceAll(/^(; ModuleID|source_filename|!llvm\.ident|; Function Attrs).*\n/gm, '')
    .replaceAll(/^([-\w.$"]+:)\s*;.*$/gm, '$1')
    .trimStart();
}
