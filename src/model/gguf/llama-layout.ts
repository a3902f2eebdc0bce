// What a Llama is called in GGUF: tensor names, `llama.*` keys, and the order of the rows of the query and
// key matrices. Hugging Face pairs dimension i of a head with i + D/2 for rotary positions, llama.cpp pairs
// 2i with 2i + 1; so those rows are put in the other order, and back.

import { OzmaError } from '../../common/errors.ts';
import { checkConfiguration } from '../configuration.ts';
import type { ModelConfiguration } from '../configuration.ts';
import { embeddingName, finalNormName, headName, layerNames } from '../parameters.ts';
import { float32, string, uint32 } from './metadata.ts';
import type { Metadata, MetadataValue } from './metadata.ts';

const architecture = 'llama';

export interface LlamaTensor {
  /** In GGUF. */
  readonly name: string;
  /** In parameters.ts. */
  readonly parameter: string;
  /** For the query and key matrices: of how many heads the rows are. */
  readonly rotaryHeads?: number;
}

export function llamaTensors(configuration: ModelConfiguration): LlamaTensor[] {
  const { layers, heads, keyValueHeads, tiedEmbeddings } = configuration;
  const tensors: LlamaTensor[] = [{ name: 'token_embd.weight', parameter: embeddingName }];
  for (let layer = 0; layer < layers; layer++) {
    const names = layerNames(layer);
    const block = (name: string, parameter: string): LlamaTensor => ({
      name: `blk.${layer}.${name}.weight`,
      parameter,
    });
    tensors.push(
      block('attn_norm', names.attentionNorm),
      { ...block('attn_q', names.query), rotaryHeads: heads },
      { ...block('attn_k', names.key), rotaryHeads: keyValueHeads },
      block('attn_v', names.value),
      block('attn_output', names.attentionOutput),
      block('ffn_norm', names.feedForwardNorm),
      block('ffn_gate', names.gate),
      block('ffn_up', names.up),
      block('ffn_down', names.down),
    );
  }
  tensors.push({ name: 'output_norm.weight', parameter: finalNormName });
  if (!tiedEmbeddings) tensors.push({ name: 'output.weight', parameter: headName });
  return tensors;
}

/**
 * Rows of a query or key matrix (heads · D, C) from Hugging Face's order into llama.cpp's, or back: row
 * i + j · D/2 of a head and row 2i + j are the same, for j = 0, 1.
 */
export function permuteRotaryRows(
  data: Float32Array,
  heads: number,
  headSize: number,
  into: 'llama.cpp' | 'huggingface',
): Float32Array {
  const rowLength = data.length / (heads * headSize);
  const half = headSize / 2;
  const result = new Float32Array(data.length);
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < half; i++) {
      for (const j of [0, 1]) {
        const halves = (head * headSize + i + j * half) * rowLength;
        const pairs = (head * headSize + 2 * i + j) * rowLength;
        const [from, to] = into === 'llama.cpp' ? [halves, pairs] : [pairs, halves];
        result.set(data.subarray(from, from + rowLength), to);
      }
    }
  }
  return result;
}

export function configurationMetadata(configuration: ModelConfiguration): [string, MetadataValue][] {
  const key = (name: string): string => `${architecture}.${name}`;
  return [
    ['general.architecture', string(architecture)],
    [key('vocab_size'), uint32(configuration.vocabularySize)],
    [key('context_length'), uint32(configuration.contextLength)],
    [key('embedding_length'), uint32(configuration.width)],
    [key('block_count'), uint32(configuration.layers)],
    [key('feed_forward_length'), uint32(configuration.feedForwardWidth)],
    [key('attention.head_count'), uint32(configuration.heads)],
    [key('attention.head_count_kv'), uint32(configuration.keyValueHeads)],
    [key('attention.key_length'), uint32(configuration.headSize)],
    [key('attention.value_length'), uint32(configuration.headSize)],
    [key('attention.layer_norm_rms_epsilon'), float32(configuration.normEpsilon)],
    [key('rope.dimension_count'), uint32(configuration.headSize)],
    [key('rope.freq_base'), float32(configuration.ropeBase)],
  ];
}

/** The keys of converters old and new; throws a usage error where the model is not a plain Llama. */
export function readConfiguration(
  path: string,
  metadata: Metadata,
  tensorShape: (name: string) => readonly number[] | undefined,
): ModelConfiguration {
  const found = metadata.get('general.architecture')?.value;
  if (found !== architecture) {
    throw new OzmaError(
      'usage',
      `${path}: expected a model of architecture ${architecture}, found ${String(found)}`,
    );
  }
  const optional = (name: string): number | undefined => {
    const value = metadata.get(`${architecture}.${name}`)?.value;
    return value === undefined ? undefined : Number(value);
  };
  const required = (name: string): number => {
    const value = optional(name);
    if (value === undefined) {
      throw new OzmaError('usage', `${path}: expected the key ${architecture}.${name}, found none`);
    }
    return value;
  };
  const scaling = metadata.get(`${architecture}.rope.scaling.type`)?.value ?? 'none';
  if (scaling !== 'none' || tensorShape('rope_freqs.weight') !== undefined) {
    throw new OzmaError(
      'usage',
      `${path}: expected rotary positions without scaling, found ${scaling === 'none' ? 'a table of factors' : String(scaling)}`,
    );
  }
  const width = required('embedding_length');
  const heads = required('attention.head_count');
  return checkConfiguration({
    vocabularySize: optional('vocab_size') ?? tensorShape('token_embd.weight')?.[0] ?? 0,
    layers: required('block_count'),
    width,
    heads,
    keyValueHeads: optional('attention.head_count_kv') ?? heads,
    headSize: optional('attention.key_length') ?? optional('rope.dimension_count') ?? width / heads,
    feedForwardWidth: required('feed_forward_length'),
    contextLength: required('context_length'),
    ropeBase: optional('rope.freq_base') ?? 10_000,
    normEpsilon: required('attention.layer_norm_rms_epsilon'),
    tiedEmbeddings: tensorShape('output.weight') === undefined,
  });
}
