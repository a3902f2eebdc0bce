// Which evaluations a piece of data allows: a folder of sets has one set for each, sources serve for all.

import { findSets, readManifest } from '../data/set-manifest.ts';
import type { TaskName } from './evaluation.ts';
import { taskNames } from './evaluation.ts';
import { tasks } from './tasks.ts';

export interface PlannedTask {
  task: TaskName;
  data: string;
}

/** What reads functions, and so takes a corpus or sources as well as its set. */
const ofFunctions = taskNames.filter((name) => name !== 'code');

export async function planTasks(data: string, programs: readonly string[]): Promise<PlannedTask[]> {
  const code: PlannedTask[] = programs.length === 0 ? [] : [{ task: 'code', data: programs.join(',') }];
  const own = await readManifest(data);
  const sets = own === undefined ? await findSets(data) : [{ folder: data, manifest: own }];
  if (sets.length === 0) return [...ofFunctions.map((task) => ({ task, data })), ...code];
  const planned = ofFunctions.flatMap((task): PlannedTask[] => {
    const set =
      sets.find(({ manifest }) => manifest.name === tasks[task].set) ??
      sets.find(({ manifest }) => manifest.name === 'corpus');
    return set === undefined ? [] : [{ task, data: set.folder }];
  });
  return [...planned, ...code];
}
