// One process at a time fills a folder: builds go on from what is in it, and two at once would take each
// other's files away.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OzmaError } from './errors.ts';
import { reasonOf } from './files.ts';

/** The locks of this process: after a reboot, or in a container, another one may have had its number. */
const held = new Set<string>();

function isAlive(number: number): boolean {
  try {
    process.kill(number, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The process that holds the lock; undefined where it is gone (kill -9) or there is none. */
async function holderOf(lock: string): Promise<number | undefined> {
  const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
  if (holder === process.pid) return held.has(lock) ? holder : undefined;
  return holder > 0 && isAlive(holder) ? holder : undefined;
}

/**
 * Does the work with `.lock` in the folder, which is made where it is missing. Throws `usage` while another
 * process, or this one, works there; `environment` where nothing can be written.
 */
export async function whileLocked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = resolve(folder, '.lock');
  try {
    await mkdir(folder, { recursive: true });
    const holder = await holderOf(lock);
    if (holder !== undefined) {
      throw new OzmaError(
        'usage',
        `${folder}: expected one build at a time, found process ${holder} at work there, as ${lock} says`,
      );
    }
    await rm(lock, { force: true });
    await writeFile(lock, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (error instanceof OzmaError) throw error;
    throw new OzmaError('environment', `${lock}: cannot be written: ${reasonOf(error)}`, { cause: error });
  }
  held.add(lock);
  try {
    return await work();
  } finally {
    held.delete(lock);
    await rm(lock, { force: true });
  }
}
