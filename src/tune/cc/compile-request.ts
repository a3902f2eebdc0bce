// Is this command line a compile that we tune? Only `-c` of exactly one C or C++ source to an object, with
// nothing in it that we do not understand; any doubt sends it to clang unchanged.
//
// Not tuned: compiling and linking at once (`cc a.c b.c -o program`). Build systems of packages compile apart; what
// comes in this form are mostly questions of configure scripts, whose answers may hang on clang's own behaviour
// (the names of temporary objects, dependency and debug files beside the program, the order of messages), and
// which a search would make slow for nothing.

import { readFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { compileFlags, readClangWords, untunableFlag, type ClangWord } from '../../llvm/clang-flags.ts';
import { splitCommand } from '../../llvm/split-command.ts';

export type Driver = 'clang' | 'clang++';

export interface CompileRequest {
  driver: Driver;
  input: string;
  output: string;
  language: 'c' | 'c++';
  /** As compileFlags leaves them. */
  flags: string[];
  /** What makes the front end write the dependency file that the compile writes. */
  dependencyFlags: string[];
}

/** Another mode, another output, or a report about the compile: exactly these. */
const notPlain = new Set(
  (
    '-E -S -M -MM -MJ -v -V -H -### --help -help --version --precompile --analyze -fsyntax-only -Xclang -arch ' +
    '-working-directory -dependency-file -ftime-report -include-pch -verify-pch -cc1 -- -dM -dD -dI'
  ).split(' '),
);
/** And all that begin with these. */
const notPlainPrefixes =
  /^(-emit-|-Xarch|-print|--print|-dump|-?-save-temps|-?-serialize|-Wp,-M|-fmodule|-fdriver-only|--config|-fdiagnostics-format|-working-directory=|-rewrite|--driver-mode)/;

/** What configure scripts (autoconf's, zlib's) compile to learn about the compiler; its size is nobody's business. */
const probes = /(^|\/)(conftest[^/]*|ztest\d[^/]*\.c|sanitycheck[^/]*|CMakeC(XX)?CompilerId[^/]*)$/;
const probeFolders = /(^|\/)(CMakeScratch|CMakeTmp|meson-private)(\/|$)/;

/** Words with `@file` replaced by what is in it; undefined when one cannot be read. */
function expandResponseFiles(words: readonly string[], depth = 0): string[] | undefined {
  const expanded: string[] = [];
  for (const word of words) {
    if (!word.startsWith('@')) {
      expanded.push(word);
      continue;
    }
    if (depth > 8) return undefined;
    let text: string;
    try {
      text = readFileSync(word.slice(1), 'utf8');
    } catch {
      return undefined;
    }
    const inner = expandResponseFiles(splitCommand(text), depth + 1);
    if (inner === undefined) return undefined;
    expanded.push(...inner);
  }
  return expanded;
}

function languageOf(driver: Driver, file: string, said: string | undefined): 'c' | 'c++' | undefined {
  if (said !== undefined) return said === 'c' || said === 'c++' ? said : undefined;
  const ending = extname(file);
  if (ending === '.c') return driver === 'clang++' ? 'c++' : 'c';
  return ['.cc', '.cp', '.cpp', '.cxx', '.c++', '.C', '.CPP'].includes(ending) ? 'c++' : undefined;
}

/** With another output than the compile's, clang would name other files in and for the rule. */
function dependencyFlags(entries: readonly ClangWord[], output: string): string[] {
  const has = (...flags: string[]): boolean => entries.some(({ flag }) => flags.includes(flag ?? ''));
  if (!has('-MD', '-MMD')) return [];
  const own = entries.filter(({ flag }) => /^-M[DMGPFTQV]/.test(flag ?? '')).flatMap(({ words }) => words);
  const ending = extname(output);
  const file = `${ending === '' ? output : output.slice(0, -ending.length)}.d`;
  return [...own, ...(has('-MF') ? [] : ['-MF', file]), ...(has('-MT', '-MQ') ? [] : ['-MQ', output])];
}

/** What to tune, or undefined: clang's alone. `words` is the command line without the compiler. */
export function readCompileRequest(driver: Driver, words: readonly string[]): CompileRequest | undefined {
  const expanded = expandResponseFiles(words);
  if (expanded === undefined) return undefined;
  const entries = readClangWords(expanded);
  const flagsThere = entries.flatMap(({ flag }) => flag ?? []);
  if (!flagsThere.includes('-c')) return undefined;
  if (flagsThere.some((flag) => notPlain.has(flag) || notPlainPrefixes.test(flag))) return undefined;
  const inputs = entries.filter(({ flag }) => flag === undefined);
  const input = inputs[0]?.value;
  if (inputs.length !== 1 || input === undefined || input === '-') return undefined;
  const language = languageOf(driver, input, entries.findLast(({ flag }) => flag === '-x')?.value);
  if (language === undefined) return undefined;
  const level = flagsThere.findLast((flag) => /^-O/.test(flag));
  if (level === '-O0' || level === '-Og') return undefined;
  if (probes.test(input) || probeFolders.test(resolve(input)) || probeFolders.test(process.cwd())) {
    return undefined;
  }
  const flags = compileFlags(entries);
  if (untunableFlag(flags) !== undefined) return undefined;
  const named = entries.findLast(({ flag }) => flag === '-o' || flag === '--output=' || flag === '--output');
  const output = named?.value ?? `${basename(input, extname(input))}.o`;
  return { driver, input, output, language, flags, dependencyFlags: dependencyFlags(entries, output) };
}
