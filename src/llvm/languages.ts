// What a file of the user's holds, by its name's ending, and that there is such a file.

import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import type { Translation } from './clang.ts';

const languages: Readonly<Record<string, Translation['language']>> = {
  '.c': 'c',
  '.cc': 'c++',
  '.cp': 'c++',
  '.cpp': 'c++',
  '.cxx': 'c++',
  '.c++': 'c++',
  '.C': 'c++',
  '.ll': 'ir',
  '.bc': 'ir',
};

/** By the name's ending, as clang decides; undefined for what is neither C, C++ nor IR. */
export function languageOf(file: string): Translation['language'] | undefined {
  const ending = extname(file);
  return languages[ending] ?? languages[ending.toLowerCase()];
}

/** Throws `usage` where there is no such file. */
export async function mustBeFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new OzmaError('usage', `${file}: no such file`);
  if (found.isDirectory()) throw new OzmaError('usage', `${file}: expected a file, found a folder`);
}
