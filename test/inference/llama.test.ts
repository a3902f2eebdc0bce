// The embedded engine: what every engine must do, and its numbers against the reference forward pass, which
// knows nothing of llama.cpp, of batches or of shared prompts.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { openEngine, type Candidate } from '#ozma/inference/engine.js';
import { LlamaEngine } from '#ozma/inference/llama/engine.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { readVocabulary } from '#ozma/passes/vocabulary.js';
import { createPipelineGrammar } from '#ozma/tasks/pipeline-grammar.js';
import { engineSuite } from './engine-suite.ts';
import { oneOf } from './string-grammar.ts';
import { toyModelFile } from './toy-model-file.ts';

const toy = await toyModelFile();
// One thread: two wait for each other at every step, which takes long on a busy machine.
const engine = await LlamaEngine.open(toy.path, { exact: true, threads: 1, parallel: 4 });
afterAll(async () => {
  await engine.close();
  toy.remove();
});

engineSuite('llama.cpp in this process', async () => {
  const opened = await openEngine(toy.path, { llama: { threads: 1 } });
  return { engine: opened, close: () => opened.close() };
});

const prompt = 'define i32 @f() {\n';
const promptTokens = toy.tokenize(prompt);
const ids = (candidate: Candidate): number[] => candidate.tokens.map(({ id }) => id!);
const after = (tokens: readonly number[]): number[] => toy.logProbabilities([...promptTokens, ...tokens]);

/** The sum by the reference; the end token counted where the answer ended with it. */
function expectReferenceProbability(candidate: Candidate): void {
  const tokens = [...ids(candidate), ...(candidate.finish === 'end' ? [toy.endToken] : [])];
  const logs = tokens.map((token, at) => after(tokens.slice(0, at))[token]!);
  for (const [index, token] of candidate.tokens.entries()) {
    expect(token.logProbability).toBeCloseTo(logs[index]!, 4);
  }
  expect(candidate.logProbability).toBeCloseTo(
    logs.reduce((sum, log) => sum + log, 0),
    3,
  );
}

test('says which file it is', async () => {
  const described = await engine.describe();
  expect(described.hash).toBe(execFileSync('sha256sum', [toy.path], { encoding: 'utf8' }).split(' ')[0]);
  expect(described).toMatchObject({ source: toy.path, vocabularySize: toy.vocabularySize, form: 'normal' });
  expect(await engine.countTokens(prompt)).toBe(promptTokens.length);
  // Markers are tokens of their own, the end token is not made from text.
  const marked = '[INST] what is <code>\ndefine void @"</s>"()\n</code> [/INST]';
  expect(await engine.countTokens(marked)).toBe(toy.tokenize(marked).length);
});

test('greedy is the argmax of the reference', async () => {
  const [candidate] = await engine.generate(prompt, { maximumTokens: 12 });
  const expected: number[] = [];
  while (expected.length < 12) {
    const logs = after(expected);
    expected.push(logs.indexOf(Math.max(...logs)));
  }
  expect(ids(candidate!)).toEqual(expected);
  expectReferenceProbability(candidate!);
});

test('temperature: candidates in one batch have the probabilities of the reference', async () => {
  const found = await engine.generate(prompt, {
    sampling: { kind: 'temperature', temperature: 1, seed: 5 },
    candidates: 6,
    maximumTokens: 6,
  });
  expect(new Set(found.map((candidate) => ids(candidate).join(' '))).size).toBe(6);
  for (const candidate of found) expectReferenceProbability(candidate);
});

test('beam: the most probable pairs of all', async () => {
  const start = toy.tokenize('a');
  const pairs = toy.logProbabilities(start).flatMap((log, token) =>
    token === toy.endToken
      ? [{ tokens: [], sum: log }]
      : toy.logProbabilities([...start, token]).map((next, other) => ({
          tokens: other === toy.endToken ? [token] : [token, other],
          sum: log + next,
        })),
  );
  pairs.sort((a, b) => b.sum - a.sum);
  const width = toy.vocabularySize;
  const found = await engine.generate('a', {
    sampling: { kind: 'beam', width },
    candidates: 6,
    maximumTokens: 2,
  });
  expect(found.map(ids)).toEqual(pairs.slice(0, 6).map(({ tokens }) => tokens));
  for (const [index, { logProbability }] of found.entries()) {
    expect(logProbability).toBeCloseTo(pairs[index]!.sum, 4);
  }
});

/** Priority sampling by the reference alone, one sample after the other. */
function priorityByReference(count: number, length: number): number[][] {
  const openings: { tokens: number[]; priority: number }[] = [{ tokens: [], priority: 0 }];
  const samples: number[][] = [];
  while (samples.length < count) {
    openings.sort((a, b) => b.priority - a.priority);
    const sample = [...openings.shift()!.tokens];
    while (sample.length < length) {
      const logs = after(sample);
      const best = logs.indexOf(Math.max(...logs));
      for (const [token, priority] of logs.entries()) {
        if (token !== best) openings.push({ tokens: [...sample, token], priority });
      }
      sample.push(best);
    }
    samples.push(sample);
  }
  return samples;
}

test('priority sampling: the samples of the reference, in its order', async () => {
  const found = await engine.generate(prompt, {
    sampling: { kind: 'priority' },
    candidates: 6,
    maximumTokens: 5,
  });
  expect(found.map(ids)).toEqual(priorityByReference(6, 5));
  expect(new Set(found.map(({ text }) => text)).size).toBe(6);
  for (const candidate of found) expectReferenceProbability(candidate);
});

test('a grammar chooses among its texts by the probabilities of the reference', async () => {
  const words = ['no', 'yes'];
  const [candidate] = await engine.generate(prompt, { grammar: oneOf(words), maximumTokens: 9 });
  const logs = after([]);
  const [no, yes] = ['n', 'y'].map((letter) => logs[toy.tokenize(letter)[1]!]!);
  expect(candidate).toMatchObject({ text: no! > yes! ? 'no' : 'yes', finish: 'grammar' });
  expectReferenceProbability(candidate!);
});

test('pass lists from random weights are pass lists', async () => {
  const installation = findInstallation();
  const grammar = createPipelineGrammar(readVocabulary(installation));
  const texts: string[] = [];
  for (const sampling of [
    { kind: 'greedy' },
    { kind: 'temperature', temperature: 1, seed: 1 },
    { kind: 'beam' },
    { kind: 'priority' },
  ] as const) {
    const found = await engine.generate(prompt, { sampling, grammar, candidates: 4, maximumTokens: 100 });
    for (const { text, finish } of found) {
      expect(finish).toBe('grammar');
      texts.push(/^opt -p '(.*)'$/.exec(text)![1]!);
    }
  }
  expect(new Set(texts).size).toBeGreaterThan(5);
  // All in one: each list is of module passes and adaptors.
  const words = [`-passes=${texts.join(',')}`, '-print-pipeline-passes', '-disable-output', '-'];
  const clang = programPath(installation, 'clang');
  const triple = execFileSync(clang, ['--print-target-triple'], { encoding: 'utf8' }).trim();
  execFileSync(programPath(installation, 'opt'), words, {
    input: `target triple = "${triple}"\ndefine void @f() { ret void }`,
  });
});

test('prompts longer than a batch, and questions at the same time', async () => {
  const small = await LlamaEngine.open(toy.path, { exact: true, threads: 1, batchTokens: 16 });
  const long = 'a b c d '.repeat(5);
  const asked = [long, prompt, long].map((text) => small.generate(text, { maximumTokens: 4 }));
  const [first, second, third] = await Promise.all(asked);
  expect(third).toEqual(first);
  expect(ids(second![0]!)).toEqual(ids((await engine.generate(prompt, { maximumTokens: 4 }))[0]!));
  const tokens = toy.tokenize(long);
  const logs = toy.logProbabilities(tokens);
  expect(ids(first![0]!)[0]).toBe(logs.indexOf(Math.max(...logs)));
  await small.close();
});

test('a file that is not there, or no model, is one clear line', async () => {
  await expect(openEngine('/no/such.gguf')).rejects.toThrow(
    'expected a GGUF file, found nothing at /no/such.gguf',
  );
  const bad = `${toy.path}.bad`;
  for (const content of [
    '',
    'GGUF, but not really a model of any kind',
    readFileSync(toy.path).subarray(0, 20_000),
  ]) {
    writeFileSync(bad, content);
    const opening = openEngine(bad);
    await expect(opening).rejects.toMatchObject({ code: 'refused' });
    await expect(opening).rejects.toThrow(/^[^\n]*expected a GGUF [^\n]*$/);
  }
});
