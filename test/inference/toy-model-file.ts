// A tiny random model as a GGUF file, and what the reference forward pass says about it: the log-probability
// of every next token, computed without llama.cpp.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeGguf } from '#ozma/model/gguf/gguf.js';
import { sourceOf } from '#ozma/model/model-source.js';
import { referenceForward } from '#ozma/model/reference-forward.js';
import { toyConfigurations, toyModel } from '../../bench/toy-models.ts';

export interface ToyModelFile {
  path: string;
  contextLength: number;
  vocabularySize: number;
  endToken: number;
  /** log p of every token after these. */
  logProbabilities(tokens: readonly number[]): number[];
  /** The same after each of these tokens and those before it. */
  allLogProbabilities(tokens: readonly number[]): number[][];
  /** The ids of a prompt by our own tokenizer, the begin token first. */
  tokenize(text: string): number[];
  remove(): void;
}

export async function toyModelFile(seed = 1): Promise<ToyModelFile> {
  const model = toyModel(toyConfigurations['tied embeddings'], seed);
  const folder = mkdtempSync(join(tmpdir(), 'ozma-inference-'));
  const path = join(folder, 'toy.gguf');
  await writeGguf(path, { ...sourceOf(model), form: 'normal' }, { type: 'F32', name: 'a toy' });
  const { configuration, weights, tokenizer } = model;
  const all = (tokens: readonly number[]): number[][] =>
    referenceForward(configuration, weights, tokens).map((logits) => {
      const highest = Math.max(...logits);
      const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
      return Array.from(logits, (logit) => logit - highest - logSum);
    });
  return {
    path,
    contextLength: configuration.contextLength,
    vocabularySize: configuration.vocabularySize,
    endToken: tokenizer!.endId,
    logProbabilities: (tokens) => all(tokens).at(-1)!,
    allLogProbabilities: all,
    tokenize: (text) => [tokenizer!.beginId, ...tokenizer!.encode(text)],
    remove: () => rmSync(folder, { recursive: true }),
  };
}
