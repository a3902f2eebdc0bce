// Our GGUF files in llama.cpp: its logits against our forward pass, for every toy shape and storage type.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Llama } from 'node-llama-cpp';
import { openGguf, writeGguf } from '#ozma/model/gguf/gguf.js';
import { readModel, sourceOf } from '#ozma/model/model-source.js';
import { referenceForward } from '#ozma/model/reference-forward.js';
import { llamaLogProbabilities, logProbabilities, startLlama } from '../../bench/llama-cpp-logits.ts';
import { largestDifference, toyConfigurations, toyModel, toyTokens } from '../../bench/toy-models.ts';

let llama: Llama;
let folder: string;
beforeAll(async () => {
  llama = await startLlama();
  folder = await mkdtemp(join(tmpdir(), 'ozma-gguf-'));
});
afterAll(async () => {
  await llama.dispose();
  await rm(folder, { recursive: true });
});

/**
 * The largest difference of a logit, where logits reach from -7 to 7. In float32 it is rounding alone; else
 * llama.cpp also rounds what the matrices are multiplied with, to float16 or to blocks of bytes.
 */
const tolerances = [
  ['F32', 2e-5],
  ['F16', 0.01],
  ['Q8_0', 0.25],
] as const;

describe.each(Object.entries(toyConfigurations))('%s', (name, configuration) => {
  const tokens = toyTokens(configuration, 40);

  test.each(tolerances)('%s: logits agree within %d', async (type, tolerance) => {
    const path = join(folder, `${name}-${type}.gguf`);
    await writeGguf(path, sourceOf(toyModel(configuration)), { type });
    const source = await openGguf(path);
    expect(source.configuration).toEqual(configuration);
    const logits = referenceForward(configuration, (await readModel(source)).weights, tokens);
    const expected = logProbabilities(logits);
    await source.close();
    const found = await llamaLogProbabilities(llama, path, tokens, configuration.vocabularySize);
    const differences = expected.map((row, position) => largestDifference(row, found[position]!));
    expect(Math.max(...differences)).toBeLessThan(tolerance);
  });
});
