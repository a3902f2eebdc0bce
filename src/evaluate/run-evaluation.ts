// Runs an evaluation from its first sample to its report: asks about what the log does not hold yet, writes
// each record as it comes, and computes the figures from all of them in the order of the samples, so that
// a resumed run and one that was never interrupted report the same.

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { writeFileAtomically } from '../common/files.ts';
import { ozmaVersion } from '../common/version.ts';
import type { EngineDescription } from '../inference/engine.ts';
import { runningCommit } from './commit.ts';
import type { Evaluation, Sample, TaskName } from './evaluation.ts';
import { figuresOf, type FigureDefinition, type Figures } from './figures.ts';
import { modelMethod, type MethodResult, type SampleRecord, type Seconds } from './record.ts';
import { RecordLog } from './record-log.ts';
import { addSeconds, noTime } from './stopwatch.ts';

/** The figures of one method: over all samples, and apart by target, level, length. */
export interface MethodSummary {
  overall: Figures;
  by: Readonly<Record<string, Readonly<Record<string, Figures>>>>;
}

/** What `ozma evaluate TASK --json` prints; written as TASK.json. */
export interface EvaluationReport {
  task: TaskName;
  model: EngineDescription | null;
  data: string;
  /** What does it again. */
  command: string;
  /** Samples. */
  n: number;
  /** Samples that the data holds, of which these are a fair choice; null where nobody counted. */
  available: number | null;
  /** Of the model; null without one. */
  metrics: MethodSummary | null;
  baselines: Readonly<Record<string, MethodSummary>>;
  /** The unit of each figure, for those who show them. */
  units: Readonly<Record<string, FigureDefinition['unit']>>;
  dropped: Readonly<Record<string, number>>;
  settings: Readonly<Record<string, unknown>>;
  seed: number;
  ozma: string;
  /** Of the code that made the records; more than one where a run was resumed after a change. */
  commits: readonly string[];
  llvm: string;
  time: RunTime;
  records: readonly SampleRecord[];
}

/** In wall-clock seconds. Several samples are under way at the same time, so their seconds overlap. */
export interface RunTime {
  /** Of this process, which may have found some of the samples done. */
  total: number;
  /** Of that, reading data and making samples of it. */
  preparing: number;
  /** Of a sample, by method. */
  methods: Readonly<Record<string, Seconds>>;
}

export interface RunSettings {
  command: string;
  /** Seconds that reading the data took. */
  preparing: number;
  model: EngineDescription | undefined;
  /** As the user named it. */
  data: string;
  seed: number;
  llvm: string;
  /** Where TASK.jsonl and TASK.json go; without it nothing is written. */
  output?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Once, when the samples are known; `done` of them are in the log already. */
  onStart?: (samples: number, available: number | undefined, done: number) => void;
  onRecord?: (record: SampleRecord, done: number, of: number) => void;
}

/** Throws the signal's reason when it is aborted; what is done by then is in the log. */
export async function runEvaluation<S extends Sample>(
  evaluation: Evaluation<S>,
  settings: RunSettings,
): Promise<EvaluationReport> {
  const start = performance.now();
  const { output, model, signal } = settings;
  if (output !== undefined) await mkdir(output, { recursive: true });
  const file = (ending: string): string | undefined =>
    output === undefined ? undefined : join(output, `${evaluation.task}.${ending}`);
  const { samples } = evaluation;
  const identity = {
    // Of the records: seconds by what they went into.
    format: 2,
    task: evaluation.task,
    model: model?.hash ?? model?.source ?? null,
    samples: hashOf(samples.map(({ id, input }) => `${id} ${hashOf(input)}`).join('\n')),
    settings: evaluation.settings,
    seed: settings.seed,
    ozma: ozmaVersion(),
    llvm: settings.llvm,
  };
  const log = await RecordLog.open(file('jsonl'), identity, runningCommit());
  let done = samples.filter(({ id }) => log.records.has(id)).length;
  settings.onStart?.(samples.length, evaluation.available, done);
  const limit = pLimit(evaluation.concurrency);
  await Promise.all(
    samples.map((sample) =>
      limit(async () => {
        if (log.records.has(sample.id)) return;
        signal?.throwIfAborted();
        const methods = await evaluation.evaluate(sample);
        // An answer that an interruption cut off is no answer.
        signal?.throwIfAborted();
        const { id, input, origin, strata } = sample;
        const record = { id, hash: hashOf(input), origin, strata, methods };
        log.add(record);
        settings.onRecord?.(record, ++done, samples.length);
      }),
    ),
  );
  const records = samples.map(({ id }) => log.records.get(id)!);
  const report = reportOf(evaluation, records, settings, log.commits, (performance.now() - start) / 1000);
  const document = file('json');
  if (document !== undefined) {
    await writeFileAtomically(document, `${JSON.stringify(report, undefined, 1)}\n`);
  }
  return report;
}

function reportOf<S extends Sample>(
  evaluation: Evaluation<S>,
  records: readonly SampleRecord[],
  { model, data, seed, llvm, command, preparing }: RunSettings,
  commits: readonly string[],
  total: number,
): EvaluationReport {
  const methods = [...new Set(records.flatMap((record) => Object.keys(record.methods)))];
  const summaries = new Map(
    methods.map((name) => [name, summaryOf(records, name, evaluation.figures, seed)]),
  );
  const results = (name: string): MethodResult[] => records.flatMap((record) => record.methods[name] ?? []);
  return {
    task: evaluation.task,
    model: model ?? null,
    data,
    command,
    n: records.length,
    available: evaluation.available ?? null,
    metrics: summaries.get(modelMethod) ?? null,
    baselines: Object.fromEntries([...summaries].filter(([name]) => name !== modelMethod)),
    units: Object.fromEntries(evaluation.figures.map(({ name, unit }) => [name, unit])),
    dropped: evaluation.dropped,
    settings: evaluation.settings,
    seed,
    ozma: ozmaVersion(),
    commits,
    llvm,
    time: {
      total: total + preparing,
      preparing,
      methods: Object.fromEntries(methods.map((name) => [name, timeOf(results(name))])),
    },
    records,
  };
}

function summaryOf(
  records: readonly SampleRecord[],
  method: string,
  definitions: readonly FigureDefinition[],
  seed: number,
): MethodSummary {
  const figures = (some: readonly SampleRecord[]): Figures => figuresOf(some, method, definitions, { seed });
  const axes = [...new Set(records.flatMap(({ strata }) => Object.keys(strata)))];
  const apart = (axis: string): Record<string, Figures> => {
    const names = [...new Set(records.flatMap(({ strata }) => strata[axis] ?? []))].sort(byNumber);
    return Object.fromEntries(
      names.map((name) => [name, figures(records.filter(({ strata }) => strata[axis] === name))]),
    );
  };
  return { overall: figures(records), by: Object.fromEntries(axes.map((axis) => [axis, apart(axis)])) };
}

/** `≤ 8` before `≤ 16`. */
function byNumber(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}

function timeOf(results: readonly MethodResult[]): Seconds {
  const sum = results.reduce((before, { seconds }) => addSeconds(before, seconds), noTime);
  const of = (part: keyof Seconds): number => sum[part] / Math.max(1, results.length);
  return {
    answering: of('answering'),
    compiling: of('compiling'),
    running: of('running'),
    checking: of('checking'),
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
