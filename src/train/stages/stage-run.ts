// One stage from start to finish, or from its newest checkpoint on: the loop around TrainingStep. Start
// reading here. The same settings, seed and machine give the same losses, however often it was stopped.

import { join } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { mustBeFolder, writeFileAtomically } from '../../common/files.ts';
import { writeGguf } from '../../model/gguf/gguf.ts';
import { sourceOf } from '../../model/model-source.ts';
import { parameterCount } from '../../model/parameters.ts';
import { Mixture } from '../data/mixture.ts';
import { makeBatch, Packer, type MeasuredBatch } from '../data/packing.ts';
import { batchShapeFor } from '../network/batch-shape.ts';
import type { BatchShape } from '../network/llama.ts';
import { defaultAdamW } from '../optimiser/adamw.ts';
import { ParameterStore } from '../optimiser/parameter-store.ts';
import { learningRate, type ScheduleSettings } from '../optimiser/schedule.ts';
import { LossMeter, TrainingStep } from '../training-step.ts';
import {
  latestCheckpoint,
  loadMoments,
  readTrainingState,
  saveCheckpoint,
  type TrainingState,
} from './checkpoint.ts';
import { lossCurve } from './loss-curve.ts';
import { planRun, planSchedule } from './plan.ts';
import type { Stage, StageSettings } from './settings.ts';
import { openStageData, type StageData } from './stage-data.ts';
import { startingPoint, type StartingPoint } from './starting-point.ts';
import {
  bitsPerByte,
  clockText,
  stepLine,
  TrainingLog,
  validationLine,
  type StepRecord,
  type ValidationRecord,
} from './training-log.ts';
import { holdOut, validate, type HeldOut } from './validation.ts';

export interface StageHooks {
  /** Lines for a person. */
  say: (line: string) => void;
  /** Stops after the step at hand, with a checkpoint. */
  signal?: AbortSignal;
}

export interface StageResult {
  output: string;
  parameters: number;
  steps: number;
  /** Empty positions included. */
  tokens: number;
  /** Of training, over all runs that it took. */
  seconds: number;
  /** Nats a token in the last step. */
  loss: number;
  /** Held-out losses at the end. */
  validation: ValidationRecord['sources'];
  /** The exported model. */
  model: string;
}

/** Seconds between two lines about steps. */
const lineSeconds = 5;

/** Runs or resumes a stage. Throws the signal's reason when it was stopped, with a checkpoint written. */
export async function runStage(
  stage: Stage,
  settings: StageSettings,
  hooks: StageHooks,
): Promise<StageResult> {
  const run = await openRun(stage, settings, hooks);
  try {
    return await run.toTheEnd();
  } finally {
    await run.close();
  }
}

/** What a run may change when it goes on: where it lies, and how its steps are computed and kept. */
const changeable: readonly string[] = ['output', 'threads', 'device', 'checkpointMinutes', 'exportType'];

/** The newest checkpoint of a run. Throws `usage` where the folder holds another run. */
async function findResumable(
  stage: Stage,
  settings: StageSettings,
): Promise<{ checkpoint: string; state: TrainingState } | undefined> {
  const checkpoint = await latestCheckpoint(settings.output);
  if (checkpoint === undefined) return undefined;
  const state = await readTrainingState(checkpoint);
  const [before, now] = [
    { stage: state.stage, ...state.settings },
    { stage, ...settings },
  ].map((all) => new Map(Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)])));
  for (const name of new Set([...before!.keys(), ...now!.keys()])) {
    const [expected, found] = [before!.get(name) ?? 'none', now!.get(name) ?? 'none'];
    if (changeable.includes(name) || expected === found) continue;
    throw new OzmaError(
      'usage',
      `${settings.output}: holds another run: expected ${name} ${expected}, to go on with it, found ${found}`,
    );
  }
  return { checkpoint, state };
}

async function openRun(stage: Stage, settings: StageSettings, hooks: StageHooks): Promise<StageRun> {
  const startedAt = performance.now();
  await mustBeFolder(settings.output);
  const resumable = await findResumable(stage, settings);
  const start = await startingPoint(settings, resumable?.checkpoint);
  const { configuration, tokenizer } = start;
  const context = configuration.contextLength;
  const shape = batchShapeFor(context, Math.min(settings.graphTokens, settings.batchTokens));
  const data = await openStageData(settings, tokenizer, context, hooks.say);
  // Files without a manifest leave it as it was.
  data.form ??= start.form;
  const store = new ParameterStore(configuration);
  store.load(start.weights);
  if (resumable !== undefined) await loadMoments(resumable.checkpoint, store);
  const adamW = { ...defaultAdamW, weightDecay: settings.weightDecay, clipNorm: settings.clipNorm };
  const session = {
    device: settings.device,
    ...(settings.threads === undefined ? {} : { threads: settings.threads }),
  };
  const options = { configuration, shape, adamW, session };
  const run = new StageRun({
    ...{ stage, settings, hooks, start, shape, data, store },
    trainer: await TrainingStep.load(store, options),
    meter: await LossMeter.load(store, options),
    heldOut: data.heldOut.map((source) =>
      holdOut(source, { tokens: settings.validationTokens, rows: shape.rows, context }, data.pieceBytes),
    ),
  });
  if (resumable === undefined) await run.begin((performance.now() - startedAt) / 1000);
  else run.goOn(resumable.state);
  return run;
}

interface RunParts {
  stage: Stage;
  settings: StageSettings;
  hooks: StageHooks;
  start: StartingPoint;
  shape: BatchShape;
  data: StageData;
  store: ParameterStore;
  trainer: TrainingStep;
  meter: LossMeter;
  heldOut: HeldOut[];
}

class StageRun {
  private readonly parts: RunParts;
  private packer: Packer;
  private steps = 0;
  private validateEvery = 1;
  private step = 0;
  private secondsBefore = 0;
  private startedAt = performance.now();
  private savedStep = -1;

  constructor(parts: RunParts) {
    this.parts = parts;
    this.packer = this.packerFrom();
  }

  /** Decides how many steps there will be. */
  async begin(secondsGone: number): Promise<void> {
    const { settings, trainer, heldOut, shape } = this.parts;
    const heldOutTokens = heldOut.reduce((sum, { batches }) => sum + batches.length, 0) * this.graphTokens;
    const budget = { stepTokens: this.stepTokens, heldOutTokens, secondsGone };
    // The speed is measured on the first batch, which is then trained on like any other.
    const batch = this.takeBatch(this.packerFrom(), shape.rows);
    const { steps, validateEvery } = await planRun(settings, budget, trainer, batch);
    this.steps = steps;
    this.validateEvery = validateEvery;
  }

  goOn(state: TrainingState): void {
    this.packer = this.packerFrom(state);
    this.steps = state.steps;
    const looks = this.parts.settings.validations;
    this.validateEvery = state.validateEvery ?? Math.max(1, Math.round(state.steps / looks));
    this.step = state.step;
    this.savedStep = state.step;
    this.secondsBefore = state.seconds;
  }

  async toTheEnd(): Promise<StageResult> {
    const { stage, settings, start, hooks, trainer } = this.parts;
    const schedule = planSchedule(stage, settings, start.configuration.width, this.steps);
    hooks.say(this.introduction(schedule));
    const log = await TrainingLog.open(settings.output, this.step === 0 ? undefined : this.step);
    this.startedAt = performance.now();
    const firstStep = this.step;
    let [saidAt, savedAt] = [-Infinity, this.startedAt];
    let validation = this.step === 0 ? await this.validate(log) : [];
    while (this.step < this.steps) {
      const batches = Array.from({ length: this.batchesPerStep }, () =>
        this.takeBatch(this.packer, this.parts.shape.rows),
      );
      const began = performance.now();
      const rate = learningRate(this.step + 1, schedule);
      const { loss, gradientNorm } = await trainer.run(batches, this.step + 1, rate);
      this.step++;
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
        throw new OzmaError('negative', `step ${this.step}: the loss is ${loss}; try a lower learningRate`);
      }
      const answers = batches.reduce((sum, batch) => sum + batch.answers, 0);
      const bytes = batches.reduce((sum, batch) => sum + batch.bytes, 0);
      const record: StepRecord = {
        ...{ kind: 'step', step: this.step, loss, gradientNorm, rate },
        bitsPerByte: bitsPerByte(loss * answers, bytes),
        tokens: this.step * this.stepTokens,
        tokensPerSecond: this.stepTokens / ((performance.now() - began) / 1000),
      };
      await log.append(record);
      const last = this.step === this.steps;
      if (last || performance.now() - saidAt > lineSeconds * 1000) {
        const pace = (performance.now() - this.startedAt) / 1000 / (this.step - firstStep);
        hooks.say(stepLine(record, this.steps, (this.steps - this.step) * pace));
        saidAt = performance.now();
      }
      if (last || this.step % this.validateEvery === 0) validation = await this.validate(log);
      const stopping = hooks.signal?.aborted === true;
      if (last || stopping || performance.now() - savedAt > settings.checkpointMinutes * 60_000) {
        await this.save();
        savedAt = performance.now();
      }
      if (stopping && !last) {
        hooks.say(`stopped after step ${this.step}; the same command goes on from here`);
        throw hooks.signal!.reason;
      }
    }
    return this.finish(log, validation);
  }

  async close(): Promise<void> {
    await this.parts.trainer.close();
    await this.parts.meter.close();
    for (const { pieces } of [...this.parts.data.training, ...this.parts.data.heldOut]) pieces.set.close();
  }

  /** The exported model and the picture. */
  private async finish(log: TrainingLog, validated: ValidationRecord['sources']): Promise<StageResult> {
    const { settings, start, stage, store, hooks } = this.parts;
    const { configuration, tokenizer } = start;
    const records = await log.read();
    const model = join(settings.output, 'model.gguf');
    const source = sourceOf({ configuration, weights: store.view(), tokenizer });
    await writeGguf(
      model,
      { ...source, form: this.parts.data.form },
      { type: settings.exportType, name: `ozma-${stage}` },
    );
    const picture = lossCurve(
      records,
      `${stage}, ${(parameterCount(configuration) / 1e6).toFixed(2)} M parameters`,
    );
    if (picture !== undefined) await writeFileAtomically(join(settings.output, 'loss.svg'), picture);
    const seconds = this.seconds();
    hooks.say(`${model} written; trained ${clockText(seconds)}`);
    const lastStep = records.findLast((record) => record.kind === 'step');
    const lastLook = records.findLast((record) => record.kind === 'validation');
    return {
      output: settings.output,
      parameters: parameterCount(configuration),
      steps: this.steps,
      tokens: this.steps * this.stepTokens,
      seconds,
      loss: lastStep?.loss ?? Number.NaN,
      validation: validated.length > 0 ? validated : (lastLook?.sources ?? []),
      model,
    };
  }

  private async validate(log: TrainingLog): Promise<ValidationRecord['sources']> {
    const { meter, heldOut, hooks } = this.parts;
    if (heldOut.length === 0) return [];
    const sources = await validate(meter, heldOut);
    const record: ValidationRecord = {
      ...{ kind: 'validation', step: this.step, tokens: this.step * this.stepTokens, sources },
    };
    await log.append(record);
    hooks.say(validationLine(record));
    return sources;
  }

  private async save(): Promise<void> {
    if (this.savedStep === this.step) return;
    const { stage, settings, start, store } = this.parts;
    const state: TrainingState = {
      ...{ format: 1, stage, settings, step: this.step },
      ...{ steps: this.steps, validateEvery: this.validateEvery },
      seconds: this.seconds(),
      packer: this.packer.state(),
    };
    const { configuration, tokenizer } = start;
    const { form } = this.parts.data;
    await saveCheckpoint(settings.output, { configuration, tokenizer, form, store, state });
    this.savedStep = this.step;
  }

  private introduction({ peak, warmupSteps }: ScheduleSettings): string {
    const { stage, settings, start } = this.parts;
    const { configuration } = start;
    return (
      `${stage}: ${(parameterCount(configuration) / 1e6).toFixed(2)} M parameters, ` +
      `context ${configuration.contextLength}, ${this.steps} steps of ${this.stepTokens} tokens, ` +
      `peak rate ${peak.toExponential(2)} after ${warmupSteps}, seed ${settings.seed}` +
      (this.step === 0 ? '' : `; going on after step ${this.step}`)
    );
  }

  private packerFrom(state?: TrainingState): Packer {
    const { data, settings, start } = this.parts;
    const mixture = new Mixture(data.training, settings.seed, state?.packer.mixture);
    return new Packer(mixture, start.configuration.contextLength, state?.packer);
  }

  private takeBatch(packer: Packer, rows: number): MeasuredBatch {
    const { data, start } = this.parts;
    const packed = Array.from({ length: rows }, () => packer.nextRow());
    return makeBatch(packed, data.training, start.configuration.contextLength, data.pieceBytes);
  }

  /** Tokens of one run of the gradient graph. */
  private get graphTokens(): number {
    return this.parts.shape.rows * this.parts.shape.length;
  }

  private get batchesPerStep(): number {
    return Math.max(1, Math.round(this.parts.settings.batchTokens / this.graphTokens));
  }

  private get stepTokens(): number {
    return this.batchesPerStep * this.graphTokens;
  }

  private seconds(): number {
    return this.secondsBefore + (performance.now() - this.startedAt) / 1000;
  }
}
