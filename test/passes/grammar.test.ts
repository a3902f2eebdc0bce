// The grammar against LLVM itself: what `opt -print-pipeline-passes` writes is read and printed back byte
// for byte, at every level of optimisation.

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { parsePipeline, printPipeline } from '#ozma/passes/grammar.js';

const opt = programPath(findInstallation(), 'opt');

/** The pipeline as LLVM writes it out again. */
function echoPipeline(pipeline: string): string {
  const text = execFileSync(opt, [`-passes=${pipeline}`, '-print-pipeline-passes', '-disable-output', '-'], {
    input: 'define void @f() { ret void }',
    encoding: 'utf8',
  });
  return text.trimEnd();
}

describe('pipelines of LLVM come back byte for byte', () => {
  const kinds = ['default', 'thinlto', 'thinlto-pre-link', 'lto', 'lto-pre-link'];
  const levels = ['O0', 'O1', 'O2', 'O3', 'Os', 'Oz'];
  test.each(kinds.flatMap((kind) => levels.map((level) => `${kind}<${level}>`)))('%s', (pipeline) => {
    const text = echoPipeline(pipeline);
    expect(text).toContain('verify');
    expect(printPipeline(parsePipeline(text))).toBe(text);
  });
});

test.each([
  '',
  'sroa',
  'early-cse<>',
  'function()',
  'loop-vectorize<no-interleave-forced-only;vectorize-forced-only;>',
  'print<structural-hash><detailed>',
  'cgscc(devirt<4>(inline,function<eager-inv;no-rerun>(sroa<modify-cfg>)))',
  'repeat<2>(function(repeat<3>(dce)))',
  'require<globals-aa>,function(invalidate<aa>)',
  'lower-allow-check<cutoffs[0,1]=3>',
])('comes back: %s', (text) => {
  expect(printPipeline(parsePipeline(text))).toBe(text);
});

test('the tree', () => {
  expect(parsePipeline('a<x;<y>>,b<>(c),print<p><q>')).toEqual([
    { name: 'a', parameters: 'x;<y>', children: undefined },
    { name: 'b', parameters: '', children: [{ name: 'c', parameters: undefined, children: undefined }] },
    { name: 'print<p>', parameters: 'q', children: undefined },
  ]);
});

test('space around names is forgotten', () => {
  expect(printPipeline(parsePipeline(' function( sroa , dce<x y> ) ,\n globaldce '))).toBe(
    'function(sroa,dce<x y>),globaldce',
  );
});

test.each([
  ['function(sroa', "pipeline, character 14: expected ',' or ')' for the '(' at character 9, found the end"],
  ['a<b', "pipeline, character 4: expected '>' for the '<' at character 2, found the end"],
  ['a)', "pipeline, character 2: expected ',' or the end, found ')'"],
  ['a,,b', "pipeline, character 3: expected a pass name, found ',b'"],
  ['a,', 'pipeline, character 3: expected a pass name, found the end'],
  [
    'a('.repeat(100_000),
    `pipeline, character 130: expected at most 64 lists in each other, found '${'(a'.repeat(10)}'`,
  ],
  ['a b', "pipeline, character 3: expected ',' or the end, found 'b'"],
])('refuses %s', (text, message) => {
  expect(() => parsePipeline(text)).toThrow(expect.objectContaining({ code: 'usage', message }) as Error);
});
