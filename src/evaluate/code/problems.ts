// Problems of HumanEval (Python) and HumanEval-X (C++): each says what is asked, and what program an answer makes.

import { readProblemRows, type ProblemRow } from '../../passes/evaluation/problem-rows.ts';

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

/** As the authors of HumanEval stop: where the function is over. */
const pythonStops = ['\nclass', '\ndef', '\n#', '\nif', '\nprint', '\n@', '\n```'];
/** The function's closing brace stands at the beginning of a line; it is put back. */
const closingBrace = '\n}';

/** Throws `usage` for a file that is neither. */
export async function readProblems(file: string): Promise<Problem[]> {
  return (await readProblemRows(file)).map(problemOf);
}

function problemOf(problem: ProblemRow): Problem {
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
