// The vocabulary against the installed LLVM: everything it lists is judged, and every random list that we
// draw is accepted by its parser and comes back from flattening.

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { checkPipelineNames } from '#ozma/passes/checking.js';
import { parsePipeline, printPipeline } from '#ozma/passes/grammar.js';
import { flattenPipeline, nestPasses } from '#ozma/passes/nesting.js';
import { normalisePipeline } from '#ozma/passes/normalising.js';
import { samplePassList } from '#ozma/passes/sampling.js';
import { createVocabulary, readVocabulary, usablePasses } from '#ozma/passes/vocabulary.js';

const installation = findInstallation();
const vocabulary = readVocabulary(installation);

// Some passes ask for a target machine, so the module names its target.
const triple = execFileSync(programPath(installation, 'clang'), ['--print-target-triple'], {
  encoding: 'utf8',
});
const input = `target triple = "${triple.trim()}"\ndefine void @f() { ret void }`;

const echo = (pipeline: string): string =>
  execFileSync(
    programPath(installation, 'opt'),
    [`-passes=${pipeline}`, '-print-pipeline-passes', '-disable-output', '-'],
    { input, encoding: 'utf8', stdio: 'pipe' },
  ).trimEnd();

describe('reading', () => {
  test('levels and parameters', () => {
    expect(vocabulary.find({ name: 'globaldce' })).toMatchObject({ level: 'module', verdict: 'usable' });
    expect(vocabulary.find({ name: 'inline' })).toMatchObject({ level: 'cgscc' });
    expect(vocabulary.find({ name: 'sroa', parameters: 'modify-cfg' })).toMatchObject({ level: 'function' });
    expect(vocabulary.find({ name: 'indvars' })).toMatchObject({ level: 'loop' });
    expect(vocabulary.find({ name: 'licm' })).toMatchObject({ level: 'loop-mssa' });
    const parameters = vocabulary.find({ name: 'instcombine' })?.parameters;
    expect(parameters).toContainEqual({ name: 'max-iterations', kind: 'number' });
    expect(parameters).toContainEqual({ name: 'no-verify-fixpoint', kind: 'flag' });
  });

  test('every pass of the preferred LLVM is judged', () => {
    if (installation.major !== 22) return;
    expect(vocabulary.passes.filter((pass) => pass.verdict === 'not-judged')).toEqual([]);
  });

  test('a pass that nobody judged is not usable', () => {
    const newer = createVocabulary('Function passes:\n  sroa\n  brand-new\n', '99.0.0');
    expect(newer.find({ name: 'brand-new' })).toMatchObject({
      verdict: 'not-judged',
      reason: 'not judged yet',
    });
  });

  test('usable passes are named once', () => {
    const names = usablePasses(installation).map((pass) => pass.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('default');
    expect(names.length).toBeGreaterThan(90);
  });
});

describe('checking', () => {
  const problems = (text: string) => checkPipelineNames(parsePipeline(text), vocabulary);

  test.each(['default', 'lto', 'thinlto-pre-link'])("everything in LLVM's own %s<Oz> is known", (kind) => {
    expect(problems(echo(`${kind}<Oz>`))).toEqual([]);
  });

  test.each([
    ['function(sraa)', 'unknown-name', 'sroa'],
    ['require<globals-a>', 'unknown-name', 'require<globals-aa>'],
    ['function(loop(licm))', 'aborts', undefined],
    ['function(instcombine)', 'aborts', undefined],
    ['function(globaldce)', 'wrong-level', undefined],
    ['sroa,globaldce', 'wrong-level', undefined],
    ['function()', 'empty', undefined],
    ['module(repeat<2>(globaldce))', 'unknown-name', undefined],
    ['sroa(dce)', 'unknown-name', 'loop'],
  ])('%s: %s', (text, kind, nearest) => {
    const found = problems(text);
    expect(found.map((problem) => problem.kind)).toEqual([kind]);
    expect(found[0]?.nearest).toBe(nearest);
  });

  test.each([
    'sroa,function(dce)',
    'globaldce,sroa',
    'cgscc(function(sroa),inline)',
    'loop-mssa(licm),loop(indvars)',
  ])('accepts what LLVM accepts: %s', (text) => {
    expect(echo(text)).not.toBe('');
    expect(problems(text)).toEqual([]);
  });
});

describe('nesting', () => {
  test('neighbours of a level share an adaptor', () => {
    const flat = [
      { name: 'sroa' },
      { name: 'licm' },
      { name: 'indvars' },
      { name: 'loop-deletion' },
      { name: 'inline' },
      { name: 'globaldce' },
      { name: 'instcombine' },
    ];
    expect(nestPasses(flat, vocabulary.levelOf)).toBe(
      'function(sroa,loop-mssa(licm),loop(indvars,loop-deletion)),cgscc(inline),globaldce,' +
        'function(instcombine<no-verify-fixpoint>)',
    );
  });

  test('an unknown pass is refused', () => {
    expect(() => nestPasses([{ name: 'sraa' }], vocabulary.levelOf)).toThrow("found 'sraa'");
  });

  test('random lists are accepted by LLVM, and come back from flattening', () => {
    const random = createRandom(1);
    const passes = usablePasses(installation);
    for (let round = 0; round < 40; round++) {
      const flat = samplePassList(random, { passes });
      expect(flat.length).toBeGreaterThanOrEqual(1);
      expect(flat.length).toBeLessThanOrEqual(50);
      const text = nestPasses(flat, vocabulary.levelOf);
      expect(checkPipelineNames(parsePipeline(text), vocabulary)).toEqual([]);
      expect(echo(text)).not.toBe('');
      expect(flattenPipeline(parsePipeline(text))).toEqual(flat);
    }
  });

  test('the same seed draws the same list', () => {
    const draw = () => samplePassList(createRandom(7), { passes: usablePasses(installation) });
    expect(draw()).toEqual(draw());
  });
});

describe('normalising', () => {
  const normal = (text: string) => printPipeline(normalisePipeline(parsePipeline(text), vocabulary.levelOf));

  test.each([
    ['module(default<Oz>),module(iroutliner),function(dse)', 'default<Oz>,iroutliner,function(dse)'],
    ['no-op-module,function(no-op-function),globaldce,verify', 'globaldce'],
    ['function(function(sroa),dce)', 'function(sroa,dce)'],
    ['function<eager-inv>(function(sroa))', 'function<eager-inv>(sroa)'],
    ['function(early-cse<>)', 'function(early-cse)'],
    ['function(a),function(b)', 'function(a),function(b)'],
    ['sroa,dce', 'function(sroa,dce)'],
    ['globaldce,sroa,dce', 'globaldce,function(sroa),function(dce)'],
    ['function(indvars)', 'function(loop(indvars))'],
    ['loop(indvars)', 'function(loop(indvars))'],
    ['cgscc(sroa)', 'cgscc(function(sroa))'],
  ])('%s is %s', (text, expected) => {
    expect(normal(text)).toBe(expected);
    expect(normal(expected)).toBe(expected);
  });

  test('bare passes are wrapped as LLVM wraps them', () => {
    const spelled = (text: string) => echo(text).replace(/,verify$/, '');
    for (const text of ['sroa,dce', 'globaldce,sroa,dce', 'indvars', 'globaldce,loop-deletion,sink']) {
      expect(spelled(normal(text))).toBe(spelled(text));
    }
  });
});
