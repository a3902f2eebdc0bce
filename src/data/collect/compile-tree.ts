// The sources of one package, folder or list → modules, with what failed counted: by flags that are given, by
// guessing them, or by the package's own build. Time and number of files are limited.

import { dirname, join } from 'node:path';
import { buildPackage, installBuildDependencies } from './build.ts';
import type { CollectedModule, CollectRecord } from './collected.ts';
import { compileFile, portableFlags, usualLimits, type CompileResult } from './compile-file.ts';
import { configure } from './configure.ts';
import { Guesser } from './guessing.ts';
import type { GivenSource } from './inputs.ts';
import { isReservedFile } from './reserved.ts';
import type { CollectSettings } from './settings.ts';
import { readSourceTree, type SourceTree } from './source-tree.ts';
import type { SystemKnowledge } from './system.ts';
import { unitKey } from '../units.ts';

/** Below this share of compiled files the package's own build is run. */
const wellGuessed = 0.3;
/** So many failures at the beginning say that guessing will not do. */
const hopeless = 25;
const mostExamples = 40;

export interface Surroundings {
  settings: CollectSettings;
  system: SystemKnowledge;
}

/** Where modules come from. */
export type Origin = Pick<CollectedModule, 'package' | 'version' | 'licence' | 'source'>;

/** Modules so far, and what was left out, by reason and with examples. */
export class Tally {
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

/** What came of a package. */
export interface Collected {
  tally: Tally;
  how: CollectRecord['how'];
  line?: string;
  sources: number;
}

/** An even choice that keeps the order. */
function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, at) => items[Math.floor((at * items.length) / most)]!);
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
  const upstreamVersion = origin.version.replace(/^\d+:|-[^-]*$/g, '');
  await configure(tree, system, { name: origin.package, version: upstreamVersion });
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

export async function compileGiven(
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

/** The sources under `root`, by its own build, by guessing, or both. `scratch` is beside the root. */
export async function collectTree(around: Surroundings, root: string, origin: Origin): Promise<Collected> {
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
