// Loads a GGUF file into llama.cpp, and says in one line why not. llama.cpp itself is started once for the
// process, by the first model.

import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Llama, LlamaModel } from 'node-llama-cpp';
import { OzmaError } from '../../common/errors.ts';

/** Throws `usage` where there is no such file, `refused` where it is no model, `environment` without llama.cpp. */
export async function loadModel(path: string, gpu: boolean): Promise<{ llama: Llama; model: LlamaModel }> {
  if (!existsSync(path)) throw new OzmaError('usage', `expected a GGUF file, found nothing at ${path}`);
  await checkHeader(path);
  const { llama, lines } = await startLlama(gpu);
  lines.length = 0;
  try {
    return { llama, model: await llama.loadModel({ modelPath: path, ...(!gpu && { gpuLayers: 0 }) }) };
  } catch (cause) {
    // llama.cpp's lines come a moment later.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const reason = [firstLine(cause), ...lines].join('; ');
    const message = `${path}: expected a GGUF model that llama.cpp loads: ${reason}`;
    throw new OzmaError('refused', message, { cause });
  }
}

interface StartedLlama {
  llama: Llama;
  /** What llama.cpp complained about last. */
  lines: string[];
}

/** One for the process, with and without GPU: ending one would take the log away from the others. */
const started = new Map<boolean, Promise<StartedLlama>>();

function startLlama(gpu: boolean): Promise<StartedLlama> {
  let llama = started.get(gpu);
  if (llama === undefined) started.set(gpu, (llama = start(gpu)));
  return llama;
}

async function start(gpu: boolean): Promise<StartedLlama> {
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');
  const lines: string[] = [];
  try {
    const llama = await getLlama({
      gpu: gpu ? 'auto' : false,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
      logger: (_level, message) => {
        lines.push(message.trim());
        if (lines.length > 20) lines.shift();
      },
    });
    return { llama, lines };
  } catch (cause) {
    started.delete(gpu);
    const message = `expected node-llama-cpp's llama.cpp for this machine: ${firstLine(cause)}`;
    throw new OzmaError('environment', message, { cause });
  }
}

/** Before llama.cpp's loader sees the file, which takes its time over what is none. */
async function checkHeader(path: string): Promise<void> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(24), 0, 24, 0).finally(() => file.close());
  const version = buffer.readUInt32LE(4);
  const counts = [buffer.readBigUInt64LE(8), buffer.readBigUInt64LE(16)];
  const good = bytesRead === 24 && buffer.toString('latin1', 0, 4) === 'GGUF' && version >= 2 && version <= 3;
  // Of tensors and of keys: no model has a million.
  if (good && counts.every((count) => count < 1_000_000n)) return;
  throw new OzmaError('refused', `${path}: expected a GGUF file of version 2 or 3, found something else`);
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
