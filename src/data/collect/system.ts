// What this machine's C library and headers offer, asked once: the answers from which configuration headers
// are filled in without running anybody's configure script.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { join as joinPosix } from 'node:path/posix';
import { programPath, type LlvmInstallation } from '../../llvm/installation.ts';
import { runProgram } from '../../llvm/run-program.ts';

export interface SystemKnowledge {
  /** Headers by name as HAVE_… macros write it: `SYS_TIME_H`. */
  headerMacros: ReadonlySet<string>;
  /** Folders of `-I` by the header's path seen from them: `glib.h` → /usr/include/glib-2.0. */
  headerFolders(path: string): string | undefined;
  /** Whether `#include <stdio.h>` finds such a header without any flag. */
  hasHeader(name: string): boolean;
  /** Functions of the C library and of libm. */
  functions: ReadonlySet<string>;
  /** Libraries that can be linked with: `z`, `ncurses`. */
  libraries: ReadonlySet<string>;
}

const includeRoots = ['/usr/include', '/usr/include/x86_64-linux-gnu', '/usr/include/aarch64-linux-gnu'];
const libraryRoots = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib'];
/** Headers of a compiler, or of a kernel, are never what a program means. */
const passedOver = /^(c\+\+|linux|asm|asm-generic|llvm.*|clang.*|node|python.*|valgrind|boost)$/;

/** They come with the compiler. */
const compilerHeaders =
  'stdarg stddef stdbool float limits stdint stdatomic stdalign stdnoreturn tgmath iso646'.split(' ');

/** Folders below an include root. */
const deepest = 4;

async function listHeaders(root: string): Promise<string[]> {
  const found: string[] = [];
  async function walk(folder: string, depth: number): Promise<void> {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = joinPosix(folder, entry.name);
      if (entry.isDirectory() && depth < deepest && !passedOver.test(entry.name)) await walk(path, depth + 1);
      else if (entry.name.endsWith('.h')) found.push(path);
    }
  }
  await walk('', 0);
  return found.sort();
}

async function listFunctions(installation: LlvmInstallation): Promise<Set<string>> {
  const nm = join(programPath(installation, 'llvm-size'), '..', 'llvm-nm');
  const functions = new Set<string>();
  for (const root of libraryRoots) {
    for (const library of ['libc.so.6', 'libm.so.6']) {
      const result = await runProgram(nm, [
        '-D',
        '--defined-only',
        '--format=just-symbols',
        join(root, library),
      ]);
      for (const line of result.stdout.split('\n')) {
        const [name = ''] = line.split('@');
        if (/^[a-z_]\w*$/i.test(name)) functions.add(name);
      }
    }
  }
  return functions;
}

export async function learnSystem(installation: LlvmInstallation): Promise<SystemKnowledge> {
  const headerMacros = new Set<string>();
  const folders = new Map<string, string>();
  const roots = [...includeRoots, ...libraryRoots.slice(0, 2)];
  const headers = new Map<string, string[]>();
  for (const root of roots) headers.set(root, await listHeaders(root));
  // Every ending of a path is a way in which a program may write it; the whole path comes first.
  for (let skipped = 0; skipped < deepest; skipped++) {
    for (const [root, paths] of headers) {
      for (const path of paths) {
        const parts = path.split('/');
        const seen = parts.slice(skipped).join('/');
        if (seen !== '' && !folders.has(seen)) folders.set(seen, joinPosix(root, ...parts.slice(0, skipped)));
      }
    }
  }
  for (const root of includeRoots) {
    for (const path of headers.get(root) ?? [])
      headerMacros.add(path.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_'));
  }
  for (const name of compilerHeaders) {
    headerMacros.add(`${name.toUpperCase()}_H`);
    folders.set(`${name}.h`, '');
  }
  const libraries = new Set<string>();
  for (const root of libraryRoots) {
    for (const name of await readdir(root).catch(() => [])) {
      const library = /^lib(.+)\.(so|a)$/.exec(name)?.[1];
      if (library !== undefined) libraries.add(library);
    }
  }
  return {
    headerMacros,
    headerFolders: (path) => folders.get(path),
    hasHeader: (name) => ['', ...includeRoots].includes(folders.get(name) ?? 'none'),
    functions: await listFunctions(installation),
    libraries,
  };
}
