// Which lists need `always-inline` before them: all that do not inline in time by themselves. LLVM's own -Oz
// must stay as it is, since it is the baseline.

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { parsePipeline, printPipeline } from '#ozma/passes/grammar.js';
import { withMandatoryInlining } from '#ozma/passes/mandatory-inlining.js';
import { readVocabulary } from '#ozma/passes/vocabulary.js';

const installation = findInstallation();
const { levelOf } = readVocabulary(installation);
const complete = (text: string): string => printPipeline(withMandatoryInlining(parsePipeline(text), levelOf));

test.each([
  ['', 'always-inline'],
  ['function(sroa)', 'always-inline,function(sroa)'],
  // Bare passes keep the nesting that LLVM gives them when they stand first.
  ['sroa,dce', 'always-inline,function(sroa,dce)'],
  ['cgscc(inline)', 'always-inline,cgscc(inline)'],
  ['elim-avail-extern,always-inline', 'always-inline,elim-avail-extern,always-inline'],
])("'%s' is run as '%s'", (text, expected) => {
  expect(complete(text)).toBe(expected);
});

test.each(['default<Oz>', 'function(sroa),default<O2>', 'always-inline,globaldce', 'module(always-inline)'])(
  '%s is run as it is',
  (text) => {
    expect(complete(text)).toBe(text);
  },
);

test("LLVM's own -Oz, written out, is run as it is", () => {
  const text = execFileSync(
    programPath(installation, 'opt'),
    ['-passes=default<Oz>', '-print-pipeline-passes', '-disable-output', '-'],
    { input: '', encoding: 'utf8' },
  ).trimEnd();
  expect(complete(text)).toBe(text);
});
