// The results that a report is made of: TASK.json of each evaluation in a folder.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { taskNames } from '../evaluation.ts';
import type { EvaluationReport } from '../run-evaluation.ts';

/** In the order of the tasks. Throws `usage` where there are none. */
export async function readResults(folder: string): Promise<EvaluationReport[]> {
  const files = taskNames.map((task) => join(folder, `${task}.json`)).filter((file) => existsSync(file));
  if (files.length === 0) {
    throw new OzmaError('usage', `${folder}: expected results of ozma evaluate (tune.json …), found none`);
  }
  return Promise.all(
    files.map(async (file) => {
      try {
        return JSON.parse(await readFile(file, 'utf8')) as EvaluationReport;
      } catch (cause) {
        throw new OzmaError('usage', `${file}: expected a result in JSON`, { cause });
      }
    }),
  );
}
