// `ozma train pretrain|emulate|tune|disassemble`: settings from the file and the command line to src/train/,
// and what came out to stdout.

import { resolve } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { checkSettings, readSettingsFile, type Stage, type StageSettings } from '../train/stages/settings.ts';
import { runStage, type StageHooks } from '../train/stages/stage-run.ts';
import { splitCommand } from '../llvm/split-command.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { trainStageOptions } from './options.ts';

type Input = CommandInput<typeof trainStageOptions>;

/** The file's settings with those of the command line over them. */
async function givenSettings({ operands, options }: Input): Promise<Record<string, unknown>> {
  const { config, earlier } = options;
  const fromFile = config === undefined ? {} : await readSettingsFile(config);
  const notSettings = ['config', 'earlier', 'json', 'engine', 'launcher', 'processes'];
  const given = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => value !== undefined && !notSettings.includes(name)),
  );
  const merged: Record<string, unknown> = { ...fromFile, ...given };
  // One of two that exclude each other: the command line's.
  if (given['minutes'] !== undefined && given['tokens'] === undefined) delete merged['tokens'];
  if (given['tokens'] !== undefined && given['minutes'] === undefined) delete merged['minutes'];
  if (given['from'] !== undefined && given['depth'] === undefined) delete merged['depth'];
  if (given['depth'] !== undefined && given['from'] === undefined) delete merged['from'];
  if (operands.length > 0) merged['data'] = operands.map((path) => ({ path: resolve(path) }));
  if (earlier !== undefined) {
    merged['earlier'] = earlier.split(',').map((path) => ({ path: resolve(path.trim()) }));
  }
  return merged;
}

/** Resolves to 0. Throws `usage` for settings that do not fit, `negative` for a loss that is no number. */
export async function trainStage(stage: Stage, input: Input): Promise<number> {
  const { config, output, json } = input.options;
  const given = await givenSettings(input);
  if (config === undefined) {
    if (output === undefined)
      throw new OzmaError('usage', 'expected -o FOLDER or --config FILE, found neither');
    if (given['data'] === undefined) throw new OzmaError('usage', 'expected data to train on, found none');
  }
  const settings = checkSettings(given, config ?? `train ${stage}`);
  const hooks = {
    say: (line: string) => void process.stderr.write(`${line}\n`),
    signal: interruptSignal(),
  };
  if (input.options.engine === 'accelerate') return trainElsewhere(stage, settings, input, hooks);
  if (input.afterDashes.length > 0) {
    throw new OzmaError(
      'usage',
      `expected no words after -- without --engine accelerate, found ${input.afterDashes.join(' ')}`,
    );
  }
  const result = await runStage(stage, settings, hooks);
  if (json) {
    process.stdout.write(`${JSON.stringify({ stage, ...result }, undefined, 2)}\n`);
    return 0;
  }
  const held = result.validation.map(
    ({ name, bitsPerByte }) => `${name} ${bitsPerByte.toFixed(4)} bits/byte`,
  );
  process.stdout.write(`${result.model}: ${held.length > 0 ? `held out: ${held.join(', ')}` : 'trained'}\n`);
  return 0;
}

/** The stage by TRL under a launcher of Hugging Face's or PyTorch's. */
async function trainElsewhere(
  stage: Stage,
  settings: StageSettings,
  { options, afterDashes }: Input,
  hooks: StageHooks,
): Promise<number> {
  const { processes, json } = options;
  const launcher = splitCommand(options.launcher ?? `torchrun --standalone --nproc-per-node ${processes}`);
  const { runAccelerateStage } = await import('../train/accelerate/accelerate-stage.ts');
  const where = { launcher, processes, trainerFlags: afterDashes };
  const result = await runAccelerateStage(stage, settings, where, hooks);
  const text = json
    ? JSON.stringify({ stage, ...result }, undefined, 2)
    : `${result.model}: ${result.steps} steps`;
  process.stdout.write(`${text}\n`);
  return 0;
}
