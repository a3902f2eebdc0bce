// What a user does with Meta's LLM Compiler weights, at a width that fits a test: Llama 7B's layers, heads and
// keys, Code Llama's rotary base, context and 32,016 tokens, as a Hugging Face folder, then as GGUF in llama.cpp.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlamaCompletion } from 'node-llama-cpp';
import type { Llama } from 'node-llama-cpp';
import llamaTokenizer from 'llama-tokenizer-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelConfiguration } from '#ozma/model/configuration.js';
import { openGgufFile } from '#ozma/model/gguf/file.js';
import { writeGguf } from '#ozma/model/gguf/gguf.js';
import { writeHuggingFace } from '#ozma/model/huggingface/folder.js';
import { loadModel, openModel } from '#ozma/model/load-model.js';
import { sourceOf } from '#ozma/model/model-source.js';
import { referenceForward } from '#ozma/model/reference-forward.js';
import { initialiseWeights } from '#ozma/model/weights.js';
import { llamaLogProbabilities, logProbabilities, startLlama } from '../../bench/llama-cpp-logits.ts';
import { codeLlamaTokenizer } from '../../bench/llama-vocabulary.ts';
import { largestDifference } from '../../bench/toy-models.ts';

const configuration: ModelConfiguration = {
  vocabularySize: 32_016,
  layers: 32,
  width: 128,
  heads: 32,
  keyValueHeads: 32,
  headSize: 4,
  feedForwardWidth: 344,
  contextLength: 16_384,
  ropeBase: 1_000_000,
  normEpsilon: 1e-5,
  tiedEmbeddings: false,
};

const prompt = `[INST] Tell me how to optimize this LLVM-IR for object file size:

<code>define dso_local i32 @f(i32 noundef %0) #0 {
  %2 = add nsw i32 %0, 104
  ret i32 %2
}
</code> [/INST]`;

let llama: Llama;
const folder = mkdtempSync(join(tmpdir(), 'ozma-code-llama-'));
const published = join(folder, 'published');
const converted = join(folder, 'converted.gguf');
beforeAll(async () => {
  const weights = initialiseWeights(configuration, 1);
  await writeHuggingFace(published, sourceOf({ configuration, weights, tokenizer: codeLlamaTokenizer() }), {
    type: 'F16',
  });
  const source = await openModel(published);
  await writeGguf(converted, source, { type: 'F32' });
  await source.close();
  llama = await startLlama();
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

test('the file has every key that llama.cpp’s converter writes for Llama 7B', async () => {
  const file = await openGgufFile(converted);
  const found = Object.fromEntries([...file.metadata].map(([key, { value }]) => [key, value]));
  await file.close();
  expect(found).toMatchObject({
    'general.architecture': 'llama',
    'llama.vocab_size': 32_016,
    'llama.context_length': 16_384,
    'llama.block_count': 32,
    'llama.attention.head_count': 32,
    'llama.attention.head_count_kv': 32,
    'llama.rope.dimension_count': 4,
    'llama.rope.freq_base': 1e6,
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.ggml.unknown_token_id': 0,
    'tokenizer.ggml.add_bos_token': true,
    'tokenizer.ggml.add_eos_token': false,
  });
  expect((found['tokenizer.ggml.tokens'] as string[])[32_010]).toBe('▁<EOT>');
  expect(file.tensors.size).toBe(32 * 9 + 3);
});

test('the prompt has the ids of Llama’s own vocabulary, in llama.cpp and in ours', async () => {
  const expected = llamaTokenizer.encode(prompt, false);
  const { tokenizer } = await loadModel(converted);
  expect(tokenizer!.encode(prompt)).toEqual(expected);
  const model = await llama.loadModel({ modelPath: converted, vocabOnly: true });
  expect(model.tokenize(prompt)).toEqual(expected);
  await model.dispose();
});

test('llama.cpp computes our logits, and answers the same twice', async () => {
  const tokens = llamaTokenizer.encode(prompt).slice(0, 12);
  const { weights } = await loadModel(converted);
  const expected = logProbabilities(referenceForward(configuration, weights, tokens));
  const found = await llamaLogProbabilities(llama, converted, tokens, configuration.vocabularySize);
  for (const [position, row] of expected.entries()) {
    expect(largestDifference(row, found[position]!)).toBeLessThan(1e-4);
  }

  const model = await llama.loadModel({ modelPath: converted });
  const context = await model.createContext({ contextSize: 512 });
  const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
  const answers = [];
  for (let run = 0; run < 2; run++) {
    answers.push(await completion.generateCompletion(prompt, { maxTokens: 8, temperature: 0 }));
  }
  expect(answers[0]).not.toBe('');
  expect(answers[1]).toBe(answers[0]);
  await model.dispose();
});
