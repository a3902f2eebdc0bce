import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatBytes } from '#ozma/cli/doctor.js';
import { isSupportedNode, parseTargets } from '#ozma/cli/machine-report.js';
import type { MachineReport } from '#ozma/cli/machine-report.js';
import { managerOf, mendingCommand } from '#ozma/cli/mending.js';
import { runOzma } from './run-ozma.ts';

test('this machine has what is needed', async () => {
  const run = await runOzma(['doctor', '--json']);
  const report = JSON.parse(run.stdout) as MachineReport;
  expect(report.missing).toEqual([]);
  expect(run.exitCode).toBe(0);
  expect(report.llvm.filter((installation) => installation.used)).toHaveLength(1);
  expect(report.targets).toContain('x86-64');
  expect(report.compiles).toEqual({ c: { passed: true }, cpp: { passed: true } });
  expect(report.models.map(({ name }) => name)).toEqual(['base', 'ftd']);
  for (const { path, hash } of report.models) {
    expect(execFileSync('sha256sum', [path], { encoding: 'utf8' })).toMatch(new RegExp(`^${hash}`));
  }
});

test('a missing LLVM is said with the command that mends it, exit code 3', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'ozma-empty-'));
  const run = await runOzma(['doctor'], { OZMA_LLVM: empty, OZMA_CACHE: join(empty, 'cache') });
  rmSync(empty, { recursive: true });
  expect(run.exitCode).toBe(3);
  expect(run.stdout).toContain(`missing: OZMA_LLVM=${empty}`);
  expect(run.stdout).toMatch(/mend: {2}\S+/);
});

test('supported Node versions', () => {
  expect(['20.19.0', '20.20.2', '22.18.0', '24.0.0'].filter(isSupportedNode)).toHaveLength(4);
  expect(['18.20.0', '20.18.9', '21.7.0', '22.17.1'].filter(isSupportedNode)).toEqual([]);
});

test('targets are read from llc --version', () => {
  const text =
    'LLVM version 22.1.8\n  Registered Targets:\n    aarch64 - AArch64 (little endian)\n    x86-64  - 64-bit X86\n';
  expect(parseTargets(text)).toEqual(['aarch64', 'x86-64']);
  expect(parseTargets('')).toEqual([]);
});

test('the package manager comes from os-release', () => {
  expect(managerOf('PRETTY_NAME="Debian"\nID=debian\n')).toBe('apt-get');
  expect(managerOf('ID=linuxmint\nID_LIKE="ubuntu debian"\n')).toBe('apt-get');
  expect(managerOf('ID="rocky"\nID_LIKE="rhel centos fedora"\n')).toBe('dnf');
  expect(managerOf('ID=plan9\n')).toBe('unknown');
  expect(mendingCommand('llvm', 'apt-get')).toBe('sudo apt-get install clang-22 lld-22 llvm-22 libllvm22');
});

test('sizes in words', () => {
  expect([0, 999, 1000, 1_234_567, 5e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.2 MB',
    '5000.0 TB',
  ]);
});
