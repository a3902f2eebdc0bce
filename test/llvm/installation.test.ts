// Finding LLVM: the version wanted, and one clear line where there is none.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { OzmaError } from '#ozma/common/errors.js';
import { findInstallation, listInstallations } from '#ozma/llvm/installation.js';
import { installation } from './compile.ts';

const before = process.env['OZMA_LLVM'];
const folders: string[] = [];

afterEach(() => {
  if (before === undefined) delete process.env['OZMA_LLVM'];
  else process.env['OZMA_LLVM'] = before;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder that looks like an LLVM of the given version. */
function pretend(version: string, withLibrary: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-llvm-'));
  folders.push(folder);
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'bin', 'clang'), `#!/bin/sh\necho "clang version ${version}"\n`);
  chmodSync(join(folder, 'bin', 'clang'), 0o755);
  if (withLibrary) writeFileSync(join(folder, 'lib', `libLLVM-${Number.parseInt(version, 10)}.so`), '');
  return folder;
}

function findIn(folder: string): unknown {
  process.env['OZMA_LLVM'] = folder;
  try {
    return findInstallation();
  } catch (error) {
    return error;
  }
}

test('every installation that is listed is what it says it is, the preferred one first', () => {
  const all = listInstallations();
  for (const { major, version, programs } of all) {
    expect(version).toMatch(new RegExp(`^${major}\\.`));
    expect(programs).toContain(String(major));
  }
  if (all.some(({ major }) => major === 22)) expect(all[0]!.major).toBe(22);
});

test.each(['', '/bin'])('OZMA_LLVM names the folder or its bin: %s', (end) => {
  const root = join(installation.programs, '..');
  expect(findIn(root + end)).toMatchObject({ version: installation.version, library: installation.library });
});

test('OZMA_LLVM without an LLVM', () => {
  const error = findIn('/nowhere');
  expect(error).toBeInstanceOf(OzmaError);
  expect(error).toMatchObject({
    code: 'environment',
    message: 'OZMA_LLVM=/nowhere: expected a folder with clang and a libLLVM of the same version, found none',
  });
});

test('OZMA_LLVM with clang alone, or with a libLLVM of another version', () => {
  const found = 'expected a folder with clang and a libLLVM of the same version, found none';
  const alone = pretend('99.1.0', false);
  expect(findIn(alone)).toMatchObject({ code: 'environment', message: `OZMA_LLVM=${alone}: ${found}` });
  const other = pretend('99.1.0', false);
  writeFileSync(join(other, 'lib', 'libLLVM-98.so'), '');
  expect(findIn(other)).toMatchObject({ code: 'environment', message: `OZMA_LLVM=${other}: ${found}` });
});

test('OZMA_LLVM that is too old', () => {
  const folder = pretend('14.0.6', true);
  expect(findIn(folder)).toMatchObject({
    code: 'environment',
    message: `OZMA_LLVM=${folder}: expected LLVM 19 or newer, found 14.0.6`,
  });
});
