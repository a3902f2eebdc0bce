// The network's shape: a decoder of the Llama architecture, in the eleven numbers that tell two of them
// apart. Everything else follows from this one description: the list of parameters (parameters.ts), the
// training graph, the reference forward pass, the files. Formulas count multiply-adds as two operations.

import { OzmaError } from '../common/errors.ts';

export interface ModelConfiguration {
  /** Entries of the tokenizer's vocabulary, V. */
  readonly vocabularySize: number;
  /** Decoder layers, L. */
  readonly layers: number;
  /** Size of the residual stream, C ("hidden size"). */
  readonly width: number;
  /** Query heads, H. */
  readonly heads: number;
  /** Key and value heads, K; each serves H / K query heads in a row. */
  readonly keyValueHeads: number;
  /** Size of one head, D; even, since rotary positions turn pairs. Usually C / H. */
  readonly headSize: number;
  /** Inner size of the SwiGLU feed-forward block, F. */
  readonly feedForwardWidth: number;
  /** Positions that the model was trained for, T. */
  readonly contextLength: number;
  /** Rotary positions turn pair i by position × base^(-2i/D). 10,000 for Llama, 1,000,000 for Code Llama. */
  readonly ropeBase: number;
  /** Added to the mean square in RMSNorm. */
  readonly normEpsilon: number;
  /** Whether the output head is the embedding matrix. */
  readonly tiedEmbeddings: boolean;
}

const counts = [
  'vocabularySize',
  'layers',
  'width',
  'heads',
  'keyValueHeads',
  'headSize',
  'feedForwardWidth',
  'contextLength',
] as const;

/** Throws a usage error that says which number does not fit; returns the configuration otherwise. */
export function checkConfiguration(configuration: ModelConfiguration): ModelConfiguration {
  const refuse = (expected: string, found: unknown): never => {
    throw new OzmaError('usage', `model configuration: expected ${expected}, found ${String(found)}`);
  };
  for (const name of counts) {
    const value = configuration[name];
    if (!Number.isSafeInteger(value) || value < 1) refuse(`${name} to be a whole number above 0`, value);
  }
  const { width, heads, keyValueHeads, headSize, ropeBase, normEpsilon } = configuration;
  if (width % heads !== 0) {
    refuse(`width (${width}) to be a multiple of heads, as Hugging Face demands`, heads);
  }
  if (heads % keyValueHeads !== 0) {
    refuse(`heads (${heads}) to be a multiple of keyValueHeads`, keyValueHeads);
  }
  if (headSize % 2 !== 0) refuse('headSize to be even', headSize);
  if (!(ropeBase > 1 && Number.isFinite(ropeBase))) refuse('ropeBase to be a number above 1', ropeBase);
  if (!(normEpsilon > 0 && normEpsilon < 1)) refuse('normEpsilon to be between 0 and 1', normEpsilon);
  if (typeof configuration.tiedEmbeddings !== 'boolean') {
    refuse('tiedEmbeddings to be true or false', configuration.tiedEmbeddings);
  }
  return configuration;
}

/**
 * The one-dial family for laptops: depth layers, 64 × depth wide, heads of 64, a feed-forward block of
 * 8/3 of the width rounded up to a multiple of 64 (so that rows fill the 32-value blocks of Q8_0).
 * With 4,096 vocabulary entries: depth 3 is 2.1 million parameters, 4 is 4.3, 6 is 12, 8 is 27.
 * What `other` names takes precedence.
 */
export function configurationForDepth(
  depth: number,
  other: Pick<ModelConfiguration, 'vocabularySize'> & Partial<ModelConfiguration>,
): ModelConfiguration {
  const width = other.width ?? 64 * depth;
  const headSize = other.headSize ?? 64;
  const heads = other.heads ?? Math.max(1, Math.floor(width / headSize));
  return checkConfiguration({
    layers: depth,
    width,
    heads,
    keyValueHeads: heads,
    headSize,
    feedForwardWidth: 64 * Math.ceil((width * 8) / 3 / 64),
    contextLength: 1024,
    ropeBase: 10_000,
    normEpsilon: 1e-5,
    tiedEmbeddings: true,
    ...other,
  });
}

/**
 * Weights that are multiplied with each token's vector: 2·C·D·(H + K) + 3·C·F a layer, and C·V for the head.
 * The embedding is looked up, not multiplied, and norms are too few to count.
 */
export function multipliedWeights(configuration: ModelConfiguration): number {
  const { layers, width, heads, keyValueHeads, headSize, feedForwardWidth, vocabularySize } = configuration;
  const attention = 2 * width * headSize * (heads + keyValueHeads);
  return layers * (attention + 3 * width * feedForwardWidth) + width * vocabularySize;
}

/**
 * Floating point operations for one token of the forward pass, at sequences of `length` tokens:
 * 2 a weight, and 4·H·D a layer for each token looked at, (length + 1) / 2 of them on average under
 * the causal mask. (Counts that leave the mask out are up to twice that in attention: we do not use them.)
 */
export function forwardOperationsPerToken(configuration: ModelConfiguration, length: number): number {
  const { layers, heads, headSize } = configuration;
  const attention = layers * 4 * heads * headSize * ((length + 1) / 2);
  return 2 * multipliedWeights(configuration) + attention;
}

/** Forward and backward: the backward pass is two products for each one of the forward pass. */
export function trainingOperationsPerToken(configuration: ModelConfiguration, length: number): number {
  return 3 * forwardOperationsPerToken(configuration, length);
}
