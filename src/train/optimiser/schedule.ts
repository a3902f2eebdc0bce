// The learning rate over a run: a straight warm-up, then half a cosine down to a share of the peak. A
// function of the step alone, so that a resumed run goes on exactly.

export interface ScheduleSettings {
  peak: number;
  /** The last rate as a share of the peak. */
  finalShare: number;
  warmupSteps: number;
  /** Steps in all, warm-up included. */
  steps: number;
}

/** The rate of a step, counted from 1 to `steps`. Later steps keep the last rate. */
export function learningRate(step: number, settings: ScheduleSettings): number {
  const { peak, finalShare, warmupSteps, steps } = settings;
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  const share = finalShare + ((1 - finalShare) * (1 + Math.cos(Math.PI * progress))) / 2;
  return peak * share;
}
