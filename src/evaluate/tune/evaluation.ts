// Flag tuning, two protocols side by side and never mixed: code generation at -O0 as published, and at -Oz as
// it ships. A method is judged by its first list alone (zero-shot), and by the best of its first 1, 4, 16, 45
// with clang's -Oz as backup. -Oz is what counts as nothing saved.

import type { Engine } from '../../inference/engine.ts';
import { readVocabulary } from '../../passes/vocabulary.ts';
import { parseAnswer } from '../../tasks/answers.ts';
import { createPipelineGrammar } from '../../tasks/pipeline-grammar.ts';
import { trustedList } from '../../tune/ask-model.ts';
import { ask, recorders, type AskSettings, type RecordingEngine } from '../asking.ts';
import type { Evaluation } from '../evaluation.ts';
import { mean, savings, share, type FigureDefinition } from '../figures.ts';
import type { InputSettings } from '../inputs/input.ts';
import { modelMethod, type MethodResult } from '../record.ts';
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

const figures: readonly FigureDefinition[] = [
  ...levels.flatMap((level) => [
    ...savings(`-${level}: zero-shot saving`, `${level} first`, `${level} -Oz`),
    share(`-${level}: improved`, `${level} improved`),
    share(`-${level}: regressed`, `${level} regressed`),
    ...budgets.flatMap((compiles) =>
      savings(`-${level}: saving, best of ${compiles}`, `${level} best of ${compiles}`, `${level} -Oz`),
    ),
    mean(`-${level}: error of the size before, arithmetic mean of shares`, `${level} error before`),
    mean(`-${level}: error of the size after, arithmetic mean of shares`, `${level} error after`),
  ]),
  share('usable list', 'usable'),
  share('prompt fits the context', 'fits'),
];

export async function tuneEvaluation(settings: TuneSettings): Promise<Evaluation<TuningSample>> {
  const { engine, pool, candidates, tokens, form, jobs, seed } = settings;
  const { samples, dropped } = await tuningSamples(settings);
  const record = engine === undefined ? undefined : recorders(engine, tokens);
  return {
    task: 'tune',
    samples,
    dropped,
    figures,
    settings: { candidates, tokens, form, budgets },
    concurrency: jobs + 1,
    evaluate: async (sample) => {
      const { module, label } = sample;
      const known = await measureBaselines(pool, module);
      if (known === undefined) return {};
      const methods: Record<string, MethodResult> = {};
      const add = async (
        name: string,
        measure: () => Promise<SizesByLevel>,
        first: 'zero-shot' | 'backup' = 'zero-shot',
      ): Promise<void> => {
        const start = performance.now();
        methods[name] = resultOf(await measure(), known, (performance.now() - start) / 1000, first);
      };
      if (record !== undefined) methods[modelMethod] = await byModel(record(), sample, known, settings);
      if (label !== undefined) await add('label', () => measureLists(pool, module, [label]));
      await add('random lists', () => measureRandom(pool, module, mostCompiles, seed));
      await add('coreset', () => measureCoreset(pool, module, mostCompiles));
      // The search reports improvements alone: it has the backup in it.
      await add('search', () => measureSearch(pool, module, mostCompiles, seed), 'backup');
      pool.forget(module);
      return methods;
    },
  };
}

type Known = NonNullable<Awaited<ReturnType<typeof measureBaselines>>>;

/**
 * A list that failed, or is none, is as good as -Oz's: that is compiled in its place. `backup`: what the first list
 * made larger is not known.
 */
function resultOf(
  sizes: SizesByLevel,
  { oz }: Known,
  checking: number,
  firstList: 'zero-shot' | 'backup' = 'zero-shot',
): MethodResult {
  const scores: Record<string, number> = {};
  for (const level of levels) {
    const baseline = oz[level];
    const first = sizes[level][0] ?? baseline;
    scores[`${level} -Oz`] = baseline;
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
  return { outcome, scores, seconds: { answering: 0, checking } };
}

async function byModel(
  engine: RecordingEngine,
  sample: TuningSample,
  known: Known,
  settings: TuneSettings,
): Promise<MethodResult> {
  const { pool, candidates } = settings;
  const { answer, lists, reason, fits } = await listsOf(engine, sample, settings);
  const start = performance.now();
  const sizes = await measureLists(pool, sample.module, lists);
  // Fewer lists than asked for are no reason to be compared at fewer compiles: the rest would be -Oz again.
  const padded = (some: SizesByLevel['Oz']): SizesByLevel['Oz'] =>
    Array.from({ length: candidates }, (_, rank) => some[rank]);
  const all = { Oz: padded(sizes.Oz), O0: padded(sizes.O0) };
  const result = resultOf(all, known, (performance.now() - start) / 1000);
  const { bytesBefore, bytes } = parseAnswer(answer);
  const errors: Record<string, number> = {};
  for (const level of levels) {
    const after = sizes[level][0];
    if (bytesBefore !== undefined)
      errors[`${level} error before`] = Math.abs(bytesBefore / known.before[level] - 1);
    if (bytes !== undefined && after !== undefined)
      errors[`${level} error after`] = Math.abs(bytes / after - 1);
  }
  return {
    ...result,
    scores: { ...result.scores, ...errors, usable: Number(lists.length > 0), fits: Number(fits) },
    ...(reason === undefined ? {} : { reason }),
    answers: engine.answers,
    seconds: { answering: engine.seconds, checking: result.seconds.checking },
  };
}

/** Begins the part of an answer that costs most and decides nothing here. */
const codeBegins = '<code>';
/** A list that is longer has lost its way. */
const longestList = 256;

/** The greedy answer, which also predicts sizes; for more candidates, the most probable lists after it. */
async function listsOf(
  engine: RecordingEngine,
  { prompt }: TuningSample,
  settings: TuneSettings,
): Promise<{ answer: string; lists: string[]; reason?: string; fits: boolean }> {
  if (prompt === undefined) return { answer: '', lists: [], reason: 'no normal form', fits: false };
  const vocabulary = readVocabulary(settings.pool.installation);
  const tokens = Math.min(settings.tokens, longestList);
  const greedy = await ask(engine, prompt, { ...settings, tokens, candidates: 1 }, { stop: [codeBegins] });
  if (greedy.reason !== undefined) return { answer: '', lists: [], reason: greedy.reason, fits: false };
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
  const found = texts.map((text) => trustedList(text, vocabulary)).filter((list) => list !== undefined);
  const lists = [...new Set(found)].slice(0, settings.candidates);
  return {
    answer,
    lists,
    fits: true,
    ...(lists.length === 0 ? { reason: 'no list of trusted passes' } : {}),
  };
}
