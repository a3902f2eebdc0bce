// A small real HTTP server with a model behind it, in the ways of the servers that we talk to. It knows their
// published interfaces, not our client.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Candidate, Engine } from '#ozma/inference/engine.js';

export type Kind = 'vllm' | 'llama-server' | 'ollama';

export interface CompletionServer {
  address: string;
  /** Bodies of the completion requests, in order. */
  requests: Record<string, unknown>[];
  close(): Promise<void>;
}

interface Settings {
  kind: Kind;
  engine: Engine;
  /** Answers instead of the server; true when it did. */
  first?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

interface Asked {
  prompt: string;
  n: number;
  maximum: number;
  temperature: number;
  topK: number;
  topP: number;
  seed: number;
  stop: string[];
  stream: boolean;
}

export async function startCompletionServer({ kind, engine, first }: Settings): Promise<CompletionServer> {
  const requests: Record<string, unknown>[] = [];
  const json = (response: ServerResponse, document: unknown, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (first?.(request, response)) return;
    const body = await readBody(request);
    const { contextLength } = await engine.describe();
    switch (`${kind} ${request.method} ${request.url}`) {
      case 'vllm GET /v1/models':
        json(response, {
          object: 'list',
          data: [{ id: 'a toy', object: 'model', max_model_len: contextLength }],
        });
        return;
      case 'llama-server GET /v1/models':
      case 'ollama GET /v1/models':
        json(response, { object: 'list', data: [{ id: 'a toy', object: 'model' }] });
        return;
      case 'llama-server GET /props':
        json(response, { default_generation_settings: { n_ctx: contextLength } });
        return;
      case 'ollama GET /api/version':
        json(response, { version: '0.33.3' });
        return;
      case 'vllm POST /tokenize':
        json(response, {
          count: await engine.countTokens(String(body['prompt'])),
          max_model_len: contextLength,
        });
        return;
      case 'llama-server POST /tokenize':
        json(response, { tokens: Array(await engine.countTokens(String(body['content']))).fill(5) });
        return;
      case 'vllm POST /v1/completions':
      case 'llama-server POST /v1/completions':
        requests.push(body);
        await complete(response, {
          prompt: String(body['prompt']),
          // llama-server answers once, whatever is asked for.
          n: kind === 'vllm' ? Number(body['n'] ?? 1) : 1,
          maximum: Number(body['max_tokens'] ?? 16),
          temperature: Number(body['temperature'] ?? 1),
          topK: Number(body['top_k'] ?? -1),
          topP: Number(body['top_p'] ?? 1),
          seed: Number(body['seed'] ?? 0),
          stop: (body['stop'] ?? []) as string[],
          stream: body['stream'] === true,
        });
        return;
      case 'ollama POST /api/generate': {
        requests.push(body);
        const options = body['options'] as Record<string, unknown>;
        await complete(response, {
          prompt: String(body['prompt']),
          n: 1,
          maximum: Number(options['num_predict']),
          temperature: Number(options['temperature']),
          topK: Number(options['top_k']),
          topP: Number(options['top_p']),
          seed: Number(options['seed']),
          stop: options['stop'] as string[],
          stream: true,
        });
        return;
      }
      default:
        json(response, { error: { message: 'Not Found' } }, 404);
    }
  };

  const complete = async (response: ServerResponse, asked: Asked): Promise<void> => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    response.writeHead(200, {
      'content-type': kind === 'ollama' ? 'application/x-ndjson' : 'text/event-stream',
    });
    const write = (document: unknown): void => {
      const line = JSON.stringify(document);
      response.write(kind === 'ollama' ? `${line}\n` : `data: ${line}\n\n`);
    };
    const { temperature, topK, topP, seed } = asked;
    await engine.generate(asked.prompt, {
      sampling:
        temperature === 0
          ? { kind: 'greedy' }
          : { kind: 'temperature', temperature, topP, seed, ...(topK > 0 && { topK }) },
      candidates: asked.n,
      maximumTokens: asked.maximum,
      stop: asked.stop,
      signal: gone.signal,
      onText: (text, index) => write(piece(kind, index, text)),
      onCandidate: (candidate, index) => write(last(kind, index, candidate)),
    });
    response.end(kind === 'ollama' ? '' : 'data: [DONE]\n\n');
  };

  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else json(response, { error: { message: error.message } }, 400);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function piece(kind: Kind, index: number, text: string): unknown {
  if (kind === 'ollama') return { model: 'a toy', response: text, done: false };
  return { object: 'text_completion', choices: [{ index, text, logprobs: null, finish_reason: null }] };
}

/** The log-probabilities come with the end here; a client has to gather them wherever they come. */
function last(kind: Kind, index: number, { tokens, finish }: Candidate): unknown {
  const reason = finish === 'length' ? 'length' : 'stop';
  switch (kind) {
    case 'ollama': {
      const logprobs = tokens.map(({ text, logProbability }) => ({ token: text, logprob: logProbability }));
      return { model: 'a toy', response: '', done: true, done_reason: reason, logprobs };
    }
    case 'vllm': {
      const logprobs = {
        tokens: tokens.map(({ text }) => text),
        token_logprobs: tokens.map(({ logProbability }) => logProbability),
      };
      const stop_reason = finish === 'stop' ? 'the string' : null;
      return { choices: [{ index, text: '', logprobs, finish_reason: reason, stop_reason }] };
    }
    case 'llama-server': {
      const content = tokens.map(({ id, text, logProbability }) => ({
        id,
        token: text,
        logprob: logProbability,
      }));
      return { choices: [{ index, text: '', logprobs: { content }, finish_reason: reason }] };
    }
  }
}
