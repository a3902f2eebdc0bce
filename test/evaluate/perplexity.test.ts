// Bits per byte against the reference forward pass, which knows nothing of llama.cpp, windows or batches.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluate } from '#ozma/evaluate/evaluate.js';
import { openEngine, type Engine } from '#ozma/inference/engine.js';
import { toyModelFile, type ToyModelFile } from '../inference/toy-model-file.ts';
import { installation } from '../data/labels/tiny-corpus.ts';
import { ToyEngine } from './toy-engine.ts';

let toy: ToyModelFile;
let engine: Engine;
const folder = mkdtempSync(join(tmpdir(), 'ozma-perplexity-test-'));

beforeAll(async () => {
  toy = await toyModelFile();
  engine = await openEngine(toy.path, { llama: { exact: true, threads: 1, batchTokens: 50 } });
});
afterAll(async () => {
  await engine.close();
  toy.remove();
  rmSync(folder, { recursive: true });
});

/** -Σ ln p of tokens[from…to), each given what its window holds before it. */
function expectedNats(tokens: readonly number[], start: number, from: number, to: number): number {
  const rows = toy.allLogProbabilities(tokens.slice(start, to - 1));
  let nats = 0;
  for (let at = from; at < to; at++) nats -= rows[at - 1 - start]![tokens[at]!]!;
  return nats;
}

test('a short text costs what the reference says, a long one goes by half windows', async () => {
  const short = 'ret i32 %0\n';
  const tokens = toy.tokenize(short);
  const found = await engine.scoreText!(short);
  expect(found.bytes).toBe(short.length);
  expect(found.tokens).toBe(tokens.length - 1);
  expect(found.nats).toBeCloseTo(expectedNats(tokens, 0, 1, tokens.length), 2);

  const long = '%1 = add i32 %0, 1\n'.repeat(9);
  const many = toy.tokenize(long);
  expect(many.length).toBeGreaterThan(toy.contextLength + 10);
  expect(many.length).toBeLessThan(1.5 * toy.contextLength);
  // The first window judges all that it predicts, the second only what is new.
  const end = toy.contextLength + 1;
  const expected =
    expectedNats(many, 0, 1, end) + expectedNats(many, end - toy.contextLength / 2, end, many.length);
  const whole = await engine.scoreText!(long);
  expect(whole.tokens).toBe(many.length - 1);
  expect(whole.nats).toBeCloseTo(expected, 2);
  // What was asked before changes nothing.
  expect((await engine.scoreText!(short)).nats).toBe(found.nats);
});

test('files of IR and assembly apart; bits over all bytes', async () => {
  writeFileSync(join(folder, 'a.ll'), 'target triple = "x86_64-pc-linux-gnu"\nret void\n');
  writeFileSync(join(folder, 'b.s'), '\tmovq\t%rdi, %rax\n\tretq\n');
  const { metrics, records, n } = await evaluate('perplexity', { data: folder, model: engine, installation });
  expect(n).toBe(2);
  const scores = records.map(({ methods }) => methods['model']!.scores);
  const bits = scores.reduce((sum, { nats }) => sum + nats! / Math.LN2, 0);
  const bytes = scores.reduce((sum, one) => sum + one['bytes']!, 0);
  expect(metrics!.overall['bits per byte']!.value).toBeCloseTo(bits / bytes, 12);
  expect(Object.keys(metrics!.by['kind']!)).toEqual(['assembly x86-64', 'ir x86-64']);
});

test('a model that gives no probabilities is refused', async () => {
  const model = new ToyEngine(() => '');
  await expect(evaluate('perplexity', { data: folder, model, installation })).rejects.toThrow('gguf');
});
