// The server engine against small real servers: what every engine must do, that it answers as the model behind
// the server does, and that everything that goes wrong is one clear line.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openEngine, type Engine, type EngineOptions } from '#ozma/inference/engine.js';
import { LlamaEngine } from '#ozma/inference/llama/engine.js';
import { startCompletionServer, type CompletionServer, type Kind } from './completion-server.ts';
import { engineSuite } from './engine-suite.ts';
import { toyModelFile } from './toy-model-file.ts';

const toy = await toyModelFile();
const model = await LlamaEngine.open(toy.path, { threads: 1 });
const servers: CompletionServer[] = [];
const close = async (): Promise<void> => {
  for (const server of servers.splice(0)) await server.close();
};
afterEach(close);
afterAll(async () => {
  await model.close();
  toy.remove();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

async function serve(kind: Kind, first?: Answer): Promise<CompletionServer> {
  const server = await startCompletionServer({ kind, engine: model, ...(first && { first }) });
  servers.push(server);
  return server;
}

async function open(kind: Kind, first?: Answer, options: EngineOptions['server'] = {}): Promise<Engine> {
  return openEngine((await serve(kind, first)).address, { server: options });
}

for (const kind of ['vllm', 'llama-server', 'ollama'] as const) {
  engineSuite(
    `a server in the way of ${kind}`,
    async () => {
      const server = await startCompletionServer({ kind, engine: model });
      return { engine: await openEngine(server.address), close: () => server.close() };
    },
    { knowsItsContext: kind !== 'ollama', tellsStopFromEnd: kind === 'vllm' },
  );
}

const prompt = 'define i32 @f() {\n';
const sampling = { kind: 'temperature', temperature: 0.7, topK: 50, topP: 0.9, seed: 11 } as const;
const options = { sampling, candidates: 3, maximumTokens: 6 };

test('candidates, log-probabilities and ends are those of the model behind it', async () => {
  const engine = await open('vllm');
  const expected = await model.generate(prompt, options);
  const found = await engine.generate(prompt, options);
  expect(found.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
  for (const [index, { logProbability, finish }] of found.entries()) {
    expect(logProbability).toBeCloseTo(expected[index]!.logProbability!, 9);
    expect(finish).toBe(expected[index]!.finish);
  }
});

test('where a server gives one choice only, the others are asked for with further seeds', async () => {
  const server = await serve('llama-server');
  const engine = await openEngine(`${server.address}/v1#a%20toy`);
  expect(await engine.generate(prompt, options)).toHaveLength(3);
  expect(server.requests.map(({ n, seed }) => [n, seed])).toEqual([
    [3, 11],
    [1, 12],
    [1, 13],
  ]);
});

test('Ollama gets the prompt as it is, and is told not to shorten it', async () => {
  const server = await serve('ollama');
  const engine = await openEngine(server.address);
  await engine.generate(prompt, { maximumTokens: 3 });
  expect(server.requests[0]).toMatchObject({ prompt, raw: true, truncate: false, shift: false });
});

test('the end of the text is waited for, also when a piece is cut in the middle', async () => {
  const engine = await open('vllm', (request, response) => {
    if (request.url !== '/v1/completions') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const bytes = Buffer.from(
      'data: {"choices":[{"index":0,"text":"é","logprobs":null,"finish_reason":null}]}\n\n' +
        'data: {"choices":[{"index":0,"text":"!","finish_reason":"stop"}]}\n\ndata: [DONE]',
    );
    const middle = bytes.indexOf(0xc3) + 1;
    response.write(bytes.subarray(0, middle));
    setTimeout(() => response.end(bytes.subarray(middle)), 20);
    return true;
  });
  const [candidate] = await engine.generate(prompt);
  expect(candidate).toEqual({ text: 'é!', tokens: [], logProbability: undefined, finish: 'end' });
});

test('a server that does not stream is understood', async () => {
  const engine = await open('vllm', (request, response) => {
    if (request.url !== '/v1/completions') return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    const logprobs = { tokens: ['a', 'b'], token_logprobs: [-1, -0.5] };
    response.end(
      JSON.stringify({ choices: [{ index: 0, text: 'ab', logprobs, finish_reason: 'length' }] }, null, 2),
    );
    return true;
  });
  expect(await engine.generate(prompt)).toMatchObject([
    { text: 'ab', logProbability: -1.5, finish: 'length' },
  ]);
});

describe('what goes wrong is one clear line', () => {
  const failing =
    (status: number, body: string, headers: Record<string, string> = {}): Answer =>
    (request, response) => {
      if (request.url !== '/v1/completions') return false;
      response.writeHead(status, headers).end(body);
      return true;
    };

  test.each([
    [
      401,
      '{"error":{"message":"bad key"}}',
      'environment',
      'in OZMA_API_KEY, found 401 Unauthorized: bad key',
    ],
    [400, '{"message":"prompt\\ntoo long"}', 'refused', 'found 400 Bad Request: prompt too long'],
    [500, '<html>oh</html>', 'environment', 'found 500 Internal Server Error: <html>oh</html>'],
    [404, '{"detail":"Not Found"}', 'environment', 'expected completions, found none'],
    [200, 'data: {"choices": 7}\n\n', 'environment', 'expected a completion with choices, found'],
    [200, 'data: {"choices": [{}]}\n\n', 'environment', 'expected a choice with a text, found'],
    [200, 'data: {"choi\n\n', 'environment', "expected JSON, found '{\"choi'"],
    [200, '', 'environment', 'expected a choice, found none'],
    [200, 'data: {"choices":[{"text":"a"}]}\n\n', 'environment', 'found the connection closed before'],
  ])('%i %s', async (status, body, code, message) => {
    const engine = await open('vllm', failing(status, body));
    const asked = engine.generate(prompt);
    await expect(asked).rejects.toMatchObject({ code });
    await expect(asked).rejects.toThrow(message);
    await expect(asked).rejects.toThrow(/^http:\/\/[^\n]*$/);
  });

  test('no server', async () => {
    const server = await serve('vllm');
    await close();
    const asked = openEngine(server.address);
    await expect(asked).rejects.toMatchObject({ code: 'environment' });
    await expect(asked).rejects.toThrow('could not talk to it (ECONNREFUSED)');
  });

  test('no such model', async () => {
    const { address } = await serve('vllm');
    await expect(openEngine(`${address}#gpt`)).rejects.toThrow(
      'expected #MODEL to be one of a toy; found gpt',
    );
  });

  test('a server of something else', async () => {
    const asked = open('vllm', (_, response) => {
      response.end('{"hello":"world"}');
      return true;
    });
    await expect(asked).rejects.toThrow(
      'expected an OpenAI-compatible server with a model, found \'{"hello"',
    );
  });

  test('busy: asked again after the time it names, and given up after some times', async () => {
    let refusals = 2;
    const times: number[] = [];
    const engine = await open('vllm', (request, response) => {
      if (request.url !== '/v1/completions') return false;
      times.push(performance.now());
      if (refusals-- <= 0) return false;
      response.writeHead(429, { 'retry-after': '0.1' }).end('{"error":"slow down"}');
      return true;
    });
    expect((await engine.generate(prompt, { maximumTokens: 2 }))[0]!.finish).toBe('length');
    expect(times).toHaveLength(3);
    expect(times[2]! - times[0]!).toBeGreaterThan(195);

    const busy = await open('vllm', failing(429, '{"error":"slow down"}', { 'retry-after': '0' }), {
      retries: 3,
    });
    await expect(busy.generate(prompt)).rejects.toThrow(
      'found 429 Too Many Requests after 3 retries: slow down',
    );
  });

  test('silent', async () => {
    const engine = await open('vllm', ({ url }) => url === '/v1/completions', { timeoutSeconds: 1.5 });
    await expect(engine.generate(prompt)).rejects.toThrow('expected an answer within 1.5 s, found none');
  });

  test('silent in the middle', async () => {
    const silent: Answer = (request, response) => {
      if (request.url !== '/v1/completions') return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"text":"a"}]}\n\n');
      return true;
    };
    const engine = await open('vllm', silent, { timeoutSeconds: 1.5 });
    await expect(engine.generate(prompt)).rejects.toThrow('expected an answer within 1.5 s, found none');
  });
});

test('the key is sent, and only where it is asked for', async () => {
  const seen: (string | undefined)[] = [];
  const looking: Answer = (request) => {
    seen.push(request.headers.authorization);
    return false;
  };
  await open('vllm', looking);
  process.env['OZMA_API_KEY'] = 'secret';
  try {
    await open('vllm', looking);
  } finally {
    delete process.env['OZMA_API_KEY'];
  }
  expect(new Set(seen)).toEqual(new Set([undefined, 'Bearer secret']));
});
