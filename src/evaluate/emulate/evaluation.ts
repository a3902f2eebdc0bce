// Compiler emulation: what a model says that a pass list makes of code, against what it made of it. The truth
// stands in the set's answers, made by LLVM; an answer in IR is also compiled and measured. The baseline says
// that nothing changes: short lists often do nothing, and whoever only copies is right then.

import { emulationMaker, type EmulationRow } from '../../data/task-sets/emulation.ts';
import { bleu } from '../../disassemble/bleu.ts';
import type { Engine } from '../../inference/engine.ts';
import { compileVariants, reasonOf } from '../../llvm/compile-variants.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import { parsePipeline } from '../../passes/grammar.ts';
import { flattenPipeline } from '../../passes/nesting.ts';
import { parseAnswer } from '../../tasks/answers.ts';
import { irGrammarFor } from '../../tasks/ir-grammar/grammar.ts';
import { NormalFormRefusal } from '../../tasks/normal-form/refusal.ts';
import { restoreIr } from '../../tasks/normal-form/restore-ir.ts';
import { SymbolTable } from '../../tasks/normal-form/symbols.ts';
import { parsePrompt } from '../../tasks/prompts.ts';
import { answerText } from '../../tasks/shown-code.ts';
import { ask, recorders, type AskSettings } from '../asking.ts';
import type { Evaluation, Sample } from '../evaluation.ts';
import { mean, share, type FigureDefinition } from '../figures.ts';
import type { InputSettings } from '../inputs/input.ts';
import { readTaskRows } from '../inputs/task-rows.ts';
import { lengthBucket } from '../length.ts';
import { modelMethod, type MethodResult, type Scores } from '../record.ts';
import { timed } from '../stopwatch.ts';

export interface EmulateSettings extends InputSettings, AskSettings {
  engine: Engine | undefined;
}

interface EmulationSample extends Sample {
  row: EmulationRow;
}

/** What somebody claims that comes out. */
interface Claim {
  code?: string;
  instructions?: number;
  bytes?: number;
}

const figures: readonly FigureDefinition[] = [
  share('compiles (IR)', 'compiles'),
  share('exact', 'exact'),
  mean('BLEU, arithmetic mean', 'bleu'),
  share('both sizes right', 'sizesRight'),
  mean('error of the instruction count, arithmetic mean of shares', 'instructionsError'),
  mean('error of the size, arithmetic mean of shares', 'bytesError'),
  share('prompt fits the context', 'fits'),
];

export const unchangedMethod = 'input unchanged';

/** Lists for a function of sources, and passes of a list, as in the sets. */
const usual = { lists: 2, longest: 50, x86Share: 0.85 };

export async function emulateEvaluation(settings: EmulateSettings): Promise<Evaluation<EmulationSample>> {
  const { engine, pool, form, jobs, tokens } = settings;
  const maker = emulationMaker({ installation: pool.installation, form, ...usual });
  const { inputs, dropped, available } = await readTaskRows<EmulationRow>(maker, settings);
  const record = engine === undefined ? undefined : recorders(engine, tokens);
  const samples = inputs.map(({ row, group, name }) => ({
    id: row.id,
    input: row.prompt,
    origin: { group, name },
    strata: strataOf(row),
    row,
  }));
  return {
    task: 'emulate',
    samples,
    available,
    dropped,
    figures,
    settings: { tokens, form },
    concurrency: jobs + 1,
    evaluate: async ({ row }) => {
      const unchanged = await timedCheck(row, settings, (watched) => unchangedClaim(row, watched));
      const methods: Record<string, MethodResult> = { [unchangedMethod]: unchanged };
      if (record === undefined) return methods;
      // One answer, the most probable: a prediction is not a choice among several.
      const asking = record();
      const asked = await ask(
        asking,
        row.prompt,
        { ...settings, candidates: 1 },
        row.answer === 'ir' ? irGrammarFor(asking, form) : {},
      );
      const text = asked.candidates[0]?.text ?? '';
      const result = await timedCheck(row, settings, async () => parseAnswer(text));
      methods[modelMethod] = {
        ...result,
        scores: { ...result.scores, fits: Number(asked.reason === undefined) },
        ...(asked.reason === undefined ? {} : { outcome: 'not asked', reason: asked.reason }),
        answers: [text],
        seconds: { ...result.seconds, answering: asked.seconds },
      };
      return methods;
    },
  };
}

function strataOf({ target, answer, pipeline, passes, prompt }: EmulationRow): Record<string, string> {
  const [only] = passes === 1 ? flattenPipeline(parsePipeline(pipeline)) : [];
  return {
    target,
    answer,
    passes: lengthBucket(passes, 1),
    length: `${lengthBucket(prompt.length, 256)} characters`,
    ...(only === undefined ? {} : { pass: only.name }),
  };
}

async function timedCheck(
  row: EmulationRow,
  settings: EmulateSettings,
  claimOf: (settings: EmulateSettings) => Promise<Claim>,
): Promise<MethodResult> {
  const { value, seconds } = await timed(settings.pool, async (pool) => {
    const watched = { ...settings, pool };
    return check(row, await claimOf(watched), watched);
  });
  return { ...value, seconds };
}

async function check(
  row: EmulationRow,
  claim: Claim,
  settings: EmulateSettings,
): Promise<Omit<MethodResult, 'seconds'>> {
  const { code: truth = '' } = parseAnswer(row.completion);
  const { code = '', instructions, bytes } = claim;
  const compiled = row.answer === 'ir' ? await compile(code, row, settings) : undefined;
  const exact = code.trim() !== '' && code.trim() === truth.trim();
  const scores: Scores = {
    ...(compiled === undefined ? {} : { compiles: Number(compiled === true) }),
    exact: Number(exact),
    bleu: code.trim() === '' ? 0 : bleu(code, truth),
    sizesRight: Number(instructions === row.instructions_after && bytes === row.bytes_after),
    ...(instructions === undefined
      ? {}
      : { instructionsError: errorOf(instructions, row.instructions_after) }),
    ...(bytes === undefined ? {} : { bytesError: errorOf(bytes, row.bytes_after) }),
  };
  const wrong = compiled === undefined || compiled === true ? 'another text' : 'does not compile';
  return {
    outcome: exact ? 'exact' : wrong,
    scores,
    ...(typeof compiled === 'string' ? { reason: compiled } : {}),
  };
}

/** |found - expected| / expected; of nothing, against one. */
function errorOf(found: number, expected: number): number {
  return Math.abs(found - expected) / Math.max(1, expected);
}

/** True, or why not. */
async function compile(
  code: string,
  { target }: EmulationRow,
  { pool, form }: EmulateSettings,
): Promise<true | string> {
  if (code.trim() === '') return 'no code';
  let ir: string;
  try {
    ir = form === 'full' ? code : restoreIr(code, { target });
  } catch (error) {
    // Whatever a text does to its reader costs that text alone.
    return (error as Error).message;
  }
  const [outcome] = await compileVariants(pool, ir, [{ recipe: [], level: 'O0', texts: ['assembly'] }]);
  if (outcome?.ok === true) return true;
  return outcome === undefined ? 'crashed' : reasonOf(outcome.failure);
}

/** The code and sizes of the prompt, as an answer. */
async function unchangedClaim(row: EmulationRow, { pool, form }: EmulateSettings): Promise<Claim> {
  const prompt = parsePrompt(row.prompt);
  const sizes = { instructions: row.instructions_before, bytes: row.bytes_before };
  if (prompt?.task !== 'emulate') return sizes;
  if (row.answer === 'ir') return { ...sizes, code: prompt.ir };
  const code = await assemblyOf(prompt.ir, row, form, pool);
  return code === undefined ? sizes : { ...sizes, code };
}

async function assemblyOf(
  text: string,
  { target }: EmulationRow,
  form: EmulateSettings['form'],
  pool: WorkerPool,
): Promise<string | undefined> {
  try {
    const module = form === 'full' ? text : restoreIr(text, { target });
    const [outcome] = await compileVariants(pool, module, [{ recipe: [], level: 'O0', texts: ['assembly'] }]);
    if (outcome?.ok !== true) return undefined;
    const placeholders = [...text.matchAll(/@(\d+)/g)].map(([, number]) => Number(number));
    const shown = { form, target, text, module, symbols: new SymbolTable() };
    return answerText(
      shown,
      outcome.value.texts[0]!,
      'assembly',
      SymbolTable.madeUp(Math.max(0, ...placeholders)),
    );
  } catch (error) {
    if (error instanceof NormalFormRefusal) return undefined;
    throw error;
  }
}
