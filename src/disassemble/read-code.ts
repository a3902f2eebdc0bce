// Files that hold machine code, as assembly text: `.s` as it is, objects and linked files through
// llvm-objdump, for the machine that their header names.

import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { disassembleObject } from '../lift/assembly/objdump.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';

export interface CodeFile {
  text: string;
  /** Of the file's own header; absent for text. */
  triple?: string;
}

/** `e_machine` of ELF. */
const machines = new Map([
  [62, 'x86_64-linux-gnu'],
  [183, 'aarch64-linux-gnu'],
]);

/** The triple of an ELF file; nothing for other files. Throws `refused` for other machines. */
async function elfTriple(file: string): Promise<string | undefined> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0);
    if (bytesRead < 20 || buffer.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
    const machine = buffer.readUInt16LE(18);
    const triple = machines.get(machine);
    if (triple === undefined)
      throw new OzmaError(
        'refused',
        `${file}: expected code of x86-64 or AArch64, found ELF machine ${machine}`,
      );
    return triple;
  } finally {
    await handle.close();
  }
}

/** Throws `usage` for a file that cannot be read, `refused` for one that llvm-objdump does not take. */
export async function readCode(installation: LlvmInstallation, file: string): Promise<CodeFile> {
  try {
    const triple = await elfTriple(file);
    if (triple === undefined) return { text: await readFile(file, 'utf8') };
    const target = triple.startsWith('aarch64') ? 'aarch64' : 'x86-64';
    return {
      text: await disassembleObject(join(installation.programs, 'llvm-objdump'), file, target),
      triple,
    };
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
