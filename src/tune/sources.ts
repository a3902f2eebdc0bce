// From what stands on the command line to translation units: C and C++ sources with the user's flags, IR
// and bitcode, and every entry of a compile_commands.json with its own folder and flags. Looks at names and
// at the compilation database only; nothing is compiled here.

import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { languageOf, mustBeFile } from '../llvm/languages.ts';
import type { Translation } from '../llvm/clang.ts';
import { compileFlags, readClangWords, untunableFlag } from '../llvm/clang-flags.ts';
import { readCompileCommands } from '../llvm/compile-commands.ts';

export interface Source {
  /** As the user knows it. */
  name: string;
  translation: Translation;
}

export interface SourceSettings {
  /** What stood after `--`. */
  flags: readonly string[];
  target?: string;
  /** Called with a line for each entry of a compilation database that is left out. */
  onSkip?: (line: string) => void;
}

/** Throws `usage` for a file that is missing or not of a kind we know. */
export async function readSources(operands: readonly string[], settings: SourceSettings): Promise<Source[]> {
  const flags = compileFlags(readClangWords(settings.flags));
  const target = settings.target === undefined ? [] : [`--target=${settings.target}`];
  const sources: Source[] = [];
  for (const operand of operands) {
    await mustBeFile(operand);
    if (basename(operand).endsWith('.json')) {
      sources.push(...(await readDatabase(operand, [...flags, ...target], settings.onSkip)));
      continue;
    }
    const language = languageOf(operand);
    if (language === undefined) {
      throw new OzmaError(
        'usage',
        `${operand}: expected a .c, .cc, .cpp, .ll or .bc file or a compile_commands.json`,
      );
    }
    const translation: Translation = {
      file: operand,
      directory: process.cwd(),
      language,
      flags: [...flags, ...target],
      ...(language === 'ir' && settings.target !== undefined ? { triple: settings.target } : {}),
    };
    const refusal = untunableFlag(translation.flags);
    if (refusal !== undefined) {
      throw new OzmaError('usage', `${refusal.flag}: ${refusal.reason}, so its object cannot be tuned`);
    }
    sources.push({ name: operand, translation });
  }
  if (sources.length === 0) throw new OzmaError('usage', 'expected a source to tune, found none');
  return sources;
}

async function readDatabase(
  file: string,
  extraFlags: readonly string[],
  onSkip: ((line: string) => void) | undefined,
): Promise<Source[]> {
  const commands = readCompileCommands(await readFile(file, 'utf8'), file);
  const sources: Source[] = [];
  for (const { directory, input, words } of commands) {
    const folder = resolve(dirname(file), directory);
    const path = isAbsolute(input) ? input : resolve(folder, input);
    const shown = relative(process.cwd(), path);
    const entries = readClangWords(words);
    const flags = [...compileFlags(entries), ...extraFlags];
    const said = entries.find(({ flag }) => flag === '-x')?.value;
    const language = said === 'c' || said === 'c++' ? said : languageOf(input);
    const refusal = untunableFlag(flags);
    if (language === undefined || language === 'ir') onSkip?.(`${shown}: neither C nor C++, left out`);
    else if (refusal !== undefined) onSkip?.(`${shown}: ${refusal.flag}: ${refusal.reason}, left out`);
    else sources.push({ name: shown, translation: { file: path, directory: folder, language, flags } });
  }
  return sources;
}
