// The embedded engine: a GGUF file run by llama.cpp inside this process, through node-llama-cpp. The model
// is loaded once; a context (slots, each as long as prompt and answer) is made when a generation needs a
// larger one than there is.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { freemem } from 'node:os';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Llama, LlamaContext, LlamaModel, Token } from 'node-llama-cpp';
import { codeForms, type CodeForm } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import type { TokenFilter } from '../allowed-tokens.ts';
import { checkOptions, generate } from '../generate.ts';
import type {
  Candidate,
  Engine,
  EngineDescription,
  GenerateOptions,
  SamplingKind,
  TextScore,
} from '../generation.ts';
import type { Grammar } from '../grammar.ts';
import { createVocabulary, type Vocabulary } from '../vocabulary.ts';
import { addonContext, addonSampler, type AddonSampler } from './addon.ts';
import { firstLine, loadModel } from './load-model.ts';
import { LlamaScorer } from './scorer.ts';
import { scoreTokens } from './text-score.ts';

export interface LlamaOptions {
  /** Default false: the CPU alone. True takes what there is of Metal, CUDA and Vulkan. */
  gpu?: boolean;
  /** Default: one for small models, the machine's cores for others. */
  threads?: number;
  /** Candidates side by side; default 8, and fewer where memory does not suffice. */
  parallel?: number;
  /** Tokens evaluated at once; default 512. */
  batchTokens?: number;
  /**
   * Keys and values in F32 and attention without llama.cpp's quick way, which moves log-probabilities by
   * some thousandths; default false.
   */
  exact?: boolean;
}

interface Prepared {
  context: LlamaContext;
  samplers: readonly AddonSampler[];
  scorer: LlamaScorer;
  /** Tokens of each slot. */
  length: number;
  /** Slots that were wanted; memory may have allowed fewer. */
  wanted: number;
}

/** What keys and values may take of the memory that is free. */
const memoryShare = 0.5;

/**
 * Threads wait for each other after every operation, by spinning. For small models that is most of the time,
 * and on a busy machine all of it: 12 tokens of half a million parameters took 21 s with two threads where
 * one took 0.1 s.
 */
const smallModelBytes = 64 * 2 ** 20;

/** A context is made in steps of so many tokens, so that not every longer prompt needs a new one. */
const contextStep = 256;

export class LlamaEngine implements Engine {
  readonly samplings: ReadonlySet<SamplingKind> = new Set(['greedy', 'temperature', 'beam', 'priority']);
  readonly grammars = true;
  private readonly path: string;
  private readonly options: LlamaOptions;
  private readonly llama: Llama;
  private readonly model: LlamaModel;
  private readonly vocabulary: Vocabulary;
  private readonly filters = new WeakMap<Grammar, TokenFilter>();
  private prepared: Prepared | undefined;
  private hash: Promise<string> | undefined;
  /** One generation at a time: they share the context. */
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(path: string, options: LlamaOptions, llama: Llama, model: LlamaModel) {
    this.path = path;
    this.options = options;
    this.llama = llama;
    this.model = model;
    this.vocabulary = readVocabulary(model);
  }

  /** Throws `usage` where there is no such file, `refused` where it is no model, `environment` without llama.cpp. */
  static async open(path: string, options: LlamaOptions = {}): Promise<LlamaEngine> {
    const { llama, model } = await loadModel(path, options.gpu ?? false);
    return new LlamaEngine(path, options, llama, model);
  }

  async describe(): Promise<EngineDescription> {
    this.hash ??= hashFile(this.path);
    return {
      model: this.model.fileInfo.metadata.general?.name ?? basename(this.path, '.gguf'),
      source: this.path,
      hash: await this.hash,
      contextLength: this.model.trainContextSize,
      vocabularySize: this.vocabulary.size,
      form: formOf(this.model),
    };
  }

  async countTokens(prompt: string): Promise<number> {
    return this.tokenize(prompt).length;
  }

  async generate(prompt: string, options: GenerateOptions = {}): Promise<Candidate[]> {
    const turn = this.queue.then(() => this.generateAlone(prompt, options));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  async scoreText(text: string): Promise<TextScore> {
    const turn = this.queue.then(() => this.scoreAlone(text));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async scoreAlone(text: string): Promise<TextScore> {
    const tokens = this.tokenize(text);
    // Where there is no begin token, nothing comes before the first: it costs what any token would.
    const given = this.model.tokens.shouldPrependBosToken && this.model.tokens.bos !== null;
    const window = this.model.trainContextSize;
    const { context, samplers, length } = await this.prepare(Math.min(window, tokens.length), 1);
    const scorer = {
      context: addonContext(context),
      sampler: samplers[0]!,
      window: Math.min(window, length),
      batchSize: context.batchSize,
    };
    const { tokens: judged, nats } = await scoreTokens(scorer, tokens);
    const first = given || tokens.length === 0 ? 0 : 1;
    return {
      tokens: judged + first,
      nats: nats + first * Math.log(this.vocabulary.size),
      bytes: Buffer.byteLength(text),
    };
  }

  private async generateAlone(prompt: string, options: GenerateOptions): Promise<Candidate[]> {
    checkOptions(options);
    const tokens = this.tokenize(prompt);
    const most = this.model.trainContextSize;
    if (tokens.length >= most) {
      throw new OzmaError(
        'refused',
        `expected a prompt of at most ${most - 1} tokens (the context of ${basename(this.path)} is ${most}), found ${tokens.length}`,
      );
    }
    const room = Math.min(most - tokens.length, options.maximumTokens ?? Infinity);
    const width = widthOf(options, this.options.gpu === true);
    const { scorer } = await this.prepare(tokens.length + room, width);
    scorer.begin(tokens, width);
    return generate({ scorer, filters: this.filters, room }, options);
  }

  /** A context of at least so many tokens a slot, and as many slots as wanted if memory suffices. */
  private async prepare(length: number, wanted: number): Promise<Prepared> {
    const slots = Math.min(wanted, this.options.parallel ?? 8);
    const known = this.prepared;
    if (known !== undefined && known.length >= length && known.wanted >= slots) return known;
    await this.forget();
    const rounded = Math.ceil(length / contextStep) * contextStep;
    const budget = (memoryShare * freemem()) / (rounded * (await this.keyValueBytes()));
    const sequences = Math.max(1, Math.min(slots, Math.floor(budget)));
    const batchSize = this.options.batchTokens ?? 512;
    const { exact = false } = this.options;
    const threads = this.options.threads ?? (this.model.size < smallModelBytes ? 1 : undefined);
    let context: LlamaContext;
    try {
      context = await this.model.createContext({
        contextSize: rounded,
        sequences,
        batchSize,
        ...(exact && {
          flashAttention: false,
          experimentalKvCacheKeyType: 'F32',
          experimentalKvCacheValueType: 'F32',
        }),
        ...(threads !== undefined && { threads }),
      });
    } catch (cause) {
      const message = `expected memory for a context of ${sequences} × ${rounded} tokens: ${firstLine(cause)}`;
      throw new OzmaError('environment', message, { cause });
    }
    const samplers = Array.from({ length: sequences }, () => addonSampler(this.llama, this.model));
    const scorer = new LlamaScorer(addonContext(context), samplers, this.vocabulary, context.batchSize);
    this.prepared = { context, samplers, scorer, length: rounded, wanted: slots };
    return this.prepared;
  }

  /** Bytes of keys and values for a token. */
  private async keyValueBytes(): Promise<number> {
    const estimate = async (contextSize: number): Promise<number> => {
      const needed = await this.model.fileInsights.estimateContextResourceRequirementsV2({
        contextSize,
        sequences: 1,
        modelGpuLayers: 0,
        batchSize: 1,
      });
      return needed.cpuRam;
    };
    return Math.max(1, ((await estimate(2 * contextStep)) - (await estimate(contextStep))) / contextStep);
  }

  private async forget(): Promise<void> {
    const prepared = this.prepared;
    this.prepared = undefined;
    if (prepared === undefined) return;
    for (const sampler of prepared.samplers) sampler.dispose();
    await prepared.context.dispose();
  }

  async close(): Promise<void> {
    await this.queue;
    await this.forget();
    await this.model.dispose();
  }

  /** The ids that the model was trained on: begin token where the file says so, control tokens never from text. */
  private tokenize(prompt: string): Token[] {
    const tokens = this.model.tokenize(prompt, false);
    const { bos, shouldPrependBosToken } = this.model.tokens;
    return shouldPrependBosToken && bos !== null ? [bos, ...tokens] : tokens;
  }
}

/** Slots that a way of sampling makes good use of. */
function widthOf({ sampling, candidates = 1 }: GenerateOptions, gpu: boolean): number {
  switch (sampling?.kind) {
    case 'temperature':
      return candidates;
    case 'beam':
      return sampling.width ?? candidates;
    case 'priority':
      // Openings followed before their turn cost a processor as much as in their turn, and some are in vain;
      // on a GPU the rest of a batch is nearly free.
      return gpu ? candidates : 1;
    default:
      return 1;
  }
}

function readVocabulary(model: LlamaModel): Vocabulary {
  const { ggml } = model.fileInfo.metadata.tokenizer ?? {};
  const tokens = ggml?.tokens ?? [];
  const ends = tokens.map((_, token) => token).filter((token) => model.isEogToken(token as Token));
  return createVocabulary({
    model: ggml?.model ?? 'none',
    tokens,
    types: ggml?.token_type ?? [],
    ends: new Set(ends),
  });
}

/** Meta's models and all others that do not say so read code as the compiler writes it. */
function formOf({ fileInfo }: LlamaModel): CodeForm {
  // node-llama-cpp nests keys by their dots, and its type knows only the common ones.
  const { ozma } = fileInfo.metadata as { ozma?: { form?: unknown } };
  return codeForms.find((form) => form === ozma?.form) ?? 'full';
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
