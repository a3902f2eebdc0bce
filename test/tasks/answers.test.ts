// Answers of models, the frozen wording and others: golden/answers holds the text and what can be read from
// it; where there is an `answer`, rendering it gives that very text.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseAnswer, renderAnswer, type Answer, type ParsedAnswer } from '#ozma/tasks/answers.js';

const folder = new URL('./golden/answers/', import.meta.url);
const names = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.json'));

test.each(names)('%s', (name) => {
  const expected = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
    answer?: Answer;
    parsed: ParsedAnswer;
  };
  const text = readFileSync(new URL(name.replace('.json', '.txt'), folder), 'utf8');
  expect(parseAnswer(text)).toEqual(expected.parsed);
  if (expected.answer !== undefined) expect(renderAnswer(expected.answer)).toBe(text);
});
