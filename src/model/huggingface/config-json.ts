// `config.json` of a Hugging Face folder: the configuration in transformers' words. Written so that
// transformers 4 and 5 both read it; read with the defaults of its LlamaConfig.

import { codeForms, type CodeForm } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import { checkConfiguration } from '../configuration.ts';
import type { ModelConfiguration } from '../configuration.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import type { SafetensorsType } from './safetensors.ts';

const typeNames: Readonly<Record<SafetensorsType, string>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

export function renderConfiguration(
  configuration: ModelConfiguration,
  type: SafetensorsType,
  tokenizer: Tokenizer | undefined,
  form: CodeForm | undefined,
): string {
  const content = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: configuration.vocabularySize,
    hidden_size: configuration.width,
    intermediate_size: configuration.feedForwardWidth,
    num_hidden_layers: configuration.layers,
    num_attention_heads: configuration.heads,
    num_key_value_heads: configuration.keyValueHeads,
    head_dim: configuration.headSize,
    max_position_embeddings: configuration.contextLength,
    rope_theta: configuration.ropeBase,
    rms_norm_eps: configuration.normEpsilon,
    tie_word_embeddings: configuration.tiedEmbeddings,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: tokenizer?.beginId ?? null,
    eos_token_id: tokenizer?.endId ?? null,
    torch_dtype: typeNames[type],
    ...(form === undefined ? {} : { [formKey]: form }),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** Others ignore it. */
const formKey = 'ozma_form';

/** How code stands in what the model was trained on, where its config.json says so. */
export function parseForm(text: string): CodeForm | undefined {
  const content = JSON.parse(text) as Record<string, unknown>;
  return codeForms.find((form) => form === content[formKey]);
}

interface RotaryParameters {
  readonly rope_theta?: number;
  readonly rope_type?: string;
  /** The older name of `rope_type`. */
  readonly type?: string;
}

/** What of `config.json` makes a plain Llama another network: its value must be one of these. */
const plain: readonly (readonly [string, readonly (string | boolean | null | undefined)[]])[] = [
  ['model_type', ['llama']],
  ['hidden_act', ['silu', undefined]],
  ['attention_bias', [false, undefined]],
  ['mlp_bias', [false, undefined]],
  ['quantization_config', [undefined, null]],
];

/** Throws a usage error where the model is not a plain Llama. */
export function parseConfiguration(path: string, text: string): ModelConfiguration {
  let content: Record<string, unknown>;
  try {
    content = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new OzmaError('usage', `${path}: expected JSON, found something else`, { cause });
  }
  for (const [key, accepted] of plain) {
    const value = content[key] as string | boolean | null | undefined;
    if (!accepted.includes(value)) {
      throw new OzmaError(
        'usage',
        `${path}: expected ${key} to be ${String(accepted[0] ?? 'absent')}, found ${JSON.stringify(value)}`,
      );
    }
  }
  const rotary = (content.rope_parameters ?? content.rope_scaling ?? {}) as RotaryParameters;
  const rotaryType = rotary.rope_type ?? rotary.type ?? 'default';
  if (rotaryType !== 'default') {
    throw new OzmaError('usage', `${path}: expected rotary positions without scaling, found ${rotaryType}`);
  }
  const number = (key: string, fallback: number): number =>
    (content[key] as number | null | undefined) ?? fallback;
  const width = number('hidden_size', NaN);
  const heads = number('num_attention_heads', NaN);
  return checkConfiguration({
    vocabularySize: number('vocab_size', NaN),
    layers: number('num_hidden_layers', NaN),
    width,
    heads,
    keyValueHeads: number('num_key_value_heads', heads),
    headSize: number('head_dim', width / heads),
    feedForwardWidth: number('intermediate_size', NaN),
    contextLength: number('max_position_embeddings', 2048),
    ropeBase: rotary.rope_theta ?? number('rope_theta', 10_000),
    normEpsilon: number('rms_norm_eps', 1e-6),
    tiedEmbeddings: (content.tie_word_embeddings as boolean | undefined) ?? false,
  });
}
