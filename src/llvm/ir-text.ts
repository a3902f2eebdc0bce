// LLVM's textual IR taken apart into its top-level entities, line by line. To think of it: an index of the
// text that LLVMPrintModuleToString wrote, not a parser; only that printer's layout is understood. Whether
// what is made of the pieces is IR is for LLVM to say.

export interface IrText {
  dataLayout: string;
  triple: string;
  /** `%struct.s = type { … }` by `%struct.s`, in the order of the module; so are all the others. */
  types: Map<string, string>;
  /** Global variables, aliases and ifuncs: the whole line by `@name`. */
  globals: Map<string, string>;
  declarations: Map<string, string>;
  /** From `define` to `}`. */
  definitions: Map<string, string>;
  /** What stands between the braces, by `#0`. */
  attributes: Map<string, string>;
  /** What stands after `=`, by `!0`. */
  metadata: Map<string, string>;
  /** The names in `!llvm.module.flags`. */
  moduleFlags: string[];
}

const globalName = /^@(?:"[^"]*"|[-\w.$]+)/;
const functionName = /@(?:"[^"]*"|[-\w.$]+)(?=\()/;

/** Comments that the printer adds: who jumps here, and what attributes mean. */
function withoutComments(line: string): string {
  return /^[-\w.$"]+:\s*;/.test(line) ? line.replace(/\s*;.*$/, '') : line;
}

export function readIrText(text: string): IrText {
  const found: IrText = {
    dataLayout: '',
    triple: '',
    types: new Map(),
    globals: new Map(),
    declarations: new Map(),
    definitions: new Map(),
    attributes: new Map(),
    metadata: new Map(),
    moduleFlags: [],
  };
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    switch (line[0]) {
      case '%':
        found.types.set(line.slice(0, line.indexOf(' = type ')), line);
        break;
      case '@':
        found.globals.set(globalName.exec(line)![0], line);
        break;
      case '!': {
        const equals = line.indexOf(' = ');
        const name = line.slice(0, equals);
        const value = line.slice(equals + 3);
        if (/^!\d+$/.test(name)) found.metadata.set(name, value);
        else if (name === '!llvm.module.flags') found.moduleFlags = value.match(/!\d+/g) ?? [];
        break;
      }
      case 'a': {
        const [, name, value] = /^attributes (#\d+) = \{ (.*) \}$/.exec(line) ?? [];
        if (name !== undefined) found.attributes.set(name, value!);
        break;
      }
      case 't':
        if (line.startsWith('target datalayout')) found.dataLayout = line;
        else if (line.startsWith('target triple')) found.triple = line;
        break;
      case 'd': {
        const name = functionName.exec(line)?.[0];
        if (name === undefined) break;
        if (line.startsWith('declare ')) {
          found.declarations.set(name, line);
          break;
        }
        const body = [line];
        while (lines[at] !== '}') {
          at++;
          const next = lines[at];
          if (next === undefined) break;
          body.push(withoutComments(next));
        }
        found.definitions.set(name, body.join('\n'));
        break;
      }
      default:
      // Comments, module assembly, comdats, the source's name: not needed by any function.
    }
  }
  return found;
}

/** Texts, and names of each kind; whatever stands inside of a text is no name. */
const word = /c?"[^"]*"|[@%](?:"[^"]*"|[-\w.$]+)|#\d+|!\d+/g;

/** Calls back with each name in a piece of IR: `@f`, `%struct.s` (or a value), `#0`, `!0`. */
export function eachName(piece: string, use: (name: string) => void): void {
  for (const [name] of piece.matchAll(word)) {
    if (name[0] !== '"' && name[0] !== 'c') use(name);
  }
}

/** The piece with its names replaced; texts stay as they are. */
export function replaceNames(piece: string, replace: (name: string) => string): string {
  return piece.replaceAll(word, (name) => (name[0] === '"' || name[0] === 'c' ? name : replace(name)));
}

/** Where a type that begins at `from` ends: `[4 x { i8, ptr }]`, `ptr addrspace(1)`, `%struct.s`. */
export function endOfType(line: string, from: number): number {
  let depth = 0;
  for (let at = from; at < line.length; at++) {
    const letter = line[at]!;
    if (letter === '"') at = line.indexOf('"', at + 1);
    else if ('[{<('.includes(letter)) depth++;
    else if (']}>)'.includes(letter)) depth--;
    else if (depth === 0 && (letter === ' ' || letter === ',')) {
      if (line.startsWith(' addrspace(', at)) continue;
      return at;
    }
  }
  return line.length;
}
