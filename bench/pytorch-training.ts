// PyTorch on the processor training the same network: transformers' LlamaForCausalLM in float32 with its scaled
// dot product attention, AdamW (fused) and clipping, one step at a time when asked.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ModelConfiguration } from '#ozma/model/configuration.js';
import { renderConfiguration } from '#ozma/model/huggingface/config-json.js';
import { pythonWith } from './python-environment.ts';
import type { Taken } from './turns.ts';

const packages = ['torch==2.15.0', 'transformers==5.23.0'];

const program = `
import json, sys, time, torch
from transformers import LlamaConfig, LlamaForCausalLM
settings, rows, threads = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
model = LlamaForCausalLM._from_config(LlamaConfig(**settings), dtype=torch.float32, attn_implementation="sdpa")
optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
tokens = torch.randint(0, settings["vocab_size"], (rows, settings["max_position_embeddings"]))
print(json.dumps(sum(weights.numel() for weights in model.parameters())), flush=True)
for line in sys.stdin:
    clock, processor = time.perf_counter(), time.process_time()
    model(input_ids=tokens, labels=tokens, use_cache=False).loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad()
    taken = {"clock": time.perf_counter() - clock, "processor": time.process_time() - processor}
    print(json.dumps(taken), flush=True)
`;

export interface Pytorch {
  /** What it counts as parameters of the network. */
  parameters: number;
  step: () => Promise<Taken>;
  close: () => void;
}

/** Starts it; `python` is one that has the packages, where there is one. */
export async function startPytorch(
  configuration: ModelConfiguration,
  { rows, threads, python }: { rows: number; threads: number; python: string | undefined },
): Promise<Pytorch> {
  const settings = renderConfiguration(configuration, 'F32', undefined, undefined);
  const words = ['-c', program, settings, String(rows), String(threads)];
  // Threads that wait busily would count as processor time, and take it from whoever else runs; ours do not either.
  const env = { ...process.env, OMP_WAIT_POLICY: 'passive' };
  const child = spawn(pythonWith(packages, python), words, { stdio: ['pipe', 'pipe', 'inherit'], env });
  const lines: AsyncIterator<string, unknown> = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  const next = async <T>(): Promise<T> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('PyTorch ended, see above');
    return JSON.parse(line.value) as T;
  };
  return {
    parameters: await next<number>(),
    step: () => {
      child.stdin.write('\n');
      return next<Taken>();
    },
    close: () => child.stdin.end(),
  };
}
