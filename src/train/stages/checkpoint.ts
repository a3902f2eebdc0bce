// Checkpoints of a run, in `checkpoints/step-N`: a Hugging Face folder (so that anything loads it), the
// optimiser's moments and the state of training. A checkpoint is written beside its place and renamed, so one
// that has its name is whole; the last two are kept.

import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CodeForm } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import { mustBeFolder, writeFileAtomically } from '../../common/files.ts';
import type { ModelConfiguration } from '../../model/configuration.ts';
import { writeHuggingFace } from '../../model/huggingface/folder.ts';
import { openSafetensors, writeSafetensors } from '../../model/huggingface/safetensors.ts';
import { sourceOf } from '../../model/model-source.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import type { PackerState } from '../data/packing.ts';
import type { ParameterStore } from '../optimiser/parameter-store.ts';
import type { Stage, StageSettings } from './settings.ts';

/** What a run needs besides numbers in vectors to go on as if it had not stopped. */
export interface TrainingState {
  format: 1;
  stage: Stage;
  settings: StageSettings;
  /** Steps of the whole run; fixed at its start. */
  steps: number;
  /** Steps between two looks at held-out samples, fixed as well; early runs did not write it down. */
  validateEvery?: number;
  /** Steps done. */
  step: number;
  /** Seconds of training so far. */
  seconds: number;
  /** Place in the data. Its random orders follow from it and the seed. */
  packer: PackerState;
}

export interface CheckpointContent {
  configuration: ModelConfiguration;
  tokenizer: Tokenizer;
  form: CodeForm | undefined;
  store: ParameterStore;
  state: TrainingState;
}

const stateFile = 'training-state.json';
const momentsFile = 'optimiser.safetensors';
const kept = 2;
const folderPattern = /^step-\d+$/;

const checkpointsOf = (output: string): string => join(output, 'checkpoints');

/** Whole checkpoints of a run, oldest first. */
async function listCheckpoints(output: string): Promise<string[]> {
  const names = await readdir(checkpointsOf(output)).catch(() => []);
  return names.filter((name) => folderPattern.test(name)).sort();
}

/** Where the checkpoint after so many steps is. */
export function checkpointFolder(output: string, step: number): string {
  return join(checkpointsOf(output), `step-${String(step).padStart(8, '0')}`);
}

/** The newest checkpoint of a run, or undefined. */
export async function latestCheckpoint(output: string): Promise<string | undefined> {
  const name = (await listCheckpoints(output)).at(-1);
  return name === undefined ? undefined : join(checkpointsOf(output), name);
}

/** Returns the checkpoint's folder. */
export async function saveCheckpoint(output: string, content: CheckpointContent): Promise<string> {
  const { configuration, tokenizer, form, store, state } = content;
  const place = checkpointFolder(output, state.step);
  const parent = checkpointsOf(output);
  const beside = join(parent, `.${basename(place)}`);
  await rm(beside, { recursive: true, force: true });
  await mustBeFolder(beside);
  const moments = { means: store.means, squares: store.squares };
  const shape = [store.means.length];
  await writeSafetensors(
    join(beside, momentsFile),
    'F32',
    Object.keys(moments).map((moment) => ({ name: moment, shape })),
    async (moment) => moments[moment as keyof typeof moments],
  );
  const source = { ...sourceOf({ configuration, weights: store.view(), tokenizer }), form };
  await writeHuggingFace(beside, source, { type: 'F32' });
  await writeFileAtomically(join(beside, stateFile), `${JSON.stringify(state)}\n`);
  await rm(place, { recursive: true, force: true });
  await rename(beside, place);
  for (const old of (await listCheckpoints(output)).slice(0, -kept)) {
    await rm(join(parent, old), { recursive: true, force: true });
  }
  return place;
}

/** The state of a checkpoint. Throws `usage` for a folder that is none. */
export async function readTrainingState(checkpoint: string): Promise<TrainingState> {
  const file = join(checkpoint, stateFile);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new OzmaError('usage', `${file}: expected the state of a run, found none`, { cause });
  });
  return JSON.parse(text) as TrainingState;
}

/** Puts the moments of a checkpoint into the store; its weights come by loadModel. */
export async function loadMoments(checkpoint: string, store: ParameterStore): Promise<void> {
  const path = join(checkpoint, momentsFile);
  const file = await openSafetensors(path);
  try {
    for (const name of ['means', 'squares'] as const) {
      const found = await file.readTensor(name);
      if (found?.data.length !== store[name].length) {
        const expected = `${store[name].length} values of ${name}`;
        throw new OzmaError('usage', `${path}: expected ${expected}, found ${found?.data.length ?? 'none'}`);
      }
      store[name].set(found.data);
    }
  } finally {
    await file.close();
  }
}
