// Rows of HumanEval and HumanEval-X, the format in which their authors publish programs with tests: one JSON object
// a line, plain or gzipped. What is made of a row is the reader's: a suite takes the authors' program as it is,
// an evaluation leaves out their solution.

import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { OzmaError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.ts';

const row = z.object({
  task_id: z.string(),
  prompt: z.string(),
  canonical_solution: z.string(),
  test: z.string(),
  /** The function that Python's tests call; absent in C++. */
  entry_point: z.string().optional(),
});

export type ProblemRow = z.infer<typeof row>;

/** In the order of the file. Throws `usage` for a file that cannot be read or is in another format. */
export async function readProblemRows(file: string): Promise<ProblemRow[]> {
  return (await readText(file))
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [{ line, number: index + 1 }]))
    .map(({ line, number }) => {
      const parsed = row.safeParse(parseJson(line));
      if (parsed.success) return parsed.data;
      throw new OzmaError(
        'usage',
        `${file}, line ${number}: expected task_id, prompt, canonical_solution and test as texts`,
      );
    });
}

async function readText(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (cause) {
    throw new OzmaError('usage', `${file}: expected a file of HumanEval or HumanEval-X, ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
