// What `ozma data collect` may be given, and what it becomes: names of Debian source packages, folders of
// sources, compile_commands.json, single C, C++, .ll or .bc files. Parquet files need no collecting; the
// corpus reads them as they are.

import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, relative, resolve } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import type { Translation } from '../../llvm/clang.ts';
import { compileFlags, readClangWords } from '../../llvm/clang-flags.ts';
import { readCompileCommands } from '../../llvm/compile-commands.ts';
import { sourceLanguage } from './source-tree.ts';

/** A source and its flags, by its path inside of what it belongs to. */
export interface GivenSource {
  path: string;
  translation: Translation;
}

export type CollectInput = { name: string } & (
  | { kind: 'package' }
  | { kind: 'folder'; path: string }
  | { kind: 'translations'; root: string; sources: GivenSource[] }
  | { kind: 'csmith'; programs: number }
);

const packageName = /^[a-z0-9][a-z0-9+.-]+$/;

async function readDatabase(file: string): Promise<CollectInput> {
  const root = dirname(resolve(file));
  const commands = readCompileCommands(await readFile(file, 'utf8'), file);
  const sources = commands.flatMap(({ directory: given, input, words }): GivenSource[] => {
    const directory = resolve(root, given);
    const path = isAbsolute(input) ? input : resolve(directory, input);
    const language = sourceLanguage(path);
    if (language === undefined) return [];
    const flags = compileFlags(readClangWords(words));
    return [{ path: relative(root, path), translation: { file: input, directory, language, flags } }];
  });
  return { kind: 'translations', name: basename(root), root, sources };
}

/** Throws `usage` for what is none of these. Single files become one input, by the name of their folder. */
export async function readInputs(operands: readonly string[]): Promise<CollectInput[]> {
  const inputs: CollectInput[] = [];
  const files: GivenSource[] = [];
  const root = process.cwd();
  for (const operand of operands) {
    const found = await stat(operand).catch(() => undefined);
    if (found?.isDirectory() === true) {
      inputs.push({ kind: 'folder', name: basename(resolve(operand)), path: resolve(operand) });
    } else if (found !== undefined && operand.endsWith('.json')) {
      inputs.push(await readDatabase(operand));
    } else if (found !== undefined) {
      const isIr = ['.ll', '.bc'].includes(extname(operand));
      const language = isIr ? 'ir' : sourceLanguage(operand);
      if (language === undefined) {
        throw new OzmaError(
          'usage',
          `${operand}: expected a .c, .cc, .cpp, .ll or .bc file, a compile_commands.json or a folder`,
        );
      }
      const translation: Translation = { file: operand, directory: root, language, flags: [] };
      files.push({ path: relative(root, resolve(operand)), translation });
    } else if (packageName.test(operand)) {
      inputs.push({ kind: 'package', name: operand });
    } else {
      throw new OzmaError('usage', `${operand}: no such file, and no name of a Debian package`);
    }
  }
  if (files.length > 0) inputs.push({ kind: 'translations', name: basename(root), root, sources: files });
  const names = inputs.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new OzmaError('usage', `${twice}: expected once, found twice`);
  return inputs;
}
