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

export interface Task {
  /** The set that it reads, by the name in its manifest. */
  set: string | undefined;
  model: ReleasedModel;
  run(settings: TaskSettings, run: RunSettings): Promise<EvaluationReport>;
}

function task<S extends Sample>(
  set: string | undefined,
  model: ReleasedModel,
  prepare: (settings: TaskSettings) => Promise<Evaluation<S>>,
): Task {
  return { set, model, run: async (settings, run) => runEvaluation(await prepare(settings), run) };
}

export const tasks: Record<TaskName, Task> = {
  tune: task('tuning', 'ftd', tuneEvaluation),
  disassemble: task('disassembly', 'ftd', disassembleEvaluation),
  emulate: task('emulation', 'base', emulateEvaluation),
  perplexity: task('pretraining', 'base', perplexityEvaluation),
  code: task(undefined, 'base', codeEvaluation),
};
