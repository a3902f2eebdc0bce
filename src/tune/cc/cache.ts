// What `ozma cc` found, by all that the answer depends on: the unoptimised IR, the flags that code
// generation reads, the settings of the search, the versions. One file an answer: a line of JSON, then the
// object. Written beside its place and renamed, so two processes with the same answer do no harm; a file
// that was damaged is seen by its hash and counts as missing.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../common/cache-folder.ts';
import type { Recipe } from '../../llvm/recipe.ts';
import { writeFileAtomically } from '../../common/files.ts';
import type { TuneResult } from '../result.ts';

/** Raised when answers made before are not to be used again. */
const format = 1;

export interface Answer {
  /** Bytes of clang's object and of ours. */
  before: number;
  after: number;
  origin: TuneResult['best']['origin'];
  recipe: Recipe;
}

interface Header extends Answer {
  sha256: string;
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A hexadecimal key. `circumstances` must be plain data in a fixed order. */
export function cacheKey(bitcode: Uint8Array, circumstances: unknown): string {
  return sha256(JSON.stringify([format, sha256(bitcode), circumstances])).slice(0, 40);
}

function placeOf(key: string): string {
  return join(cacheFolder(), 'cc', key.slice(0, 2), key.slice(2));
}

export function readAnswer(key: string): { answer: Answer; object: Uint8Array } | undefined {
  try {
    const bytes = readFileSync(placeOf(key));
    const end = bytes.indexOf('\n');
    const header = JSON.parse(bytes.subarray(0, end).toString('utf8')) as Header;
    const object = bytes.subarray(end + 1);
    return header.sha256 === sha256(object) ? { answer: header, object } : undefined;
  } catch {
    return undefined;
  }
}

/** Throws where the cache cannot be written. */
export async function writeAnswer(key: string, answer: Answer, object: Uint8Array): Promise<void> {
  const place = placeOf(key);
  mkdirSync(dirname(place), { recursive: true });
  const header: Header = { ...answer, sha256: sha256(object) };
  await writeFileAtomically(place, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), object]));
}
