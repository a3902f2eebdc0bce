// The one way in for weights: a GGUF file or a Hugging Face folder, whichever the path is.

import { stat } from 'node:fs/promises';
import { OzmaError } from '../common/errors.ts';
import { openGguf } from './gguf/gguf.ts';
import { openHuggingFace } from './huggingface/folder.ts';
import { readModel } from './model-source.ts';
import type { Model, ModelSource } from './model-source.ts';

/** Opens weights to be read one tensor at a time; close it afterwards. Throws `usage` for anything else. */
export async function openModel(path: string): Promise<ModelSource> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new OzmaError('usage', `${path}: expected a GGUF file or a Hugging Face folder, found nothing`, {
      cause,
    });
  });
  return found.isDirectory() ? openHuggingFace(path) : openGguf(path);
}

/** All weights in memory, 4 bytes each. */
export async function loadModel(path: string): Promise<Model> {
  const source = await openModel(path);
  try {
    return await readModel(source);
  } finally {
    await source.close();
  }
}
