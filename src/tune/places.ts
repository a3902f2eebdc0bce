// Where results go: `-o` names a file for one source and a folder for several. Everything is looked at
// before the search, so that a mistake costs no time.

import { stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { mustBeFolder, mustBeWritable } from '../common/files.ts';
import { endings, resultName, type EmitKind } from './render.ts';

/** The longest folder that all paths have in common. */
function commonFolder(paths: readonly string[]): string {
  const [first = '', ...others] = paths.map((path) => dirname(resolve(path)).split(sep));
  const parts = [...first];
  for (const other of others) {
    let same = 0;
    while (same < parts.length && parts[same] === other[same]) same++;
    parts.length = same;
  }
  return parts.join(sep) || sep;
}

/** A name for each source, no two alike: bare names, or paths where bare names would meet. */
export function resultNames(sources: readonly string[], emit: EmitKind): string[] {
  const bare = sources.map((source) => resultName(source, emit));
  if (new Set(bare).size === bare.length) return bare;
  const common = commonFolder(sources);
  const taken = new Set<string>();
  return sources.map((source) => {
    const path = resolve(source);
    const folder = dirname(path).slice(common === sep ? 1 : common.length + 1);
    const name = join(folder, resultName(source, emit));
    let free = name;
    for (let copy = 2; taken.has(free); copy++) {
      free = `${name.slice(0, -endings[emit].length)}-${copy}${endings[emit]}`;
    }
    taken.add(free);
    return free;
  });
}

/** The file of each source. Throws `usage` when one cannot be written. */
export async function placesFor(
  sources: readonly string[],
  emit: EmitKind,
  output: string,
): Promise<string[]> {
  const found = await stat(output).catch(() => undefined);
  const asFolder = sources.length > 1 || found?.isDirectory() === true || output.endsWith('/');
  if (asFolder) await mustBeFolder(output);
  const places = asFolder ? resultNames(sources, emit).map((name) => join(output, name)) : [output];
  for (const place of places) {
    if (asFolder) await mkdir(dirname(place), { recursive: true });
    await mustBeWritable(place);
  }
  return places;
}
