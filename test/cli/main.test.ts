// The behaviour that all commands share: exit codes, one line on stderr, nothing else on stdout.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mainFile, runOzma } from './run-ozma.ts';

test('help and version go to stdout', async () => {
  const help = await runOzma(['--help']);
  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  expect(help.stdout).toContain('tune');
  const version = await runOzma(['--version']);
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(version).toEqual({ exitCode: 0, stdout: manifest.version, stderr: '' });
});

test.each([
  [
    ['tune', 'a.c', '--compiles', 'many'],
    "ozma: --compiles: expected a whole number of at least 1, found 'many'",
  ],
  [['tune'], "ozma: missing required argument 'source'"],
  [['tune', 'a.c', '--compile', '3'], "ozma: unknown option '--compile' (Did you mean --compiles?)"],
  [['tuna'], "ozma: unknown command 'tuna' (Did you mean tune?)"],
  [['passes', 'check'], "ozma: missing required argument 'pipeline'"],
])('wrong usage is one line and exit code 2: %s', async (words, line) => {
  expect(await runOzma(words)).toEqual({ exitCode: 2, stdout: '', stderr: line });
});

test('cc reads its settings from the environment and leaves every word to clang', async () => {
  const run = await runOzma(['cc', '--help', '--', '-V'], { OZMA_COMPILES: 'none' });
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toBe("ozma: OZMA_COMPILES: expected a whole number of at least 1, found 'none'");
});

test('without words the help is on stderr', async () => {
  const run = await runOzma([]);
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toContain('Usage: ozma');
});

test('a reader that goes away is no error', async () => {
  const child = spawn(process.execPath, [mainFile, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});
