// Where engines come from: a GGUF file is run in this process, an address is an OpenAI-compatible server.
// The types of what they are asked and answer are in generation.ts.

import type { Engine } from './generation.ts';
import type { LlamaOptions } from './llama/engine.ts';

export type {
  Engine,
  Candidate,
  EngineDescription,
  Finish,
  GenerateOptions,
  GeneratedToken,
  Sampling,
} from './generation.ts';

export interface EngineOptions {
  /** For GGUF files. */
  llama?: LlamaOptions;
}

/** Opens `FILE.gguf` or `http(s)://HOST/…[#MODEL]`. Close it after use. */
export async function openEngine(spec: string, options: EngineOptions = {}): Promise<Engine> {
  const { LlamaEngine } = await import('./llama/engine.ts');
  return LlamaEngine.open(spec, options.llama);
}
