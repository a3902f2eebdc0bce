// HumanEval (Python) and HumanEval-X (C++) problems, read from the files that their authors publish: one JSON
// object a line, plain or gzipped. Each says what is asked, and what program an answer makes.

import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { OzmaError } from '../../common/errors.ts';

export interface Problem {
  id: string;
  language: 'python' | 'c++';
  /** What a completion goes on from. */
  prompt: string;
  /** The authors' own answer. */
  solution: string;
  /** A completion ends before the first of these. */
  stop: readonly string[];
  /** The program that passes exactly where the completion is right. */
  program: (completion: string) => string;
}

const row = z.object({
  task_id: z.string(),
  prompt: z.string(),
  canonical_solution: z.string(),
  test: z.string(),
  entry_point: z.string().optional(),
});

/** As the authors of HumanEval stop: where the function is over. */
const pythonStops = ['\nclass', '\ndef', '\n#', '\nif', '\nprint', '\n@', '\n```'];
/** The function's closing brace stands at the beginning of a line; it is put back. */
const closingBrace = '\n}';

/** Throws `usage` for a file that is neither. */
export async function readProblems(file: string): Promise<Problem[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new OzmaError('usage', `${file}: expected HumanEval.jsonl or HumanEval-X, cannot read it`, {
      cause,
    });
  }
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const parsed = row.safeParse(parseJson(line));
      if (!parsed.success) {
        throw new OzmaError(
          'usage',
          `${file}, line ${index + 1}: expected task_id, prompt, canonical_solution and test as texts`,
        );
      }
      return problemOf(parsed.data);
    });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function problemOf(problem: z.infer<typeof row>): Problem {
  const { task_id: id, prompt, canonical_solution: solution, test, entry_point: entry } = problem;
  if (entry !== undefined) {
    return {
      id,
      language: 'python',
      prompt,
      solution,
      stop: pythonStops,
      program: (completion) => `${prompt}${completion}\n${test}\ncheck(${entry})\n`,
    };
  }
  return {
    id,
    language: 'c++',
    prompt,
    solution,
    stop: [closingBrace],
    program: (completion) => {
      const body = completion.includes(closingBrace)
        ? completion.slice(0, completion.indexOf(closingBrace))
        : completion;
      return `${prompt}${body}${closingBrace}\n${test}\n`;
    },
  };
}
