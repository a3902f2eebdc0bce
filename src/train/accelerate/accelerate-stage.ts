// A stage on machines larger than ours: everything up to the trainer and after it. ozma writes the starting
// weights, the tokenised samples and the trainer's configuration; TRL's SFT trainer runs on as many
// processes as the launcher starts (`torchrun`, `accelerate launch`); its weights come back as a checkpoint,
// which the next stage starts from, and as model.gguf. Interrupted, the same command goes on from TRL's own
// newest checkpoint.

import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { mustBeFolder, writeFileAtomically } from '../../common/files.ts';
import { writeGguf } from '../../model/gguf/gguf.ts';
import { writeHuggingFace } from '../../model/huggingface/folder.ts';
import { openModel } from '../../model/load-model.ts';
import type { ModelSource } from '../../model/model-source.ts';
import { parameterCount } from '../../model/parameters.ts';
import { saveTokenizer } from '../../tokenizer/hugging-face-writing.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import { checkpointFolder, latestCheckpoint } from '../stages/checkpoint.ts';
import type { Stage, StageSettings } from '../stages/settings.ts';
import { formOf, openStageData } from '../stages/stage-data.ts';
import type { StageHooks } from '../stages/stage-run.ts';
import { openStartingPoint } from '../stages/starting-point.ts';
import { launch } from './launch.ts';
import { writeHeldOutLines, writeTrainingLines, type WrittenLines } from './token-lines.ts';
import { planBatches, trlConfiguration } from './trl-configuration.ts';

export interface AccelerateOptions {
  /** What starts the processes, such as `torchrun --standalone --nproc-per-node 2`. */
  launcher: readonly string[];
  /** Processes that it starts, over all machines. */
  processes: number;
  /** Flags of TRL's own, which go over ours. */
  trainerFlags: readonly string[];
}

export interface AccelerateResult {
  output: string;
  parameters: number;
  steps: number;
  tokens: number;
  /** The exported model, and the folder that the next stage starts from. */
  model: string;
  checkpoint: string;
}

/** TRL's script, run as a module so that any launcher can start it. */
const trainer = ['-m', 'trl.scripts.sft'];

/** Trains the stage with TRL. Throws `usage` for a folder with another run, and what launch.ts throws. */
export async function runAccelerateStage(
  stage: Stage,
  settings: StageSettings,
  options: AccelerateOptions,
  { say, signal }: StageHooks,
): Promise<AccelerateResult> {
  // Absolute: the processes may be started elsewhere.
  const folder = resolve(settings.output, 'accelerate');
  await checkRun(stage, settings, options, folder);
  const { source, tokenizer } = await openStartingPoint(settings);
  const { configuration } = source;
  try {
    const start = join(folder, 'start');
    if (!existsSync(join(start, 'config.json'))) await writeHuggingFace(start, source, { type: 'F32' });
    const data = await writeData(settings, tokenizer, configuration.contextLength, folder, say);
    const batches = planBatches(data.training, options.processes, settings);
    const trained = join(folder, 'trained');
    const paths = { start, data: data.folder, trained, resume: await newestTrainerCheckpoint(trained) };
    const file = join(folder, 'sft.json');
    const heldOut = data.heldOut.samples > 0;
    const content = trlConfiguration(stage, settings, {
      paths,
      batches,
      width: configuration.width,
      heldOut,
    });
    await writeFileAtomically(file, `${JSON.stringify(content, undefined, 2)}\n`);

    const command = [...options.launcher, ...trainer, '--config', file, ...options.trainerFlags];
    say(`${stage}: ${batches.steps} steps on ${options.processes} processes: ${command.join(' ')}`);
    await launch(command, { say, signal, outputFile: join(folder, 'output.log') });
    const result = await takeBack(settings, stage, { trained, tokenizer, steps: batches.steps });
    const { positions: tokens } = data.training;
    return {
      output: settings.output,
      parameters: parameterCount(configuration),
      steps: batches.steps,
      tokens,
      ...result,
    };
  } finally {
    await source.close();
  }
}

/** A run goes on only with what it was started with. */
async function checkRun(
  stage: Stage,
  settings: StageSettings,
  { processes, trainerFlags }: AccelerateOptions,
  folder: string,
): Promise<void> {
  if (settings.tokens === undefined) {
    throw new OzmaError('usage', 'expected tokens with --engine accelerate, found minutes');
  }
  if (settings.device === 'webgpu') {
    throw new OzmaError('usage', 'expected device cpu or cuda with --engine accelerate, found webgpu');
  }
  const finished = await latestCheckpoint(settings.output);
  if (finished !== undefined) {
    throw new OzmaError('usage', `${settings.output}: expected an unfinished run, found ${finished}`);
  }
  await mustBeFolder(folder);
  const file = join(folder, 'run.json');
  const content = `${JSON.stringify({ stage, settings, processes, trainerFlags }, undefined, 2)}\n`;
  if (!existsSync(file)) await writeFileAtomically(file, content);
  else if ((await readFile(file, 'utf8')) !== content) {
    throw new OzmaError(
      'usage',
      `${settings.output}: expected an empty folder, or a run of ${stage} with the same settings to go on with`,
    );
  }
}

interface WrittenData {
  folder: string;
  training: WrittenLines;
  heldOut: WrittenLines;
}

/** Writes the samples, or finds them as written before. */
async function writeData(
  settings: StageSettings,
  tokenizer: Tokenizer,
  context: number,
  parent: string,
  say: (line: string) => void,
): Promise<WrittenData> {
  const folder = join(parent, 'data');
  const countsFile = join(parent, 'samples.json');
  if (existsSync(countsFile)) return JSON.parse(await readFile(countsFile, 'utf8')) as WrittenData;
  await mustBeFolder(folder);
  const { training, heldOut } = await openStageData(settings, tokenizer, context, say);
  try {
    const { tokens, validationTokens, seed } = settings;
    const written = {
      folder,
      training: await writeTrainingLines(join(folder, 'train.jsonl'), training, { tokens: tokens!, seed }),
      heldOut: { samples: 0, positions: 0 },
    };
    if (heldOut.length > 0) {
      const file = join(folder, 'validation.jsonl');
      written.heldOut = await writeHeldOutLines(file, heldOut, { tokens: validationTokens, seed });
    }
    await writeFileAtomically(countsFile, `${JSON.stringify(written)}\n`);
    return written;
  } finally {
    for (const { pieces } of [...training, ...heldOut]) pieces.set.close();
  }
}

/** `checkpoint-30` of the trainer's folder: the newest of those that are whole. */
async function newestTrainerCheckpoint(trained: string): Promise<string | undefined> {
  const names = await readdir(trained).catch(() => []);
  const steps = names.flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  return (
    steps
      .sort((a, b) => b - a)
      .map((step) => join(trained, `checkpoint-${step}`))
      // The last file that the trainer writes.
      .find((checkpoint) => existsSync(join(checkpoint, 'trainer_state.json')))
  );
}

/** The trainer's weights as a GGUF file and as a checkpoint, both with the tokenizer that made the samples. */
async function takeBack(
  settings: StageSettings,
  stage: Stage,
  { trained, tokenizer, steps }: { trained: string; tokenizer: Tokenizer; steps: number },
): Promise<{ model: string; checkpoint: string }> {
  const source = await openModel(trained);
  const form = (await formOf(settings)) ?? source.form;
  const ours: ModelSource = { ...source, form, readTokenizer: async () => tokenizer };
  const model = join(settings.output, 'model.gguf');
  try {
    await writeGguf(model, ours, { type: settings.exportType, name: `ozma-${stage}` });
  } finally {
    await source.close();
  }
  for (const name of await readdir(trained)) {
    if (name.startsWith('checkpoint-')) await rm(join(trained, name), { recursive: true });
  }
  await saveTokenizer(tokenizer, trained);
  const checkpoint = checkpointFolder(settings.output, steps);
  await mustBeFolder(dirname(checkpoint));
  await rename(trained, checkpoint);
  return { model, checkpoint };
}
