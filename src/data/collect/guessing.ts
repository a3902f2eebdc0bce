// Compiling sources whose build nobody ran: include paths and macros are guessed from where headers lie and
// from what clang misses, and what helped one file of a package is tried first on the next. Files go one
// after the other in a fixed order, so that the same package gives the same answers.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { dirname as dirnamePosix } from 'node:path/posix';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { compileFile, type CompileLimits, type CompileResult } from './compile-file.ts';
import { sourceLanguage, type SourceTree } from './source-tree.ts';
import type { SystemKnowledge } from './system.ts';

/** Old C is full of what has become an error since. */
const forgiving = [
  '-Wno-error=implicit-function-declaration',
  '-Wno-error=implicit-int',
  '-Wno-error=int-conversion',
  '-Wno-error=incompatible-pointer-types',
  '-Wno-error=incompatible-function-pointer-types',
  '-Wno-error=return-type',
  '-Wno-error=register',
  '-Wno-error=c++11-narrowing',
  '-Wno-error=reserved-user-defined-literal',
];
const usual = ['-D_GNU_SOURCE', '-DNDEBUG', ...forgiving];
const mostRetries = 8;

/** Macros that builds give as strings: paths, names and versions. */
const stringMacro =
  /^[A-Z][A-Z0-9_]*(DIR|PATH|FILE|PREFIX|VERSION|VERS|PACKAGE|NAME|HOST|DATE|ROOT|HOME|LIB|URL|CONF|STRING|DESC)$|^(VERSION|PACKAGE|LOCALE|PREFIX|BUILD|REVISION)[A-Z_]*$/;

/** Macros that say whether something is there. */
const featureMacro = /(^|_)(HAVE|HAS|USE|ENABLE|WITH|SUPPORT)_[A-Z0-9_]+$/;

export class Guesser {
  private readonly installation: LlvmInstallation;
  private readonly tree: SourceTree;
  private readonly system: SystemKnowledge;
  private readonly limits: CompileLimits;
  /** What every file of the package gets: paths of headers that were missed, macros that were undeclared. */
  private readonly learned: string[] = [];
  private readonly common: string[];

  constructor(
    installation: LlvmInstallation,
    tree: SourceTree,
    system: SystemKnowledge,
    limits: CompileLimits,
  ) {
    this.installation = installation;
    this.tree = tree;
    this.system = system;
    this.limits = limits;
    const configured = (tree.headers.get('config.h') ?? []).map((path) => dirnamePosix(path));
    const shallow = configured.sort((a, b) => a.length - b.length).slice(0, 1);
    const hasConfig = tree.configured || configured.length > 0 ? ['-DHAVE_CONFIG_H'] : [];
    const forced = tree.forced === undefined ? [] : [`-include${join(tree.root, tree.forced)}`];
    this.common = [
      ...usual,
      ...forced,
      ...hasConfig,
      ...shallow.map((folder) => `-I${join(tree.root, folder)}`),
    ];
  }

  /** Clang's flags for a source, and the result with them. */
  async compile(path: string, output: string): Promise<{ flags: string[]; result: CompileResult }> {
    const language = sourceLanguage(path) ?? 'c';
    const own: string[] = [];
    let standard = language === 'c++' ? '-std=gnu++17' : '-std=gnu17';
    for (let retries = 0; ; retries++) {
      const flags = [standard, ...this.common, ...this.folders(path), ...this.learned, ...own];
      // Named from the root, so that bitcode is the same wherever the package lies.
      const translation = { file: path, directory: this.tree.root, language, flags };
      const result = await compileFile(this.installation, translation, this.tree.root, output, this.limits);
      if (result.ok || retries === mostRetries || result.reason === 'timed out') return { flags, result };
      const more = await this.mend(path, result.stderr, flags);
      if (more !== undefined) {
        for (const flag of more) (flag.startsWith('-D') ? own : this.learned).push(flag);
      } else if (
        language === 'c++' &&
        standard === '-std=gnu++17' &&
        /c\+\+20|requires|concept|<=>|std::span|consteval/.test(result.stderr)
      ) {
        standard = '-std=gnu++20';
      } else if (
        language === 'c++' &&
        standard === '-std=gnu++17' &&
        /dynamic exception|auto_ptr|unary_function|random_shuffle|std::byte|ambiguous/.test(result.stderr)
      ) {
        standard = '-std=gnu++14';
      } else if (
        language === 'c' &&
        standard === '-std=gnu17' &&
        /expected (identifier|';'|'\)')|bool|type-name/.test(result.stderr)
      ) {
        standard = '-std=gnu89';
      } else {
        return { flags, result };
      }
    }
  }

  /** Its own folder and those above it, each with an `include` beside it where there is one. */
  private folders(path: string): string[] {
    const folders: string[] = [];
    for (let folder = dirnamePosix(path); ; folder = dirnamePosix(folder)) {
      folders.push(folder);
      const include = folder === '.' ? 'include' : `${folder}/include`;
      if (this.includeFolders.has(include)) folders.push(include);
      if (folder === '.') break;
    }
    return folders.slice(1).map((folder) => `-I${join(this.tree.root, folder)}`);
  }

  private known: Set<string> | undefined;
  private get includeFolders(): Set<string> {
    this.known ??= new Set([...this.tree.headers.values()].flat().flatMap((path) => parents(path)));
    return this.known;
  }

  /** Flags that may help against the first error (none where compiling again is enough), or nothing. */
  private async mend(path: string, stderr: string, flags: readonly string[]): Promise<string[] | undefined> {
    const missed = /error: '(.*)' file not found/.exec(stderr)?.[1];
    if (missed !== undefined) {
      const flag = this.findHeader(missed, path);
      if (flag !== undefined) return flags.includes(flag) ? undefined : [flag];
      const folder = await this.forwardHeader(missed, path);
      return folder === undefined ? undefined : [folder].filter((word) => !flags.includes(word));
    }
    for (const [, name = ''] of stderr.matchAll(/error: use of undeclared identifier '(\w+)'/g)) {
      const flag = stringMacro.test(name) ? `-D${name}="/usr/share"` : `-D${name}=0`;
      if ((stringMacro.test(name) || featureMacro.test(name)) && !flags.includes(flag)) return [flag];
    }
    return this.mendText(stderr, flags);
  }

  /** `"a" LOCALEDIR "b"` with an unknown macro is to clang a missing semicolon or parenthesis. */
  private async mendText(stderr: string, flags: readonly string[]): Promise<string[] | undefined> {
    const [, file, line, column] = /^(.+?):(\d+):(\d+): error: expected ['"][;)},]/m.exec(stderr) ?? [];
    if (file === undefined) return undefined;
    const lines = (await readFile(resolve(this.tree.root, file), 'utf8').catch(() => '')).split(
      '\n',
      Number(line),
    );
    const rest = lines.at(-1)?.slice(Math.max(0, Number(column) - 1)) ?? '';
    const name = /[A-Za-z_]\w*/.exec(rest)?.[0] ?? '';
    const flag = `-D${name}="/usr/share"`;
    return stringMacro.test(name) && !flags.includes(flag) ? [flag] : undefined;
  }

  /**
   * `#include <gsl/gsl_math.h>` where the package has gsl_math.h in another folder, which only its build
   * would link to that place: a header there that includes the real one.
   */
  private async forwardHeader(missed: string, path: string): Promise<string | undefined> {
    const name = missed.slice(missed.lastIndexOf('/') + 1);
    const place = nearest(this.tree.headers.get(name) ?? [], path);
    if (place === undefined || !missed.includes('/') || missed.includes('..')) return undefined;
    const folder = join(this.tree.root, '.forwarded');
    const file = join(folder, missed);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#include "${join(this.tree.root, place)}"\n`);
    return `-idirafter${folder}`;
  }

  private findHeader(missed: string, path: string): string | undefined {
    const plain = missed.replace(/^(\.\.?\/)+/, '');
    const name = plain.slice(plain.lastIndexOf('/') + 1);
    const places = (this.tree.headers.get(name) ?? []).filter(
      (place) => place === plain || place.endsWith(`/${plain}`),
    );
    const place = nearest(places, path);
    if (place !== undefined) {
      return `-idirafter${join(this.tree.root, place.slice(0, place.length - plain.length))}`;
    }
    const folder = this.system.headerFolders(plain);
    return folder === undefined || folder === '' || folder === '/usr/include'
      ? undefined
      : `-idirafter${folder}`;
  }
}

/** Most folders in common with the source, then the shortest. */
function nearest(places: readonly string[], path: string): string | undefined {
  return [...places].sort(
    (a, b) => commonFolders(b, path) - commonFolders(a, path) || a.length - b.length || (a < b ? -1 : 1),
  )[0];
}

function parents(path: string): string[] {
  const found: string[] = [];
  for (let folder = dirnamePosix(path); folder !== '.'; folder = dirnamePosix(folder)) found.push(folder);
  return found;
}

function commonFolders(a: string, b: string): number {
  const one = a.split('/');
  const other = b.split('/');
  let at = 0;
  while (at < one.length - 1 && one[at] === other[at]) at++;
  return at;
}
