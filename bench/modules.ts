// Modules for the benchmarks: unoptimised bitcode of C and C++ sources, of .bc files, or of all of them in a
// folder; and what the benchmarks make of them, single functions and everything linked together.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { programPath, type LlvmInstallation } from '#ozma/llvm/installation.js';
import { contentHash } from '#ozma/llvm/module.js';
import type { ModuleSource } from '#ozma/llvm/worker-protocol.js';

export interface NamedModule {
  name: string;
  source: ModuleSource;
}

const languages: Partial<Record<string, string[]>> = {
  '.c': ['-x', 'c'],
  '.cc': ['-x', 'c++', '-std=c++17'],
  '.cpp': ['-x', 'c++', '-std=c++17'],
};

/** The sources that the repository ships: programs of 50 to 150 lines. */
export const shippedSources = join(import.meta.dirname, '..', 'suites', 'self-test');

function moduleOf(name: string, bytes: Uint8Array): NamedModule {
  return { name, source: { hash: contentHash(bytes), bytes } };
}

/** The files behind paths: a folder stands for the sources and modules in it, by name. */
export function listSources(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => extname(name) === '.bc' || languages[extname(name)]);
    return names.sort().map((name) => join(path, name));
  });
}

/** As `clang -Oz` has it before its first pass. Files that do not compile are skipped, with a word about it. */
export function compileModules(
  installation: LlvmInstallation,
  paths: readonly string[],
  flags: (name: string) => string[] = () => [],
): NamedModule[] {
  const words = ['-Oz', '-w', '-Xclang', '-disable-llvm-passes', '-emit-llvm', '-c', '-o', '-'];
  return listSources(paths).flatMap((path) => {
    const name = basename(path);
    const language = languages[extname(path)];
    if (language === undefined) return [moduleOf(name, readFileSync(path))];
    const line = [...words, ...flags(name.replace(/\W/g, '_')), ...language, path];
    try {
      const clang = programPath(installation, 'clang');
      return [
        moduleOf(
          name,
          execFileSync(clang, line, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] }),
        ),
      ];
    } catch {
      console.error(`skipped: ${path} does not compile`);
      return [];
    }
  });
}

/** One function of a module as a module of its own; what it calls is only declared. */
export function extractFunction(
  installation: LlvmInstallation,
  module: NamedModule,
  functionName: string,
): NamedModule {
  const extract = programPath(installation, 'llvm-extract');
  const bytes = execFileSync(extract, [`--func=${functionName}`, '-o', '-', '-'], {
    input: module.source.bytes,
    maxBuffer: 1 << 28,
  });
  return moduleOf(`${functionName} of ${module.name}`, bytes);
}

/** All modules as one; internal symbols of the same name are told apart by the linker. */
export function linkModules(
  installation: LlvmInstallation,
  name: string,
  modules: readonly NamedModule[],
): NamedModule {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-link-'));
  try {
    const files = modules.map((module, index) => {
      const path = join(folder, `${index}.bc`);
      writeFileSync(path, module.source.bytes);
      return path;
    });
    const link = programPath(installation, 'llvm-link');
    return moduleOf(name, execFileSync(link, [...files, '-o', '-'], { maxBuffer: 1 << 28 }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
