// Evidence for the verdicts: every pass alone and after a usual beginning, then many random lists, on programs
// that test themselves; a failing list is cut down to the passes that matter. It gathers; a person reads
// docs/passes.md and changes the rows under verdicts/.

import { createRandom } from '../common/random.ts';
import { tryPipeline } from './evaluation/program-build.ts';
import type { ProgramOutcome } from './evaluation/program-build.ts';
import { printPipeline } from './grammar.ts';
import { withMandatoryInlining } from './mandatory-inlining.ts';
import { nestPasses, nestPassNodes } from './nesting.ts';
import type { FlatPass } from './nesting.ts';
import { describeOutcome, evaluatePrepared, settingsOf } from './pass-list-evaluation.ts';
import type {
  EvaluationOptions,
  EvaluationProgress,
  PassListResult,
  PreparedSuite,
} from './pass-list-evaluation.ts';
import { samplePassList } from './sampling.ts';
import { readVocabulary } from './vocabulary.ts';
import type { VocabularyPass } from './vocabulary.ts';

/** What a pass meets in practice: IR in SSA form rather than clang's loads and stores. */
export const usualBeginning: readonly FlatPass[] = [
  { name: 'sroa' },
  { name: 'instcombine' },
  { name: 'simplifycfg' },
];

export interface SinglePassEvidence {
  pass: string;
  alone: PassListResult;
  /** After `usualBeginning`. */
  afterUsual: PassListResult;
}

/** Tries each pass alone and after the usual beginning, on the whole suite. */
export async function gatherSinglePasses(
  passes: readonly VocabularyPass[],
  suite: PreparedSuite,
  options: EvaluationOptions,
  onProgress?: (progress: EvaluationProgress) => void,
): Promise<SinglePassEvidence[]> {
  const { levelOf } = readVocabulary(options.installation);
  const lists = passes.flatMap((pass) => {
    const alone = [{ name: pass.name }];
    return [nestPasses(alone, levelOf), nestPasses([...usualBeginning, ...alone], levelOf)];
  });
  const results = await evaluatePrepared(lists, suite, options, onProgress);
  return passes.map((pass, index) => ({
    pass: pass.name,
    alone: results[2 * index]!,
    afterUsual: results[2 * index + 1]!,
  }));
}

export interface RandomListOptions extends EvaluationOptions {
  passes: readonly VocabularyPass[];
  /** How many lists. */
  lists: number;
  /** Seed of the lists and of the programs that each is tried on. */
  seed: number;
  /** Longest list; default 50. */
  longest?: number;
}

export interface Blame {
  /** The failing list as drawn. */
  pipeline: string;
  program: string;
  /** The fewest passes that still fail in the same way on that program. */
  minimal: FlatPass[];
  minimalPipeline: string;
  failure: string;
  kind: ProgramOutcome['kind'];
}

export interface RandomListEvidence {
  lists: FlatPass[][];
  results: PassListResult[];
  blames: Blame[];
}

/** Draws lists, tries each (at its first failure the next one follows) and blames the failures. */
export async function gatherRandomLists(
  suite: PreparedSuite,
  options: RandomListOptions,
  onProgress?: (progress: EvaluationProgress) => void,
): Promise<RandomListEvidence> {
  const { levelOf } = readVocabulary(options.installation);
  const random = createRandom(options.seed);
  const { passes, longest = 50 } = options;
  const lists = Array.from({ length: options.lists }, () => samplePassList(random, { passes, longest }));
  const results = await evaluatePrepared(
    lists.map((list) => nestPasses(list, levelOf)),
    suite,
    { ...options, stopAtFirstFailure: true },
    onProgress,
  );
  const blames: Blame[] = [];
  for (const [index, result] of results.entries()) {
    if (result.verdict === 'passed' || result.verdict === 'incomplete') continue;
    const blame = await blameFailure(lists[index]!, result, suite, options);
    if (blame !== undefined) blames.push(blame);
  }
  return { lists, results, blames };
}

/** Cuts a failing list down on the program that it failed on. Undefined where the failure does not repeat. */
export async function blameFailure(
  list: readonly FlatPass[],
  result: PassListResult,
  suite: PreparedSuite,
  options: EvaluationOptions,
): Promise<Blame | undefined> {
  const { levelOf } = readVocabulary(options.installation);
  const program = (result.broken[0] ?? result.crashed[0] ?? result.timedOut[0])?.program;
  const build = suite.builds.find((candidate) => candidate.program.name === program);
  if (build === undefined) return undefined;
  const settings = settingsOf(options);
  const outcomeOf = async (flat: readonly FlatPass[]): Promise<ProgramOutcome> =>
    await tryPipeline(
      build,
      printPipeline(withMandatoryInlining(nestPassNodes(flat, levelOf), levelOf)),
      settings,
    );
  const original = await outcomeOf(list);
  if (original.kind === 'passed' || original.kind === 'interrupted') return undefined;
  const minimal = await smallestFailing(list, async (flat) => (await outcomeOf(flat)).kind === original.kind);
  return {
    pipeline: result.pipeline,
    program: build.program.name,
    minimal,
    minimalPipeline: nestPasses(minimal, levelOf),
    failure: describeOutcome(await outcomeOf(minimal)),
    kind: original.kind,
  };
}

/** Drops ever smaller runs of items while the rest still fails, until no single item can be dropped. */
export async function smallestFailing<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<T[]> {
  let rest = [...items];
  for (let run = Math.ceil(rest.length / 2); run >= 1; run = run === 1 ? 0 : Math.ceil(run / 2)) {
    for (let start = 0; start < rest.length && rest.length > 1;) {
      const fewer = [...rest.slice(0, start), ...rest.slice(start + run)];
      if (fewer.length > 0 && (await fails(fewer))) rest = fewer;
      else start += run;
    }
  }
  return rest;
}
