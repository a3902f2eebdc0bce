// The parameters of the network by name: Hugging Face's names and shapes, which the Llama family is
// published in. A matrix is (outputs, inputs) and is applied as y = x Wᵀ.

import type { ModelConfiguration } from './configuration.ts';

export type Initialisation =
  { readonly kind: 'ones' } | { readonly kind: 'normal'; readonly standardDeviation: number };

export interface Parameter {
  readonly name: string;
  /** `(outputs, inputs)` for a matrix, `(size)` for the gain of a norm. */
  readonly shape: readonly number[];
  readonly initialisation: Initialisation;
}

export const embeddingName = 'model.embed_tokens.weight';
export const finalNormName = 'model.norm.weight';
/** Only in models whose embeddings are not tied. */
export const headName = 'lm_head.weight';

/** The names of one layer's parameters, counted from 0. */
export function layerNames(layer: number) {
  const prefix = `model.layers.${layer}`;
  return {
    attentionNorm: `${prefix}.input_layernorm.weight`,
    query: `${prefix}.self_attn.q_proj.weight`,
    key: `${prefix}.self_attn.k_proj.weight`,
    value: `${prefix}.self_attn.v_proj.weight`,
    attentionOutput: `${prefix}.self_attn.o_proj.weight`,
    feedForwardNorm: `${prefix}.post_attention_layernorm.weight`,
    gate: `${prefix}.mlp.gate_proj.weight`,
    up: `${prefix}.mlp.up_proj.weight`,
    down: `${prefix}.mlp.down_proj.weight`,
  } as const;
}

/** The matrix that turns the last hidden vector into logits. */
export function outputName(configuration: ModelConfiguration): string {
  return configuration.tiedEmbeddings ? embeddingName : headName;
}

/**
 * Every parameter, in the order of the forward pass.
 *
 * Initialisation: matrices are normal with deviation 1/√inputs, which keeps vectors at unit scale at every
 * width; the two that write into the residual stream are divided by √(2L) as GPT-2 does, so that the stream
 * does not grow with depth; embedding and head have 0.02, so that first logits are near 0 and the first
 * loss is near ln V; gains of norms are 1.
 */
export function parametersOf(configuration: ModelConfiguration): Parameter[] {
  const { vocabularySize, layers, width, heads, keyValueHeads, headSize, feedForwardWidth } = configuration;
  const gain = (name: string): Parameter => ({ name, shape: [width], initialisation: { kind: 'ones' } });
  const normal = (name: string, shape: readonly [number, number], standardDeviation: number): Parameter => ({
    name,
    shape,
    initialisation: { kind: 'normal', standardDeviation },
  });
  const matrix = (name: string, outputs: number, inputs: number, scale = 1): Parameter =>
    normal(name, [outputs, inputs], scale / Math.sqrt(inputs));
  const residualScale = 1 / Math.sqrt(2 * layers);

  const parameters = [normal(embeddingName, [vocabularySize, width], 0.02)];
  for (let layer = 0; layer < layers; layer++) {
    const names = layerNames(layer);
    parameters.push(
      gain(names.attentionNorm),
      matrix(names.query, heads * headSize, width),
      matrix(names.key, keyValueHeads * headSize, width),
      matrix(names.value, keyValueHeads * headSize, width),
      matrix(names.attentionOutput, width, heads * headSize, residualScale),
      gain(names.feedForwardNorm),
      matrix(names.gate, feedForwardWidth, width),
      matrix(names.up, feedForwardWidth, width),
      matrix(names.down, width, feedForwardWidth, residualScale),
    );
  }
  parameters.push(gain(finalNormName));
  if (!configuration.tiedEmbeddings) parameters.push(normal(headName, [vocabularySize, width], 0.02));
  return parameters;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** All weights; a tied embedding is counted once. */
export function parameterCount(configuration: ModelConfiguration): number {
  return parametersOf(configuration).reduce((sum, { shape }) => sum + elementCount(shape), 0);
}
