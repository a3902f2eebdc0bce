// Flag tuning, two protocols side by side and never mixed: code generation at -O0 as published, and at -Oz as
// it ships. A method is judged by its first list alone (zero-shot), and by the best of its first 1, 4, 16, 45
// with clang's -Oz as backup. -Oz is what counts as nothing saved.

import type { Engine } from '../../inference/engine.ts';
import type { CodegenLevel } from '../../llvm/module.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import { readVocabulary } from '../../passes/vocabulary.ts';
import { parseAnswer } from '../../tasks/answers.ts';
import { createPipelineGrammar } from '../../tasks/pipeline-grammar.ts';
import { trustedList } from '../../tune/ask-model.ts';
import { ask, recorders, type AskSettings, type RecordingEngine } from '../asking.ts';
import type { Evaluation } from '../evaluation.ts';
import { mean, savings, share, type FigureDefinition } from '../figures.ts';
import type { InputSettings } from '../inputs/input.ts';
import { modelMethod, type MethodResult, type Seconds } from '../record.ts';
import { timed } from '../stopwatch.ts';
import { knownLists } from './known-lists.ts';
import {
  levels,
  measureBaselines,
  measureCoreset,
  measureLists,
  measureRandom,
  measureSearch,
  type SizesByLevel,
} from './lists.ts';
import { tuningSamples, type TuningSample } from './samples.ts';

export interface TuneSettings extends InputSettings, AskSettings {
  engine: Engine | undefined;
}

/** Compiles at which methods are compared; the last is what baselines get. */
export const budgets = [1, 4, 16, 45] as const;
const mostCompiles = budgets.at(-1)!;
/** Lists of the model that the search begins with: the default of `ozma tune --model`. */
const suggestedLists = 1;

const figures: readonly FigureDefinition[] = [
  ...levels.flatMap((level) => [
    ...savings(`-${level}: zero-shot saving`, `${level} first`, `${level} -Oz`),
    share(`-${level}: improved`, `${level} improved`),
    share(`-${level}: regressed`, `${level} regressed`),
    ...budgets.flatMap((compiles) =>
      savings(`-${level}: saving, best of ${compiles}`, `${level} best of ${compiles}`, `${level} -Oz`),
    ),
    ...budgets.map((compiles) => shareOfBest(level, compiles)),
    mean(`-${level}: error of the size before, arithmetic mean of shares`, `${level} error before`),
    mean(`-${level}: error of the size after, arithmetic mean of shares`, `${level} error after`),
  ]),
  share('first answer is a valid list', 'first valid'),
  {
    name: 'share of valid lists',
    unit: 'share',
    terms: ({ valid, lists }) => (valid === undefined ? undefined : [valid, lists!]),
  },
  share('prompt fits the context', 'fits'),
];

/** How much of what the function's label saves, with -Oz as backup, is saved after so many compiles. */
function shareOfBest(level: CodegenLevel, compiles: number): FigureDefinition {
  return {
    name: `-${level}: share of the best known saving, best of ${compiles}`,
    unit: 'share',
    terms: (scores) => {
      const [oz, best] = [scores[`${level} -Oz`], scores[`${level} best known`]];
      const after = scores[`${level} best of ${compiles}`];
      if (oz === undefined || best === undefined || after === undefined) return undefined;
      return [oz - after, oz - best];
    },
  };
}

export const firstKnownMethod = 'first known list';

export async function tuneEvaluation(settings: TuneSettings): Promise<Evaluation<TuningSample>> {
  const { engine, pool, candidates, tokens, form, jobs, seed } = settings;
  const { samples, dropped, available } = await tuningSamples(settings);
  const { fixed, chosen, labels } = await knownLists(
    settings,
    samples.flatMap(({ corpusId }) => corpusId ?? []),
  );
  const record = engine === undefined ? undefined : recorders(engine, tokens);
  return {
    task: 'tune',
    samples,
    available,
    dropped,
    figures,
    settings: { candidates, tokens, form, budgets, [firstKnownMethod]: { chosen, ...fixed } },
    concurrency: jobs + 1,
    evaluate: async (sample) => {
      const { module } = sample;
      const baselines = await measureBaselines(pool, module);
      if (baselines === undefined) return {};
      const methods: Record<string, MethodResult> = {};
      const add = async (
        name: string,
        known: Known,
        measure: (pool: WorkerPool) => Promise<SizesByLevel>,
        first: 'zero-shot' | 'backup' = 'zero-shot',
      ): Promise<SizesByLevel> => {
        const { value, seconds } = await timed(pool, measure);
        methods[name] = resultOf(value, known, seconds, first);
        return value;
      };
      const own = labels.get(sample.corpusId ?? '') ?? {};
      const [atOz, atO0] = [own.Oz ?? sample.labels.Oz, own.O0 ?? sample.labels.O0];
      let known: Known = baselines;
      if (atOz !== undefined && atO0 !== undefined) {
        const measured = await measureLists(pool, module, [atOz, atO0]);
        known = {
          ...baselines,
          best: { Oz: bestOf('Oz', measured, baselines), O0: bestOf('O0', measured, baselines) },
        };
        await add('label', known, async () => ({ Oz: [measured.Oz[0]], O0: [measured.O0[1]] }));
      }
      if (fixed !== undefined) {
        const lists = [fixed.Oz.alone, fixed.Oz.withBackup, fixed.O0.alone, fixed.O0.withBackup];
        const { value, seconds } = await timed(pool, (watched) => measureLists(watched, module, lists));
        const alone = { Oz: value.Oz.slice(0, 1), O0: value.O0.slice(2, 3) };
        const withBackup = { Oz: value.Oz.slice(1, 2), O0: value.O0.slice(3, 4) };
        methods[firstKnownMethod] = mergedResult(
          resultOf(alone, known, seconds),
          resultOf(withBackup, known, seconds, 'backup'),
        );
      }
      let suggested: Lists = { Oz: [], O0: [] };
      if (record !== undefined) {
        const { result, lists } = await byModel(record(), sample, known, settings);
        methods[modelMethod] = result;
        suggested = lists;
      }
      await add('random lists', known, (watched) => measureRandom(watched, module, mostCompiles, seed));
      await add('coreset', known, (watched) => measureCoreset(watched, module, mostCompiles));
      // The search reports improvements alone: it has the backup in it.
      await add('search', known, (watched) => measureSearch(watched, module, mostCompiles, seed), 'backup');
      if (record !== undefined) {
        await add(
          'model, then search',
          known,
          (watched) => measureSearch(watched, module, mostCompiles, seed, suggested),
          'backup',
        );
      }
      pool.forget(module);
      return methods;
    },
  };
}

type Baselines = NonNullable<Awaited<ReturnType<typeof measureBaselines>>>;

interface Known extends Baselines {
  /** Bytes after the function's label, or with -Oz where that is smaller. */
  best?: Readonly<Record<CodegenLevel, number>>;
}

function bestOf(level: CodegenLevel, sizes: SizesByLevel, { oz }: Baselines): number {
  return Math.min(oz[level], ...sizes[level].filter((bytes) => bytes !== undefined));
}

/** Figures with the backup from one result, all others from the other. */
function mergedResult(alone: MethodResult, withBackup: MethodResult): MethodResult {
  return { ...alone, scores: { ...alone.scores, ...withBackup.scores } };
}

/**
 * A list that failed, or is none, is as good as -Oz's: that is compiled in its place. `backup`: what the first list
 * made larger is not known.
 */
function resultOf(
  sizes: SizesByLevel,
  { oz, best }: Known,
  seconds: Seconds,
  firstList: 'zero-shot' | 'backup' = 'zero-shot',
): MethodResult {
  const scores: Record<string, number> = {};
  for (const level of levels) {
    const baseline = oz[level];
    const first = sizes[level][0] ?? baseline;
    scores[`${level} -Oz`] = baseline;
    if (best !== undefined) scores[`${level} best known`] = best[level];
    if (firstList === 'zero-shot') {
      scores[`${level} first`] = first;
      scores[`${level} improved`] = Number(first < baseline);
      scores[`${level} regressed`] = Number(first > baseline);
    }
    for (const compiles of budgets) {
      if (compiles > Math.max(1, sizes[level].length)) continue;
      const measured = sizes[level].slice(0, compiles).filter((bytes) => bytes !== undefined);
      scores[`${level} best of ${compiles}`] = Math.min(baseline, ...measured);
    }
  }
  const first = sizes.Oz[0] ?? oz.Oz;
  const outcome = first < oz.Oz ? 'smaller' : first > oz.Oz ? 'larger' : 'as -Oz';
  return { outcome, scores, seconds };
}

async function byModel(
  engine: RecordingEngine,
  sample: TuningSample,
  known: Known,
  settings: TuneSettings,
): Promise<{ result: MethodResult; lists: Lists }> {
  const { pool, candidates } = settings;
  const said = await answersByLevel(engine, sample, settings);
  const { value: sizes, seconds } = await timed(pool, async (watched) => {
    const [Oz, O0] = [said.Oz.lists, said.O0.lists];
    const measured = await measureLists(watched, sample.module, [...Oz, ...O0]);
    return { Oz: measured.Oz.slice(0, Oz.length), O0: measured.O0.slice(Oz.length) };
  });
  // Fewer lists than asked for are no reason to be compared at fewer compiles: the rest would be -Oz again.
  const padded = (some: SizesByLevel['Oz']): SizesByLevel['Oz'] =>
    Array.from({ length: candidates }, (_, rank) => some[rank]);
  const all = { Oz: padded(sizes.Oz), O0: padded(sizes.O0) };
  const { scores, outcome } = resultOf(all, known, seconds);
  const errors: Record<string, number> = {};
  for (const level of levels) {
    const { bytesBefore, bytes } = parseAnswer(said[level].answer);
    const after = sizes[level][0];
    if (bytesBefore !== undefined)
      errors[`${level} error before`] = Math.abs(bytesBefore / known.before[level] - 1);
    if (bytes !== undefined && after !== undefined)
      errors[`${level} error after`] = Math.abs(bytes / after - 1);
  }
  const asked = said.Oz.asked + said.O0.asked;
  const valid = said.Oz.valid + said.O0.valid;
  const reason = said.Oz.reason ?? said.O0.reason;
  const result = {
    outcome,
    scores: {
      ...scores,
      ...errors,
      'first valid': Number(levels.every((level) => said[level].lists[0] !== undefined)),
      ...(asked === 0 ? {} : { valid, lists: asked }),
      fits: Number(levels.every((level) => said[level].fits)),
    },
    ...(reason === undefined ? {} : { reason }),
    answers: engine.answers,
    seconds: { ...seconds, answering: engine.seconds },
  };
  return { result, lists: { Oz: usable(said.Oz), O0: usable(said.O0) } };
}

function usable({ lists }: Answers): string[] {
  return lists.filter((list) => list !== undefined).slice(0, suggestedLists);
}

/** Begins the part of an answer that costs most and decides nothing here. */
const codeBegins = '<code>';
/** A list that is longer has lost its way. */
const longestList = 256;

/** What the search begins with. */
type Lists = Readonly<Record<CodegenLevel, readonly string[]>>;

interface Answers {
  answer: string;
  /** The first answer's, undefined where that is none, and then what else was said. */
  lists: (string | undefined)[];
  /** Answers that there were, and how many of them are lists of trusted passes. */
  asked: number;
  valid: number;
  reason?: string;
  fits: boolean;
}

/** A question that does not say its level is asked once. */
async function answersByLevel(
  engine: RecordingEngine,
  { prompts }: TuningSample,
  settings: TuneSettings,
): Promise<Record<CodegenLevel, Answers>> {
  if (prompts === undefined) {
    const nothing = { answer: '', lists: [], asked: 0, valid: 0, reason: 'no normal form', fits: false };
    return { Oz: nothing, O0: nothing };
  }
  const Oz = await answersTo(engine, prompts.Oz, settings);
  return { Oz, O0: prompts.O0 === prompts.Oz ? Oz : await answersTo(engine, prompts.O0, settings) };
}

/** The greedy answer, which also predicts sizes; for more candidates, the most probable lists after it. */
async function answersTo(engine: RecordingEngine, prompt: string, settings: TuneSettings): Promise<Answers> {
  const vocabulary = readVocabulary(settings.pool.installation);
  const tokens = Math.min(settings.tokens, longestList);
  const greedy = await ask(engine, prompt, { ...settings, tokens, candidates: 1 }, { stop: [codeBegins] });
  if (greedy.reason !== undefined) {
    return { answer: '', lists: [], asked: 0, valid: 0, reason: greedy.reason, fits: false };
  }
  const answer = greedy.candidates[0]?.text ?? '';
  const texts = [answer];
  if (settings.candidates > 1) {
    const more = await ask(
      engine,
      prompt,
      { ...settings, tokens },
      engine.grammars ? { grammar: createPipelineGrammar(vocabulary) } : { stop: [codeBegins] },
    );
    texts.push(...more.candidates.map(({ text }) => text));
  }
  const found = texts.map((text) => trustedList(text, vocabulary));
  const [first] = found;
  const further = new Set(found.filter((list) => list !== undefined && list !== first));
  return {
    answer,
    lists: [first, ...further].slice(0, settings.candidates),
    asked: texts.length,
    valid: found.filter((list) => list !== undefined).length,
    fits: true,
    ...(first === undefined ? { reason: 'the first answer is no list of trusted passes' } : {}),
  };
}
