// Programs of two problems of our own: the right answer passes, and programs that delete, fork, allocate,
// talk, write or never end score zero while everything outside stays as it was.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { passAtK } from '#ozma/evaluate/code/evaluation.js';
import { mustBeSandboxed, runSandboxed } from '#ozma/evaluate/code/sandbox.js';
import { evaluate } from '#ozma/evaluate/evaluate.js';
import { installation } from '../data/labels/tiny-corpus.ts';
import { ToyEngine, type Answer } from './toy-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-evaluate-code-'));
afterAll(() => rmSync(folder, { recursive: true }));
const data = join(folder, 'problems.jsonl');
const precious = join(folder, 'precious');
const possible = await mustBeSandboxed().then(
  () => true,
  () => false,
);

beforeAll(() => {
  writeFileSync(precious, 'here');
  const python = {
    task_id: 'python/0',
    prompt: 'def add(a, b):\n    """ The sum. """\n',
    canonical_solution: '    return a + b\n',
    test: 'def check(candidate):\n    assert candidate(2, 3) == 5\n',
    entry_point: 'add',
  };
  const cpp = {
    task_id: 'cpp/0',
    prompt: '#include <cstdlib>\nint add(int a, int b){\n',
    canonical_solution: '    return a + b;\n}\n',
    test: '#undef NDEBUG\n#include <assert.h>\nint main(){\n    assert(add(2, 3) == 5);\n}\n',
  };
  writeFileSync(data, [python, cpp].map((row) => `${JSON.stringify(row)}\n`).join(''));
});

const run = async (answer: Answer, candidates = 1): Promise<number[]> => {
  const model = new ToyEngine(answer);
  const { metrics, records } = await evaluate('code', { data, model, installation, candidates, jobs: 2 });
  expect(metrics!.overall['pass@1, arithmetic mean over problems']!.samples).toBe(2);
  return records.map(({ methods }) => methods['model']!.scores['pass@1']!);
};
const isPython = (prompt: string): boolean => prompt.startsWith('def');

describe.skipIf(!possible)('programs of a model', () => {
  test('the right answer passes in both languages, as the authors’ does', async () => {
    const answer: Answer = (prompt) => (isPython(prompt) ? '    return a + b\n' : '    return b + a;\n}\n');
    expect(await run(answer)).toEqual([1, 1]);
    const half: Answer = (prompt) => [answer(prompt, {}) as string, 'nonsense'];
    expect(await run(half, 2)).toEqual([0.5, 0.5]);
  });

  test('wrong, empty, early and hostile programs score zero and harm nothing', async () => {
    const hostile: [python: string, cpp: string][] = [
      ['    return a - b\n', '    return a - b;\n}\n'],
      ['', ''],
      ['    import os\n    os._exit(0)\n', '    exit(0);\n}\n'],
      [
        `    import shutil\n    shutil.rmtree("${folder}")\n    return 4\n`,
        `    if (system("rm -rf ${folder}") != 0) abort();\n    return 4;\n}\n`,
      ],
      [
        '    import os\n    while True:\n        os.fork()\n',
        '    while (system("sleep 9 & sleep 9 &") == 0);\n    abort();\n}\n',
      ],
      [
        '    x = [bytearray(1 << 28) for _ in range(1000)]\n    return 5\n',
        '    for (int i = 0; i < 1000; i++) *(volatile char *)malloc(1 << 28) = 1;\n    return 5;\n}\n',
      ],
    ];
    const before = readdirSync(folder);
    for (const [python, cpp] of hostile) {
      const scores = await run((prompt) => (isPython(prompt) ? python : cpp));
      expect([python, scores]).toEqual([python, [0, 0]]);
    }
    expect(readdirSync(folder)).toEqual(before);
    expect(existsSync(precious)).toBe(true);
  });

  test('no network, no files but its own, no end but ours', async () => {
    const limits = { seconds: 2, memoryMegabytes: 256, processes: 8, fileMegabytes: 1 };
    const sandboxed = (script: string): ReturnType<typeof runSandboxed> =>
      runSandboxed({ script, input: '', limits });
    const network = await sandboxed('cat /proc/net/dev | wc -l');
    // Two lines of heading and the loop-back device, which is down.
    expect(network.stdout.trim()).toBe('3');
    expect((await sandboxed(`cat ${precious}`)).exitCode).not.toBe(0);
    expect((await sandboxed('yes > c')).exitCode).not.toBe(0);
    expect((await sandboxed('while :; do :; done')).exitCode).not.toBe(0);
  });
});

test('pass@k is the estimator of Chen et al.', () => {
  expect(passAtK(10, 3, 1)).toBeCloseTo(0.3, 12);
  // 1 - C(7, 5) / C(10, 5).
  expect(passAtK(10, 3, 5)).toBeCloseTo(1 - 21 / 252, 12);
  expect(passAtK(5, 0, 3)).toBe(0);
  expect(passAtK(5, 4, 2)).toBe(1);
});
