import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandLinePage } from '#ozma/cli/documentation.js';

test('docs/command-line.md is what the tables say (else: npm run docs)', () => {
  const page = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
  expect(page).toBe(commandLinePage());
});
