// Runs of the command line killed by SIGKILL while they work, the last record cut in the middle as a kill leaves it,
// and started again: the same figures and records as undisturbed, for every task. Two undisturbed runs agree, too.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mustBeSandboxed } from '#ozma/evaluate/code/sandbox.js';
import type { EvaluationReport } from '#ozma/evaluate/run-evaluation.js';
import { releasedModel } from '#ozma/inference/released-models.js';
import { mainFile, runOzma } from '../cli/run-ozma.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-killed-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** C without loops: what ends at once cannot be stopped by the clock of a busy machine. */
const sources: Record<string, string> = {
  'a.c':
    'int add(int a, int b) { return a + b; }\nint twice(int a) { return a * 2; }\nint low(int a) { return a & 15; }\n',
  'b.c':
    'int most(int a, int b) { return a > b ? a : b; }\nint sign(int a) { if (a < 0) return -1; return a > 0; }\n',
};

beforeAll(() => {
  mkdirSync(join(folder, 'c'));
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, 'c', name), text);
  mkdirSync(join(folder, 'texts'));
  for (let at = 0; at < 120; at++) {
    const text = `define i32 @f(i32 %0) {\n  %2 = add i32 %0, ${at}\n  ret i32 %2\n}\n`;
    writeFileSync(join(folder, 'texts', `${at}.ll`), text.repeat(6));
  }
  const problems = Array.from({ length: 12 }, (_, at) => ({
    task_id: `made/${at}`,
    prompt: `def add(a):\n    """ Adds ${at}. """\n`,
    canonical_solution: `    return a + ${at}\n`,
    test: `def check(candidate):\n    assert candidate(1) == ${1 + at}\n`,
    entry_point: 'add',
  }));
  writeFileSync(
    join(folder, 'problems.jsonl'),
    problems.map((problem) => `${JSON.stringify(problem)}\n`).join(''),
  );
});

const sandboxed = await mustBeSandboxed().then(
  () => true,
  () => false,
);
const base = releasedModel('base');

interface Case {
  task: string;
  data: string;
  model: string;
  limit: number;
  possible: boolean;
}

const cases: Case[] = [
  { task: 'tune', data: 'c', model: 'none', limit: 2, possible: true },
  { task: 'disassemble', data: 'c', model: 'none', limit: 5, possible: true },
  { task: 'emulate', data: 'c', model: 'none', limit: 5, possible: true },
  { task: 'perplexity', data: 'texts', model: 'base', limit: 120, possible: base !== undefined },
  { task: 'code', data: 'problems.jsonl', model: 'none', limit: 12, possible: sandboxed },
];

const words = ({ task, data, model, limit }: Case, output: string): string[] => [
  ...['evaluate', task, '--data', join(folder, data), '--model', model],
  ...['--jobs', '1', '--limit', String(limit), '-o', output],
];

/** All but seconds, and but what the process was. */
function lasting(output: string, task: string): unknown {
  const report = JSON.parse(readFileSync(join(output, `${task}.json`), 'utf8')) as EvaluationReport;
  const records = report.records.map(({ methods, ...record }) => ({
    ...record,
    methods: Object.entries(methods).map(([name, result]) => [name, { ...result, seconds: undefined }]),
  }));
  return { ...report, records, time: undefined, commits: undefined };
}

/** Kills the run when it has written a record, and resolves to the log that it left. */
async function killed(one: Case, output: string): Promise<string> {
  const log = join(output, `${one.task}.jsonl`);
  const child = spawn(process.execPath, [mainFile, ...words(one, output)], { stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('exit', (_, signal) => resolve(signal)),
  );
  // A header, then at least one record.
  while (!existsSync(log) || readFileSync(log, 'utf8').split('\n').length < 3) await sleep(5);
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  return log;
}

describe('killed in the middle of a record, and started again', () => {
  for (const one of cases) {
    test.skipIf(!one.possible)(
      `${one.task}: the same figures and records`,
      async () => {
        const [whole, again, resumed] = ['whole', 'again', 'resumed'].map((name) =>
          join(folder, one.task, name),
        );
        for (const output of [whole!, again!]) {
          expect(await runOzma(words(one, output))).toMatchObject({ exitCode: 0 });
        }
        expect(lasting(again!, one.task)).toEqual(lasting(whole!, one.task));

        const log = await killed(one, resumed!);
        expect(existsSync(join(resumed!, `${one.task}.json`))).toBe(false);
        const text = readFileSync(log, 'utf8');
        const complete = text.trimEnd().split('\n');
        const last = complete.at(-1)!;
        // Half of the last record, as a write that was cut leaves it.
        writeFileSync(log, text.slice(0, text.lastIndexOf(last) + Math.floor(last.length / 2)));
        const { stderr, exitCode } = await runOzma(words(one, resumed!));
        expect(exitCode).toBe(0);
        const before = complete.length - 2;
        if (before > 0) expect(stderr).toContain(`; ${before} done before`);
        else expect(stderr).not.toContain('done before');
        expect(lasting(resumed!, one.task)).toEqual(lasting(whole!, one.task));
      },
      600_000,
    );
  }
});
