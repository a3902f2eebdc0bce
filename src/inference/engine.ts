// Where engines come from: a GGUF file is run in this process, an address is an OpenAI-compatible server.
// The types of what they are asked and what they answer are in generation.ts.

import type { Engine } from './generation.ts';
import type { LlamaOptions } from './llama/engine.ts';
import type { ServerOptions } from './server/engine.ts';

export type {
  Candidate,
  Engine,
  EngineDescription,
  Finish,
  GeneratedToken,
  GenerateOptions,
  Sampling,
  SamplingKind,
  TextScore,
} from './generation.ts';

export interface EngineOptions {
  /** For GGUF files. */
  llama?: LlamaOptions;
  /** For addresses. */
  server?: ServerOptions;
}

/** Opens `FILE.gguf` or `http(s)://HOST/…[#MODEL]`. Close it after use. */
export async function openEngine(spec: string, options: EngineOptions = {}): Promise<Engine> {
  if (/^https?:\/\//i.test(spec)) {
    const { ServerEngine } = await import('./server/engine.ts');
    return ServerEngine.open(spec, options.server);
  }
  const { LlamaEngine } = await import('./llama/engine.ts');
  return LlamaEngine.open(spec, options.llama);
}
