// A stage in the words of TRL's SFT trainer (`trl sft --config`): the same batch, schedule and AdamW as with our
// own engine. TRL reads YAML, of which JSON is a part.

import { defaultAdamW } from '../optimiser/adamw.ts';
import { planSchedule } from '../stages/plan.ts';
import type { Stage, StageSettings } from '../stages/settings.ts';
import type { WrittenLines } from './token-lines.ts';

export interface Batches {
  /** Samples of one forward pass of one process. */
  samplesPerPass: number;
  /** Passes of one process that make a step. */
  passesPerStep: number;
  steps: number;
}

/**
 * How samples of differing lengths make steps of about `batchTokens`, passes of about `graphTokens`: both by the
 * mean length.
 */
export function planBatches(
  lines: WrittenLines,
  processes: number,
  { batchTokens, graphTokens }: Pick<StageSettings, 'batchTokens' | 'graphTokens'>,
): Batches {
  const meanLength = lines.positions / lines.samples;
  const share = Math.max(1, batchTokens / meanLength / processes);
  const samplesPerPass = Math.max(1, Math.min(Math.floor(graphTokens / meanLength), Math.round(share)));
  const passesPerStep = Math.max(1, Math.round(share / samplesPerPass));
  const steps = Math.max(1, Math.round(lines.samples / (samplesPerPass * passesPerStep * processes)));
  return { samplesPerPass, passesPerStep, steps };
}

export interface TrlPaths {
  /** A Hugging Face folder: starting weights and tokenizer. */
  start: string;
  /** Folder with train.jsonl and, where there are held-out samples, validation.jsonl. */
  data: string;
  /** Where the trainer puts checkpoints and the result. */
  trained: string;
  /** A checkpoint of an earlier try. */
  resume: string | undefined;
}

/** How often in a run a checkpoint is written and the held-out loss is measured. */
const checkpointsPerRun = 10;

export function trlConfiguration(
  stage: Stage,
  settings: StageSettings,
  { paths, batches, width, heldOut }: { paths: TrlPaths; batches: Batches; width: number; heldOut: boolean },
): Record<string, unknown> {
  const { steps, samplesPerPass, passesPerStep } = batches;
  const { peak, finalShare, warmupSteps } = planSchedule(stage, settings, width, steps);
  const often = (times: number): number => Math.max(1, Math.round(steps / times));
  return {
    model_name_or_path: paths.start,
    dtype: 'float32',
    dataset_name: paths.data,
    dataset_train_split: 'train',
    dataset_test_split: 'validation',
    output_dir: paths.trained,
    // Samples are cut to the context already.
    max_length: null,
    max_steps: steps,
    per_device_train_batch_size: samplesPerPass,
    gradient_accumulation_steps: passesPerStep,
    learning_rate: peak,
    lr_scheduler_type: 'cosine_with_min_lr',
    lr_scheduler_kwargs: { min_lr_rate: finalShare },
    warmup_steps: warmupSteps,
    optim: 'adamw_torch',
    adam_beta1: defaultAdamW.beta1,
    adam_beta2: defaultAdamW.beta2,
    adam_epsilon: defaultAdamW.epsilon,
    weight_decay: settings.weightDecay,
    max_grad_norm: settings.clipNorm,
    eval_strategy: heldOut ? 'steps' : 'no',
    eval_steps: often(settings.validations),
    per_device_eval_batch_size: samplesPerPass,
    save_strategy: 'steps',
    save_steps: often(checkpointsPerRun),
    save_total_limit: 2,
    ...(paths.resume === undefined ? {} : { resume_from_checkpoint: paths.resume }),
    logging_steps: often(100),
    disable_tqdm: true,
    report_to: 'none',
    seed: settings.seed,
    // bfloat16 is TRL's own choice on accelerators.
    ...(settings.device === 'cpu' ? { use_cpu: true, bf16: false } : {}),
  };
}
