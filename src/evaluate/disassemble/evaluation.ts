// Disassembly: does the IR compile back at all (the paper's round trip), how near is the recompiled assembly
// (BLEU), is it the same (exact), and is it the same code by what it does (equivalent)? The checks are those of
// `ozma disassemble`; the baseline is its rules, on the same functions in the same run.

import type { CandidateSource } from '../../disassemble/disassemble.ts';
import { disassembleOne, rulesOf } from '../../disassemble/disassemble.ts';
import type { FunctionResult } from '../../disassemble/result.ts';
import type { Engine } from '../../inference/engine.ts';
import { parseAnswer } from '../../tasks/answers.ts';
import { restoreIr } from '../../tasks/normal-form/restore-ir.ts';
import { targets } from '../../tasks/normal-form/targets.ts';
import { ask, type AskSettings } from '../ask.ts';
import type { Evaluation } from '../evaluation.ts';
import { mean, share, type FigureDefinition } from '../figures.ts';
import { modelMethod, type MethodResult } from '../record.ts';
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

/** Longer code is no answer to a function that anybody asked about. */
const longestAnswer = 1 << 20;

export async function disassembleEvaluation(
  settings: DisassembleSettings,
): Promise<Evaluation<LiftingSample>> {
  const { engine, pool, seed, candidates, tokens, form, jobs } = settings;
  const { samples, dropped } = await liftingSamples(settings);
  return {
    task: 'disassemble',
    samples,
    dropped,
    figures,
    settings: { candidates, tokens, form },
    concurrency: jobs + 1,
    evaluate: async (sample) => {
      const { subject, target } = sample;
      const { name } = subject.function;
      const rules = rulesOf(pool, subject.file, targets[target].triple, [name]);
      const lifted = await disassembleOne(pool, subject, [rules], seed);
      const methods: Record<string, MethodResult> = {
        'rule lifter': { ...resultOf(lifted), seconds: { answering: 0, checking: lifted.seconds } },
      };
      if (engine !== undefined) methods[modelMethod] = await byModel(engine, sample, settings);
      return methods;
    },
  };
}

async function byModel(
  engine: Engine,
  sample: LiftingSample,
  settings: DisassembleSettings,
): Promise<MethodResult> {
  const asked = await ask(engine, sample.input, settings);
  const reasons: string[] = asked.reason === undefined ? [] : [asked.reason];
  const proposed = asked.candidates.flatMap(({ text }, rank) => {
    const ir = irOf(text, sample);
    if (typeof ir === 'string') return [{ origin: 'model', variant: `rank ${rank + 1}`, ir } as const];
    reasons.push(ir.reason);
    return [];
  });
  const source: CandidateSource = async () => ({ candidates: proposed, reasons });
  const result = await disassembleOne(settings.pool, sample.subject, [source], settings.seed);
  return {
    ...resultOf(result),
    answers: asked.candidates.map(({ text }) => text),
    seconds: { answering: asked.seconds, checking: result.seconds },
  };
}

/** A module of an answer; the reason where it holds none. */
export function irOf(
  answer: string,
  { symbols, target }: Pick<LiftingSample, 'symbols' | 'target'>,
): string | { reason: string } {
  const { code } = parseAnswer(answer);
  if (code === undefined || code.trim() === '') return { reason: 'no code in the answer' };
  if (code.length > longestAnswer) return { reason: `code of more than ${longestAnswer} characters` };
  if (symbols === undefined) return code;
  try {
    return restoreIr(code, { target, symbols });
  } catch (error) {
    // Not only refusals: whatever a text does to its reader must cost that text alone.
    return { reason: (error as Error).message };
  }
}

function resultOf({ status, bleu, reason }: FunctionResult): Omit<MethodResult, 'seconds'> {
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
  };
}
