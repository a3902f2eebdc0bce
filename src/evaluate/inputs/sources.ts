// A folder of C, C++ and IR files that nobody prepared: each is compiled as it stands, with the folders of
// its own tree to include from; one that clang refuses is counted, no more. Functions are cut out as for the
// corpus; whole files as assembly are what `ozma disassemble` is given.

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import pLimit from 'p-limit';
import { OzmaError } from '../../common/errors.ts';
import type { CorpusRow } from '../../data/corpus.ts';
import { bitcodeWords, type Translation } from '../../llvm/clang.ts';
import { programPath } from '../../llvm/installation.ts';
import { languageOf } from '../../llvm/languages.ts';
import { contentHash, type OptimisationLevel } from '../../llvm/module.ts';
import { failureLine, runProgram } from '../../llvm/run-program.ts';
import { countsOf } from './counts.ts';
import { mustExist, smallest, type Input, type Inputs, type InputSettings } from './input.ts';

/** Longer functions are left out and counted, as in the corpus. */
const longestFunction = 65_536;
const compileSeconds = 60;
const headers = /\.(?:h|hh|hpp|hxx|inc)$/i;

/** Files below a folder, or the file itself, by name; hidden folders are passed over. */
export async function filesBelow(path: string, wanted: (file: string) => boolean): Promise<string[]> {
  await mustExist(path);
  if (!(await stat(path)).isDirectory()) return wanted(path) ? [path] : [];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => wanted(file) && !/(?:^|\/)\.[^./]/.test(relative(path, file)))
    .sort();
}

interface SourceFile {
  translation: Translation;
  /** Relative to the folder. */
  name: string;
}

async function sourcesOf({ data, flags }: InputSettings): Promise<SourceFile[]> {
  const files = await filesBelow(data, (file) => languageOf(file) !== undefined);
  if (files.length === 0) {
    throw new OzmaError(
      'usage',
      `${data}: expected a set made by ozma data, or .c, .cc, .cpp, .ll or .bc files, found none`,
    );
  }
  const folders = new Set(
    (await filesBelow(data, (file) => headers.test(file))).map((file) => dirname(file)),
  );
  const includes = [...folders].sort().map((folder) => `-I${resolve(folder)}`);
  return files.map((file) => ({
    name: relative(data, file) || basename(file),
    translation: {
      file: resolve(file),
      directory: resolve(dirname(file)),
      language: languageOf(file)!,
      flags: ['-w', ...flags, ...includes],
    },
  }));
}

/** Runs clang; undefined and counted where it refuses. */
async function compile(
  { pool }: InputSettings,
  { translation }: SourceFile,
  words: readonly string[],
  output: string,
  count: (reason: string) => void,
): Promise<Buffer | undefined> {
  const clang = programPath(pool.installation, translation.language === 'c++' ? 'clang++' : 'clang');
  const { directory } = translation;
  const result = await runProgram(clang, words, { directory, timeoutSeconds: compileSeconds });
  if (result.exitCode === 0) return readFile(output);
  const missing = /'([^']+)' file not found/.exec(result.stderr)?.[1];
  count(`clang refuses: ${missing === undefined ? shortReason(failureLine(result)) : `no ${missing}`}`);
  return undefined;
}

function shortReason(line: string): string {
  return line.replace(/^.*?\berror: /, '').slice(0, 60);
}

/** Every function of every file, as rows of a corpus. */
export async function functionsOfSources(settings: InputSettings): Promise<Inputs<CorpusRow>> {
  const { all: dropped, count } = countsOf();
  const folder = await mkdtemp(join(tmpdir(), 'ozma-evaluate-'));
  try {
    const inputs = await eachSource(settings, async (source, index) => {
      const output = join(folder, `${index}.bc`);
      const words = bitcodeWords(source.translation, output);
      const bytes = await compile(settings, source, words, output, count);
      return bytes === undefined ? [] : functionsOf(settings, source, bytes, count);
    });
    return { inputs: smallest(inputs, settings.limit), dropped, available: inputs.length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function functionsOf(
  { pool, data }: InputSettings,
  { translation, name: file }: SourceFile,
  bytes: Uint8Array,
  count: (reason: string) => void,
): Promise<Input<CorpusRow>[]> {
  const module = { hash: contentHash(bytes), bytes };
  const cut = await pool.cut(module, longestFunction);
  pool.forget(module);
  if (!cut.ok) {
    count(`functions cannot be cut out: ${cut.failure.kind}`);
    return [];
  }
  const { functions, triple, tooLarge, refused } = cut.value;
  for (let left = tooLarge; left > 0; left--) count(`function longer than ${longestFunction} characters`);
  for (let left = refused.length; left > 0; left--) count('function cannot stand alone');
  return functions.map(({ name, ir, instructions }) => ({
    group: file,
    name,
    row: {
      id: createHash('sha256').update(ir).digest('hex').slice(0, 32),
      kind: 'function',
      name,
      ir,
      package: basename(resolve(data)),
      version: '',
      licence: 'unknown',
      language: translation.language === 'c' ? 'c' : 'c++',
      file,
      flags: [...translation.flags],
      target: triple,
      instructions,
      bytes: null,
      split: 'test',
    },
  }));
}

export interface AssemblyOfFile {
  /** Relative to the folder. */
  file: string;
  text: string;
}

/** The assembly of every file, as clang writes it at a level for the machine that it compiles for. */
export async function assemblyOfSources(
  settings: InputSettings,
  level: OptimisationLevel,
): Promise<{ files: AssemblyOfFile[]; dropped: Record<string, number> }> {
  const { all: dropped, count } = countsOf();
  const folder = await mkdtemp(join(tmpdir(), 'ozma-evaluate-'));
  try {
    const files = await eachSource(settings, async (source, index) => {
      const output = join(folder, `${index}.s`);
      const { language, file, flags } = source.translation;
      const words = [...flags, `-${level}`, '-S', '-x', language, file, '-o', output];
      const bytes = await compile(settings, source, words, output, count);
      return bytes === undefined ? [] : [{ file: source.name, text: bytes.toString('utf8') }];
    });
    return { files, dropped };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function eachSource<T>(
  settings: InputSettings,
  work: (source: SourceFile, index: number) => Promise<T[]>,
): Promise<T[]> {
  const limit = pLimit(settings.jobs);
  const sources = await sourcesOf(settings);
  const found = await Promise.all(
    sources.map((source, index) =>
      limit(async () => {
        settings.signal?.throwIfAborted();
        return work(source, index);
      }),
    ),
  );
  return found.flat();
}
