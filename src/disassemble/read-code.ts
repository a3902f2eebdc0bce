// Files that hold machine code, as assembly text: `.s` as it is, objects and linked files disassembled for
// the machine that their header names.

import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { disassembleObject } from '../lift/objects/object-assembly.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';

export interface CodeFile {
  text: string;
  /** Of the file's own header; absent for text. */
  triple?: string;
  /** Lines for people: what the file does not name, and so cannot be lifted. */
  notes: readonly string[];
}

const triples = { 'x86-64': 'x86_64-linux-gnu', aarch64: 'aarch64-linux-gnu' } as const;

/** What is asked of the first bytes. */
const looked = 4096;

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(looked), 0, looked, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Throws `usage` for a file that cannot be read; `refused` for an object that is damaged, of another machine
 * or without symbols, and for bytes that are neither an object nor text.
 */
export async function readCode(installation: LlvmInstallation, file: string): Promise<CodeFile> {
  try {
    const start = await firstBytes(file);
    if (start.toString('latin1', 0, 4) !== '\x7fELF') {
      if (start.includes(0))
        throw new OzmaError('refused', `${file}: expected assembly or an ELF file, found other bytes`);
      return { text: await readFile(file, 'utf8'), notes: [] };
    }
    const { text, target, notes } = await disassembleObject(
      join(installation.programs, 'llvm-objdump'),
      file,
    );
    return { text, triple: triples[target], notes };
  } catch (cause) {
    if (cause instanceof OzmaError) throw cause;
    throw new OzmaError('usage', `${file}: expected assembly or an object, cannot read it`, { cause });
  }
}

/** The files themselves, and every .s and .o below folders, in order. Throws `usage` for what is not there. */
export async function codeFiles(places: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const place of places) {
    const found = await stat(place).catch(() => undefined);
    if (found === undefined)
      throw new OzmaError('usage', `${place}: expected a file or a folder, found nothing`);
    if (!found.isDirectory()) {
      files.push(place);
      continue;
    }
    const entries = await readdir(place, { recursive: true, withFileTypes: true });
    const below = entries.filter((entry) => entry.isFile() && /\.[so]$/.test(entry.name));
    files.push(...below.map((entry) => join(entry.parentPath, entry.name)).sort());
  }
  return files;
}
