// Do three programs compute the same network from our files? One random checkpoint for each toy shape, its
// logits by our reference forward pass, by Hugging Face transformers (from the exported folder) and by
// llama.cpp (from the exported GGUF); and the bytes of our F16 and Q8_0 against the `gguf` package's.
//
//   npm run bench:model-agreement -- [--python PYTHON]
//
// Makes a Python environment with the packages below in the cache folder (6 GB, since PyPI's torch brings
// CUDA along); --python names one that has them. --golden FOLDER writes test/model/golden again instead.
// Exit code 1 when a difference is above its tolerance.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeGguf } from '#ozma/model/gguf/gguf.js';
import { writeHuggingFace } from '#ozma/model/huggingface/folder.js';
import { loadModel } from '#ozma/model/load-model.js';
import { sourceOf } from '#ozma/model/model-source.js';
import { referenceForward } from '#ozma/model/reference-forward.js';
import { llamaLogProbabilities, logProbabilities, startLlama } from './llama-cpp-logits.ts';
import { pythonWith, runPython } from './python-environment.ts';
import { largestDifference, toyConfigurations, toyModel, toyTokens } from './toy-models.ts';

const packages = ['torch==2.15.0', 'transformers==5.23.0', 'safetensors==0.8.0', 'gguf==0.19.0'];

/** FOLDER TOKENS OUTPUT: logits as float32. */
const transformersLogits = `
import json, sys, torch
from transformers import LlamaForCausalLM
folder, tokens, output = sys.argv[1:]
model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
with torch.no_grad():
    model(torch.tensor([json.loads(tokens)])).logits[0].numpy().tofile(output)
`;

/** F32.gguf OTHER.gguf: how many tensors of the other have other bytes than gguf makes of the first. */
const ggufBytes = `
import sys, gguf
from gguf.quants import quantize
plain, other = (gguf.GGUFReader(path).tensors for path in sys.argv[1:])
print(sum(quantize(a.data, b.tensor_type).tobytes() != b.data.tobytes() for a, b in zip(plain, other, strict=True)))
`;

/** FOLDER CONFIG DTYPE SHARD OUTPUT: a random model of transformers' own making and its logits. */
const goldenModel = `
import json, sys, torch
from transformers import LlamaConfig, LlamaForCausalLM
folder, config, dtype, shard = sys.argv[1:]
torch.manual_seed(1)
model = LlamaForCausalLM(LlamaConfig(**json.loads(config), initializer_range=0.3))
for name, weight in model.named_parameters():
    if "norm" in name: torch.nn.init.uniform_(weight, 0.5, 1.5)
model.to(getattr(torch, dtype)).save_pretrained(folder, max_shard_size=shard)
`;

/** Values as text: the blocks of Q8_0 that gguf makes of them, in hexadecimal. */
const goldenBlocks = `
import sys, json, numpy, gguf
from gguf.quants import quantize
values = numpy.array(json.loads(sys.argv[1]), dtype=numpy.float32)
print(quantize(values, gguf.GGMLQuantizationType.Q8_0).tobytes().hex())
`;

const { values } = parseArgs({ options: { python: { type: 'string' }, golden: { type: 'string' } } });
const python = pythonWith(packages, values.python);

function readRows(path: string, rowLength: number): Float32Array[] {
  const bytes = readFileSync(path);
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return Array.from({ length: all.length / rowLength }, (_, row) =>
    all.subarray(row * rowLength, (row + 1) * rowLength),
  );
}

function rowsDifference(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  return Math.max(...a.map((row, index) => largestDifference(row, b[index] ?? [])));
}

function fromTransformers(folder: string, tokens: readonly number[], vocabularySize: number): Float32Array[] {
  const output = join(folder, 'logits.bin');
  runPython(python, transformersLogits, folder, JSON.stringify(tokens), output);
  const rows = readRows(output, vocabularySize);
  rmSync(output);
  return rows;
}

/** What each comparison may differ by, in logits from about -7 to 7; bytes must be equal. */
const tolerances = { transformers: 1e-4, F32: 2e-5, F16: 0.01, Q8_0: 0.25 };

async function compare(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-agreement-'));
  const llama = await startLlama();
  let agree = true;
  const report = (shape: string, what: string, difference: number, tolerance: number): void => {
    const verdict = difference <= tolerance ? 'ok' : 'TOO MUCH';
    agree &&= difference <= tolerance;
    console.log(
      `${shape.padEnd(32)} ${what.padEnd(28)} ${difference.toExponential(1).padStart(8)}  ${verdict}`,
    );
  };
  for (const [shape, configuration] of Object.entries(toyConfigurations)) {
    const model = toyModel(configuration);
    const tokens = toyTokens(configuration, 100);
    const expected = referenceForward(configuration, model.weights, tokens);
    const size = configuration.vocabularySize;

    const exported = join(folder, shape);
    await writeHuggingFace(exported, sourceOf(model), { type: 'F32' });
    const theirs = fromTransformers(exported, tokens, size);
    report(shape, 'transformers', rowsDifference(expected, theirs), tolerances.transformers);

    const plain = join(folder, `${shape}-F32.gguf`);
    for (const type of ['F32', 'F16', 'Q8_0'] as const) {
      const path = join(folder, `${shape}-${type}.gguf`);
      await writeGguf(path, sourceOf(model), { type });
      // The weights as they are after rounding; llama.cpp rounds the other factor too.
      const rounded = (await loadModel(path)).weights;
      const difference = rowsDifference(
        logProbabilities(referenceForward(configuration, rounded, tokens)),
        await llamaLogProbabilities(llama, path, tokens, size),
      );
      report(shape, `llama.cpp, ${type}`, difference, tolerances[type]);
      if (type !== 'F32')
        report(shape, `bytes of gguf, ${type}`, Number(runPython(python, ggufBytes, plain, path)), 0);
    }
  }
  await llama.dispose();
  rmSync(folder, { recursive: true });
  return agree;
}

async function writeGolden(folder: string): Promise<void> {
  const shape = { vocab_size: 40, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2 };
  const models = {
    sharded: [
      { ...shape, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, rope_theta: 1e6 },
      'float32',
      '30KB',
    ],
    'tied-bfloat16': [{ ...shape, num_attention_heads: 4, tie_word_embeddings: true }, 'bfloat16', '5GB'],
    float16: [{ ...shape, num_attention_heads: 2, num_key_value_heads: 1 }, 'float16', '5GB'],
  } as const;
  const tokens = [1, 39, 7, 7, 0, 22, 13, 38, 5, 31, 2, 17];
  for (const [name, [config, dtype, shard]] of Object.entries(models)) {
    const target = join(folder, name);
    mkdirSync(target, { recursive: true });
    runPython(python, goldenModel, target, JSON.stringify(config), dtype, shard);
    rmSync(join(target, 'generation_config.json'), { force: true });
    const logits = fromTransformers(target, tokens, shape.vocab_size).map((row) => [...row]);
    writeFileSync(join(target, 'logits.json'), `${JSON.stringify({ tokens, logits })}\n`);
  }
  const numbers = Array.from({ length: 96 }, (_, index) =>
    index < 32 ? Math.fround(Math.sin(index)) : index < 64 ? 0 : (index - 80) * 12.7,
  );
  const blocks = runPython(python, goldenBlocks, JSON.stringify(numbers)).trim();
  writeFileSync(join(folder, 'q8_0.json'), `${JSON.stringify({ values: numbers, blocks })}\n`);
}

if (values.golden !== undefined) await writeGolden(values.golden);
else if (!(await compare())) process.exitCode = 1;
