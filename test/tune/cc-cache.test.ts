// The folder of answers of `ozma cc`: what is forgotten when it grows over its limit, and by how many processes.

import { execa } from 'execa';
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAnswer, writeAnswer, type Answer } from '#ozma/tune/cc/cache.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
});
afterAll(() => {
  delete process.env['OZMA_CACHE'];
  rmSync(folder, { recursive: true, force: true });
});

const answer: Answer = { before: 2, after: 1, origin: 'search', recipe: [] };
const object = new Uint8Array(300_000);
const key = (index: number): string => index.toString(16).padStart(40, '0');

function files(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

test('over the limit, what was used longest ago is forgotten, and a read counts as use', async () => {
  process.env['OZMA_CACHE'] = folder;
  for (const index of [1, 2, 3]) {
    await writeAnswer(key(index), answer, object, 1);
    // As if an hour had gone by for each that came after.
    const path = files().find((name) => name.endsWith(key(index).slice(2)))!;
    const then = Date.now() / 1000 - 3600 * (10 - index);
    utimesSync(path, then, then);
  }
  expect(readAnswer(key(1))?.object.length).toBe(object.length);
  await writeAnswer(key(4), answer, object, 1);
  const kept = [1, 2, 3, 4].filter((index) => readAnswer(key(index)) !== undefined);
  // Three would be just over the nine tenths that are kept.
  expect(kept).toEqual([1, 4]);
});

test('many processes that write and forget at the same time all succeed', async () => {
  const cache = new URL('../../dist/tune/cc/cache.js', import.meta.url);
  const script = `
    const { readAnswer, writeAnswer } = await import(${JSON.stringify(cache.href)});
    for (let index = 0; index < 12; index++) {
      const key = (index * 7 + Number(process.argv[1])).toString(16).padStart(40, 'a');
      readAnswer(key);
      await writeAnswer(key, ${JSON.stringify(answer)}, new Uint8Array(100_000), 1);
    }`;
  const runs = [0, 1, 2, 3].map((which) =>
    execa(process.execPath, ['--input-type=module', '-e', script, String(which)], {
      env: { OZMA_CACHE: folder },
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    }),
  );
  expect((await Promise.all(runs)).map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(
    runs.map(() => [0, '']),
  );
  // Each process makes room after its own answers, so the last to finish leaves no more than the limit.
  expect(files().reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThanOrEqual(1e6);
});
