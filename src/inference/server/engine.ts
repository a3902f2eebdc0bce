// An engine on the other side of HTTP: vLLM, llama-server, Ollama, anything with OpenAI's completions. It
// does its own sampling, so what it offers is what servers offer: greedy and temperature. Beam, priority
// sampling and our grammars need every token's probability at each step, and are refused, not imitated.

import { OzmaError } from '../../common/errors.ts';
import { checkOptions } from '../generate.ts';
import type {
  Candidate,
  Engine,
  EngineDescription,
  GeneratedToken,
  GenerateOptions,
  SamplingKind,
} from '../generation.ts';
import { askServer, countOnServer, type CompletionRequest, type Piece, type ServerFacts } from './dialect.ts';
import { HttpClient, keyVariable } from './http.ts';

export interface ServerOptions {
  /** Longest silence of the server; default 300. */
  timeoutSeconds?: number;
  /** How often a busy server is asked again; default 5. */
  retries?: number;
}

interface Growing {
  text: string;
  tokens: GeneratedToken[];
  finish: Piece['finish'];
}

export class ServerEngine implements Engine {
  readonly samplings: ReadonlySet<SamplingKind> = new Set(['greedy', 'temperature']);
  readonly grammars = false;
  private readonly http: HttpClient;
  private readonly root: string;
  private readonly facts: ServerFacts;

  private constructor(http: HttpClient, root: string, facts: ServerFacts) {
    this.http = http;
    this.root = root;
    this.facts = facts;
  }

  /** `http(s)://HOST[:PORT][/…][/v1][#MODEL]`. Throws `environment` where no such server answers. */
  static async open(address: string, options: ServerOptions = {}): Promise<ServerEngine> {
    if (!URL.canParse(address)) throw new OzmaError('usage', `expected an address, found '${address}'`);
    const url = new URL(address);
    const { timeoutSeconds = 300, retries = 5 } = options;
    const http = new HttpClient({ apiKey: process.env[keyVariable], timeoutSeconds, retries });
    const model = url.hash === '' ? undefined : decodeURIComponent(url.hash.slice(1));
    const root = url.origin + url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
    return new ServerEngine(http, root, await askServer(http, root, model));
  }

  async describe(): Promise<EngineDescription> {
    const { model, contextLength } = this.facts;
    const form = /^ozma/i.test(model) ? 'normal' : 'full';
    return { model, source: this.root, hash: undefined, contextLength, vocabularySize: undefined, form };
  }

  async countTokens(prompt: string): Promise<number | undefined> {
    return countOnServer(this.http, this.root, this.facts.model, prompt);
  }

  async generate(prompt: string, options: GenerateOptions = {}): Promise<Candidate[]> {
    checkOptions(options);
    const { sampling = { kind: 'greedy' }, candidates = 1, grammar, stop = [], signal } = options;
    this.refuseWhatServersLack(sampling.kind, grammar !== undefined);
    const growing: Growing[] = [];
    try {
      signal?.throwIfAborted();
      const maximumTokens = await this.room(prompt, options);
      const request = {
        model: this.facts.model,
        prompt,
        maximumTokens,
        stop: stop.filter((text) => text !== ''),
        temperature: sampling.kind === 'temperature' ? sampling.temperature : 0,
        topK: sampling.kind === 'temperature' ? sampling.topK : undefined,
        topP: sampling.kind === 'temperature' ? sampling.topP : undefined,
      };
      const wanted = sampling.kind === 'greedy' ? 1 : candidates;
      const seed = sampling.kind === 'temperature' ? sampling.seed : 0;
      // All at once; where the server gives fewer, the others one by one.
      for (let count = 0; count < wanted;) {
        const asked = count === 0 ? wanted : 1;
        await this.complete({ ...request, candidates: asked, seed: seed + count }, growing, count, options);
        if (growing.length === count)
          throw new OzmaError('environment', `${this.root}: expected a choice, found none`);
        count = growing.length;
      }
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
    if (growing.length === 0) growing.push({ text: '', tokens: [], finish: undefined });
    return growing.map(candidateOf);
  }

  private refuseWhatServersLack(kind: SamplingKind, grammar: boolean): void {
    if (this.samplings.has(kind) && !grammar) return;
    const what = grammar ? 'a grammar' : `${kind} sampling`;
    throw new OzmaError(
      'usage',
      `${this.root}: expected what servers can do (${[...this.samplings].join(', ')}), found ${what}; a GGUF file run here can`,
    );
  }

  /** Most tokens of the answer. Refuses a prompt that does not fit. */
  private async room(prompt: string, { maximumTokens, signal }: GenerateOptions): Promise<number> {
    const { contextLength } = this.facts;
    const count = contextLength === undefined ? undefined : await this.countTokens(prompt);
    signal?.throwIfAborted();
    if (contextLength !== undefined && count !== undefined) {
      if (count < contextLength) return Math.min(maximumTokens ?? Infinity, contextLength - count);
      throw new OzmaError(
        'refused',
        `expected a prompt of at most ${contextLength - 1} tokens (the context of ${this.root} is ${contextLength}), found ${count}`,
      );
    }
    if (maximumTokens !== undefined) return maximumTokens;
    throw new OzmaError(
      'usage',
      `${this.root} does not tell its context: expected a maximum of tokens, found none`,
    );
  }

  private async complete(
    request: CompletionRequest,
    growing: Growing[],
    first: number,
    { signal, onText, onCandidate }: GenerateOptions,
  ): Promise<void> {
    const { dialect } = this.facts;
    const url = this.root + dialect.path;
    const documents = await this.http.stream(url, dialect.body(request), signal);
    if (documents === undefined)
      throw new OzmaError('environment', `${url}: expected completions, found none`);
    for await (const document of documents) {
      for (const piece of this.pieces(url, document)) {
        const index = first + piece.candidate;
        const candidate = (growing[index] ??= { text: '', tokens: [], finish: undefined });
        candidate.text += piece.text;
        candidate.tokens.push(...piece.tokens);
        if (piece.text !== '') onText?.(piece.text, index);
        if (piece.finish === undefined) continue;
        candidate.finish = piece.finish;
        onCandidate?.(candidateOf(candidate), index);
      }
    }
    // Array.from makes of holes what they are: candidates of which nothing was heard.
    if (Array.from(growing).every((candidate?: Growing) => candidate?.finish !== undefined)) return;
    throw new OzmaError(
      'environment',
      `${url}: expected the answer to end, found the connection closed before`,
    );
  }

  private pieces(url: string, document: unknown): Piece[] {
    try {
      return this.facts.dialect.pieces(document);
    } catch (cause) {
      throw new OzmaError('environment', `${url}: ${(cause as Error).message}`, { cause });
    }
  }

  async close(): Promise<void> {
    // Nothing is held between requests.
  }
}

function candidateOf({ text, tokens, finish }: Growing): Candidate {
  const known = tokens.length > 0 && tokens.every(({ logProbability }) => logProbability !== undefined);
  return {
    text,
    tokens,
    logProbability: known ? tokens.reduce((sum, token) => sum + token.logProbability!, 0) : undefined,
    finish: finish ?? 'aborted',
  };
}
