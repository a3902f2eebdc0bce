// Programs that know whether they work: exit code 0 and the same stdout however they were compiled. A suite
// is a folder of .c, .cc and .cpp files with a `main` each, or a file in the format of HumanEval-X
// (.jsonl or .jsonl.gz; a row's program is prompt + canonical_solution + test). Nothing is compiled here.

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { OzmaError } from '../../common/errors.ts';

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

const row = z.object({
  task_id: z.string(),
  prompt: z.string(),
  canonical_solution: z.string(),
  test: z.string(),
});

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
  const bytes = await readFile(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const parsed = row.safeParse(parseJson(line));
      if (!parsed.success) {
        const where = `suite ${basename(file)}, line ${index + 1}`;
        throw new OzmaError(
          'usage',
          `${where}: expected task_id, prompt, canonical_solution and test as texts`,
        );
      }
      const { task_id: name, prompt, canonical_solution: solution, test } = parsed.data;
      return { name, language: 'c++', source: { text: prompt + solution + test }, flags: ['-std=c++17'] };
    });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
