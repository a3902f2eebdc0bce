// PassListEval on programs of three lines with the real LLVM: what passes, what crashes the compiler, what
// breaks the program, and what is left out because its own controls fail.

import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findInstallation } from '#ozma/llvm/installation.js';
import { generateCsmithPrograms } from '#ozma/passes/csmith.js';
import { readSuite } from '#ozma/passes/evaluation/self-testing-program.js';
import type { SelfTestingProgram } from '#ozma/passes/evaluation/self-testing-program.js';
import { smallestFailing } from '#ozma/passes/evidence.js';
import { evaluatePassLists, evaluatePrepared, prepareSuite } from '#ozma/passes/pass-list-evaluation.js';

const installation = findInstallation();
const options = { installation, concurrency: 2 };

const program = (name: string, text: string, language: 'c' | 'c++' = 'c'): SelfTestingProgram => ({
  name,
  language,
  source: { text },
  flags: [],
});

const loop = program(
  'loop',
  `#include <stdio.h>
   int main(int argc, char **argv) {
     int sum = 0;
     for (int i = 0; i < argc + 9; i++) { if (argv[0][0] != i) sum += i; }
     printf("%d\\n", sum);
     return sum == 45 ? 0 : 1;
   }`,
);
const wrong = program('wrong', 'int main(void) { return 3; }');
const refused = program('refused', 'int main(void) { return }');
const text = program(
  'text',
  '#include <string>\nint main(int c, char **v) { std::string s(v[0]); return s.size() > 0 ? 0 : c; }',
  'c++',
);

describe('evaluating', () => {
  test('passing, crashing and leaving out', async () => {
    const steps: string[] = [];
    const lists = ['function(sroa)', 'function(sroa),function(loop(licm))', 'default<O3>'];
    const evaluation = await evaluatePassLists(lists, [loop, wrong, refused], options, ({ step }) =>
      steps.push(step),
    );
    expect(evaluation).toMatchObject({ llvm: installation.version, programs: ['loop'], interrupted: false });
    expect(evaluation.leftOut.sort((a, b) => a.program.localeCompare(b.program))).toEqual([
      {
        program: 'refused',
        control: 'compile',
        reason: expect.stringContaining('expected expression') as string,
      },
      { program: 'wrong', control: 'no pass', reason: 'exit code 3, expected 0' },
    ]);
    expect(evaluation.results.map((result) => result.verdict)).toEqual(['passed', 'crashed', 'passed']);
    expect(evaluation.results[1]).toMatchObject({
      programs: 1,
      passed: 0,
      crashed: [{ program: 'loop', cause: 'LLVM ERROR: LICM requires MemorySSA (loop-mssa)' }],
    });
    expect(steps.filter((step) => step === 'lists')).toHaveLength(3);
  });

  test('a wrong program is found by its output', async () => {
    const expecting: SelfTestingProgram = { ...loop, expectedOutput: '45\n' };
    const { results } = await evaluatePassLists(['function(dce)'], [expecting], options);
    expect(results[0]?.verdict).toBe('passed');
    const other = await evaluatePassLists(['function(dce)'], [{ ...loop, expectedOutput: '44\n' }], options);
    expect(other.leftOut[0]?.reason).toBe("printed '45', expected '44'");
  });

  test('always_inline functions of the C++ library are inlined under every list', async () => {
    const { results, leftOut } = await evaluatePassLists(['function(sroa)', 'globaldce'], [text], options);
    expect(leftOut).toEqual([]);
    expect(results.map((result) => result.verdict)).toEqual(['passed', 'passed']);
  });

  test('equal bitcode is run once, and nothing is left behind', async () => {
    const folders = async (): Promise<number> =>
      (await readdir(tmpdir())).filter((name) => name.startsWith('ozma-suite-')).length;
    const before = await folders();
    const suite = await prepareSuite([loop], options);
    const runs = suite.builds[0]!.runs;
    await evaluatePrepared(['globaldce', 'strip-dead-prototypes', 'function(lower-expect)'], suite, options);
    expect(suite.builds[0]!.runs - runs).toBeLessThanOrEqual(1);
    await suite.dispose();
    expect(await folders()).toBeLessThanOrEqual(before);
  });

  test('an interruption answers what is known', async () => {
    const controller = new AbortController();
    controller.abort();
    const suite = await prepareSuite([loop], options);
    const results = await evaluatePrepared(['function(sroa)'], suite, {
      ...options,
      signal: controller.signal,
    });
    await suite.dispose();
    expect(results[0]?.verdict).toBe('incomplete');
  });

  test('a program that does not end is stopped', async () => {
    const endless = program('endless', 'int main(void) { volatile int x = 1; while (x) {} return 0; }');
    const { leftOut } = await evaluatePassLists([], [endless], { ...options, runTime: 300 });
    expect(leftOut[0]?.reason).toBe('time limit: run');
  });

  test('a list that cannot be read is refused', async () => {
    await expect(evaluatePassLists(['function('], [loop], options)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('suites', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ozma-test-'));
    const row = {
      task_id: 'CPP/0',
      prompt: 'int f() {',
      canonical_solution: 'return 1; }',
      test: 'int main() {}',
    };
    await writeFile(join(folder, 'rows.jsonl.gz'), gzipSync(`${JSON.stringify(row)}\n`));
    await writeFile(join(folder, 'bad.jsonl'), '{"task_id": 1}\n');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  test('rows of HumanEval-X', async () => {
    const [first] = await readSuite(join(folder, 'rows.jsonl.gz'));
    expect(first).toMatchObject({
      name: 'CPP/0',
      language: 'c++',
      source: { text: 'int f() {return 1; }int main() {}' },
    });
  });

  test('our own suite', async () => {
    const programs = await readSuite('suites/self-test');
    expect(programs.length).toBeGreaterThanOrEqual(30);
    // Absolute: clang runs in a folder of its own.
    expect(
      programs.every(({ source }) => 'file' in source && isAbsolute(source.file) && existsSync(source.file)),
    ).toBe(true);
  });

  test.each([
    ['no-such-suite', 'expected a folder or a .jsonl file, found none'],
    ['bad.jsonl', 'line 1: expected task_id'],
  ])('refuses %s', async (name, message) => {
    await expect(readSuite(join(folder, name))).rejects.toThrow(message);
  });
});

test('a failing list is cut down to what matters', async () => {
  const items = [...'abcdefghijklmnopqrstuvwxyz'];
  const smallest = await smallestFailing(items, (rest) =>
    Promise.resolve(rest.includes('d') && rest.includes('x')),
  );
  expect(smallest).toEqual(['d', 'x']);
});

test('csmith programs know their output, or the way to get csmith is told', async () => {
  try {
    const { programs, tooSlow, failed } = await generateCsmithPrograms({ installation, seed: 1, count: 2 });
    expect(programs.length + tooSlow + failed).toBe(2);
    for (const entry of programs) expect(entry.expectedOutput).toMatch(/^checksum = [0-9A-F]+\n?$/);
  } catch (error) {
    expect(error).toMatchObject({
      code: 'environment',
      message: expect.stringContaining('apt-get') as string,
    });
  }
});
