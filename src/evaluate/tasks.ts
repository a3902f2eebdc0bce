// The evaluations by name, each with the released model that was trained for it.

import type { OptimisationLevel } from '../llvm/module.ts';
import type { Engine } from '../inference/engine.ts';
import type { ReleasedModel } from '../inference/released-models.ts';
import type { AskSettings } from './asking.ts';
import { codeEvaluation } from './code/evaluation.ts';
import { disassembleEvaluation } from './disassemble/evaluation.ts';
import { emulateEvaluation } from './emulate/evaluation.ts';
import type { Evaluation, Sample, TaskName } from './evaluation.ts';
import type { InputSettings } from './inputs/input.ts';
import { perplexityEvaluation } from './perplexity/evaluation.ts';
import { tuneEvaluation } from './tune/evaluation.ts';
import { runEvaluation, type EvaluationReport, type RunSettings } from './run-evaluation.ts';

/** Everything that an evaluation may need; each takes what it reads. */
export interface TaskSettings extends InputSettings, AskSettings {
  engine: Engine | undefined;
  level: OptimisationLevel;
}

/** So that a run can be foreseen, and that one over everything ends within ten minutes where nobody says how many. */
export interface UsualCost {
  /** Samples where no limit is given. */
  limit: number;
  /** Processor seconds of a sample with a released model and one answer (docs/evaluation.md, "Time"). */
  seconds: number;
}

export interface Task {
  /** The set that it reads, by the name in its manifest. */
  set: string | undefined;
  model: ReleasedModel;
  usual: UsualCost;
  run(settings: TaskSettings, run: Omit<RunSettings, 'preparing'>): Promise<EvaluationReport>;
}

function task<S extends Sample>(
  set: string | undefined,
  model: ReleasedModel,
  usual: UsualCost,
  prepare: (settings: TaskSettings) => Promise<Evaluation<S>>,
): Task {
  return {
    set,
    model,
    usual,
    run: async (settings, run) => {
      const start = performance.now();
      const evaluation = await prepare(settings);
      return runEvaluation(evaluation, { ...run, preparing: (performance.now() - start) / 1000 });
    },
  };
}

export const tasks: Record<TaskName, Task> = {
  tune: task('tuning', 'ftd', { limit: 50, seconds: 3 }, tuneEvaluation),
  disassemble: task('disassembly', 'ftd', { limit: 50, seconds: 3.5 }, disassembleEvaluation),
  emulate: task('emulation', 'base', { limit: 50, seconds: 1.5 }, emulateEvaluation),
  perplexity: task('pretraining', 'base', { limit: 100, seconds: 0.2 }, perplexityEvaluation),
  code: task(undefined, 'base', { limit: 50, seconds: 1.5 }, codeEvaluation),
};
