// Where a stage starts: the weights and tokenizer of an earlier run, of a folder or file from elsewhere, or
// fresh ones.

import { OzmaError } from '../../common/errors.ts';
import { configurationForDepth, checkConfiguration } from '../../model/configuration.ts';
import type { ModelConfiguration } from '../../model/configuration.ts';
import { loadModel } from '../../model/load-model.ts';
import { initialiseWeights, type Weights } from '../../model/weights.ts';
import { loadTokenizer } from '../../tokenizer/hugging-face-reading.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import { latestCheckpoint } from './checkpoint.ts';
import type { StageSettings } from './settings.ts';

export interface StartingPoint {
  configuration: ModelConfiguration;
  weights: Weights;
  tokenizer: Tokenizer;
}

/**
 * The weights that the settings name, or those of `checkpoint`, where the run itself goes on. Throws `usage`
 * for weights without a tokenizer, or with one that does not fit.
 */
export async function startingPoint(settings: StageSettings, checkpoint?: string): Promise<StartingPoint> {
  const { depth, network, tokenizer: tokenizerFolder, seed, context, ropeBase } = settings;
  const from = checkpoint ?? settings.from;
  const changes = {
    ...(context === undefined ? {} : { contextLength: context }),
    ...(ropeBase === undefined ? {} : { ropeBase }),
  };
  if (from === undefined) {
    const tokenizer = await loadTokenizer(tokenizerFolder!);
    const configuration = configurationForDepth(depth!, {
      vocabularySize: tokenizer.size,
      ...network,
      ...changes,
    });
    return { configuration, weights: initialiseWeights(configuration, seed), tokenizer };
  }
  const path = (await latestCheckpoint(from)) ?? from;
  const model = await loadModel(path);
  const tokenizer = model.tokenizer ?? (tokenizerFolder && (await loadTokenizer(tokenizerFolder)));
  const size = model.configuration.vocabularySize;
  if (!tokenizer || tokenizer.size > size) {
    const found = tokenizer ? `one of ${tokenizer.size}` : 'none';
    throw new OzmaError('usage', `${path}: expected a tokenizer of up to ${size} tokens, found ${found}`);
  }
  const configuration = checkConfiguration({ ...model.configuration, ...changes });
  return { configuration, weights: model.weights, tokenizer };
}
