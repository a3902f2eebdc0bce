// Logits as llama.cpp computes them, through node-llama-cpp.

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

/** Logits after each token of a sequence, by token id: (T, V). */
export async function llamaLogits(
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
  const outputs = await sequence.controlledEvaluate(
    tokens.map((token) => [token as Token, { generateNext: { logits: true } }]),
  );
  await model.dispose();
  return outputs.map((output) => {
    const row = new Float64Array(vocabularySize).fill(NaN);
    for (const [token, logit] of output?.next.logits ?? []) row[token] = logit;
    return row;
  });
}
