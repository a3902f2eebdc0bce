// A model as a GGUF file: opened as a source of weights, and written from one.

import { basename } from 'node:path';
import { codeFormKey, codeForms } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import { parametersOf } from '../parameters.ts';
import { fits } from '../storage-types.ts';
import type { StorageType } from '../storage-types.ts';
import { readParameter } from '../model-source.ts';
import type { ModelSource } from '../model-source.ts';
import { openGgufFile, writeGgufFile } from './file.ts';
import { configurationMetadata, llamaTensors, permuteRotaryRows, readConfiguration } from './llama-layout.ts';
import { string, uint32 } from './metadata.ts';
import type { MetadataValue } from './metadata.ts';
import { readTokenizer, tokenizerMetadata } from './tokenizer-metadata.ts';

/** llama.cpp's `general.file_type` of a file whose matrices are mostly of the type. */
const fileTypes: Readonly<Record<StorageType, number>> = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 };

/** Of ggml's quantised formats, Q8_0 among them. */
const quantisationVersion = 2;

export async function openGguf(path: string): Promise<ModelSource> {
  const file = await openGgufFile(path);
  try {
    const configuration = readConfiguration(path, file.metadata, (name) => file.tensors.get(name)?.shape);
    const layout = new Map(llamaTensors(configuration).map((tensor) => [tensor.parameter, tensor]));
    const form = codeForms.find((name) => name === file.metadata.get(codeFormKey)?.value);
    return {
      configuration,
      form,
      readTokenizer: async () => readTokenizer(file.metadata),
      readTensor: async (parameter) => {
        const { name, rotaryHeads } = layout.get(parameter)!;
        const tensor = file.tensors.get(name);
        if (tensor === undefined) return undefined;
        const data = await file.readValues(tensor);
        return {
          shape: tensor.shape,
          data:
            rotaryHeads === undefined
              ? data
              : permuteRotaryRows(data, rotaryHeads, configuration.headSize, 'huggingface'),
        };
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

export interface GgufOptions {
  /** How matrices are stored; gains of norms stay F32, and rows that do not fill Q8_0's blocks become F16. */
  readonly type: StorageType;
  /** `general.name`; the file's name without it. */
  readonly name?: string | undefined;
  /** More keys, such as where the weights come from. */
  readonly metadata?: readonly (readonly [string, MetadataValue])[];
}

/** Writes a model that llama.cpp loads. A usage error unless the source has a tokenizer that fits. */
export async function writeGguf(path: string, source: ModelSource, options: GgufOptions): Promise<void> {
  const { configuration } = source;
  const size = configuration.vocabularySize;
  const tokenizer = await source.readTokenizer();
  if (tokenizer === undefined || tokenizer.size > size) {
    const found = tokenizer === undefined ? 'no tokenizer' : `one of ${tokenizer.size}`;
    throw new OzmaError('usage', `${path}: expected a tokenizer of up to ${size} tokens, found ${found}`);
  }
  const parameters = new Map(parametersOf(configuration).map((parameter) => [parameter.name, parameter]));
  const layout = new Map(llamaTensors(configuration).map((tensor) => [tensor.name, tensor]));
  const typeOf = (shape: readonly number[]): StorageType => {
    if (shape.length === 1) return 'F32';
    return fits(options.type, shape.at(-1)!) ? options.type : 'F16';
  };
  await writeGgufFile(path, {
    metadata: [
      ...configurationMetadata(configuration),
      ['general.type', string('model')],
      ['general.name', string(options.name ?? basename(path, '.gguf'))],
      ['general.file_type', uint32(fileTypes[options.type])],
      ['general.quantization_version', uint32(quantisationVersion)],
      ...(source.form === undefined ? [] : [[codeFormKey, string(source.form)] as const]),
      ...(options.metadata ?? []),
      ...tokenizerMetadata(tokenizer, size),
    ],
    tensors: [...layout.values()].map(({ name, parameter }) => {
      const { shape } = parameters.get(parameter)!;
      return { name, shape, type: typeOf(shape) };
    }),
    readValues: async (name) => {
      const { parameter, rotaryHeads } = layout.get(name)!;
      const { data } = await readParameter(source, parameters.get(parameter)!);
      return rotaryHeads === undefined
        ? data
        : permuteRotaryRows(data, rotaryHeads, configuration.headSize, 'llama.cpp');
    },
  });
}
