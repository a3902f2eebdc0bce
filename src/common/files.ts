// Writing results so that nobody ever sees half a file: beside its place first, then renamed. Also where
// results go and whether they can, asked before a search of minutes and not after it.

import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OzmaError } from './errors.ts';

/** A failed file operation in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: 'no such folder',
    ENOTDIR: 'a part of the path is not a folder',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'no space left on the disk',
    EDQUOT: 'the disk quota is used up',
    EFBIG: 'the file is larger than allowed',
    EISDIR: 'it is a folder',
  };
  return reasons[code ?? ''] ?? message;
}

/** A name beside `path` that no other process uses. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}`);
}

/** A device or a pipe is written in place: renaming over `/dev/null` would replace it. */
async function isSpecial(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile();
}

/** Throws `environment` (a full disk, say) and leaves nothing behind. Keeps the mode of an existing file. */
export async function writeFileAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    if (await isSpecial(path)) return await writeFile(path, bytes);
    const beside = temporaryName(path);
    try {
      await writeFile(beside, bytes, { flag: 'wx' });
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  } catch (error) {
    throw new OzmaError('environment', `${path}: cannot be written: ${reasonOf(error)}`, { cause: error });
  }
}

/** Throws `usage` unless a file could be put at `path` now. */
export async function mustBeWritable(path: string): Promise<void> {
  try {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() === true) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (await isSpecial(path)) return;
    const beside = temporaryName(path);
    await (await open(beside, 'wx')).close();
    await rm(beside);
  } catch (error) {
    throw new OzmaError('usage', `${path}: cannot be written: ${reasonOf(error)}`, { cause: error });
  }
}

/** Makes the folder where it is missing. Throws `usage` when it cannot be. */
export async function mustBeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = taken ? 'expected a folder, found a file' : reasonOf(error);
    throw new OzmaError('usage', `${path}: ${reason}`, { cause: error });
  }
}
