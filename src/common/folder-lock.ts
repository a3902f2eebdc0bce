// One process at a time fills a folder: builds go on from what is in it, and two at once would take each
// other's files away.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OzmaError } from './errors.ts';
import { reasonOf } from './files.ts';

/** The locks of this process. A file with its number and not among them is an earlier process's: numbers come again. */
const held = new Set<string>();

function isAlive(number: number): boolean {
  try {
    process.kill(number, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The other process that holds the lock; undefined where it is gone (kill -9) or there is none. */
async function holderOf(lock: string): Promise<number | undefined> {
  const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
  return holder > 0 && holder !== process.pid && isAlive(holder) ? holder : undefined;
}

function atWork(folder: string, lock: string, holder: number): OzmaError {
  return new OzmaError(
    'usage',
    `${folder}: expected one build at a time, found process ${holder} at work there, as ${lock} says`,
  );
}

/** Writes the lock; one that nobody holds any more makes room. */
async function take(folder: string, lock: string): Promise<void> {
  const write = (): Promise<void> => writeFile(lock, String(process.pid), { flag: 'wx' });
  try {
    await mkdir(folder, { recursive: true });
    await write().catch(async (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = await holderOf(lock);
      if (holder !== undefined) throw atWork(folder, lock, holder);
      await rm(lock, { force: true });
      await write();
    });
  } catch (error) {
    if (error instanceof OzmaError) throw error;
    throw new OzmaError('environment', `${lock}: cannot be written: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Does the work with `.lock` in the folder, which is made where it is missing. Throws `usage` while another
 * process, or this one, works there; `environment` where nothing can be written.
 */
export async function whileLocked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = resolve(folder, '.lock');
  if (held.has(lock)) throw atWork(folder, lock, process.pid);
  held.add(lock);
  try {
    await take(folder, lock);
    try {
      return await work();
    } finally {
      await rm(lock, { force: true });
    }
  } finally {
    held.delete(lock);
  }
}
