// A package's files as collecting sees them: the C and C++ sources worth compiling, and where each header
// lies. Tests, documentation and what belongs to other systems are passed over, by the names of folders.

import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isReservedFile } from './reserved.ts';

export interface SourceTree {
  root: string;
  /** Relative to `root`, sorted. */
  sources: string[];
  /** Relative paths of headers by file name. */
  headers: Map<string, string[]>;
  /** Files that look like templates of headers: `config.h.in`, `foo.in.h`, `config.h.cmake`. */
  templates: string[];
  /** Whether one of them became a configuration header. */
  configured: boolean;
  /** A header that the package's build includes before everything else. */
  forced?: string;
  /** Sources passed over because results are measured on their like. */
  reserved: number;
}

const skippedFolders =
  /^(\.git|\.pc|debian|docs?|documentation|tests?|testsuite|unit_?tests?|testing|t|examples?|samples?|demos?|bench(marks?)?|fuzz(ing|ers?)?|oss-fuzz|win(32|64|dows|ce)?|w32|msvc.*|vc\d*|vs\d*|visualc|msdos|dos|djgpp|os2|amiga|mac(os)?x?|darwin|osx|ios|android|vms|haiku|beos|symbian|solaris|bsd|freebsd|netbsd|openbsd|po|locale|gettext|wasm|emscripten|swig|python|perl|ruby|java|csharp|php|node_modules|CMakeFiles|node|tcl-bindings)$/i;
/** Files that only another system compiles, or that are not translation units. */
const skippedFiles =
  /((^|[-_.])(win(32|64|dows|nt)?|w32|msvc|mingw|dos|os2|amiga|mac(os)?|darwin|osx|vms|haiku|android|uwp|wince|test|tests|unittest|example|fuzz(er)?|conftest)([-_.]|$)|^test|_template)/i;

const sourceEndings = new Set(['.c', '.cc', '.cpp', '.cxx', '.c++', '.C']);
const headerEndings = new Set([
  '.h',
  '.hh',
  '.hpp',
  '.hxx',
  '.h++',
  '.inc',
  '.def',
  '.tcc',
  '.ipp',
  '.inl',
  '.x',
]);
const deepest = 12;

/** `.c` is C, every other source C++. */
export function sourceLanguage(path: string): 'c' | 'c++' | undefined {
  const ending = extname(path);
  if (!sourceEndings.has(ending)) return undefined;
  return ending === '.c' ? 'c' : 'c++';
}

export async function readSourceTree(root: string): Promise<SourceTree> {
  const tree: SourceTree = {
    root,
    sources: [],
    headers: new Map(),
    templates: [],
    configured: false,
    reserved: 0,
  };
  async function walk(folder: string, depth: number, skipped: boolean): Promise<void> {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        const hidden = entry.name.startsWith('.');
        if (depth < deepest && !hidden)
          await walk(path, depth + 1, skipped || skippedFolders.test(entry.name));
        continue;
      }
      if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      if (/\.h(pp|h)?\.(in|cmake(\.in)?)$|\.hin$|_h\.in$|\.in\.h$/.test(entry.name)) {
        tree.templates.push(path);
      } else if (headerEndings.has(extname(entry.name)) || (sourceLanguage(path) !== undefined && skipped)) {
        add(tree.headers, entry.name, path);
      } else if (sourceLanguage(path) !== undefined) {
        // Sources are included by others, too.
        add(tree.headers, entry.name, path);
        const stem = entry.name.slice(0, -extname(entry.name).length);
        if (skippedFiles.test(stem)) continue;
        if (isReservedFile(path)) tree.reserved++;
        else tree.sources.push(path);
      }
    }
  }
  await walk('', 0, false);
  return tree;
}

function add(index: Map<string, string[]>, name: string, path: string): void {
  const known = index.get(name);
  if (known === undefined) index.set(name, [path]);
  else known.push(path);
}
