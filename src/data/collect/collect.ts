// Collecting: packages, folders, compilation databases and IR files become Parquet files of unoptimised
// modules, one file a package, several packages at a time. Each finished package has a record and is not
// done again; what went wrong is in the records, counted. Nothing here stops for one bad package.

import { cp, mkdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pLimit from 'p-limit';
import { OzmaError } from '../../common/errors.ts';
import { whileLocked } from '../../common/folder-lock.ts';
import { unitKey } from '../units.ts';
import { Apt } from './apt.ts';
import { readRecord, writeCollected, type CollectedModule, type CollectRecord } from './collected.ts';
import { collectTree, compileGiven, type Collected, type Origin, type Surroundings } from './compile-tree.ts';
import type { CollectInput } from './inputs.ts';
import { writeRandomPrograms } from './random-programs.ts';
import { isReservedFile, isReservedPackage } from './reserved.ts';
import type { CollectSettings } from './settings.ts';
import { readSourceTree } from './source-tree.ts';
import { learnSystem } from './system.ts';

/** Changes when the same input gives other modules than before. */
const version = 1;

type KeyedInput = CollectInput & { key: string };

/** Fetches packages; absent where no package was asked for. */
type WithApt = Surroundings & { apt?: Apt };

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
  around: WithApt,
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
 * signal came (finished packages stay), `environment` for a full disk, `usage` while another process collects there.
 */
export async function collect(
  inputs: readonly CollectInput[],
  settings: CollectSettings,
): Promise<CollectRecord[]> {
  return whileLocked(settings.folder, () => collectAll(inputs, settings));
}

async function collectAll(
  inputs: readonly CollectInput[],
  settings: CollectSettings,
): Promise<CollectRecord[]> {
  const folder = resolve(settings.folder);
  const workRoot = join(folder, '.work');
  await mkdir(workRoot, { recursive: true });
  const around: WithApt = { settings, system: await learnSystem(settings.installation) };
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
  // Some more than `jobs` are under way, so that slow downloads never keep a core waiting.
  const underWay = pLimit(settings.jobs + 3);
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
