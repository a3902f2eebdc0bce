// What a stage is told: a small JSON file checked here, or the same by command line (src/cli/train.ts), with
// defaults that follow from the size of the network. Defaults differ by stage in one place: the learning rate.

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { OzmaError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.ts';
import { devices } from '../onnx/session.ts';

export const stages = ['pretrain', 'emulate', 'tune', 'disassemble'] as const;
export type Stage = (typeof stages)[number];

const positive = z.number().positive();
const count = z.int().positive();

const source = z.strictObject({
  /** A set, a .parquet or .jsonl file, or a folder of .ll, .s and .txt files. */
  path: z.string(),
  /** Held-out samples where `path` is no set with a validation split. */
  validation: z.string().optional(),
  /** The column of plain text, where there are no prompts. */
  column: z.string().optional(),
  /** Relative to the others of its list. */
  share: positive.default(1),
});

const settingsSchema = z.strictObject({
  /** Folder of the run: checkpoints, log, model.gguf. */
  output: z.string(),
  /** Weights to start from: an earlier run, a checkpoint, a Hugging Face folder or a GGUF file. */
  from: z.string().optional(),
  /** Fresh weights instead: layers, each 64 wider than the last choice (see configurationForDepth). */
  depth: count.optional(),
  /** Numbers of the network that shall not follow from the depth. */
  network: z.record(z.string(), z.union([z.number(), z.boolean()])).default({}),
  /** A folder with tokenizer.json, for fresh weights. */
  tokenizer: z.string().optional(),
  data: z.array(source).min(1),
  /** Data of earlier stages. */
  earlier: z.array(source).default([]),
  earlierShare: z.number().min(0).max(0.9).default(0.15),
  /** Tokens a row. By default what the weights were trained for, or 1,024. */
  context: count.optional(),
  /** Raised when the context is lengthened, as Code Llama does. */
  ropeBase: positive.optional(),
  /** Tokens a step, empty positions included. */
  batchTokens: count.default(8192),
  /** Tokens of one run of the gradient graph; a step adds up several. */
  graphTokens: count.default(4096),
  learningRate: positive.optional(),
  /** The last rate as a share of the peak. */
  finalShare: z
    .number()
    .min(0)
    .max(1)
    .default(1 / 30),
  /** At most a tenth of all steps. */
  warmupSteps: count.default(100),
  weightDecay: z.number().min(0).default(0.1),
  clipNorm: positive.default(1),
  /** Tokens in all, empty positions included. */
  tokens: count.optional(),
  /** Turned into tokens by the speed measured at the start. */
  minutes: positive.optional(),
  checkpointMinutes: positive.default(5),
  /** How often the held-out samples are looked at, over the whole run. */
  validations: count.default(20),
  /** Held-out tokens of each source. */
  validationTokens: count.default(32_768),
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  threads: count.optional(),
  device: z.enum(devices).default('cpu'),
  /** Weights of the exported model.gguf. */
  exportType: z.enum(['F32', 'F16', 'Q8_0']).default('F16'),
});

export type StageSettings = z.infer<typeof settingsSchema>;

/** What a file or the command line says, before defaults. */
export type GivenSettings = z.input<typeof settingsSchema>;

/** Checks and fills in defaults. `where` names the origin in messages. Throws `usage`. */
export function checkSettings(given: unknown, where: string): StageSettings {
  const checked = settingsSchema.safeParse(given);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new OzmaError('usage', `${where}: ${issue?.path.join('.') || 'settings'}: ${issue?.message ?? ''}`);
  }
  const { from, depth, tokens, minutes } = checked.data;
  const refuse = (expected: string, found: string): never => {
    throw new OzmaError('usage', `${where}: expected ${expected}, found ${found}`);
  };
  if ((from === undefined) === (depth === undefined)) {
    refuse('either from (weights) or depth (fresh weights)', from === undefined ? 'neither' : 'both');
  }
  if (depth !== undefined && checked.data.tokenizer === undefined) {
    refuse('tokenizer with depth', 'none');
  }
  if ((tokens === undefined) === (minutes === undefined)) {
    refuse('either tokens or minutes', tokens === undefined ? 'neither' : 'both');
  }
  return checked.data;
}

/** A settings file as it stands; what the command line adds goes over it before the check. */
export async function readSettingsFile(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new OzmaError('usage', `${file}: cannot be read: ${reasonOf(cause)}`, { cause });
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new OzmaError('usage', `${file}: expected settings in JSON: ${reasonOf(cause)}`, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new OzmaError('usage', `${file}: expected settings in JSON, found no object`);
  }
  return parsed as Record<string, unknown>;
}

/**
 * The peak learning rate where none is given: 0.5 / width for pretraining (0.002 at 256, 1.2e-4 at 4,096) and
 * half of it for the stages that go on from there.
 */
export function defaultLearningRate(stage: Stage, width: number): number {
  return (stage === 'pretrain' ? 0.5 : 0.25) / width;
}
