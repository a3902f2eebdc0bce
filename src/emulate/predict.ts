// One question and its answer: the code as the model knows it, its sizes, the pass list; then the answer read,
// put back into IR, and shown to LLVM. With `check`, the real compiler does the same and both are compared.

import { unifiedDiff } from '../common/unified-diff.ts';
import { bleu } from '../disassemble/bleu.ts';
import type { Engine } from '../inference/engine.ts';
import { compileVariants } from '../llvm/compile-variants.ts';
import { plainModuleText } from '../llvm/cutting.ts';
import { recipeOf } from '../llvm/recipe.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { describeFailure } from '../llvm/worker-protocol.ts';
import { parseAnswer } from '../tasks/answers.ts';
import { irGrammarFor } from '../tasks/ir-grammar/grammar.ts';
import { NormalFormRefusal } from '../tasks/normal-form/refusal.ts';
import { restoreIr } from '../tasks/normal-form/restore-ir.ts';
import { renderPrompt, type EmulatePrompt, type Sizes } from '../tasks/prompts.ts';
import { answerText, ownNames, type ShownCode } from '../tasks/shown-code.ts';
import type { Comparison, PredictedFunction } from './result.ts';

export interface Question {
  name: string;
  /** A module of this code alone. */
  ir: string;
  shown: ShownCode;
  pipeline: string;
  answer: EmulatePrompt['answer'];
}

/** Sizes and assembly in prompts and answers are those of code generation at -O0, as published. */
const level = 'O0';

/**
 * A model that goes on has lost its way. Of 6,134 functions in normal form seven had an answer (in characters) longer than
 * 1.25 times its prompt and some; in full form whole modules are asked about, into which passes may copy much.
 */
const answerTokens = { perPromptToken: { normal: 1.25, full: 2 }, least: 128 };

export interface PreparedPrompt {
  prompt: string;
  before: Sizes;
}

/** The prompt of the training rows; a text where LLVM does not take the code. */
export async function promptFor(pool: WorkerPool, question: Question): Promise<PreparedPrompt | string> {
  const { shown, pipeline, answer } = question;
  const [outcome] = await compileVariants(pool, shown.module, [
    { recipe: [], level, texts: [], sizes: level },
  ]);
  if (outcome?.ok !== true) return outcome === undefined ? 'crashed' : describeFailure(outcome.failure);
  const before = outcome.value.sizes!;
  return {
    prompt: renderPrompt({ task: 'emulate', answer, pipeline, ir: shown.text, sizes: before }),
    before,
  };
}

/** Throws `refused` where the prompt does not fit the context. */
export async function predict(
  engine: Engine,
  pool: WorkerPool,
  question: Question,
  { prompt, before }: PreparedPrompt,
  { check, signal }: { check: boolean; signal: AbortSignal | undefined },
): Promise<PredictedFunction> {
  const start = performance.now();
  const tokens = await engine.countTokens(prompt);
  const { form } = question.shown;
  const most = Math.ceil(answerTokens.perPromptToken[form] * (tokens ?? 0)) + answerTokens.least;
  // Greedy, as published: one answer, the same each time.
  const [candidate] = await engine.generate(prompt, {
    ...(tokens !== undefined && { maximumTokens: most }),
    ...(question.answer === 'ir' && irGrammarFor(engine, form)),
    ...(signal !== undefined && { signal }),
  });
  const text = candidate?.text ?? '';
  const { code: predicted, codeComplete = false, instructions, bytes } = parseAnswer(text);
  const compared = check ? await compare(pool, question, predicted ?? '', bytes) : {};
  return {
    name: question.name,
    before,
    answer: text,
    predicted,
    complete: codeComplete,
    ...(instructions === undefined ? {} : { instructions }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(await showToLlvm(pool, question, predicted)),
    ...compared,
    seconds: Math.round(performance.now() - start) / 1000,
  };
}

type Shown = Pick<PredictedFunction, 'code' | 'accepted' | 'reason' | 'measured'>;

async function showToLlvm(
  pool: WorkerPool,
  { shown, answer }: Question,
  predicted: string | undefined,
): Promise<Shown> {
  if (predicted === undefined) return { code: undefined, accepted: 'no', reason: 'the answer holds no code' };
  if (answer === 'assembly') return { code: predicted, accepted: 'not tried' };
  let code: string;
  try {
    const { form, target } = shown;
    code = form === 'full' ? predicted : restoreIr(predicted, { target, symbols: ownNames(shown) });
  } catch (error) {
    if (!(error instanceof NormalFormRefusal)) throw error;
    return { code: undefined, accepted: 'no', reason: error.message };
  }
  const [outcome] = await compileVariants(pool, code, [{ recipe: [], level, texts: [], sizes: level }]);
  if (outcome?.ok === true) return { code, accepted: 'yes', measured: outcome.value.sizes! };
  const reason = outcome === undefined ? 'crashed' : describeFailure(outcome.failure);
  return { code, accepted: 'no', reason };
}

/** Full text without the name of the file that it was made of. */
function withoutOrigin(text: string, { form }: ShownCode, answer: EmulatePrompt['answer']): string {
  if (form === 'normal') return text;
  return answer === 'ir' ? plainModuleText(text) : text.replaceAll(/^\s*\.file\s.*\n/gm, '');
}

/** What the pass list makes of the user's own code, beside what was predicted of it. */
async function compare(
  pool: WorkerPool,
  { name, ir, shown, pipeline, answer }: Question,
  predicted: string,
  bytes: number | undefined,
): Promise<{ comparison: Comparison } | { compilerFailure: string }> {
  const variant = { recipe: recipeOf(pipeline), level, texts: [answer], sizes: level } as const;
  const [outcome] = await compileVariants(pool, ir, [variant]);
  if (outcome?.ok !== true) {
    return { compilerFailure: outcome === undefined ? 'crashed' : describeFailure(outcome.failure) };
  }
  const sizes = outcome.value.sizes!;
  let code: string;
  try {
    code = answerText(shown, outcome.value.texts[0]!, answer, ownNames(shown));
  } catch (error) {
    if (!(error instanceof NormalFormRefusal)) throw error;
    return { compilerFailure: `what the compiler made has no normal form: ${error.message}` };
  }
  const [found, real] = [predicted, code].map((text) => withoutOrigin(text, shown, answer)) as [
    string,
    string,
  ];
  return {
    comparison: {
      code,
      sizes,
      exact: found === real,
      bleu: bleu(found, real),
      ...(bytes === undefined || sizes.bytes === 0
        ? {}
        : { sizeError: Math.abs(bytes - sizes.bytes) / sizes.bytes }),
      difference: unifiedDiff(
        { name: `${name}, by the compiler`, text: real },
        { name: `${name}, predicted`, text: found },
      ),
    },
  };
}
