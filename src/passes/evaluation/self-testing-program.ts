// Programs that know whether they work: exit code 0 and the same stdout however they were compiled. A suite
// is a folder of .c, .cc and .cpp files with a `main` each, or a file in the format of HumanEval-X
// (.jsonl or .jsonl.gz; a row's program is prompt + canonical_solution + test). Nothing is compiled here.

import { readdir, stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { readProblemRows } from './problem-rows.ts';

export interface SelfTestingProgram {
  name: string;
  language: 'c' | 'c++';
  /** The file, or the text of a program that has none. */
  source: { file: string } | { text: string };
  /** Further switches for clang, when compiling to IR. */
  flags: readonly string[];
  /** What it must print. Where it is not known, what the program prints without any pass. */
  expectedOutput?: string;
}

const languages: Readonly<Record<string, 'c' | 'c++'>> = {
  '.c': 'c',
  '.cc': 'c++',
  '.cpp': 'c++',
  '.cxx': 'c++',
};

/** Reads a suite. Throws `usage` where there is none, or where a row lacks a field. */
export async function readSuite(path: string): Promise<SelfTestingProgram[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new OzmaError('usage', `suite ${path}: expected a folder or a .jsonl file, found none`);
  const programs = found.isDirectory() ? await readFolder(path) : await readRows(path);
  if (programs.length === 0) {
    throw new OzmaError('usage', `suite ${path}: expected .c, .cc or .cpp files, found none`);
  }
  return programs;
}

async function readFolder(folder: string): Promise<SelfTestingProgram[]> {
  const programs: SelfTestingProgram[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const language = languages[extname(name)];
    if (language === undefined) continue;
    programs.push({ name, language, source: { file: resolve(folder, name) }, flags: [] });
  }
  return programs;
}

async function readRows(file: string): Promise<SelfTestingProgram[]> {
  const rows = await readProblemRows(file);
  return rows.map(({ task_id: name, prompt, canonical_solution: solution, test }) => ({
    name,
    language: 'c++',
    source: { text: prompt + solution + test },
    flags: ['-std=c++17'],
  }));
}
