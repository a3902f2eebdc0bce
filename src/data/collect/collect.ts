// Collecting: packages, folders, compilation databases and IR files become Parquet files of unoptimised
// modules, one file a package, several packages at a time. Each finished package has a record and is not
// done again; what went wrong is in the records, counted. Nothing here stops for one bad package.

import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import pLimit from 'p-limit';
import { OzmaError } from '../../common/errors.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { unitKey } from '../units.ts';
import { Apt } from './apt.ts';
import { buildPackage, installBuildDependencies } from './build.ts';
import { readRecord, writeCollected, type CollectedModule, type CollectRecord } from './collected.ts';
import {
  compileFile,
  portableFlags,
  usualLimits,
  type CompileLimits,
  type CompileResult,
} from './compile-file.ts';
import { fillHeader, headerFromCode, headerOfTemplate, type PackageIdentity } from './config-header.ts';
import { Guesser } from './guessing.ts';
import type { CollectInput, GivenSource } from './inputs.ts';
import { writeRandomPrograms } from './random-programs.ts';
import { isReservedFile, isReservedPackage } from './reserved.ts';
import { readSourceTree, type SourceTree } from './source-tree.ts';
import { learnSystem, type SystemKnowledge } from './system.ts';

export interface CollectSettings {
  installation: LlvmInstallation;
  /** Where Parquet files and records go. */
  folder: string;
  /** Packages at a time. */
  jobs: number;
  /** Run each package's own build first; otherwise only where guessing does badly. */
  build: boolean;
  /** Install build dependencies with apt (root only) before a build. */
  buildDependencies: boolean;
  /** Wall-clock limit of one package, its download not counted. */
  packageSeconds: number;
  /** Sources of one package at most: an even choice over all of them. */
  filesPerPackage: number;
  limits?: CompileLimits;
  /** Lines of sources.list; default Debian's. */
  aptSources?: readonly string[];
  signal?: AbortSignal | undefined;
  onRecord?: (record: CollectRecord, done: number, total: number) => void;
}

/** Below this share of compiled files the package's own build is run. */
const wellGuessed = 0.3;
/** So many failures at the beginning say that guessing will not do. */
const hopeless = 25;
const mostExamples = 40;
/** Changes when the same input gives other modules than before. */
const version = 1;

interface Surroundings {
  settings: CollectSettings;
  system: SystemKnowledge;
  apt?: Apt;
}

class Tally {
  readonly modules: CollectedModule[] = [];
  readonly dropped: Record<string, number> = {};
  readonly examples: CollectRecord['examples'] = [];

  drop(reason: string, count = 1): void {
    if (count > 0) this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
  }

  fail(file: string, result: Extract<CompileResult, { ok: false }>): void {
    this.drop(result.reason);
    if (this.examples.length < mostExamples)
      this.examples.push({ file, reason: result.reason, line: result.line });
  }
}

type KeyedInput = CollectInput & { key: string };

type Origin = Pick<CollectedModule, 'package' | 'version' | 'licence' | 'source'>;

/** An even choice that keeps the order. */
function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, at) => items[Math.floor((at * items.length) / most)]!);
}

/**
 * Every question that the code asks, answered. `included` says whether files that ask include
 * config.h; where most do not, the build is assumed to force it upon all. Undefined where nothing is asked.
 */
async function answersToCode(
  tree: SourceTree,
  system: SystemKnowledge,
  identity: PackageIdentity,
): Promise<{ text: string; included: boolean } | undefined> {
  const texts: string[] = [];
  for (const path of new Set([...tree.headers.values()].flat())) {
    texts.push(await readFile(join(tree.root, path), 'latin1').catch(() => ''));
  }
  const includes = texts.filter((text) => /#[ \t]*include[ \t]*["<]config\.h[">]/.test(text)).length;
  const asking = texts.filter((text) => /#[ \t]*(if|elif).*\bHAVE_/.test(text)).length;
  if (includes === 0 && asking === 0) return undefined;
  return { text: headerFromCode(texts, system, identity), included: includes > asking / 4 };
}

/** Writes the configuration headers that the package's own build would write. */
async function configure(tree: SourceTree, system: SystemKnowledge, origin: Origin): Promise<void> {
  const identity = { name: origin.package, version: origin.version.replace(/^\d+:|-[^-]*$/g, '') };
  const write = async (header: string, text: string): Promise<void> => {
    await writeFile(join(tree.root, header), text).catch(() => undefined);
    const name = basename(header);
    tree.headers.set(name, [...(tree.headers.get(name) ?? []), header]);
    tree.configured ||= /config/i.test(name);
  };
  // autoheader's templates before CMake's: they ask one question a macro.
  const templates = [...tree.templates].sort((a, b) => Number(/cmake/.test(a)) - Number(/cmake/.test(b)));
  for (const template of templates) {
    const header = headerOfTemplate(template);
    const name = basename(header);
    // gnulib's replacements of system headers are not needed on this system.
    const replacement = /\.in\.h$/.test(template) && system.hasHeader(name);
    if (replacement || tree.headers.get(name)?.includes(header) === true) continue;
    const text = await readFile(join(tree.root, template), 'utf8').catch(() => undefined);
    if (text !== undefined) await write(header, fillHeader(text, system, identity));
  }
  if (tree.configured) return;
  const answers = await answersToCode(tree, system, identity);
  if (answers === undefined) return;
  await write('config.h', answers.text);
  if (!answers.included) tree.forced = 'config.h';
}

/** A fixed order that goes through all folders alike, so that the first failures tell of the whole. */
function mixed(paths: readonly string[]): string[] {
  const places = new Map(paths.map((path) => [path, unitKey(path)]));
  return [...paths].sort((a, b) => (places.get(a)! < places.get(b)! ? -1 : 1));
}

async function compileGuessing(
  { settings, system }: Surroundings,
  tree: SourceTree,
  sources: readonly string[],
  origin: Origin,
  end: number,
): Promise<Tally> {
  const tally = new Tally();
  await configure(tree, system, origin);
  const guesser = new Guesser(settings.installation, tree, system, settings.limits ?? usualLimits);
  const output = join(dirname(tree.root), 'output.bc');
  for (const [at, path] of mixed(sources).entries()) {
    if (performance.now() > end || settings.signal?.aborted === true) {
      tally.drop('time of the package used up', sources.length - at);
      break;
    }
    if (at === hopeless && tally.modules.length < at / 10) {
      tally.drop('not tried, the others failed', sources.length - at);
      break;
    }
    const { flags, result } = await guesser.compile(path, output);
    if (result.ok) {
      const language = path.endsWith('.c') ? 'c' : 'c++';
      const portable = portableFlags(flags, tree.root, tree.root);
      tally.modules.push({ content: result.bitcode, ...origin, language, file: path, flags: portable });
    } else {
      tally.fail(path, result);
    }
  }
  tally.modules.sort((a, b) => (a.file < b.file ? -1 : 1));
  tally.examples.sort((a, b) => (a.file < b.file ? -1 : 1));
  return tally;
}

async function compileGiven(
  { settings }: Surroundings,
  root: string,
  sources: readonly GivenSource[],
  origin: Origin,
  output: string,
  end: number,
): Promise<Tally> {
  const tally = new Tally();
  for (const [at, { path, translation }] of sources.entries()) {
    if (performance.now() > end || settings.signal?.aborted === true) {
      tally.drop('time of the package used up', sources.length - at);
      break;
    }
    const result = await compileFile(settings.installation, translation, root, output, settings.limits);
    if (result.ok) {
      const flags = portableFlags(translation.flags, root, translation.directory);
      tally.modules.push({
        content: result.bitcode,
        ...origin,
        language: translation.language,
        file: path,
        flags,
      });
    } else {
      tally.fail(path, result);
    }
  }
  return tally;
}

interface Collected {
  tally: Tally;
  how: CollectRecord['how'];
  line?: string;
  sources: number;
}

/** The sources under `root`, by its own build, by guessing, or both. `scratch` is beside the root. */
async function collectTree(around: Surroundings, root: string, origin: Origin): Promise<Collected> {
  const { settings } = around;
  const end = performance.now() + settings.packageSeconds * 1000;
  const tree = await readSourceTree(root);
  const sources = evenly(tree.sources, settings.filesPerPackage);
  const scratch = join(dirname(root), 'scratch');
  const finish = (tally: Tally): void => {
    tally.drop('reserved for tests', tree.reserved);
    tally.drop('over the limit of files', tree.sources.length - sources.length);
  };
  const build = async (): Promise<Collected> => {
    const notes: string[] = [];
    if (settings.buildDependencies) {
      const problem = await installBuildDependencies(origin.package, settings.packageSeconds);
      if (problem !== undefined) notes.push(problem);
    }
    const left = (end - performance.now()) / 1000;
    const built = await buildPackage(settings.installation, root, scratch, left * 0.7);
    if (built.line !== undefined) notes.push(built.line);
    const wanted = built.sources.filter(({ path }) => !isReservedFile(path));
    const chosen = evenly(wanted, settings.filesPerPackage);
    const tally = await compileGiven(around, root, chosen, origin, join(scratch, 'output.bc'), end);
    finish(tally);
    const line = notes.join('; ');
    return { tally, how: 'build', sources: wanted.length, ...(line === '' ? {} : { line }) };
  };
  if (settings.build) {
    const built = await build();
    if (built.tally.modules.length > 0) return built;
  }
  const tally = await compileGuessing(around, tree, sources, origin, end);
  finish(tally);
  const guessed: Collected = { tally, how: 'files', sources: tree.sources.length };
  if (settings.build || tally.modules.length >= wellGuessed * sources.length) return guessed;
  const built = await build();
  return built.tally.modules.length > tally.modules.length ? built : guessed;
}

function recordOf(
  origin: Origin,
  key: string,
  { tally, how, line, sources }: Collected,
  seconds: number,
): CollectRecord {
  return {
    key,
    package: origin.package,
    version: origin.version,
    licence: origin.licence,
    status: sources === 0 ? 'no sources' : 'collected',
    how,
    ...(line === undefined ? {} : { line }),
    sources,
    modules: tally.modules.length,
    bytes: tally.modules.reduce((sum, { content }) => sum + content.length, 0),
    dropped: tally.dropped,
    examples: tally.examples,
    seconds: Math.round(seconds * 10) / 10,
  };
}

function nothing(name: string, key: string, status: string, line?: string): CollectRecord {
  const counts = { sources: 0, modules: 0, bytes: 0, dropped: {}, examples: [], seconds: 0 };
  return {
    key,
    package: name,
    version: '',
    licence: '',
    status,
    how: 'files',
    ...(line === undefined ? {} : { line }),
    ...counts,
  };
}

/** One package or input, from nothing to its record. */
async function collectOne(
  around: Surroundings,
  input: KeyedInput,
  work: string,
  compiling: <T>(task: () => Promise<T>) => Promise<T>,
): Promise<{ record: CollectRecord; modules: CollectedModule[] }> {
  const { settings } = around;
  if (isReservedPackage(input.name))
    return { record: nothing(input.name, input.key, 'reserved'), modules: [] };
  let origin: Origin;
  let collect: () => Promise<Collected>;
  switch (input.kind) {
    case 'package': {
      const fetched = await around.apt!.fetch(input.name, work);
      if (!fetched.ok) {
        return { record: nothing(input.name, input.key, fetched.reason, fetched.line), modules: [] };
      }
      const { name, version: debianVersion, licence, folder } = fetched.source;
      origin = { package: name, version: debianVersion, licence, source: `debian:${name}=${debianVersion}` };
      collect = () => collectTree(around, folder, origin);
      break;
    }
    case 'folder':
      origin = { package: input.name, version: '', licence: 'unknown', source: `folder:${input.name}` };
      collect = async () => {
        // A user's folder is copied: templates are filled in beside the sources.
        await rm(work, { recursive: true, force: true });
        const root = join(work, 'source');
        await cp(input.path, root, {
          recursive: true,
          filter: (path) => !/\/(\.git|node_modules)$/.test(path),
        });
        return collectTree(around, root, origin);
      };
      break;
    case 'translations':
      origin = { package: input.name, version: '', licence: 'unknown', source: `files:${input.name}` };
      collect = async () => {
        await mkdir(work, { recursive: true });
        const end = performance.now() + settings.packageSeconds * 1000;
        const wanted = input.sources.filter(({ path }) => !isReservedFile(path));
        const tally = await compileGiven(around, input.root, wanted, origin, join(work, 'output.bc'), end);
        tally.drop('reserved for tests', input.sources.length - wanted.length);
        return { tally, how: 'given', sources: wanted.length };
      };
      break;
    case 'csmith':
      origin = { package: input.name, version: '', licence: 'unknown', source: 'generator:csmith' };
      collect = async () => {
        const sources = await writeRandomPrograms(work, input.programs, settings.signal);
        const end = performance.now() + settings.packageSeconds * 1000;
        const tally = await compileGiven(around, work, sources, origin, join(work, 'output.bc'), end);
        tally.drop('error', input.programs - sources.length);
        return { tally, how: 'given', sources: input.programs };
      };
      break;
  }
  return await compiling(async () => {
    const start = performance.now();
    const collected = await collect();
    const record = recordOf(origin, input.key, collected, (performance.now() - start) / 1000);
    return { record, modules: collected.tally.modules };
  });
}

/** What was asked, in a hash: a record with another key is no answer to it. */
async function inputKey(settings: CollectSettings, input: CollectInput): Promise<string> {
  const { build, filesPerPackage, installation } = settings;
  const what = await identityOf(input);
  return unitKey('collect', version, installation.version, { build, filesPerPackage }, what);
}

/** A package by its name; files by their paths, sizes and times, and by their flags. */
async function identityOf(input: CollectInput): Promise<unknown> {
  const stamp = async (path: string): Promise<unknown> => {
    const { size, mtimeMs } = await stat(path);
    return [path, size, mtimeMs];
  };
  switch (input.kind) {
    case 'package':
      return input.name;
    case 'csmith':
      return input.programs;
    case 'folder': {
      const { sources } = await readSourceTree(input.path);
      return Promise.all(sources.map((path) => stamp(join(input.path, path))));
    }
    case 'translations':
      return Promise.all(
        input.sources.map(async ({ translation }) => {
          const file = resolve(translation.directory, translation.file);
          return [await stamp(file).catch(() => file), translation.flags];
        }),
      );
  }
}

/**
 * Collects every input that has no record yet and returns the records of all. Throws `interrupted` when the
 * signal came (finished packages stay) and `environment` for a full disk.
 */
export async function collect(
  inputs: readonly CollectInput[],
  settings: CollectSettings,
): Promise<CollectRecord[]> {
  const folder = resolve(settings.folder);
  const workRoot = join(folder, '.work');
  await mkdir(workRoot, { recursive: true });
  const around: Surroundings = { settings, system: await learnSystem(settings.installation) };
  const records: CollectRecord[] = [];
  const toDo: KeyedInput[] = [];
  for (const input of inputs) {
    const known = await readRecord(folder, input.name);
    const key = await inputKey(settings, input);
    if (known?.key === key) records.push(known);
    else toDo.push({ ...input, key });
  }
  let done = records.length;
  if (toDo.some(({ kind }) => kind === 'package')) {
    around.apt = await Apt.open(join(folder, '.apt'), settings.aptSources);
  }
  // One more than `jobs` is under way, so that a download never keeps a core waiting.
  const underWay = pLimit(settings.jobs + 1);
  const compiling = pLimit(settings.jobs);
  let failure: { error: unknown } | undefined;
  const interrupted = (): boolean => settings.signal?.aborted === true;
  await Promise.all(
    toDo.map((input) =>
      underWay(async () => {
        if (failure !== undefined || interrupted()) return;
        const work = join(workRoot, input.name.replaceAll('/', '_'));
        try {
          const { record, modules } = await collectOne(around, input, work, compiling);
          // A package that was cut short by Ctrl-C is done again next time.
          if (interrupted()) return;
          await writeCollected(folder, record, modules);
          records.push(record);
          settings.onRecord?.(record, ++done, inputs.length);
        } catch (error) {
          failure ??= { error };
        } finally {
          await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
        }
      }),
    ),
  );
  if (settings.signal?.aborted === true)
    throw new OzmaError('interrupted', 'interrupted; the same command goes on');
  if (failure !== undefined) throw failure.error;
  await rm(workRoot, { recursive: true, force: true });
  return records.sort((a, b) => (a.package < b.package ? -1 : 1));
}
