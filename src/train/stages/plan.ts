// What a run will do, decided once at its start and kept in its checkpoints: how many steps, and the learning
// rate over them. Minutes become steps here, by the speed that is measured, so that the schedule of a run
// that is stopped and resumed is the same.

import { OzmaError } from '../../common/errors.ts';
import type { MeasuredBatch } from '../data/packing.ts';
import type { ScheduleSettings } from '../optimiser/schedule.ts';
import type { TrainingStep } from '../training-step.ts';
import { defaultLearningRate, type Stage, type StageSettings } from './settings.ts';

/** Of the minutes asked for, what is kept back for checkpoints, the optimiser and the export. */
const reserve = 0.04;

/** A forward pass alone takes about a third of a step. */
const forwardShare = 1 / 3;

/** Of the time, what looks at the held-out samples may take, but for the first and the last. */
const looksShare = 0.1;

/** How long the speed is measured. */
const measuredSeconds = 5;

export interface Budget {
  /** Tokens of one step. */
  stepTokens: number;
  /** Tokens of one look at the held-out samples. */
  heldOutTokens: number;
  /** Seconds that are gone already. */
  secondsGone: number;
}

export interface Plan {
  /** Steps of the whole run. */
  steps: number;
  /** Steps between two looks at the held-out samples. */
  validateEvery: number;
}

/** What the settings' tokens or minutes are. */
export async function planRun(
  settings: StageSettings,
  { stepTokens, heldOutTokens, secondsGone }: Budget,
  trainer: TrainingStep,
  batch: MeasuredBatch,
): Promise<Plan> {
  const { tokens, minutes, validations } = settings;
  const every = (steps: number, looks: number): number => Math.max(1, Math.round(steps / looks));
  if (tokens !== undefined) {
    const steps = Math.max(1, Math.round(tokens / stepTokens));
    return { steps, validateEvery: every(steps, validations) };
  }
  const tokensPerSecond = await trainer.measure(batch, measuredSeconds);
  const seconds = minutes! * 60 * (1 - reserve) - secondsGone - measuredSeconds;
  const look = heldOutTokens * forwardShare;
  const affordable = Math.floor((looksShare * seconds * tokensPerSecond) / look);
  const looks = Math.max(1, Math.min(validations, affordable));
  const steps = Math.floor((seconds * tokensPerSecond - (looks + 1) * look) / stepTokens);
  if (steps < 1) {
    const speed = Math.round(tokensPerSecond);
    throw new OzmaError(
      'usage',
      `expected minutes for at least one step of ${stepTokens} tokens at ${speed} tokens/s, found ${minutes}`,
    );
  }
  return { steps, validateEvery: every(steps, looks) };
}

export function planSchedule(
  stage: Stage,
  settings: StageSettings,
  width: number,
  steps: number,
): ScheduleSettings {
  return {
    peak: settings.learningRate ?? defaultLearningRate(stage, width),
    finalShare: settings.finalShare,
    warmupSteps: Math.min(settings.warmupSteps, Math.max(1, Math.floor(steps / 10))),
    steps,
  };
}
