// Asks a model for the pass lists of a module's functions. A model knows single functions, so each is cut out
// and asked about alone; what the answers are worth, the search finds out by compiling. An answer that is
// no list of trusted passes is counted and forgotten: it costs no compile.

import type { CodeForm } from '../common/code-form.ts';
import { OzmaError } from '../common/errors.ts';
import type { Candidate, Engine, GenerateOptions } from '../inference/engine.ts';
import type { CodegenLevel } from '../llvm/module.ts';
import { describeFailure, type ModuleSource } from '../llvm/worker-protocol.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import { checkPipelineNames } from '../passes/checking.ts';
import { parsePipeline } from '../passes/grammar.ts';
import { flattenPipeline } from '../passes/nesting.ts';
import { readVocabulary, type Vocabulary } from '../passes/vocabulary.ts';
import type { Suggestions } from '../search/search.ts';
import { parseAnswer } from '../tasks/answers.ts';
import { NormalFormRefusal } from '../tasks/normal-form/refusal.ts';
import { targetOf } from '../tasks/normal-form/targets.ts';
import { createPipelineGrammar } from '../tasks/pipeline-grammar.ts';
import { tuneQuestion } from '../tasks/prompts.ts';
import { showIr } from '../tasks/shown-code.ts';

/** What a model was asked about one module, for the record. */
export interface ModelUse {
  /** What it calls itself, and its path or address. */
  name: string;
  source: string;
  /** SHA-256 of its file; absent for servers. */
  hash?: string;
  form: CodeForm;
  /** Lists asked for, for each function. */
  candidates: number;
  functions: number;
  asked: number;
  /** Functions that it gave a list of trusted passes for. */
  answered: number;
  /** Answers that were no such list. */
  unusable: number;
  /** Why functions were not asked about, with how many. */
  notAsked: Record<string, number>;
  seconds: number;
}

export interface AskedModel {
  suggestions: Suggestions;
  use: ModelUse;
}

export interface AskOptions {
  candidates: number;
  codegen: CodegenLevel;
  seed: number;
  /** Wall-clock limit of the whole tuning, of which questions take half at most; none by default. */
  seconds?: number | undefined;
  signal?: AbortSignal;
  onQuestion?: (done: number, of: number) => void;
}

/** Characters of a function's IR, at most; as in the corpus that models are trained on. */
const longestFunction = 65_536;
/** A list that is longer has lost its way. Labels take some dozens. */
const longestList = 128;

/** Throws `refused` where LLVM refuses the module, `environment` where the model fails. */
export async function askForLists(
  engine: Engine,
  pool: WorkerPool,
  module: ModuleSource,
  options: AskOptions,
): Promise<AskedModel> {
  const start = performance.now();
  const { candidates, codegen, onQuestion } = options;
  const { model, source, hash, form } = await engine.describe();
  const cut = await pool.cut(module, longestFunction);
  if (!cut.ok) throw new OzmaError('refused', describeFailure(cut.failure));
  const { functions, refused, tooLarge, triple } = cut.value;
  const use: ModelUse = {
    name: model,
    source,
    ...(hash === undefined ? {} : { hash }),
    form,
    candidates,
    functions: functions.length + refused.length + tooLarge,
    asked: 0,
    answered: 0,
    unusable: 0,
    notAsked: {},
    seconds: 0,
  };
  const leaveOut = (reason: string, count = 1): void => {
    if (count > 0) use.notAsked[reason] = (use.notAsked[reason] ?? 0) + count;
  };
  leaveOut(`longer than ${longestFunction} characters`, tooLarge);
  leaveOut('cannot stand alone', refused.length);

  const vocabulary = readVocabulary(pool.installation);
  const ask = questions(engine, vocabulary, options);
  const suggestions = new Map<string, string[]>();
  // The largest first: time may run out.
  const ordered = [...functions].sort((left, right) => right.instructions - left.instructions);
  for (const [index, { name, ir }] of ordered.entries()) {
    onQuestion?.(index, ordered.length);
    const shown = shownFunction(ir, name, form, triple);
    const answers =
      shown === undefined ? 'has no normal form' : await ask(tuneQuestion(shown, form, codegen));
    if (typeof answers === 'string') {
      leaveOut(answers);
      continue;
    }
    use.asked++;
    const lists = answers.map((text) => trustedList(text, vocabulary));
    const usable = [...new Set(lists.filter((list) => list !== undefined))];
    use.unusable += lists.filter((list) => list === undefined).length;
    if (usable.length === 0) continue;
    use.answered++;
    suggestions.set(name, usable);
  }
  use.seconds = Math.round(performance.now() - start) / 1000;
  return { suggestions, use };
}

/** One function as a question shows it; undefined where it has no normal form. */
export function shownFunction(ir: string, own: string, form: CodeForm, triple: string): string | undefined {
  try {
    // In full form the target decides nothing; in normal form others than these are refused.
    return showIr(ir, { form, own, target: targetOf(triple) ?? 'x86-64' }).text;
  } catch (error) {
    if (error instanceof NormalFormRefusal) return undefined;
    throw error;
  }
}

/** Answers to a prompt, or why it could not be asked. Equal prompts are asked once. */
function questions(
  engine: Engine,
  vocabulary: Vocabulary,
  { candidates, seed, seconds, signal }: AskOptions,
): (prompt: string) => Promise<string[] | string> {
  const grammar = engine.grammars ? { grammar: createPipelineGrammar(vocabulary) } : {};
  const limits = [
    ...(signal === undefined ? [] : [signal]),
    ...(seconds === undefined ? [] : [AbortSignal.timeout(seconds * 500)]),
  ];
  const ends = AbortSignal.any(limits);
  const common: GenerateOptions = { ...grammar, maximumTokens: longestList, signal: ends };
  const generate = async (prompt: string): Promise<Candidate[]> => {
    if (candidates > 1 && engine.samplings.has('priority')) {
      return engine.generate(prompt, { ...common, candidates, sampling: { kind: 'priority' } });
    }
    const greedy = await engine.generate(prompt, common);
    if (candidates === 1) return greedy;
    const sampling = { kind: 'temperature', temperature: 0.8, seed } as const;
    return [
      ...greedy,
      ...(await engine.generate(prompt, { ...common, candidates: candidates - 1, sampling })),
    ];
  };
  const known = new Map<string, string[] | string>();
  return async (prompt) => {
    const before = known.get(prompt);
    if (before !== undefined) return before;
    if (ends.aborted) return 'no time was left';
    try {
      const found = await generate(prompt);
      const answers = found.filter(({ finish }) => finish !== 'aborted').map(({ text }) => text);
      known.set(prompt, answers);
      return answers;
    } catch (error) {
      if (!(error instanceof OzmaError) || error.code !== 'refused') throw error;
      return 'does not fit the context';
    }
  };
}

/** The list of an answer where every pass in it exists, stands at its level and is trusted. */
export function trustedList(answer: string, vocabulary: Vocabulary): string | undefined {
  const { pipeline } = parseAnswer(answer);
  if (pipeline === undefined || pipeline === '') return undefined;
  try {
    const nodes = parsePipeline(pipeline);
    if (nodes.length === 0 || checkPipelineNames(nodes, vocabulary).length > 0) return undefined;
    const trusted = flattenPipeline(nodes).every((pass) => vocabulary.find(pass)?.verdict === 'usable');
    return trusted ? pipeline : undefined;
  } catch (error) {
    if (error instanceof OzmaError) return undefined;
    throw error;
  }
}

/** One line for people: which model, and what became of the questions. */
export function describeUse(use: ModelUse, kept: number): string {
  const { name, hash, candidates, functions, asked, answered, unusable, notAsked, seconds } = use;
  const file = hash === undefined ? '' : ` (sha256 ${hash.slice(0, 12)})`;
  const reasons = Object.entries(notAsked).map(([reason, count]) => `${count} not: ${reason}`);
  const parts = [
    `asked about ${asked} of ${functions} functions for ${candidates} ${candidates === 1 ? 'list' : 'lists'} each`,
    ...reasons,
    `${answered} answered`,
    ...(unusable === 0 ? [] : [`${unusable} answers unusable`]),
    `${kept} kept a list of the model`,
    `${seconds.toFixed(1)} s`,
  ];
  return `model ${name}${file}: ${parts.join(', ')}`;
}
