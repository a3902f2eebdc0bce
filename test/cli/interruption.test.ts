// Ctrl-C, through a small program that behaves as a command does.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const moduleUrl = new URL('../../dist/cli/interruption.js', import.meta.url).href;

async function interrupt(body: string, times: number): Promise<{ exitCode: number | null; stdout: string }> {
  const program = `
    const { interruptSignal, listenForInterrupts, wasInterrupted } = await import(${JSON.stringify(moduleUrl)});
    listenForInterrupts();
    const alive = setInterval(() => {}, 1000);
    ${body}
    console.log('ready');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  let sent = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (sent++ < times) child.kill('SIGINT');
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout };
}

test('Ctrl-C ends a command that does not ask for the signal', async () => {
  expect(await interrupt('', 1)).toEqual({ exitCode: 130, stdout: 'ready\n' });
});

test('a command that asks may finish', async () => {
  const body = `interruptSignal().addEventListener('abort', () => {
    console.log('best so far', wasInterrupted());
    clearInterval(alive);
  });`;
  expect(await interrupt(body, 1)).toEqual({ exitCode: 0, stdout: 'ready\nbest so far true\n' });
});

test('the second Ctrl-C ends it at once', async () => {
  const body = "interruptSignal().addEventListener('abort', () => console.log('still busy'));";
  expect(await interrupt(body, 2)).toEqual({ exitCode: 130, stdout: 'ready\nstill busy\n' });
});
