// One build at a time: the second is told so, and a lock that a killed process left behind is no lock.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { whileLocked } from '#ozma/common/folder-lock.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a second build of a folder is refused while the first is at work, and not afterwards', async () => {
  const folder = join(temporaryFolder(), 'made', 'here');
  await whileLocked(folder, async () => {
    await expect(whileLocked(folder, async () => 'second')).rejects.toMatchObject({
      code: 'usage',
      message: `${folder}: expected one build at a time, found process ${process.pid} at work there, as ${join(folder, '.lock')} says`,
    });
  });
  await expect(whileLocked(folder, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
  expect(await whileLocked(folder, async () => 'third')).toBe('third');
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['a process that is gone', () => spawnSync(process.execPath, ['-e', '']).pid],
  ['an earlier process of our number', () => process.pid],
  ['nothing that is a process', () => ''],
])('the lock of %s is taken over', async (_, holder) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.lock'), String(holder()));
  expect(await whileLocked(folder, async () => 'done')).toBe('done');
});

test('a folder that cannot be made is one line', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expect(whileLocked(join(file, 'folder'), async () => 0)).rejects.toMatchObject({
    code: 'environment',
  });
});
