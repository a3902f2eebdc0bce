// What every engine must do, whatever is behind it. The model must be one that goes on for long: the suite
// asks for a few tokens and for many.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Candidate, Engine, GenerateOptions, Sampling } from '#ozma/inference/engine.js';
import { oneOf } from './string-grammar.ts';

export interface SuiteEngine {
  engine: Engine;
  close(): Promise<void>;
}

const prompt = 'define i32 @f() {\n';
const samplings: Sampling[] = [
  { kind: 'greedy' },
  { kind: 'temperature', temperature: 1, seed: 7 },
  { kind: 'beam' },
  { kind: 'priority' },
];

export function engineSuite(
  name: string,
  open: () => Promise<SuiteEngine>,
  { knowsItsContext = true, tellsStopFromEnd = true } = {},
): void {
  describe(name, () => {
    let opened: SuiteEngine;
    let engine: Engine;
    beforeAll(async () => {
      opened = await open();
      engine = opened.engine;
    });
    afterAll(() => opened.close());
    const one = async (options: GenerateOptions = {}): Promise<Candidate> =>
      (await engine.generate(prompt, { maximumTokens: 8, ...options }))[0]!;

    test('says what it is', async () => {
      const { model, source, contextLength } = await engine.describe();
      expect(model).toBe('a toy');
      expect(source).not.toBe('');
      expect(contextLength).toBe(knowsItsContext ? 128 : undefined);
    });

    test.runIf(knowsItsContext)('counts tokens', async () => {
      const count = (await engine.countTokens(prompt))!;
      expect(count).toBeGreaterThan(10);
      expect(await engine.countTokens(prompt + prompt)).toBeGreaterThan(count);
    });

    test('greedy: one candidate, the same each time', async () => {
      const found = await engine.generate(prompt, { maximumTokens: 8, candidates: 3 });
      expect(found).toHaveLength(1);
      expect(found[0]!.finish).toBe('length');
      expect(found[0]!.tokens).toHaveLength(8);
      expect(await one()).toEqual(found[0]);
    });

    test('log-probabilities add up and are no more than 0', async () => {
      const { tokens, logProbability } = await one();
      const sum = tokens.reduce((total, token) => total + token.logProbability!, 0);
      expect(logProbability).toBeCloseTo(sum, 6);
      for (const token of tokens) expect(token.logProbability).toBeLessThanOrEqual(0);
    });

    test.each(samplings)(
      '$kind: as many candidates as asked for, or a line that says no',
      async (sampling) => {
        const ask = engine.generate(prompt, { sampling, candidates: 3, maximumTokens: 4 });
        if (!engine.samplings.has(sampling.kind)) {
          await expect(ask).rejects.toMatchObject({ code: 'usage' });
          await expect(ask).rejects.toThrow(sampling.kind);
          return;
        }
        const found = await ask;
        expect(found).toHaveLength(sampling.kind === 'greedy' ? 1 : 3);
        const again = await engine.generate(prompt, { sampling, candidates: 3, maximumTokens: 4 });
        expect(again).toEqual(found);
      },
    );

    test('another seed is another answer', async () => {
      const sampling = { kind: 'temperature', temperature: 1, seed: 1 } as const;
      const first = await one({ sampling });
      const second = await one({ sampling: { ...sampling, seed: 2 } });
      expect(second.text).not.toBe(first.text);
    });

    test('pieces of text make up the whole', async () => {
      const pieces: string[] = [];
      const candidates: Candidate[] = [];
      const found = await engine.generate(prompt, {
        sampling: { kind: 'temperature', temperature: 1, seed: 3 },
        candidates: 3,
        maximumTokens: 12,
        onText: (piece, index) => (pieces[index] = (pieces[index] ?? '') + piece),
        onCandidate: (candidate, index) => (candidates[index] = candidate),
      });
      expect(pieces).toEqual(found.map(({ text }) => text));
      expect(candidates).toEqual(found);
    });

    test('a stop string cuts the text', async () => {
      const whole = (await one({ maximumTokens: 16 })).text;
      const stop = whole.slice(3, 5);
      const { text, finish } = await one({ maximumTokens: 16, stop: [stop] });
      expect(finish).toBe(tellsStopFromEnd ? 'stop' : 'end');
      expect(text).toBe(whole.slice(0, whole.indexOf(stop)));
    });

    test('an abort ends it soon, with what there is', async () => {
      const abort = new AbortController();
      let heard = '';
      const { text, finish } = await one({
        maximumTokens: 90,
        signal: abort.signal,
        onText: (piece) => {
          heard += piece;
          if (heard.length >= 3) abort.abort();
        },
      });
      expect(finish).toBe('aborted');
      expect(text).toBe(heard);
      expect(text.length).toBeLessThan(60);
    });

    test('an abort before the start is heard', async () => {
      expect(await one({ signal: AbortSignal.abort() })).toMatchObject({ text: '', finish: 'aborted' });
    });

    test.runIf(knowsItsContext)('a prompt that does not fit is refused with both counts', async () => {
      const long = prompt.repeat(40);
      const count = await engine.countTokens(long);
      const ask = engine.generate(long);
      await expect(ask).rejects.toMatchObject({ code: 'refused' });
      await expect(ask).rejects.toThrow(/\b127\b/);
      await expect(ask).rejects.toThrow(new RegExp(`found ${count}\\b`));
    });

    test.runIf(knowsItsContext)('an answer ends where the context does', async () => {
      const count = (await engine.countTokens(prompt))!;
      const { tokens, finish } = await one({ maximumTokens: 10_000 });
      expect(finish).toBe('length');
      expect(tokens).toHaveLength(128 - count);
    });

    test('a grammar is kept to, or a line that says no', async () => {
      const words = ['yes', 'no, never', 'no'];
      const ask = engine.generate(prompt, { grammar: oneOf(words), maximumTokens: 20 });
      if (!engine.grammars) {
        await expect(ask).rejects.toMatchObject({ code: 'usage' });
        return;
      }
      expect(words).toContain((await ask)[0]!.text);
    });
  });
}
