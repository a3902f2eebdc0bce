// How the servers differ that we know: what they say about themselves and their context, whether they count
// tokens, and the form of a request and of what comes back. vLLM, llama-server and anything else that
// speaks OpenAI's completions share a form; Ollama is spoken to in its own, because its OpenAI form puts
// a chat template around the prompt and shortens long ones in silence.

import { OzmaError } from '../../common/errors.ts';
import type { GeneratedToken } from '../generation.ts';
import { excerpt, type HttpClient } from './http.ts';

export interface CompletionRequest {
  model: string;
  prompt: string;
  maximumTokens: number;
  /** 0 is greedy. */
  temperature: number;
  topK: number | undefined;
  topP: number | undefined;
  seed: number;
  stop: readonly string[];
  /** Answers to one request; a server may give fewer. */
  candidates: number;
}

/** What one document of an answer says about one of its candidates. */
export interface Piece {
  candidate: number;
  text: string;
  tokens: GeneratedToken[];
  finish: 'end' | 'stop' | 'length' | undefined;
}

export interface Dialect {
  path: string;
  body(request: CompletionRequest): object;
  pieces(document: unknown): Piece[];
}

export interface ServerFacts {
  dialect: Dialect;
  model: string;
  contextLength: number | undefined;
}

type Fields = Record<string, unknown>;

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const numberOr = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const textOr = (value: unknown): string => (typeof value === 'string' ? value : '');

const openAi: Dialect = {
  path: '/v1/completions',
  body: (request) => ({
    model: request.model,
    prompt: request.prompt,
    max_tokens: request.maximumTokens,
    temperature: request.temperature,
    top_p: request.topP ?? 1,
    // Not OpenAI's own, but vLLM's and llama-server's. Left out, llama-server cuts improbable tokens.
    top_k: request.topK ?? -1,
    min_p: 0,
    seed: request.seed,
    ...(request.stop.length > 0 && { stop: request.stop }),
    n: request.candidates,
    logprobs: 1,
    stream: true,
  }),
  pieces: (document) => {
    const { choices, error } = fields(document);
    if (!Array.isArray(choices)) throw malformed('a completion with choices', error ?? document);
    return choices.map((choice): Piece => {
      const { index, text, logprobs, finish_reason, stop_reason } = fields(choice);
      if (typeof text !== 'string') throw malformed('a choice with a text', choice);
      const ended = typeof stop_reason === 'string' ? 'stop' : 'end';
      return {
        candidate: numberOr(index) ?? 0,
        text,
        tokens: openAiTokens(fields(logprobs)),
        finish: finish_reason === 'length' ? 'length' : finish_reason === 'stop' ? ended : undefined,
      };
    });
  },
};

/** Two forms: OpenAI's for completions (arrays side by side), and that of chats, which llama-server uses for both. */
function openAiTokens({ tokens, token_logprobs, content }: Fields): GeneratedToken[] {
  const logs = list(token_logprobs);
  if (Array.isArray(tokens)) {
    return tokens.map((text, index) => ({ text: String(text), logProbability: numberOr(logs[index]) }));
  }
  return list(content).map((entry) => {
    const { token, logprob, id } = fields(entry);
    const known = numberOr(id);
    return {
      text: textOr(token),
      logProbability: numberOr(logprob),
      ...(known !== undefined && { id: known }),
    };
  });
}

const ollama: Dialect = {
  path: '/api/generate',
  body: (request) => ({
    model: request.model,
    prompt: request.prompt,
    // The prompt as it is, and an error where it is too long.
    raw: true,
    truncate: false,
    shift: false,
    logprobs: true,
    stream: true,
    options: {
      num_predict: request.maximumTokens,
      temperature: request.temperature,
      top_k: request.topK ?? 0,
      top_p: request.topP ?? 1,
      seed: request.seed,
      stop: request.stop,
    },
  }),
  pieces: (document) => {
    const { response, logprobs, done, done_reason, error } = fields(document);
    if (typeof response !== 'string') throw malformed('a response', error ?? document);
    const tokens = list(logprobs).map((entry): GeneratedToken => {
      const { token, logprob } = fields(entry);
      return { text: textOr(token), logProbability: numberOr(logprob) };
    });
    const finish = done !== true ? undefined : done_reason === 'length' ? 'length' : 'end';
    return [{ candidate: 0, text: response, tokens, finish }];
  },
};

function malformed(expected: string, found: unknown): OzmaError {
  return new OzmaError(
    'environment',
    `expected ${expected}, found '${excerpt(JSON.stringify(found) ?? '')}'`,
  );
}

/** Asks a server what it is. `model`: which of several; undefined: the one it has. */
export async function askServer(
  http: HttpClient,
  root: string,
  model: string | undefined,
): Promise<ServerFacts> {
  const document = await http.document(`${root}/v1/models`);
  const models = list(fields(document)['data']).map(fields);
  const names = models.map(({ id }) => textOr(id));
  if (names.length === 0) {
    const message = `${root}/v1/models: expected an OpenAI-compatible server with a model, found '${excerpt(JSON.stringify(document) ?? 'nothing')}'`;
    throw new OzmaError('environment', message);
  }
  const wanted = model ?? (names.length === 1 ? names[0]! : undefined);
  // Servers with one model answer to any name; it is the user who should know.
  const chosen = models.find(({ id }) => id === wanted);
  if (wanted === undefined || chosen === undefined) {
    const some = names.slice(0, 5).join(', ');
    throw new OzmaError('usage', `${root}: expected #MODEL to be one of ${some}; found ${model ?? 'none'}`);
  }
  // Asked for in this order: llama-server speaks some of Ollama's language too.
  const properties = await http.document(`${root}/props`);
  if (properties === undefined && (await http.document(`${root}/api/version`)) !== undefined) {
    return { dialect: ollama, model: wanted, contextLength: undefined };
  }
  const slot = fields(fields(properties)['default_generation_settings']);
  const contextLength = numberOr(chosen['max_model_len']) ?? numberOr(slot['n_ctx']);
  return { dialect: openAi, model: wanted, contextLength };
}

/** Tokens of a prompt, where the server counts (vLLM and llama-server do). */
export async function countOnServer(
  http: HttpClient,
  root: string,
  model: string,
  prompt: string,
): Promise<number | undefined> {
  // `prompt` is vLLM's word, `content` llama-server's; both count the begin token in.
  const body = { model, prompt, content: prompt, add_special: true, add_special_tokens: true };
  const { count, tokens } = fields(await http.document(`${root}/tokenize`, body));
  return numberOr(count) ?? (Array.isArray(tokens) ? tokens.length : undefined);
}
