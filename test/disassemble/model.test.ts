// What a model proposes, with an engine that answers as it is told: wrong numbers and symbols are mended from
// the input, everything else loses in the check and harms nothing.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodeForm } from '#ozma/common/code-form.js';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import type { Engine, GenerateOptions } from '#ozma/inference/generation.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const installation = findInstallation();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Answers with these texts, and keeps what it was asked. */
function engineOf(answers: readonly string[], form: CodeForm = 'normal'): Engine & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    samplings: new Set(['greedy', 'priority'] as const),
    grammars: true,
    describe: async () => ({
      ...{ model: 'told', source: 'test', hash: undefined, contextLength: 1024, vocabularySize: 2, form },
    }),
    countTokens: async (prompt) => prompt.length,
    generate: async (prompt: string, { candidates = 1 }: GenerateOptions = {}) => {
      asked.push(prompt);
      return answers
        .slice(0, candidates)
        .map((text) => ({ text, tokens: [], logProbability: -1, finish: 'end' as const }));
    },
    close: async () => undefined,
  };
}

const source = `
struct record { long key; int values[30]; };
extern int first(int), second(int);
int pick(struct record *r, int a) { return r->values[24] + (a > 10 ? first(a) : second(a + 7)); }
`;

function assembly(): string {
  const file = join(folder, 'pick.c');
  writeFileSync(file, source);
  return execFileSync(programPath(installation, 'clang'), ['-Oz', '-S', '-o', '-', file], {
    encoding: 'utf8',
  });
}

/** Written by hand from the source: what -Oz makes of it, in normal form. */
const right = `define i32 @0(ptr %0, i32 %1) {
%2 = getelementptr i8, ptr %0, i64 104
%3 = load i32, ptr %2
%4 = icmp sgt i32 %1, 10
br i1 %4, label %b1, label %b2
b1:
%5 = tail call i32 @1(i32 %1)
br label %b3
b2:
%6 = add nsw i32 %1, 7
%7 = tail call i32 @2(i32 %6)
br label %b3
b3:
%8 = phi i32 [ %5, %b1 ], [ %7, %b2 ]
%9 = add nsw i32 %8, %3
ret i32 %9
}
`;

async function withAnswers(answers: readonly string[], more: { repair?: boolean; form?: CodeForm } = {}) {
  const engine = engineOf(
    answers.map((code) => `<code>${code}</code>`),
    more.form,
  );
  const { functions } = await disassemble(assembly(), {
    ...{ installation, jobs: 1, rules: false, target: 'x86_64-linux-gnu', repair: more.repair ?? true },
    model: { engine, candidates: answers.length },
  });
  return { result: functions[0]!, asked: engine.asked };
}

describe.skipIf(process.arch !== 'x64')('a model', () => {
  it('is asked in the normal form, and its answer is a candidate', async () => {
    const { result, asked } = await withAnswers([right]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('[INST] Disassemble this code to LLVM-IR:\n\n<code>');
    expect(asked[0]).not.toContain('first');
    expect(['exact', 'equivalent']).toContain(result.status);
    expect(result).toMatchObject({ origin: 'model', candidates: 1 });
    expect(result.ir).toContain('@first(');
    expect(result.repaired).toBeUndefined();
  });

  it('that copies numbers wrongly is put right from the input', async () => {
    const { result: faultless } = await withAnswers([right]);
    const wrong = right.replace('i64 104', 'i64 112').replace('%1, 10', '%1, 12').replace('%1, 7', '%1, 9');
    const { result } = await withAnswers([wrong]);
    expect(result).toMatchObject({ status: faultless.status, repaired: true });
    expect(result.ir).toMatch(/i64 104/);
    expect(result.ir).toMatch(/sgt i32 .*10/);
    const { result: left } = await withAnswers([wrong], { repair: false });
    expect(left.status).toBe('recompiles');
  });

  it('that takes one symbol for the other is put right from the input', async () => {
    const swapped = right.replace('@1(', '@3(').replace('@2(', '@1(').replace('@3(', '@2(');
    const { result } = await withAnswers([swapped]);
    const { result: faultless } = await withAnswers([right]);
    expect(result).toMatchObject({ status: faultless.status, repaired: true });
  });

  it('that does something else only recompiles', async () => {
    const { result } = await withAnswers([right.replace('sgt', 'slt')]);
    expect(result.status).toBe('recompiles');
    expect(result.reason).toContain('other calls');
  });

  it('that answers nonsense, nothing or without end costs nothing but its candidates', async () => {
    const { result } = await withAnswers(['no code', '', 'define i32 @0(', right]);
    expect(['exact', 'equivalent']).toContain(result.status);
    const { result: none } = await withAnswers(['no code']);
    expect(none.status).toBe('failed');
  });

  it('without a normal form gets the text as it is', async () => {
    const { asked } = await withAnswers(['no code'], { form: 'full' });
    expect(asked[0]).toContain('first');
  });
});
