// The grammar of pass lists in both directions: what it accepts LLVM accepts, and what we draw and mine it
// accepts. And its own promise, that `missing` bytes are enough and no fewer are.

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { createRandom, type Random } from '#ozma/common/random.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { checkPipelineNames } from '#ozma/passes/checking.js';
import { parsePipeline, printPipeline, type PassNode } from '#ozma/passes/grammar.js';
import { nestPasses } from '#ozma/passes/nesting.js';
import { samplePassList } from '#ozma/passes/sampling.js';
import { readVocabulary, usablePasses } from '#ozma/passes/vocabulary.js';
import { createPipelineGrammar, type PipelineGrammarState } from '#ozma/tasks/pipeline-grammar.js';

const installation = findInstallation();
const vocabulary = readVocabulary(installation);
const bare = createPipelineGrammar(vocabulary, {});
const answers = createPipelineGrammar(vocabulary);
const encoder = new TextEncoder();

function read(text: string, grammar = bare): PipelineGrammarState | undefined {
  let state: PipelineGrammarState | undefined = grammar.start();
  for (const byte of encoder.encode(text)) state = state?.next(byte);
  return state;
}

const accepts = (text: string, grammar = bare): boolean => read(text, grammar)?.missing === 0;

const bytesAfter = (state: PipelineGrammarState): number[] =>
  Array.from({ length: 128 }, (_, byte) => byte).filter((byte) => state.next(byte) !== undefined);

/** Beginnings in all the places that there are; random bytes alone seldom open the inner ones. */
const beginnings = [
  '',
  'module(',
  'cgscc(',
  'cgscc(devirt<4>(',
  'function(',
  'function(loop(',
  'function(loop-mssa(',
];

/** A random text of about so many bytes: any allowed byte, and the nearest end when they are used up. */
function randomText(random: Random, length: number, grammar = bare): string {
  let text = (grammar === answers ? "opt -p '" : '') + random.pick(beginnings);
  let state = read(text, grammar)!;
  const most = text.length + length;
  while (state.missing > 0 || text.length < most) {
    const allowed = bytesAfter(state);
    if (allowed.length === 0) break;
    const near = allowed.filter((byte) => state.next(byte)!.missing < state.missing);
    const byte = random.pick(text.length < most || near.length === 0 ? allowed : near);
    text += String.fromCharCode(byte);
    state = state.next(byte)!;
  }
  return text;
}

// Some passes ask for a target machine, so the module names its target.
const clang = programPath(installation, 'clang');
const triple = execFileSync(clang, ['--print-target-triple'], { encoding: 'utf8' }).trim();

/** LLVM's own parser; nothing is run. */
function parsedByLlvm(pipelines: readonly string[]): string {
  const opt = programPath(installation, 'opt');
  const words = ['-print-pipeline-passes', '-disable-output', '-'];
  // Pipelines are joined: each begins with an item of the module's, so each stands for itself.
  return execFileSync(opt, [`-passes=${pipelines.join(',')}`, ...words], {
    input: `target triple = "${triple}"\ndefine void @f() { ret void }`,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

test('what it accepts our parser, our checker and LLVM accept', () => {
  const random = createRandom(1);
  const passes = new Set<string>();
  const collect = (nodes: readonly PassNode[]): void => {
    for (const node of nodes) {
      passes.add(node.name);
      collect(node.children ?? []);
    }
  };
  for (let round = 0; round < 6; round++) {
    const texts = Array.from({ length: 40 }, () => randomText(random, 1 + random.below(150)));
    for (const text of texts) {
      const nodes = parsePipeline(text);
      expect(printPipeline(nodes)).toBe(text);
      expect(checkPipelineNames(nodes, vocabulary)).toEqual([]);
      expect(accepts(text)).toBe(true);
      collect(nodes);
    }
    expect(parsedByLlvm(texts)).not.toBe('');
  }
  // The walk reaches most of the vocabulary, adaptors and whole pipelines.
  expect(passes.size).toBeGreaterThan(90);
  for (const name of ['default', 'devirt', 'loop-mssa', 'licm', 'instcombine'])
    expect(passes).toContain(name);
});

test('what we draw at random it accepts', () => {
  const random = createRandom(2);
  const passes = usablePasses(installation);
  for (let count = 0; count < 200; count++) {
    const pipeline = nestPasses(samplePassList(random, { passes, parameterShare: 0.7 }), vocabulary.levelOf);
    expect(accepts(pipeline), pipeline).toBe(true);
    expect(accepts(`opt -p '${pipeline}'`, answers)).toBe(true);
  }
});

test("what clang's -Oz is made of it accepts, but for what is no optimisation", async () => {
  const trusted = (nodes: readonly PassNode[]): PassNode[] =>
    nodes.flatMap((node) => {
      if (node.children === undefined) return vocabulary.find(node)?.verdict === 'usable' ? [node] : [];
      const children = trusted(node.children);
      return children.length === 0 ? [] : [{ ...node, children }];
    });
  const pipeline = printPipeline(trusted(parsePipeline(await baselinePipeline(installation))));
  expect(pipeline.length).toBeGreaterThan(3000);
  expect(accepts(pipeline)).toBe(true);
});

test.each([
  'default<Oz>',
  'module(default<Oz>),module(iroutliner),function(dse)',
  'function(sroa),function(tailcallelim)',
  'cgscc(devirt<4>(inline,function<eager-inv;no-rerun>(gvn<>)))',
  'function(instcombine<max-iterations=2;no-verify-fixpoint>,loop-mssa(licm,loop-rotate))',
])('accepted: %s', (pipeline) => {
  expect(accepts(pipeline)).toBe(true);
  expect(parsedByLlvm([pipeline])).not.toBe('');
});

test.each([
  '',
  'sroa',
  'function()',
  'function(sroa',
  'function(sroa)) ',
  'function(sroa),',
  'function(loop(licm))',
  'function<no-rerun>(sroa)',
  'function(instcombine)',
  'function(instcombine<max-iterations=2>)',
  'function(instcombine<no-verify-fixpoint;verify-fixpoint>)',
  'function(gvn<pre;no-pre>)',
  'function(sroa<modify-cfg',
  'function(structurizecfg)',
  'default',
  'default<Oz>;rm',
  "default<Oz>'",
])('not accepted: %s', (pipeline) => {
  expect(accepts(pipeline)).toBe(false);
});

test('the answer ends at its quote', () => {
  const text = "opt -p 'function(sroa)'";
  expect(accepts(text, answers)).toBe(true);
  expect(bytesAfter(read(text, answers)!)).toEqual([]);
  expect(accepts('function(sroa)', answers)).toBe(false);
});

test('missing is the length of the shortest end, everywhere', () => {
  const random = createRandom(3);
  for (let count = 0; count < 30; count++) {
    let state = answers.start();
    for (const byte of encoder.encode(randomText(random, 120, answers))) {
      const after = bytesAfter(state).map((next) => state.next(next)!.missing);
      // One byte can bring the end nearer by one, and never more.
      if (state.missing > 0) expect(Math.min(...after)).toBe(state.missing - 1);
      state = state.next(byte)!;
    }
    expect(state.missing).toBe(0);
  }
});

test('equal keys mean equal futures', () => {
  const random = createRandom(4);
  const seen = new Map<string, string>();
  const future = (state: PipelineGrammarState): string =>
    [state.missing, ...bytesAfter(state).map((byte) => `${byte}→${state.next(byte)!.key}`)].join(' ');
  for (let count = 0; count < 25; count++) {
    let state = answers.start();
    for (const byte of encoder.encode(randomText(random, 150, answers))) {
      expect(seen.get(state.key) ?? future(state)).toBe(future(state));
      seen.set(state.key, future(state));
      state = state.next(byte)!;
    }
  }
});
