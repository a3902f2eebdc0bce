// The prompts, to the character: the files of golden/prompts are written by hand after the paper, but for
// tune-oz, which is ours; each is rendered and read back.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parsePrompt, renderPrompt, tuneQuestion, type Prompt } from '#ozma/tasks/prompts.js';

const folder = new URL('./golden/prompts/', import.meta.url);
const names = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.json'));

test.each(names)('%s', (name) => {
  const prompt = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Prompt;
  const text = readFileSync(new URL(name.replace('.json', '.txt'), folder), 'utf8');
  expect(renderPrompt(prompt)).toBe(text);
  expect(parsePrompt(text)).toEqual(prompt);
});

test('a payload without a newline at its end gets one', () => {
  expect(renderPrompt({ task: 'tune', ir: 'define void @f() {}' })).toContain(
    '<code>define void @f() {}\n</code>',
  );
});

test('a question for a list says its level where the model reads normal form', () => {
  const published = renderPrompt({ task: 'tune', ir: 'x' });
  expect(tuneQuestion('x', 'full', 'Oz')).toBe(published);
  expect(tuneQuestion('x', 'full', 'O0')).toBe(published);
  expect(tuneQuestion('x', 'normal', 'O0')).toBe(published);
  expect(tuneQuestion('x', 'normal', 'Oz')).toContain(' with clang -Oz:');
});

test('text that is none of the four is not a prompt', () => {
  for (const text of ['', 'hello', '[INST] Disassemble this code to LLVM-IR:\n<code>x\n</code> [/INST]']) {
    expect(parsePrompt(text)).toBeUndefined();
  }
});
