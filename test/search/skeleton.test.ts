// The skeleton against the real clang: its parts are pipelines that LLVM accepts, and with all of -Oz in
// its places it is -Oz.

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { skeletonOf } from '#ozma/search/skeleton.js';

const installation = findInstallation();
const skeleton = skeletonOf(await baselinePipeline(installation));

function accepted(pipeline: string): boolean {
  const opt = programPath(installation, 'opt');
  execFileSync(opt, ['-p', pipeline, '-S', '-o', '-'], { input: 'define void @f() {\n  ret void\n}\n' });
  return true;
}

test('every part is a pipeline', () => {
  for (const prelude of Object.values(skeleton.preludes)) expect(accepted(prelude)).toBe(true);
  expect(accepted(`function(${skeleton.functionPasses.join(',')})`)).toBe(true);
  expect(accepted(skeleton.cleanup)).toBe(true);
});

test('`bare` leaves all of it to the functions, `raw` leaves simplification, `full` keeps it', () => {
  expect(skeleton.preludes.bare).not.toMatch(/function[(<]|sroa|early-cse|lower-expect/);
  expect(skeleton.preludes.bare).toMatch(/cgscc\(devirt<4>\(inline/);
  expect(skeleton.preludes.raw).toMatch(/sroa/);
  expect(skeleton.preludes.raw).not.toMatch(/instcombine|simplifycfg/);
  expect(skeleton.preludes.full).toMatch(/instcombine/);
  expect(skeleton.preludes.raw).toMatch(/cgscc\(devirt<4>\(inline/);
  expect(skeleton.functionPasses.filter((pass) => pass.startsWith('instcombine')).length).toBeGreaterThan(3);
});

test('all of the baseline is in `full`, its late function passes and the clean-up', async () => {
  const pipeline = await baselinePipeline(installation);
  expect(pipeline.startsWith(skeleton.preludes.full)).toBe(true);
  expect(pipeline.endsWith(skeleton.cleanup)).toBe(true);
});

test('a pipeline that is built otherwise is refused with its beginning', () => {
  expect(() => skeletonOf('function(sroa)')).toThrow(/not built as expected: function\(sroa\)/);
});
