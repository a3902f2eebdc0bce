// Software engineering: does a completion make a program that passes the authors' tests? A compiler model is
// expected near zero here; what matters is what of a general model is left. pass@k is the unbiased estimator
// of Chen et al. (arXiv 2107.03374). The baseline is the authors' solution: less than 100 % is a fault here.

import { randomBytes } from 'node:crypto';
import { programPath } from '../../llvm/installation.ts';
import type { Engine } from '../../inference/engine.ts';
import type { ProcessEnd } from '../../passes/evaluation/limited-process.ts';
import { ask, recorders, usualTemperature, type AskSettings } from '../asking.ts';
import type { Evaluation, Sample } from '../evaluation.ts';
import { mean, type FigureDefinition } from '../figures.ts';
import type { InputSettings } from '../inputs/input.ts';
import { modelMethod, type MethodResult } from '../record.ts';
import { readProblems, type Problem } from './problems.ts';
import { mustBeSandboxed, runSandboxed, type SandboxLimits } from './sandbox.ts';

export interface CodeSettings extends InputSettings, AskSettings {
  engine: Engine | undefined;
}

interface CodeSample extends Sample {
  problem: Problem;
}

/** Of a completion: more is rambling, and the context may be long. */
const longestCompletion = 512;
const limits: Record<Problem['language'], SandboxLimits> = {
  python: { seconds: 5, memoryMegabytes: 1024, processes: 8, fileMegabytes: 16 },
  // The compiler is in there, too: what it reads was written by a model.
  'c++': { seconds: 20, memoryMegabytes: 2048, processes: 16, fileMegabytes: 64 },
};

export const solutionMethod = "the authors' solution";

/** 1 - C(n - c, k) / C(n, k): of k answers drawn from n, of which c are right, at least one is. */
export function passAtK(n: number, correct: number, k: number): number {
  let wrong = 1;
  for (let index = 0; index < k; index++) wrong *= Math.max(0, n - correct - index) / (n - index);
  return 1 - wrong;
}

/** Throws `usage` for data that is no file of problems, `environment` where programs cannot be run apart. */
export async function codeEvaluation(settings: CodeSettings): Promise<Evaluation<CodeSample>> {
  const { engine, pool, data, limit, candidates, tokens, jobs, seed, signal } = settings;
  const files = data.split(',');
  const problems = (await Promise.all(files.map(readProblems))).flat();
  await mustBeSandboxed();
  const compiler = programPath(pool.installation, 'clang++');
  const record = engine === undefined ? undefined : recorders(engine, Math.min(tokens, longestCompletion));
  const ks = [1, 10, 100].filter((k) => k <= candidates);
  const figures = ks.map((k): FigureDefinition => ({
    ...mean(`pass@${k}, arithmetic mean over problems`, `pass@${k}`),
    unit: 'share',
  }));
  const passes = async (problem: Problem, completion: string): Promise<string | undefined> =>
    whyNot(await run(problem, completion, compiler, signal));
  const samples = problems.slice(0, limit).map((problem) => ({
    id: problem.id,
    input: problem.prompt,
    origin: { group: problem.id, name: problem.id },
    strata: { language: problem.language },
    problem,
  }));
  return {
    task: 'code',
    samples,
    dropped: {},
    figures,
    settings: { candidates, tokens, temperature: candidates > 1 ? usualTemperature : 0 },
    concurrency: jobs,
    evaluate: async ({ problem }) => {
      const control = await judge([problem.solution], (completion) => passes(problem, completion), [1]);
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
      const result = await judge(completions, (completion) => passes(problem, completion), ks);
      methods[modelMethod] = {
        ...result,
        ...(asked.reason === undefined ? {} : { reason: asked.reason }),
        answers: recorder.answers,
        seconds: { answering: recorder.seconds, checking: result.seconds.checking },
      };
      return methods;
    },
  };
}

async function judge(
  completions: readonly (string | undefined)[],
  passes: (completion: string) => Promise<string | undefined>,
  ks: readonly number[],
): Promise<MethodResult> {
  const start = performance.now();
  const reasons: string[] = [];
  for (const completion of completions) {
    const reason = completion === undefined ? 'no answer' : await passes(completion);
    if (reason !== undefined) reasons.push(reason);
  }
  const correct = completions.length - reasons.length;
  const scores = ks.map((k) => [`pass@${k}`, passAtK(completions.length, correct, k)] as const);
  return {
    outcome: `${correct} of ${completions.length} pass`,
    scores: Object.fromEntries(scores),
    ...(reasons[0] === undefined ? {} : { reason: reasons[0] }),
    seconds: { answering: 0, checking: (performance.now() - start) / 1000 },
  };
}

/** Printed by the program where all tests ran: an exit in the middle is no success. Nobody can know it before. */
const passed = `all tests passed ${randomBytes(8).toString('hex')}`;

function run(
  problem: Problem,
  completion: string,
  compiler: string,
  signal: AbortSignal | undefined,
): Promise<ProcessEnd> {
  const { language } = problem;
  const program = problem.program(completion);
  const script =
    language === 'python'
      ? 'cat > program.py; exec python3 -I program.py'
      : `cat > program.cc; ${compiler} -std=c++17 -O1 -w program.cc -o program && exec ./program`;
  const input =
    language === 'python' ? `${program}\nprint(${JSON.stringify(passed)})\n` : withReport(program);
  return runSandboxed({ script, input, limits: limits[language], signal });
}

/** The tests' `main`, which returns nothing, called from another that says when it came back. */
function withReport(program: string): string {
  const main = program.lastIndexOf('int main(');
  if (main < 0) return program;
  const renamed = `${program.slice(0, main)}void ozma_tests(${program.slice(main + 'int main('.length)}`;
  return (
    `${renamed}\n#include <cstdio>\n` + `int main() { ozma_tests(); std::puts("${passed}"); return 0; }\n`
  );
}

/** Undefined where the program passed. */
function whyNot({ stdout, stderr, exitCode, signal, timedOut }: ProcessEnd): string | undefined {
  if (exitCode === 0 && stdout.endsWith(`${passed}\n`)) return undefined;
  if (timedOut) return 'time limit';
  if (signal !== undefined) return `ended by ${signal}`;
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return line === '' ? `exit code ${exitCode ?? 'unknown'}` : line.slice(0, 200);
}
