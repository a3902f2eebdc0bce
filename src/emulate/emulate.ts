// `emulate`: what a pass list will make of code, predicted by a model without running it, as IR or assembly
// with instruction count and size. Functions are asked about one by one, as models learnt them; a model of
// the full form is asked about the whole module where that fits its context. Every predicted IR is shown to
// LLVM; with `check` the compiler runs the list, and the prediction is compared.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { CodeForm } from '../common/code-form.ts';
import { OzmaError } from '../common/errors.ts';
import { openEngine, type Engine } from '../inference/engine.ts';
import { chooseModel } from '../inference/model-choice.ts';
import { compileFlags, readClangWords } from '../llvm/clang-flags.ts';
import { findInstallation, type LlvmInstallation } from '../llvm/installation.ts';
import { languageOf, mustBeFile } from '../llvm/languages.ts';
import { loadModule, naming } from '../llvm/load-module.ts';
import { WorkerPool } from '../llvm/worker-pool.ts';
import { describeFailure, type CutModule } from '../llvm/worker-protocol.ts';
import { checkPipelineNames } from '../passes/checking.ts';
import { parsePipeline, printPipeline } from '../passes/grammar.ts';
import { normalisePipeline } from '../passes/normalising.ts';
import { readVocabulary } from '../passes/vocabulary.ts';
import { NormalFormRefusal } from '../tasks/normal-form/refusal.ts';
import { targetOf } from '../tasks/normal-form/targets.ts';
import type { EmulatePrompt } from '../tasks/prompts.ts';
import { showIr } from '../tasks/shown-code.ts';
import { predict, promptFor, type Question } from './predict.ts';
import type { EmulateReport, PredictedFunction } from './result.ts';

export interface EmulateOptions {
  /** A pass list as `opt -p` takes it. */
  pipeline: string;
  /** Default `ir`. */
  answer?: EmulatePrompt['answer'];
  /** Whether the compiler runs the list as well and the prediction is compared; default false. */
  check?: boolean;
  /** A GGUF file, an address, the name of a released model (default `base`), or an engine that stays open. */
  model?: string | Engine;
  /** Only these functions. */
  functions?: readonly string[];
  /** clang flags for a C or C++ source. */
  flags?: readonly string[];
  installation?: LlvmInstallation;
  /** Ends with what there is. */
  signal?: AbortSignal;
  onFunction?: (result: PredictedFunction, done: number, of: number) => void;
}

/** Characters of a function's IR, at most; as in the corpus that models are trained on. */
const longestFunction = 65_536;

/**
 * Predicts what the pass list makes of each function in a .c, .cc, .ll or .bc file.
 *
 * @throws OzmaError `usage` for a pipeline with passes that LLVM does not have, a file of another kind, a
 *   function that is not there, or no model; `refused` where the compiler refuses the file; `environment`
 *   without LLVM or where the model fails.
 */
export async function emulate(file: string, options: EmulateOptions): Promise<EmulateReport> {
  const start = performance.now();
  const { answer = 'ir', model = 'base' } = options;
  const installation = options.installation ?? findInstallation();
  const pipeline = spelledOut(options.pipeline, installation);
  const chosen = typeof model === 'string' ? chooseModel(model) : model;
  if (chosen === undefined)
    throw new OzmaError('usage', 'expected a model, found none: emulate is its answer');
  const folder = await mkdtemp(join(tmpdir(), 'ozma-emulate-'));
  const pool = new WorkerPool({ installation, workers: 1 });
  let opened: Engine | undefined;
  try {
    const cut = await naming(file, cutFile(pool, file, folder, options.flags ?? []));
    const engine = typeof chosen === 'string' ? (opened = await openEngine(chosen)) : chosen;
    const { model: name, source, hash, form } = await engine.describe();
    const asked = await askAll(engine, pool, cut, { ...options, file, form, pipeline, answer });
    return {
      source: file,
      target: cut.triple,
      llvm: installation.version,
      pipeline,
      answer,
      model: { name, source, ...(hash === undefined ? {} : { hash }), form },
      ...asked,
      seconds: Math.round(performance.now() - start) / 1000,
    };
  } finally {
    await opened?.close();
    pool.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The pipeline with every adaptor that LLVM would add, as training prompts have it. Throws `usage`. */
function spelledOut(text: string, installation: LlvmInstallation): string {
  const vocabulary = readVocabulary(installation);
  const nodes = parsePipeline(text);
  const [problem] = checkPipelineNames(nodes, vocabulary);
  if (problem !== undefined) throw new OzmaError('usage', `-p: ${problem.message}`);
  const pipeline = printPipeline(normalisePipeline(nodes, vocabulary.levelOf));
  if (pipeline === '') throw new OzmaError('usage', '-p: expected a pass list, found an empty one');
  return pipeline;
}

async function cutFile(
  pool: WorkerPool,
  file: string,
  folder: string,
  flags: readonly string[],
): Promise<CutModule> {
  await mustBeFile(file);
  const language = languageOf(file);
  if (language === undefined) throw new OzmaError('usage', 'expected a .c, .cc, .cpp, .ll or .bc file');
  const translation = {
    file,
    directory: process.cwd(),
    language,
    flags: compileFlags(readClangWords([...flags])),
  };
  const { module } = await loadModule(pool, translation, folder);
  const outcome = await pool.cut(module, longestFunction);
  if (!outcome.ok) throw new OzmaError('refused', describeFailure(outcome.failure));
  return outcome.value;
}

interface Asked extends EmulateOptions {
  file: string;
  form: CodeForm;
  answer: EmulatePrompt['answer'];
}

async function askAll(
  engine: Engine,
  pool: WorkerPool,
  cut: CutModule,
  options: Asked,
): Promise<Pick<EmulateReport, 'functions' | 'refused'>> {
  const { file, form, pipeline, answer, check = false, signal, onFunction } = options;
  const wanted = wantedOf(cut, options.functions);
  const functions: PredictedFunction[] = [];
  const refused: EmulateReport['refused'] = [];
  const ask = async (name: string, ir: string, own?: string): Promise<string | undefined> => {
    try {
      // In full form the target decides nothing; in normal form others than these are refused.
      const target = targetOf(cut.triple) ?? 'x86-64';
      const shown = showIr(ir, { form, target, ...(own === undefined ? {} : { own }) });
      const question: Question = { name, ir, shown, pipeline, answer };
      const prepared = await promptFor(pool, question);
      if (typeof prepared === 'string') return prepared;
      functions.push(await predict(engine, pool, question, prepared, { check, signal }));
      return undefined;
    } catch (error) {
      if (error instanceof NormalFormRefusal) return `no normal form: ${error.message}`;
      if (error instanceof OzmaError && error.code === 'refused') return error.message;
      throw error;
    }
  };
  // A model of the normal form knows functions, and the form does not say which of them are internal.
  const whole = form === 'full' && options.functions === undefined && wanted.length > 1;
  if (whole && (await ask(basename(file), cut.ir)) === undefined) return { functions, refused };
  for (const { name, message } of cut.refused)
    refused.push({ name, reason: `cannot stand alone: ${message}` });
  if (cut.tooLarge > 0) {
    const reason = `longer than ${longestFunction} characters`;
    refused.push({ name: `${cut.tooLarge} ${cut.tooLarge === 1 ? 'function' : 'functions'}`, reason });
  }
  for (const [index, { name, ir }] of wanted.entries()) {
    if (signal?.aborted === true) {
      refused.push({ name, reason: 'interrupted' });
      continue;
    }
    const reason = await ask(name, ir, name);
    if (reason !== undefined) refused.push({ name, reason });
    else onFunction?.(functions.at(-1)!, index + 1, wanted.length);
  }
  return { functions, refused };
}

function wantedOf(cut: CutModule, names: readonly string[] | undefined): CutModule['functions'] {
  if (names === undefined) return cut.functions;
  for (const name of names) {
    if ([...cut.functions, ...cut.refused].every((one) => one.name !== name)) {
      throw new OzmaError('usage', `expected a function ${name}, found none of that name`);
    }
  }
  return cut.functions.filter(({ name }) => names.includes(name));
}
