// The ELF files of a built tree and their Berkeley sizes, as llvm-size says them: what compilers wrote
// (relocatable) and what linkers wrote (programs and shared libraries). Told apart by the header and not by
// the name: libtool's .lo is text, zlib's .lo an object.

import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, relative } from 'node:path';
import { programPath, type LlvmInstallation } from '#ozma/llvm/installation.js';

export type ElfKind = 'object' | 'linked';

/** `e_type` of the ELF header: ET_REL; ET_EXEC and ET_DYN. */
const kinds: Readonly<Record<number, ElfKind>> = { 1: 'object', 2: 'linked', 3: 'linked' };

function elfKind(file: string): ElfKind | undefined {
  const header = Buffer.alloc(18);
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, header) < header.length) return undefined;
  } finally {
    closeSync(descriptor);
  }
  return header.toString('latin1', 0, 4) === '\x7fELF' ? kinds[header.readUInt16LE(16)] : undefined;
}

/** Paths relative to the folder, in order. Symbolic links are not followed, so nothing counts twice. */
export function elfFiles(folder: string, kind: ElfKind): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => elfKind(path) === kind)
    .map((path) => relative(folder, path))
    .sort();
}

/** Berkeley text + data of each file, in bytes. */
export function berkeleySizes(
  installation: LlvmInstallation,
  folder: string,
  files: readonly string[],
): Map<string, number> {
  if (files.length === 0) return new Map();
  const program = programPath(installation, 'llvm-size');
  const lines = execFileSync(program, ['-B', ...files], { cwd: folder, encoding: 'utf8' })
    .trim()
    .split('\n')
    .slice(1);
  if (lines.length !== files.length) {
    throw new Error(`${program}: expected ${files.length} lines, found ${lines.length}`);
  }
  return new Map(
    lines.map((line, index) => {
      const [text, data] = line.trim().split(/\s+/);
      return [files[index]!, Number(text) + Number(data)];
    }),
  );
}
