// Disassembly: does the IR compile back at all (the paper's round trip), how near is the recompiled assembly
// (BLEU), is it the same (exact), and is it the same code by what it does (equivalent)? Questions and checks
// are those of `ozma disassemble`. The model is judged by what it says alone, and again with its copying
// mistakes mended; the baseline is the rules, on the same functions in the same run.

import type { CandidateSource } from '../../disassemble/disassemble.ts';
import { disassembleOne, rulesOf } from '../../disassemble/disassemble.ts';
import { modelSource } from '../../disassemble/model-candidates.ts';
import type { FunctionResult } from '../../disassemble/result.ts';
import type { Engine } from '../../inference/engine.ts';
import { targets } from '../../tasks/normal-form/targets.ts';
import { recorders, type AskSettings, type RecordingEngine } from '../asking.ts';
import type { Evaluation } from '../evaluation.ts';
import { mean, share, type FigureDefinition } from '../figures.ts';
import { modelMethod, type MethodResult, type Seconds } from '../record.ts';
import { addSeconds, timed } from '../stopwatch.ts';
import { liftingSamples, type LiftingSample, type LiftingSettings } from './samples.ts';

export interface DisassembleSettings extends LiftingSettings, AskSettings {
  engine: Engine | undefined;
}

const figures: readonly FigureDefinition[] = [
  share('round trips', 'recompiles'),
  share('exact', 'exact'),
  share('exact or equivalent', 'verified'),
  mean('BLEU over round trips, arithmetic mean', 'bleuOfRoundTrips'),
  mean('BLEU over all, arithmetic mean', 'bleu'),
];

export const rulesMethod = 'rule lifter';
export const mendedMethod = 'model, mended';
export const togetherMethod = 'rules, then model';

export async function disassembleEvaluation(
  settings: DisassembleSettings,
): Promise<Evaluation<LiftingSample>> {
  const { engine, pool, seed, candidates, tokens, form, jobs } = settings;
  const { samples, dropped, available } = await liftingSamples(settings);
  const record = engine === undefined ? undefined : recorders(engine, tokens);
  return {
    task: 'disassemble',
    samples,
    available,
    dropped,
    figures,
    settings: { candidates, tokens, form },
    concurrency: jobs + 1,
    evaluate: async (sample) => {
      const { subject } = sample;
      const triple = targets[subject.file.target].triple;
      const lifted = await timed(
        pool,
        async (watched) => {
          const rules = rulesOf(watched, subject.file, triple, [subject.function.name]);
          return disassembleOne(watched, subject, [rules], { seed, repair: false });
        },
        running,
      );
      const byRules = resultOf(lifted.value, lifted.seconds);
      if (record === undefined) return { [rulesMethod]: byRules };
      const { plain, mended } = await byModel(record(), sample, settings);
      return {
        [modelMethod]: plain,
        [mendedMethod]: mended,
        [rulesMethod]: byRules,
        [togetherMethod]: better(byRules, mended),
      };
    },
  };
}

/** The model is asked once; its answers are checked as they are, then mended where that is not exact. */
async function byModel(
  engine: RecordingEngine,
  { subject, text }: LiftingSample,
  { pool, seed, candidates, signal }: DisassembleSettings,
): Promise<{ plain: MethodResult; mended: MethodResult }> {
  const source = await modelSource({ engine, candidates, signal }, text, subject.file.target);
  const proposed = await proposalsOf(source, subject);
  const again: CandidateSource = async () => proposed;
  const check = async (repair: boolean): Promise<{ value: FunctionResult; seconds: Seconds }> => {
    const checked = await timed(
      pool,
      (watched) => disassembleOne(watched, subject, [again], { seed, repair }),
      running,
    );
    return { ...checked, seconds: { ...checked.seconds, answering: engine.seconds } };
  };
  const first = await check(false);
  const plain = { ...resultOf(first.value, first.seconds), answers: engine.answers };
  if (first.value.status === 'exact' || proposed.candidates.length === 0) {
    return { plain, mended: resultOf(first.value, first.seconds) };
  }
  const second = await check(true);
  return { plain, mended: resultOf(second.value, second.seconds) };
}

const running = ({ secondsRunning }: FunctionResult): Partial<Seconds> => ({ running: secondsRunning });

async function proposalsOf(
  source: CandidateSource,
  subject: LiftingSample['subject'],
): ReturnType<CandidateSource> {
  try {
    return await source(subject);
  } catch (error) {
    // Whatever an answer does to its reader costs that function alone; the engine's own errors end the run.
    if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) {
      return { candidates: [], reasons: [`the answer cannot be read: ${error.message}`] };
    }
    throw error;
  }
}

function resultOf({ status, bleu, reason }: FunctionResult, seconds: MethodResult['seconds']): MethodResult {
  const recompiles = status !== 'failed';
  return {
    outcome: status,
    scores: {
      recompiles: Number(recompiles),
      exact: Number(status === 'exact'),
      verified: Number(status === 'exact' || status === 'equivalent'),
      bleu: bleu ?? 0,
      ...(recompiles && bleu !== undefined ? { bleuOfRoundTrips: bleu } : {}),
    },
    ...(reason === undefined ? {} : { reason }),
    seconds,
  };
}

const rankOf = ({ scores }: MethodResult): number =>
  4 * scores['exact']! + 2 * scores['verified']! + scores['recompiles']!;

/** What `ozma disassemble --model` keeps: the model is asked where the rules found nothing exact. */
function better(rules: MethodResult, model: MethodResult): MethodResult {
  const best = rankOf(model) > rankOf(rules) ? model : rules;
  if (rules.outcome === 'exact') return rules;
  return { ...best, seconds: addSeconds(model.seconds, rules.seconds) };
}
