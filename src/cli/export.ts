// `ozma export`: weights from one format into the other, tensor by tensor. The formats are src/model's.

import { resolve } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { writeGguf } from '../model/gguf/gguf.ts';
import { writeHuggingFace } from '../model/huggingface/folder.ts';
import { openModel } from '../model/load-model.ts';
import type { ModelSource } from '../model/model-source.ts';
import { parameterCount, parametersOf } from '../model/parameters.ts';
import type { StorageType } from '../model/storage-types.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { exportOptions } from './options.ts';
import { startProgress } from './progress.ts';

/** The same source; each tensor read moves the bar, and none is read after Ctrl-C. */
function watched(source: ModelSource, onTensor: () => void, signal: AbortSignal): ModelSource {
  return {
    ...source,
    readTensor: async (name) => {
      signal.throwIfAborted();
      const tensor = await source.readTensor(name);
      onTensor();
      return tensor;
    },
  };
}

/** Resolves to 0. Throws `usage` for weights that are not a plain Llama, or cannot be had in the type. */
export async function exportModel({ options }: CommandInput<typeof exportOptions>): Promise<number> {
  const { from, output, to } = options;
  if (from === undefined)
    throw new OzmaError('usage', 'expected --from, a GGUF file or a folder, found none');
  if (output === undefined) throw new OzmaError('usage', 'expected -o, a file or a folder, found none');
  if (resolve(from) === resolve(output)) {
    throw new OzmaError('usage', `expected -o to be another place than --from, found ${output}`);
  }
  const type = (options.type ?? (to === 'gguf' ? 'f16' : 'f32')).toUpperCase() as StorageType;
  const source = await openModel(from);
  const total = parametersOf(source.configuration).length;
  const progress = startProgress({ label: 'exporting', total });
  let done = 0;
  const tensors = watched(source, () => progress.update(++done), interruptSignal());
  try {
    if (to === 'gguf') await writeGguf(output, tensors, { type });
    else if (type === 'Q8_0') {
      throw new OzmaError('usage', 'expected --type f32, f16 or bf16 for a Hugging Face folder, found q8_0');
    } else await writeHuggingFace(output, tensors, { type });
  } finally {
    progress.stop();
    await source.close();
  }
  const millions = (parameterCount(source.configuration) / 1e6).toFixed(1);
  process.stdout.write(`${output}: ${millions} million weights as ${type}\n`);
  return 0;
}
