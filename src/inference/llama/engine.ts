// The embedded engine: a GGUF file run by llama.cpp inside this process, through node-llama-cpp. The model
// is loaded once; a context (slots, each as long as prompt and answer) is made when a generation needs a
// larger one than there is.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { freemem } from 'node:os';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Llama, LlamaContext, LlamaModel, Token } from 'node-llama-cpp';
import { OzmaError } from '../../common/errors.ts';
import { createTokenTrie, type TokenFilter, type TokenTrie } from '../allowed-tokens.ts';
import { checkOptions, generate } from '../generate.ts';
import type { Candidate, Engine, EngineDescription, GenerateOptions, SamplingKind } from '../generation.ts';
import type { Grammar } from '../grammar.ts';
import { createVocabulary, type Vocabulary } from '../vocabulary.ts';
import { addonContext, addonSampler, type AddonSampler } from './addon.ts';
import { LlamaScorer } from './scorer.ts';

export interface LlamaOptions {
  /** Default false: the CPU alone. True takes what there is of Metal, CUDA and Vulkan. */
  gpu?: boolean;
  /** Threads; default the machine's cores. */
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
}

/** What keys and values may take of the memory that is free. */
const memoryShare = 0.5;

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
  private trie: TokenTrie | undefined;
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
    if (!existsSync(path)) throw new OzmaError('usage', `expected a GGUF file, found nothing at ${path}`);
    await checkHeader(path);
    const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');
    const lines: string[] = [];
    let llama: Llama;
    try {
      llama = await getLlama({
        gpu: options.gpu === true ? 'auto' : false,
        build: 'never',
        skipDownload: true,
        progressLogs: false,
        logLevel: LlamaLogLevel.error,
        logger: (_level, message) => lines.push(message.trim()),
        ...(options.threads !== undefined && { maxThreads: options.threads }),
      });
    } catch (cause) {
      const message = `expected node-llama-cpp's llama.cpp for this machine: ${firstLine(cause)}`;
      throw new OzmaError('environment', message, { cause });
    }
    let model: LlamaModel;
    try {
      model = await llama.loadModel({ modelPath: path, ...(options.gpu !== true && { gpuLayers: 0 }) });
    } catch (cause) {
      // llama.cpp's lines come a moment later, and would go to stderr without our logger.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await llama.dispose();
      const reason = [firstLine(cause), ...lines].join('; ');
      throw new OzmaError('refused', `${path}: expected a GGUF model that llama.cpp loads: ${reason}`, {
        cause,
      });
    }
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
    const { scorer } = await this.prepare(tokens.length + room, widthOf(options));
    scorer.begin(tokens);
    this.trie ??= options.grammar && createTokenTrie(this.vocabulary);
    const trie = this.trie ?? { children: new Map<number, TokenTrie>(), tokens: [] };
    return generate({ scorer, trie, filters: this.filters, room }, options);
  }

  /** A context of at least so many tokens a slot, and as many slots as wanted if memory suffices. */
  private async prepare(length: number, wanted: number): Promise<Prepared> {
    const slots = Math.min(wanted, this.options.parallel ?? 8);
    const known = this.prepared;
    if (known !== undefined && known.length >= length && known.scorer.width >= slots) return known;
    await this.forget();
    const rounded = Math.ceil(length / contextStep) * contextStep;
    const budget = (memoryShare * freemem()) / (rounded * (await this.keyValueBytes()));
    const sequences = Math.max(1, Math.min(slots, Math.floor(budget)));
    const batchSize = this.options.batchTokens ?? 512;
    const { exact = false, threads } = this.options;
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
    this.prepared = { context, samplers, scorer, length: rounded };
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
    await this.llama.dispose();
  }

  /** The ids that the model was trained on: begin token where the file says so, control tokens never from text. */
  private tokenize(prompt: string): Token[] {
    const tokens = this.model.tokenize(prompt, false);
    const { bos, shouldPrependBosToken } = this.model.tokens;
    return shouldPrependBosToken && bos !== null ? [bos, ...tokens] : tokens;
  }
}

/** Slots that a way of sampling can keep busy. */
function widthOf({ sampling, candidates = 1 }: GenerateOptions): number {
  if (sampling?.kind === 'beam') return sampling.width ?? candidates;
  return sampling === undefined || sampling.kind === 'greedy' ? 1 : candidates;
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

/** Before llama.cpp's loader sees the file, which takes its time over what is none. */
async function checkHeader(path: string): Promise<void> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(24), 0, 24, 0).finally(() => file.close());
  const magic = buffer.toString('latin1', 0, 4);
  const [version, tensors, keys] = [
    buffer.readUInt32LE(4),
    buffer.readBigUInt64LE(8),
    buffer.readBigUInt64LE(16),
  ];
  const likely = 1_000_000n;
  if (
    bytesRead === 24 &&
    magic === 'GGUF' &&
    version >= 2 &&
    version <= 3 &&
    tensors < likely &&
    keys < likely
  )
    return;
  throw new OzmaError('refused', `${path}: expected a GGUF file of version 2 or 3, found something else`);
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
