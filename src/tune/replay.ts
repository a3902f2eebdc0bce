// The same object without Ozma: shell lines of clang and opt. Possible where each step of the recipe is
// something that opt or clang can be told; a recipe that treats functions differently is not, and goes
// into a recipe file. The lines are run once before they are given away: they must reach the same size.

import { rm } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { baselineWords, bitcodeWords, codegenWords, llvmSize } from '../llvm/clang.ts';
import { programPath, type LlvmInstallation } from '../llvm/installation.ts';
import { switchesOf, type Recipe } from '../llvm/recipe.ts';
import { runProgram } from '../llvm/run-program.ts';
import type { LoadedSource } from './load-source.ts';
import type { TunedSource } from './tune-module.ts';

/** One word as a POSIX shell reads it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

/** What each step asks of `opt`; undefined when it cannot be asked. */
function optStages(recipe: Recipe): string[][] | undefined {
  const stages: string[][] = [];
  for (const step of recipe) {
    if (step.kind === 'module') {
      if (step.pipeline !== '') stages.push(['-p', step.pipeline]);
    } else if (step.kind === 'relax' && step.functions === 'all') {
      // clang -Oz writes `optsize` beside `minsize`, so taking one away is all.
      stages.push(['-p', 'forceattrs', '-force-remove-attribute=minsize']);
    } else if (step.kind !== 'switches') {
      return undefined;
    }
  }
  return stages;
}

/** The shell lines that write `output`, or undefined when the recipe has steps that no shell can say. */
export function replayLines(
  installation: LlvmInstallation,
  loaded: LoadedSource,
  recipe: Recipe,
  isBaseline: boolean,
  output: string,
): string | undefined {
  const { translation, level, triple } = loaded;
  const clang = programPath(installation, translation.language === 'c++' ? 'clang++' : 'clang');
  const here = resolve(translation.directory) === process.cwd();
  const enter = here ? '' : `cd ${shellWord(translation.directory)} && `;
  if (isBaseline && level === 'Oz') {
    const place = here || isAbsolute(output) ? output : resolve(output);
    return `${enter}${shellLine([clang, ...baselineWords(translation, place)])}\n`;
  }
  const stages = optStages(recipe);
  if (stages === undefined) return undefined;
  const opt = programPath(installation, 'opt');
  const relocation = loaded.positionIndependent ? ['-relocation-model=pic'] : [];
  const pipes: string[] = [shellLine([clang, ...bitcodeWords(translation, '-')])];
  if (!here) pipes[0] = `(${enter}${pipes[0]})`;
  for (const [index, stage] of stages.entries()) {
    // In process nothing is written between two steps, so the order of uses has to survive it.
    const keep = index + 1 < stages.length ? ['-preserve-bc-uselistorder'] : [];
    pipes.push(shellLine([opt, ...stage, ...relocation, ...keep]));
  }
  const settings = { triple, flags: translation.flags, level, switches: switchesOf(recipe) };
  pipes.push(shellLine([programPath(installation, 'clang'), ...codegenWords('-', settings, output)]));
  return `${pipes.join(' |\n  ')}\n`;
}

/** The same lines, run and found to reach the same size; undefined when they do not. */
export async function checkedReplayLines(
  installation: LlvmInstallation,
  { loaded, result }: TunedSource,
  output: string,
): Promise<string | undefined> {
  const isBaseline = result.best.origin === 'baseline';
  const lines = (place: string): string | undefined =>
    replayLines(installation, loaded, result.best.recipe, isBaseline, place);
  const trial = join(loaded.folder, 'replayed.o');
  const script = lines(trial);
  if (script === undefined) return undefined;
  await rm(trial, { force: true });
  const run = await runProgram('/bin/sh', ['-c', script]);
  if (run.exitCode !== 0) return undefined;
  const sizes = await llvmSize(installation, trial).catch(() => undefined);
  return sizes?.bytes === result.best.bytes ? lines(output) : undefined;
}

/** For messages: relative where that is shorter. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short !== '' && short.length < path.length ? short : path;
}
