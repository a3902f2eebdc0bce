// What llama.cpp computes, through node-llama-cpp, which gives probabilities: so logits are compared as
// log-probabilities, from which they differ by one number a row.

import { getLlama, GgmlType, LlamaLogLevel } from 'node-llama-cpp';
import type { Llama, Token } from 'node-llama-cpp';

export function startLlama(): Promise<Llama> {
  return getLlama({
    gpu: false,
    build: 'never',
    // Toy models: more threads only wait for each other.
    maxThreads: 1,
    logLevel: LlamaLogLevel.error,
    progressLogs: false,
  });
}

/** Natural logarithms of the probabilities after each token of a sequence, by token id: (T, V). */
export async function llamaLogProbabilities(
  llama: Llama,
  path: string,
  tokens: readonly number[],
  vocabularySize: number,
): Promise<Float64Array[]> {
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const context = await model.createContext({
    contextSize: tokens.length + 1,
    flashAttention: false,
    // float16 by default, which alone moves logits by thousandths.
    experimentalKvCacheKeyType: GgmlType.F32,
    experimentalKvCacheValueType: GgmlType.F32,
  });
  const sequence = context.getSequence();
  // All tokens, as the model has them.
  const options = { temperature: 1, topK: 0, topP: 1, minP: 0 };
  const outputs = await sequence.controlledEvaluate(
    tokens.map((token) => [token as Token, { generateNext: { probabilities: true, options } }]),
  );
  await model.dispose();
  return outputs.map((output) => {
    const row = new Float64Array(vocabularySize).fill(NaN);
    for (const [token, probability] of output?.next.probabilities ?? []) row[token] = Math.log(probability);
    return row;
  });
}

/** log softmax of each row of logits. */
export function logProbabilities(rows: readonly Float64Array[]): Float64Array[] {
  return rows.map((row) => {
    const highest = Math.max(...row);
    const total = row.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
    return row.map((logit) => logit - highest - Math.log(total));
  });
}
