// What `ozma cc` found, by all that the answer depends on: the unoptimised IR, the flags that code
// generation reads, the settings of the search, the versions. One file an answer: a line of JSON, then the
// object. Written beside its place and renamed, so two processes with the same answer do no harm; a file
// that was damaged is seen by its hash and counts as missing. What was not used for longest goes first when
// the folder grows over its limit; a process that still wants it finds it missing and searches again.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
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

function folder(): string {
  return join(cacheFolder(), 'cc');
}

function placeOf(key: string): string {
  return join(folder(), key.slice(0, 2), key.slice(2));
}

/** What a file operation gives, or nothing where another process was there first. */
function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

export function readAnswer(key: string): { answer: Answer; object: Uint8Array } | undefined {
  try {
    const place = placeOf(key);
    const bytes = readFileSync(place);
    const end = bytes.indexOf('\n');
    const header = JSON.parse(bytes.subarray(0, end).toString('utf8')) as Header;
    const object = bytes.subarray(end + 1);
    if (header.sha256 !== sha256(object)) return undefined;
    const now = new Date();
    unlessGone(() => utimesSync(place, now, now));
    return { answer: header, object };
  } catch {
    return undefined;
  }
}

/** Keeps the folder under `megabytes` afterwards. Throws where the cache cannot be written. */
export async function writeAnswer(
  key: string,
  answer: Answer,
  object: Uint8Array,
  megabytes: number,
): Promise<void> {
  const place = placeOf(key);
  mkdirSync(dirname(place), { recursive: true });
  const header: Header = { ...answer, sha256: sha256(object) };
  await writeFileAtomically(place, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), object]));
  forgetOldest(megabytes * 1e6);
}

/** Of a limit, what is left after making room: otherwise every answer from then on would have to make some. */
const roomMade = 0.9;

/** A file still being written has a name with a point, and is not touched: only a killed process leaves one for long. */
const writingMilliseconds = 3600_000;

function forgetOldest(limit: number): void {
  const files = (unlessGone(() => readdirSync(folder())) ?? []).flatMap((name) => {
    const inner = join(folder(), name);
    return (unlessGone(() => readdirSync(inner)) ?? []).flatMap((file) => {
      const path = join(inner, file);
      const found = unlessGone(() => statSync(path));
      if (file.startsWith('.') && Date.now() - (found?.mtimeMs ?? 0) < writingMilliseconds) return [];
      return found === undefined ? [] : [{ path, bytes: found.size, used: found.mtimeMs }];
    });
  });
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= limit) return;
  files.sort((left, right) => left.used - right.used);
  for (const { path, bytes } of files) {
    if (total <= limit * roomMade) return;
    unlessGone(() => rmSync(path));
    total -= bytes;
  }
}
