// Software engineering: does a completion make a program that passes the authors' tests? A compiler model is
// expected near zero here; what matters is what of a general model is left. pass@k is the unbiased estimator
// of Chen et al. (arXiv 2107.03374). The baseline is the authors' solution: less than 100 % is a fault here.

import { createHash } from 'node:crypto';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import type { Engine } from '../../inference/engine.ts';
import { ask, recorders, usualTemperature, type AskSettings } from '../asking.ts';
import type { Evaluation, Sample } from '../evaluation.ts';
import { mean, type FigureDefinition } from '../figures.ts';
import type { InputSettings } from '../inputs/input.ts';
import { modelMethod, type MethodResult } from '../record.ts';
import { addSeconds, noTime } from '../stopwatch.ts';
import { readProblems, type Problem } from './problems.ts';
import { mustRunPrograms, runProblem, type Verdict } from './programs.ts';

export interface CodeSettings extends InputSettings, AskSettings {
  engine: Engine | undefined;
}

interface CodeSample extends Sample {
  problem: Problem;
}

/** Of a completion: more is rambling, and the context may be long. */
const longestCompletion = 512;

export const solutionMethod = "the authors' solution";

/** 1 - C(n - c, k) / C(n, k): of k answers drawn from n, of which c are right, at least one is. */
export function passAtK(n: number, correct: number, k: number): number {
  let wrong = 1;
  for (let index = 0; index < k; index++) wrong *= Math.max(0, n - correct - index) / (n - index);
  return 1 - wrong;
}

/** Throws `usage` for data that is no file of problems, `environment` where programs cannot be run apart. */
export async function readPrograms(
  data: string,
  limit: number,
  installation: LlvmInstallation,
): Promise<{ chosen: Problem[]; all: number }> {
  const problems = (await Promise.all(data.split(',').map(readProblems))).flat();
  const chosen = problems.toSorted((left, right) => (hashOf(left) < hashOf(right) ? -1 : 1)).slice(0, limit);
  await mustRunPrograms(installation, new Set(chosen.map(({ language }) => language)));
  return { chosen, all: problems.length };
}

export async function codeEvaluation(settings: CodeSettings): Promise<Evaluation<CodeSample>> {
  const { engine, pool, data, limit, candidates, tokens, jobs, seed, signal } = settings;
  const { installation } = pool;
  const { chosen, all } = await readPrograms(data, limit, installation);
  const record = engine === undefined ? undefined : recorders(engine, Math.min(tokens, longestCompletion));
  const ks = [1, 10, 100].filter((k) => k <= candidates);
  const figures = ks.map((k): FigureDefinition => ({
    ...mean(`pass@${k}, arithmetic mean over problems`, `pass@${k}`),
    unit: 'share',
  }));
  const samples = chosen.map((problem) => ({
    id: problem.id,
    input: problem.prompt,
    origin: { group: problem.id, name: problem.id },
    strata: { language: problem.language },
    problem,
  }));
  return {
    task: 'code',
    samples,
    available: all,
    dropped: {},
    figures,
    settings: { candidates, tokens, temperature: candidates > 1 ? usualTemperature : 0 },
    concurrency: jobs,
    evaluate: async ({ problem }) => {
      const run = (completion: string): Promise<Verdict> =>
        runProblem(installation, problem, completion, signal);
      const control = await judge([problem.solution], run, [1]);
      const methods: Record<string, MethodResult> = { [solutionMethod]: control };
      if (record === undefined) return methods;
      const recorder = record();
      const sampling =
        candidates === 1
          ? ({ kind: 'greedy' } as const)
          : ({ kind: 'temperature', temperature: usualTemperature, seed } as const);
      const asked = await ask(recorder, problem.prompt, settings, { sampling, stop: problem.stop });
      const texts = asked.candidates.map(({ text }) => text);
      // An engine that gives fewer answers than asked for has failed at the others.
      const completions = Array.from({ length: candidates }, (_, index) => texts[index]);
      const result = await judge(completions, run, ks);
      methods[modelMethod] = {
        ...result,
        ...(asked.reason === undefined ? {} : { reason: asked.reason }),
        answers: recorder.answers,
        seconds: { ...result.seconds, answering: recorder.seconds },
      };
      return methods;
    },
  };
}

/** Files begin with their easiest problems, and two files are two languages: hashes choose fairly. */
function hashOf({ id }: Problem): string {
  return createHash('sha256').update(id).digest('hex');
}

const noAnswer: Verdict = { reason: 'no answer', seconds: noTime };

async function judge(
  completions: readonly (string | undefined)[],
  run: (completion: string) => Promise<Verdict>,
  ks: readonly number[],
): Promise<MethodResult> {
  let spent = noTime;
  const reasons: string[] = [];
  for (const completion of completions) {
    const { reason, seconds } = completion === undefined ? noAnswer : await run(completion);
    spent = addSeconds(spent, seconds);
    if (reason !== undefined) reasons.push(reason);
  }
  const correct = completions.length - reasons.length;
  const scores = ks.map((k) => [`pass@${k}`, passAtK(completions.length, correct, k)] as const);
  return {
    outcome: `${correct} of ${completions.length} pass`,
    scores: Object.fromEntries(scores),
    ...(reasons[0] === undefined ? {} : { reason: reasons[0] }),
    seconds: spent,
  };
}
