// JSON over HTTP to a server that may be away, busy, slow or confused: each of these is one clear line. What
// is busy (429, 503) is asked again, as long as it says to wait or twice as long as last time.

import { setTimeout as sleep } from 'node:timers/promises';
import { OzmaError } from '../../common/errors.ts';

export interface HttpSettings {
  apiKey: string | undefined;
  /** Longest silence: until the answer begins, and between its pieces. */
  timeoutSeconds: number;
  /** How often a busy server is asked again. */
  retries: number;
}

/** The variable that holds the key; no other is ever sent. */
export const keyVariable = 'OZMA_API_KEY';

const firstWaitSeconds = 0.5;
const longestWaitSeconds = 60;

export class HttpClient {
  private readonly settings: HttpSettings;

  constructor(settings: HttpSettings) {
    this.settings = settings;
  }

  /** The document, or undefined where the server does not have this address (404, 405, 501). */
  async document(url: string, body?: object, signal?: AbortSignal): Promise<unknown> {
    const asked = await this.ask(url, body, signal);
    if (asked === undefined) return undefined;
    const { response, silence } = asked;
    try {
      return parse(url, await heard(url, response.text(), silence, signal));
    } finally {
      silence.end();
    }
  }

  /**
   * The documents of a stream, server-sent events or one JSON document a line; of an answer that is no
   * stream, the document. Undefined as above.
   */
  async stream(
    url: string,
    body: object,
    signal?: AbortSignal,
  ): Promise<AsyncGenerator<unknown> | undefined> {
    const asked = await this.ask(url, body, signal);
    return asked && documents(url, asked, signal);
  }

  private async ask(
    url: string,
    body: object | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Asked | undefined> {
    const { apiKey, retries, timeoutSeconds } = this.settings;
    for (let attempt = 0; ; attempt++) {
      const silence = new Silence(timeoutSeconds);
      const request = fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal === undefined ? silence.signal : AbortSignal.any([silence.signal, signal]),
      });
      const response = await heard(url, request, silence, signal);
      if (response.ok) return { response, silence };
      const said = await heard(url, response.text(), silence, signal).finally(() => silence.end());
      if ([404, 405, 501].includes(response.status) && !/model/i.test(said)) return undefined;
      if (![429, 503].includes(response.status) || attempt >= retries)
        throw refusal(url, response, said, attempt);
      const asked = Number(response.headers.get('retry-after') ?? Number.NaN);
      const wait = Number.isNaN(asked) ? firstWaitSeconds * 2 ** attempt : asked;
      await sleep(Math.min(wait, longestWaitSeconds) * 1000, undefined, { ...(signal && { signal }) });
    }
  }
}

interface Asked {
  response: Response;
  silence: Silence;
}

/** Ends a request when nothing was heard for too long. */
class Silence {
  readonly seconds: number;
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;

  constructor(seconds: number) {
    this.seconds = seconds;
    this.timer = this.start();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  private start(): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(), this.seconds * 1000);
  }

  broken(): void {
    clearTimeout(this.timer);
    this.timer = this.start();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

/** The result; what goes wrong on the way becomes a line, the caller's own abort stays what it is. */
async function heard<T>(url: string, work: Promise<T>, silence: Silence, signal?: AbortSignal): Promise<T> {
  try {
    const result = await work;
    silence.broken();
    return result;
  } catch (cause) {
    silence.end();
    if (signal?.aborted) throw cause;
    const reason = silence.signal.aborted
      ? `expected an answer within ${silence.seconds} s, found none`
      : `expected a server, could not talk to it (${causeOf(cause)})`;
    throw new OzmaError('environment', `${url}: ${reason}`, { cause });
  }
}

function causeOf(error: unknown): string {
  const inner = (error as { cause?: { code?: string; message?: string } }).cause;
  return inner?.code ?? inner?.message ?? (error as Error).message;
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OzmaError('environment', `${url}: expected JSON, found '${excerpt(text)}'`, { cause });
  }
}

async function* documents(
  url: string,
  { response, silence }: Asked,
  signal?: AbortSignal,
): AsyncGenerator<unknown> {
  const lines = !(response.headers.get('content-type') ?? '').startsWith('application/json');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await heard(url, reader.read(), silence, signal);
      text += decoder.decode(value, { stream: !done });
      while (lines && text.includes('\n')) {
        const end = text.indexOf('\n');
        // A line is `data: {…}`, `data: [DONE]`, `event: …`, empty, or the document itself.
        const line = text
          .slice(0, end)
          .trim()
          .replace(/^data:\s*/, '');
        text = text.slice(end + 1);
        if (line.startsWith('{')) yield parse(url, line);
      }
      if (!done) continue;
      const rest = text.trim().replace(/^data:\s*/, '');
      if (rest !== '' && rest !== '[DONE]') yield parse(url, rest);
      return;
    }
  } finally {
    silence.end();
    await reader.cancel().catch(() => undefined);
  }
}

function refusal(url: string, { status, statusText }: Response, said: string, retries: number): OzmaError {
  const words = `${status} ${statusText}`.trim();
  const message = excerpt(messageOf(said));
  if (status === 401 || status === 403) {
    const line = `${url}: expected a key that the server accepts in ${keyVariable}, found ${words}: ${message}`;
    return new OzmaError('environment', line);
  }
  if (status === 429 || status === 503) {
    return new OzmaError(
      'environment',
      `${url}: expected an answer, found ${words} after ${retries} retries: ${message}`,
    );
  }
  return new OzmaError(
    status < 500 ? 'refused' : 'environment',
    `${url}: expected an answer, found ${words}: ${message}`,
  );
}

/** The message of an error document: `{error: {message}}`, `{error}`, `{message}`, `{detail}`, or the text itself. */
function messageOf(text: string): string {
  try {
    const found = JSON.parse(text) as Record<string, unknown>;
    const error = found['error'] ?? found['message'] ?? found['detail'];
    const message = (error as { message?: unknown } | undefined)?.message ?? error;
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}

export function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
