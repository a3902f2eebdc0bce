// Random C programs of csmith as sources: a small part of a corpus, marked by its package name `csmith`, and
// never held out.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csmithHeaders, csmithSwitches } from '../../passes/csmith.ts';
import { runLimited } from '../../passes/evaluation/limited-process.ts';
import type { GivenSource } from './inputs.ts';

const limits = { time: 10_000, memory: 2 * 2 ** 30 };

/** Programs of the seeds 1 to `count`, written into `folder`. Throws `environment` without csmith. */
export async function writeRandomPrograms(
  folder: string,
  count: number,
  signal?: AbortSignal,
): Promise<GivenSource[]> {
  const flags = [`-I${csmithHeaders()}`];
  await mkdir(folder, { recursive: true });
  const sources: GivenSource[] = [];
  for (let seed = 1; seed <= count && signal?.aborted !== true; seed++) {
    const words = ['--seed', String(seed), ...csmithSwitches];
    const generated = await runLimited('csmith', words, limits, { folder });
    if (generated.exitCode !== 0) continue;
    const path = `csmith-${seed}.c`;
    const file = join(folder, path);
    await writeFile(file, generated.stdout);
    sources.push({ path, translation: { file, directory: folder, language: 'c', flags } });
  }
  return sources;
}
