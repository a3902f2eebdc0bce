// What is known about a tuning set without asking anybody: the labels of its functions at both code generation
// levels, and the best single list for all functions. A model is worth its cost only beyond that list, so it is
// chosen as well as can be, on the training split alone, and measured exactly as a model's first list is.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { readSet } from '../../data/corpus.ts';
import type { LabelRow } from '../../data/labels/label-set.ts';
import { sqlList } from '../../data/database.ts';
import { findSets, readManifest, type SetManifest } from '../../data/set-manifest.ts';
import type { TuningRow } from '../../data/task-sets/tuning.ts';
import { contentHash, type CodegenLevel } from '../../llvm/module.ts';
import { parseAnswer } from '../../tasks/answers.ts';
import type { InputSettings } from '../inputs/input.ts';
import { levels, measureBaselines, measureLists, ozList } from './lists.ts';
import { irOfRow } from './samples.ts';

/** The lists that serve most training functions at a level, of which the best one is chosen. */
const listsTried = 12;
/** Training functions that they are measured on. */
const functionsTried = 64;

/** One list without the backup in mind and one with it: each is the best at what it is compared at. */
export type FixedLists = Readonly<Record<CodegenLevel, { alone: string; withBackup: string }>>;

export interface KnownLists {
  fixed: FixedLists | undefined;
  /** How it was chosen, for the record. */
  chosen: string;
  /** By the function's id in the corpus. */
  labels: ReadonlyMap<string, Partial<Record<CodegenLevel, string>>>;
}

interface LabelSet {
  folder: string;
  manifest: SetManifest;
}

/** `ids`: of the functions whose labels are wanted. */
export async function knownLists(settings: InputSettings, ids: readonly string[]): Promise<KnownLists> {
  const manifest = await readManifest(settings.data);
  const tuning = manifest?.name === 'tuning' ? manifest : undefined;
  const set = await labelSet(settings.data, tuning);
  const labels = set === undefined ? new Map<string, never>() : await labelsOf(set, ids);
  const popular = set === undefined ? await frequentLists(settings, tuning) : popularLists(set.manifest);
  if (popular === undefined) return { fixed: undefined, chosen: 'no lists known', labels };
  const programs = tuning === undefined ? [] : await trainingFunctions(settings);
  if (programs.length === 0) {
    const fixed = { Oz: same(popular.Oz[0] ?? ozList), O0: same(popular.O0[0] ?? ozList) };
    return { fixed, chosen: 'the label of most training functions', labels };
  }
  const lists = [...new Set(levels.flatMap((level) => popular[level].slice(0, listsTried)))];
  return {
    fixed: await bestOf([ozList, ...lists], programs, settings),
    chosen: `of ${lists.length} lists and -Oz the best on ${programs.length} training functions`,
    labels,
  };
}

const same = (list: string): FixedLists['Oz'] => ({ alone: list, withBackup: list });

/** The labels that a set was made of, beside it or as released; the released ones for code without a set. */
async function labelSet(data: string, tuning: SetManifest | undefined): Promise<LabelSet | undefined> {
  const released = fileURLToPath(new URL('../../../labels', import.meta.url));
  const ofRelease = await readManifest(released);
  const sets: LabelSet[] = [
    ...(tuning === undefined ? [] : await findSets(dirname(data))),
    ...(ofRelease === undefined ? [] : [{ folder: released, manifest: ofRelease }]),
  ];
  return sets.find(
    ({ manifest }) =>
      manifest.name === 'labels' && (tuning === undefined || manifest.contentHash === tuning.made['labels']),
  );
}

type ListsByLevel = Readonly<Record<CodegenLevel, readonly string[]>>;

/** As the labels' manifest has them, the most popular on the training split first. */
function popularLists({ made }: SetManifest): ListsByLevel | undefined {
  const found = made['levels'] as Partial<Record<CodegenLevel, { lists: string[] }>> | undefined;
  const [Oz, O0] = [found?.Oz?.lists, found?.O0?.lists];
  return Oz === undefined || O0 === undefined ? undefined : { Oz, O0 };
}

/** Without labels: how often training answers have each list. */
async function frequentLists(
  { data }: InputSettings,
  tuning: SetManifest | undefined,
): Promise<ListsByLevel | undefined> {
  if (tuning === undefined) return undefined;
  const counts = new Map<string, number>();
  for await (const { completion } of readSet<TuningRow>(data, 'true', { split: 'train' })) {
    const { pipeline } = parseAnswer(completion);
    if (pipeline !== undefined) counts.set(pipeline, (counts.get(pipeline) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  const lists = sorted.map(([list]) => list).filter((list) => list !== ozList);
  return lists.length === 0 ? undefined : { Oz: lists, O0: lists };
}

async function labelsOf({ folder }: LabelSet, ids: readonly string[]): Promise<KnownLists['labels']> {
  const labels = new Map<string, Partial<Record<CodegenLevel, string>>>();
  if (ids.length === 0) return labels;
  for await (const { id, codegen, pipeline } of readSet<LabelRow>(
    folder,
    `list_contains(${sqlList(ids)}, id)`,
  )) {
    labels.set(id, { ...labels.get(id), [codegen]: pipeline });
  }
  return labels;
}

async function trainingFunctions(settings: InputSettings): Promise<string[]> {
  const programs = new Map<string, string>();
  // A function has a row for each level.
  const choice = { split: 'train', limit: levels.length * functionsTried } as const;
  for await (const row of readSet<TuningRow>(settings.data, 'true', choice)) {
    programs.set(row.corpus_id, irOfRow(row, settings.form));
  }
  return [...programs.values()].slice(0, functionsTried);
}

async function bestOf(
  lists: readonly string[],
  programs: readonly string[],
  { pool, jobs, signal }: InputSettings,
): Promise<FixedLists> {
  const limited = pLimit(jobs + 1);
  const measured = await Promise.all(
    programs.map((ir) =>
      limited(async () => {
        signal?.throwIfAborted();
        const bytes = Buffer.from(ir);
        const module = { hash: contentHash(bytes), bytes };
        const known = await measureBaselines(pool, module);
        const sizes = known === undefined ? undefined : await measureLists(pool, module, lists);
        pool.forget(module);
        return known === undefined || sizes === undefined ? [] : [{ oz: known.oz, sizes }];
      }),
    ),
  );
  const of = (level: CodegenLevel, backup: boolean): string => {
    const totals = lists.map((_, at) =>
      measured.flat().reduce((sum, { oz, sizes }) => {
        const found = sizes[level][at] ?? oz[level];
        return sum + (backup ? Math.min(oz[level], found) : found);
      }, 0),
    );
    return lists[totals.indexOf(Math.min(...totals))]!;
  };
  const best = (level: CodegenLevel): FixedLists['Oz'] => ({
    alone: of(level, false),
    withBackup: of(level, true),
  });
  return { Oz: best('Oz'), O0: best('O0') };
}
