// Where a stage starts: the weights and tokenizer of an earlier run, of a folder or file from elsewhere, or
// fresh ones.

import type { CodeForm } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import { configurationForDepth, checkConfiguration } from '../../model/configuration.ts';
import type { ModelConfiguration } from '../../model/configuration.ts';
import { openModel } from '../../model/load-model.ts';
import { readModel, sourceOf, type ModelSource } from '../../model/model-source.ts';
import { initialiseWeights, type Weights } from '../../model/weights.ts';
import { loadTokenizer } from '../../tokenizer/hugging-face-reading.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import { latestCheckpoint } from './checkpoint.ts';
import type { StageSettings } from './settings.ts';

export interface StartingPoint {
  configuration: ModelConfiguration;
  weights: Weights;
  tokenizer: Tokenizer;
  /** How code stands in what they were trained on, where that is known. */
  form: CodeForm | undefined;
}

/**
 * The weights that the settings name, or those of `checkpoint`, where the run itself goes on: as a source, to be
 * read tensor by tensor and closed. Throws `usage` for weights without a tokenizer, or with one that does not fit.
 */
export async function openStartingPoint(
  settings: StageSettings,
  checkpoint?: string,
): Promise<{ source: ModelSource; tokenizer: Tokenizer }> {
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
    const weights = initialiseWeights(configuration, seed);
    return { source: sourceOf({ configuration, weights, tokenizer }), tokenizer };
  }
  const path = (await latestCheckpoint(from)) ?? from;
  const source = await openModel(path);
  const tokenizer =
    (await source.readTokenizer()) ?? (tokenizerFolder && (await loadTokenizer(tokenizerFolder)));
  const size = source.configuration.vocabularySize;
  if (!tokenizer || tokenizer.size > size) {
    await source.close();
    const found = tokenizer ? `one of ${tokenizer.size}` : 'none';
    throw new OzmaError('usage', `${path}: expected a tokenizer of up to ${size} tokens, found ${found}`);
  }
  const configuration = checkConfiguration({ ...source.configuration, ...changes });
  return { source: { ...source, configuration, readTokenizer: async () => tokenizer }, tokenizer };
}

/** The same with all weights in memory. */
export async function startingPoint(settings: StageSettings, checkpoint?: string): Promise<StartingPoint> {
  const { source, tokenizer } = await openStartingPoint(settings, checkpoint);
  try {
    const { configuration, weights } = await readModel(source);
    return { configuration, weights, tokenizer, form: source.form };
  } finally {
    await source.close();
  }
}
