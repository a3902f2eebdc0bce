// The one table of options. Each row gives the parser, the help, the check of the value, the variable of
// the environment and a line of docs/command-line.md; commands.ts says which command takes which.
// An option that nothing reads yet has no row.

import { availableParallelism } from 'node:os';
import { taskNames, type TaskName } from '../evaluate/evaluation.ts';
import { byName, flag, oneOf, positiveNumber, seconds, targetTriple, text, wholeNumber } from './values.ts';
import type { ByName, ValueKind } from './values.ts';

/** What a value can be once it is read. */
type Readable = string | number | boolean;

export interface OptionRow<T> {
  /** One letter, for the few options that everyone types. */
  readonly short?: string;
  readonly kind: ValueKind<NonNullable<T>>;
  /** What the handler gets when the option is not given. */
  readonly fallback: () => T;
  /** The default in words. Without it there is none. */
  readonly fallbackText?: string;
  /** What it does, without a full stop. */
  readonly help: string;
  /** Also makes `--no-NAME`. */
  readonly negatable?: boolean;
}

/** Rows by the name of the option's value; the long flag is that name with hyphens. */
export type OptionRows = Readonly<Record<string, OptionRow<unknown>>>;

/** What a handler receives: one checked value a row. */
export type OptionValues<Rows extends OptionRows> = {
  [Name in keyof Rows]: Rows[Name] extends OptionRow<infer T> ? T : never;
};

type Extra = Pick<OptionRow<unknown>, 'short' | 'negatable' | 'fallbackText'>;

/** An option without a default: its value may be `undefined`. */
function optional<T extends Readable>(
  kind: ValueKind<T>,
  help: string,
  extra: Extra = {},
): OptionRow<T | undefined> {
  return { kind, help, fallback: () => undefined, ...extra };
}

/** An option with a constant default. */
function option<T extends Readable>(
  kind: ValueKind<T>,
  fallback: T,
  help: string,
  extra: Extra = {},
): OptionRow<T> {
  const fallbackText = typeof fallback === 'boolean' ? {} : { fallbackText: String(fallback) };
  return { kind, help, fallback: () => fallback, ...fallbackText, ...extra };
}

const json = option(flag, false, 'print one JSON document on stdout');

/** How a search for a pass list is bounded and what it minimises; shared by `tune` and `cc`. */
const searchOptions = {
  compiles: option(wholeNumber(1), 100, 'how many candidates to compile and measure for a source, at most'),
  seconds: optional(seconds, 'how long to search for a source, at most'),
  objective: option(
    oneOf('bytes', 'text', 'instructions'),
    'bytes',
    'what to make small: all allocated bytes of the object, its code alone, or the IR instructions',
  ),
  codegen: option(
    oneOf('Oz', 'O0'),
    'Oz',
    'the back end that sizes are measured with: Oz is what ships, O0 is the published protocol',
  ),
  seed: option(wholeNumber(0, 0xffff_ffff), 1, 'the seed of every random choice'),
  perFunction: option(flag, true, 'pick the best candidate for each function and join them', {
    negatable: true,
    fallbackText: 'on',
  }),
  jobs: {
    kind: wholeNumber(1),
    fallback: () => availableParallelism(),
    fallbackText: 'the number of processor cores',
    help: 'how many candidates to compile at the same time',
  } satisfies OptionRow<number>,
};

/** Off by default: from four compiles on the search saves as much without it (docs/lab-log.md, the third release). */
const askedModel = {
  model: optional(
    text('a model', '<file|url|name|none>'),
    'a model that is asked for lists first: a GGUF file, the address of a server, base or ftd of the release, or none',
    { fallbackText: 'none' },
  ),
  candidates: option(wholeNumber(1), 1, 'how many lists to ask the model for, for each function'),
};

export const tuneOptions = {
  output: optional(
    text('a file name', '<file>'),
    'where to write: a file, or a folder for several sources; without it no object is written',
    {
      short: 'o',
    },
  ),
  emit: option(
    oneOf('obj', 'asm', 'll', 'bc', 'pipeline'),
    'obj',
    'what to write; without -o all but objects and bitcode go to stdout',
  ),
  ...searchOptions,
  target: optional(targetTriple, 'the machine to compile for', { fallbackText: "clang's own" }),
  test: optional(
    text('a shell command', '<command>'),
    'a command that must succeed with the results in place; a source that breaks it goes back to -Oz',
  ),
  ...askedModel,
  recipe: optional(
    text('a file name', '<file>'),
    'apply the recipe in this file, as --emit pipeline writes it, instead of searching',
  ),
  json,
};

/**
 * `cc` takes these from the environment alone: its arguments are clang's. What it writes is what ships, so
 * code generation is not a choice.
 */
export const ccOptions = {
  compiles: option(wholeNumber(1), 50, 'how many candidates to compile and measure for a file, at most'),
  seconds: searchOptions.seconds,
  objective: searchOptions.objective,
  seed: searchOptions.seed,
  perFunction: searchOptions.perFunction,
  jobs: option(
    wholeNumber(1),
    1,
    'how many candidates to compile at the same time; make -j is the better way',
  ),
  ...askedModel,
  quiet: option(flag, false, 'say nothing that clang would not say'),
  log: optional(text('a file name', '<file>'), 'append a line of JSON for each tuned file'),
  cacheMegabytes: option(
    wholeNumber(1),
    1024,
    'the most that remembered answers may take; the least recently used make room',
  ),
};

export const disassembleOptions = {
  output: optional(text('a file name', '<file>'), 'where to write; without it on stdout', { short: 'o' }),
  emit: option(oneOf('ll', 'json'), 'll', 'one module of LLVM-IR, or the report with each function apart'),
  target: optional(targetTriple, 'the machine that the assembly is for: x86-64 or AArch64', {
    fallbackText: 'this machine',
  }),
  function: optional(text('a name', '<name>'), 'only this function'),
  model: optional(
    text('a GGUF file, base, ftd, an address or none', '<file|url|none>'),
    'who proposes where the rules find nothing exact',
    { fallbackText: 'the released model' },
  ),
  candidates: option(wholeNumber(1, 64), 4, 'how many answers of the model to check for each function'),
  rules: option(oneOf('yes', 'no'), 'yes', 'whether the rules propose; no is the model alone'),
  coverage: option(
    flag,
    false,
    'lift nothing: count what the rules know, over any number of files and folders',
  ),
  seed: option(wholeNumber(0, 0xffff_ffff), 1, 'the seed of the inputs that code is run on'),
  jobs: {
    kind: wholeNumber(1),
    fallback: () => availableParallelism(),
    fallbackText: 'the number of processor cores',
    help: 'how many functions to work on at the same time',
  } satisfies OptionRow<number>,
  json,
};

export const emulateOptions = {
  pipeline: optional(text('a pass list', '<pipeline>'), 'the pass list, as opt -p takes it', { short: 'p' }),
  asm: option(flag, false, 'predict assembly in place of IR'),
  check: option(flag, false, 'run the compiler as well; print how the prediction differs, in place of it'),
  model: optional(
    text('a model', '<file|url|name>'),
    'who predicts: a GGUF file, the address of a server, base or ftd of the release',
    { fallbackText: 'base' },
  ),
  function: optional(text('a name', '<name>'), 'only this function'),
  json,
};

export const passesListOptions = {
  all: option(flag, false, 'also the passes that are not trusted, each with the reason'),
  json,
};

export const passesCheckOptions = {
  suite: optional(text('a file name', '<file>'), 'the programs to check with', {
    fallbackText: 'the suite that comes with Ozma',
  }),
  json,
};

export const trainTokenizerOptions = {
  output: optional(text('a folder', '<folder>'), 'where to write tokenizer.json and what goes with it', {
    short: 'o',
  }),
  vocabulary: option(wholeNumber(369, 65_536), 4096, 'how many tokens there are, the reserved ones included'),
  digits: option(
    oneOf('apart', 'numbers'),
    'apart',
    'each digit a token, or digits merge with digits alone; never with anything else',
  ),
  longestPiece: option(wholeNumber(1, 1024), 32, 'how many characters a token has, at most'),
  endings: option(
    text('file endings', '<endings>'),
    'll,s',
    'which files of a folder are read, separated by commas',
  ),
  columns: option(
    text('columns', '<columns>'),
    'ir',
    'which columns of Parquet files and sets hold text, separated by commas',
  ),
  json,
};

export const exportOptions = {
  from: optional(text('a file or folder', '<path>'), 'the weights: a GGUF file or a Hugging Face folder'),
  to: option(
    oneOf('gguf', 'huggingface'),
    'gguf',
    'what to write: a file for llama.cpp, or a folder with config.json and model.safetensors',
  ),
  type: optional(
    oneOf('f32', 'f16', 'bf16', 'q8_0'),
    'how matrices are stored; q8_0, a byte a weight, is for gguf',
    { fallbackText: 'f16 for gguf, f32 for huggingface' },
  ),
  output: optional(text('a file or folder', '<path>'), 'where to write', { short: 'o' }),
  json,
};

/** The stages of training share one table; what is given here goes over what stands in `--config`. */
export const trainStageOptions = {
  config: optional(text('a file name', '<file>'), 'settings in JSON; docs/training.md lists them all'),
  output: optional(text('a folder', '<folder>'), 'the run: checkpoints, log.jsonl, loss.svg, model.gguf', {
    short: 'o',
  }),
  from: optional(
    text('a folder or a GGUF file', '<path>'),
    'weights to start from: an earlier run, a Hugging Face folder or a GGUF file',
  ),
  depth: optional(wholeNumber(1, 256), 'fresh weights instead, with this many layers, each 64 × depth wide'),
  tokenizer: optional(text('a folder', '<folder>'), 'where tokenizer.json is, for fresh weights'),
  earlier: optional(
    text('paths separated by commas', '<paths>'),
    'data of earlier stages, 15 % of all that is trained on',
  ),
  minutes: optional(
    positiveNumber('a number of minutes', '<minutes>'),
    'how long to train; turned into tokens by the speed measured at the start',
  ),
  tokens: optional(wholeNumber(1), 'how many tokens to train on, in place of minutes'),
  context: optional(wholeNumber(8), 'tokens a row', {
    fallbackText: 'what the weights were trained for, or 1024',
  }),
  ropeBase: optional(
    positiveNumber('a number', '<base>'),
    'base of the rotary positions; raise it with a longer context',
  ),
  batchTokens: optional(wholeNumber(1), 'tokens a step', { fallbackText: '8192' }),
  learningRate: optional(positiveNumber('a rate', '<rate>'), 'the highest learning rate', {
    fallbackText: '0.5 / width, half of it after pretraining',
  }),
  seed: optional(wholeNumber(0, 0xffff_ffff), 'the seed of fresh weights and of the order of the data', {
    fallbackText: '1',
  }),
  threads: optional(wholeNumber(1), 'processor threads', { fallbackText: 'one a core' }),
  device: optional(oneOf('cpu', 'webgpu', 'cuda'), 'where to compute; webgpu and cuda are not tested', {
    fallbackText: 'cpu',
  }),
  engine: option(
    oneOf('onnx', 'accelerate'),
    'onnx',
    'what trains: ONNX Runtime in this process, or TRL by Hugging Face on as many machines as its launcher knows',
  ),
  launcher: optional(
    text('a command', '<command>'),
    "with accelerate: what starts the processes; TRL's script and flags are put behind it",
    { fallbackText: 'torchrun --standalone --nproc-per-node PROCESSES' },
  ),
  processes: option(wholeNumber(1), 1, 'with accelerate: how many processes the launcher starts in all'),
  json,
};

/** Where a command of `data` writes, and what it goes on from. */
const dataOutput = optional(
  text('a folder', '<folder>'),
  'where to write, and what a killed run goes on from',
  { short: 'o' },
);

export const dataCollectOptions = {
  output: dataOutput,
  build: option(
    flag,
    false,
    "run each package's own build to learn its flags; otherwise only where guessing them does badly",
  ),
  buildDependencies: option(flag, false, 'install what builds need with apt-get build-dep; needs root'),
  seconds: option(seconds, 240, 'how long one package may take, its download apart'),
  files: option(wholeNumber(1), 120, 'how many sources of a package to compile, an even choice'),
  csmith: option(wholeNumber(0), 0, 'how many random programs of csmith to add, marked as such'),
  jobs: option(wholeNumber(1), 2, 'how many packages to work on at the same time'),
  json,
};

export const dataCorpusOptions = {
  output: dataOutput,
  longestFunction: option(wholeNumber(1), 65_536, 'characters of IR of a function, at most'),
  longestModule: option(wholeNumber(1), 1_048_576, 'characters of IR of a module, at most'),
  jobs: option(wholeNumber(1), 2, 'how many modules to cut at the same time'),
  json,
};

export const dataQueryOptions = {
  data: option(text('a folder', '<folder>'), '.', 'the folder that holds the sets'),
  json,
};

export const dataExportOptions = {
  output: optional(text('a folder', '<folder>'), 'where to write train.jsonl, validation.jsonl, test.jsonl', {
    short: 'o',
  }),
  columns: option(text('names', '<names>'), 'prompt,completion', 'the columns to write, with commas'),
};

export const dataLabelsOptions = {
  output: optional(
    text('a folder', '<folder>'),
    'where to write the labels, and what a killed run goes on from',
    {
      short: 'o',
    },
  ),
  limit: optional(wholeNumber(1), 'how many programs to label, a fair sample of the corpus', {
    fallbackText: 'all',
  }),
  largest: option(
    wholeNumber(1),
    1000,
    'how many IR instructions a program has before optimisation, at most',
  ),
  rounds: option(wholeNumber(0), 2, 'how often to search; what is found is then measured on all programs'),
  search: option(
    wholeNumber(1),
    64,
    'how many lists to search for a program in each round, minimising on top',
  ),
  broadcast: option(
    wholeNumber(1),
    80,
    'how many new lists to measure on all programs after each round, at most',
  ),
  distinct: option(wholeNumber(1), 100, 'how many distinct lists labels may use, at most'),
  suite: optional(text('a file name', '<file>'), 'the programs that lists are checked with', {
    fallbackText: 'the suite that comes with Ozma',
  }),
  seed: searchOptions.seed,
  jobs: searchOptions.jobs,
  json,
};

/** Shared by the commands that make examples. */
const exampleOptions = {
  output: optional(
    text('a folder', '<folder>'),
    'where to write the set; the same command goes on after an interruption',
    {
      short: 'o',
    },
  ),
  form: option(
    oneOf('normal', 'full'),
    'normal',
    'code in normal form (docs/normal-form.md), or as the compiler writes it',
  ),
  characters: option(wholeNumber(1), 16_384, 'how long prompt and completion may be together'),
  jsonl: option(flag, false, 'also write JSON lines with prompt and completion, a file a split'),
  seed: searchOptions.seed,
  jobs: searchOptions.jobs,
  json,
};

/** Shared by the commands that make them of a corpus. */
const taskSetOptions = {
  ...exampleOptions,
  limit: optional(wholeNumber(1), 'how many functions of the corpus to use, a fair sample', {
    fallbackText: 'all',
  }),
};

export const dataPretrainingOptions = taskSetOptions;

export const dataTuningOptions = {
  ...taskSetOptions,
  labels: optional(text('a folder', '<folder>'), 'the labels, made by ozma data labels'),
  codegen: option(
    oneOf('Oz', 'O0', 'both'),
    'Oz',
    'the back end whose best list is the answer, and that sizes are measured with; both: an example for each',
  ),
};

export const dataEmulationOptions = {
  ...taskSetOptions,
  lists: option(wholeNumber(1), 2, 'how many random pass lists for each function'),
  longest: option(wholeNumber(1), 50, 'how many passes a list has, at most'),
};

export const dataDisassemblyOptions = {
  ...taskSetOptions,
  pairs: option(
    wholeNumber(1),
    2,
    'how many pairs of each function, each at a level and for a machine by chance',
  ),
  levels: option(
    text('levels', '<level,...>'),
    'paper,O0,O1,O2,O3,Os,Oz',
    'the levels of clang to draw from; paper is IR of -Oz with code generation at -O0',
  ),
  beyondRules: option(flag, false, 'keep only pairs that the rules of ozma disassemble do not lift exactly'),
};

export const dataLiftedOptions = {
  ...exampleOptions,
  package: optional(
    text('a name', '<name>'),
    'what the code belongs to; decides the split, as in the corpus',
    { fallbackText: 'the name of each file' },
  ),
  least: option(
    oneOf('exact', 'equivalent'),
    'exact',
    'the worst result of the check that still makes a pair',
  ),
  target: disassembleOptions.target,
};

/** Shared by the evaluations, one or all. */
const anyEvaluationOptions = {
  model: optional(
    text('a file, an address or none', '<model>'),
    'a GGUF file, the address of an OpenAI-compatible server (#NAME behind it), or none for the baselines alone',
    { fallbackText: 'the released model for the task' },
  ),
  data: optional(
    text('a path', '<path>'),
    'what to evaluate on: a set made by ozma data, a corpus, or a folder of sources',
  ),
  output: optional(
    text('a folder', '<folder>'),
    'where every record and the result go, and what a killed run goes on from',
    { short: 'o' },
  ),
  split: option(oneOf('test', 'validation'), 'test', 'the held-out part of a set'),
  seed: searchOptions.seed,
  jobs: {
    kind: wholeNumber(1),
    fallback: () => availableParallelism(),
    fallbackText: 'the number of processor cores',
    help: 'how many compiles at the same time',
  } satisfies OptionRow<number>,
  json,
};

const samplesHelp = 'how many samples, a fair choice';
const answersHelp = 'how many answers to take for each sample; one is greedy';
const tokensHelp = 'how many tokens an answer may have';
/** As `usual` in src/evaluate/tasks.ts, which is too much to load for a line of help. */
const usualSamples = '50; perplexity 100';

export const evaluateTaskOptions = {
  ...anyEvaluationOptions,
  limit: optional(wholeNumber(1), samplesHelp, { fallbackText: usualSamples }),
  candidates: option(wholeNumber(1), 1, answersHelp),
  tokens: option(wholeNumber(1), 2048, tokensHelp),
};

/** A number for every evaluation, or for each its own. */
function ofEachTask(help: string, fallbackText: string): OptionRow<ByName<TaskName, number>> {
  return { kind: byName(taskNames, wholeNumber(1)), help, fallback: () => ({}), fallbackText };
}

/** What is written of results. */
const reportOptions = {
  page: optional(text('a file name', '<file>'), 'where the page goes', {
    fallbackText: 'report.html beside the results',
  }),
  logs: optional(
    text('files', '<files>'),
    'log.jsonl of training runs, separated by commas, for curves of loss',
  ),
  markdown: optional(
    text('files', '<files>'),
    'Markdown files, separated by commas: tables are put between <!-- results --> and <!-- end of results -->, ' +
      'the short one behind <!-- results: short -->',
  ),
};

export const evaluateAllOptions = {
  ...anyEvaluationOptions,
  limit: ofEachTask(`${samplesHelp}: 100, or tune=40,code=164, or 100,tune=40`, usualSamples),
  candidates: ofEachTask(`${answersHelp}; written as --limit is`, '1'),
  tokens: ofEachTask(`${tokensHelp}; written as --limit is`, '2048'),
  ...reportOptions,
  programs: optional(
    text('files', '<files>'),
    'HumanEval.jsonl and HumanEval-X files, separated by commas, for code; without it that is left out',
  ),
};

export const evaluateReportOptions = reportOptions;

export const evaluateDisassembleOptions = {
  ...evaluateTaskOptions,
  level: option(
    oneOf('O0', 'O1', 'O2', 'O3', 'Os', 'Oz'),
    'Oz',
    'the level of clang that a folder of sources is compiled at',
  ),
};

export const doctorOptions = { json };

/** `--per-function` of `perFunction`. */
export function longFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `OZMA_PER_FUNCTION` of `perFunction`. */
export function environmentVariable(name: string): string {
  return `OZMA_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
