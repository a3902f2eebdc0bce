// A model as a Hugging Face folder: `config.json` and `model.safetensors`, or several files of weights with
// `model.safetensors.index.json` that says which tensor is where; and the tokenizer's files.

import { readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { mustBeFolder, writeFileAtomically } from '../../common/files.ts';
import { saveTokenizer } from '../../tokenizer/hugging-face-writing.ts';
import { loadTokenizer } from '../../tokenizer/hugging-face-reading.ts';
import { elementCount, parametersOf } from '../parameters.ts';
import type { Parameter } from '../parameters.ts';
import { storedBytes } from '../storage-types.ts';
import { readParameter } from '../model-source.ts';
import type { ModelSource } from '../model-source.ts';
import { parseConfiguration, parseForm, renderConfiguration } from './config-json.ts';
import { openSafetensors, writeSafetensors } from './safetensors.ts';
import type { SafetensorsFile, SafetensorsType } from './safetensors.ts';

const configurationFile = 'config.json';
const weightsFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';
const tokenizerFile = 'tokenizer.json';

/** As transformers has split for years: files of up to 5 GB. */
const defaultShardBytes = 5e9;

/** Which file holds a tensor; every tensor is in the one file where there is no index. */
async function readIndex(folder: string): Promise<(name: string) => string | undefined> {
  const path = join(folder, indexFile);
  if (existsSync(join(folder, weightsFile))) return () => weightsFile;
  if (!existsSync(path)) {
    throw new OzmaError('usage', `${folder}: expected ${weightsFile} or ${indexFile}, found neither`);
  }
  let index: { weight_map?: Record<string, string> };
  try {
    index = JSON.parse(await readFile(path, 'utf8')) as typeof index;
  } catch (cause) {
    throw new OzmaError('usage', `${path}: expected JSON, found something else`, { cause });
  }
  const files = new Map(Object.entries(index.weight_map ?? {}));
  // Names of files only: an index must not lead out of its folder.
  return (name) => (files.has(name) ? basename(files.get(name)!) : undefined);
}

export async function openHuggingFace(folder: string): Promise<ModelSource> {
  const path = join(folder, configurationFile);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new OzmaError('usage', `${path}: expected a file, found none that can be read`, { cause });
  });
  const configuration = parseConfiguration(path, text);
  const fileOf = await readIndex(folder);
  const open = new Map<string, Promise<SafetensorsFile>>();
  return {
    configuration,
    form: parseForm(text),
    readTokenizer: async () => (existsSync(join(folder, tokenizerFile)) ? loadTokenizer(folder) : undefined),
    readTensor: async (name) => {
      const file = fileOf(name);
      if (file === undefined) return undefined;
      if (!open.has(file)) open.set(file, openSafetensors(join(folder, file)));
      return (await open.get(file)!).readTensor(name);
    },
    close: async () => {
      for (const file of await Promise.allSettled(open.values())) {
        if (file.status === 'fulfilled') await file.value.close();
      }
    },
  };
}

/** Parameters in order, cut where a file would grow over `shardBytes`. */
function intoShards(
  parameters: readonly Parameter[],
  type: SafetensorsType,
  shardBytes: number,
): Parameter[][] {
  const shards: Parameter[][] = [[]];
  let bytes = 0;
  for (const parameter of parameters) {
    const size = storedBytes(type, elementCount(parameter.shape));
    if (bytes + size > shardBytes && shards.at(-1)!.length > 0) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)!.push(parameter);
    bytes += size;
  }
  return shards;
}

export interface HuggingFaceOptions {
  readonly type: SafetensorsType;
  /** The largest file of weights, in bytes; 5e9 by default. */
  readonly shardBytes?: number;
}

/** Writes the folder; `config.json` comes last, so that a folder that has it is whole. */
export async function writeHuggingFace(
  folder: string,
  source: ModelSource,
  { type, shardBytes = defaultShardBytes }: HuggingFaceOptions,
): Promise<void> {
  await mustBeFolder(folder);
  // What an earlier export left there would be taken for this one's.
  for (const name of [configurationFile, weightsFile, indexFile, tokenizerFile])
    await rm(join(folder, name), { force: true });
  const parameters = parametersOf(source.configuration);
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const shards = intoShards(parameters, type, shardBytes);
  const number = (value: number): string => String(value).padStart(5, '0');
  const fileOf = (shard: number): string =>
    shards.length === 1 ? weightsFile : `model-${number(shard + 1)}-of-${number(shards.length)}.safetensors`;
  for (const [index, shard] of shards.entries()) {
    await writeSafetensors(join(folder, fileOf(index)), type, shard, async (name) => {
      return (await readParameter(source, byName.get(name)!)).data;
    });
  }
  if (shards.length > 1) {
    const names = shards.flatMap((shard, index) => shard.map(({ name }) => [name, fileOf(index)]));
    const totalBytes = parameters.reduce((sum, { shape }) => sum + storedBytes(type, elementCount(shape)), 0);
    const content = {
      metadata: { total_size: totalBytes },
      weight_map: Object.fromEntries(names) as unknown,
    };
    await writeFileAtomically(join(folder, indexFile), `${JSON.stringify(content, undefined, 2)}\n`);
  }
  const tokenizer = await source.readTokenizer();
  if (tokenizer !== undefined) await saveTokenizer(tokenizer, folder);
  await writeFileAtomically(
    join(folder, configurationFile),
    renderConfiguration(source.configuration, type, tokenizer, source.form),
  );
}
