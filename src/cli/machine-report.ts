// What `ozma doctor` finds out about this machine, as data. Nothing here throws for something missing:
// that is a row of `missing`, with the command that mends it.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder } from '../common/cache-folder.ts';
import { OzmaError } from '../common/errors.ts';
import { releasedModel, releasedModelNames } from '../inference/released-models.ts';
import type { ReleasedModel } from '../inference/released-models.ts';
import { findInstallation, listInstallations, programPath } from '../llvm/installation.ts';
import type { LlvmInstallation, LlvmProgram } from '../llvm/installation.ts';
import { mendingCommand } from './mending.ts';
import type { Need } from './mending.ts';

/** Every program of LLVM that Ozma runs; the type keeps the list complete. */
const programs: Record<LlvmProgram, true> = {
  clang: true,
  'clang++': true,
  opt: true,
  llc: true,
  'llvm-size': true,
  'llvm-dis': true,
  'llvm-link': true,
  'llvm-extract': true,
  'llvm-reduce': true,
  'ld.lld': true,
};

/** A hello world can take this long on a busy machine, in milliseconds. */
const compileTimeout = 60_000;

export interface InstallationReport {
  version: string;
  library: string;
  programs: string;
  missingPrograms: string[];
  used: boolean;
}

export interface CompileCheck {
  passed: boolean;
  /** The first line of the compiler's complaint. */
  problem?: string;
}

export interface MachineReport {
  node: { version: string; supported: boolean };
  llvm: InstallationReport[];
  /** clang's own target triple. */
  host?: string;
  /** The back ends of the LLVM in use, as `llc --version` names them. */
  targets: string[];
  /** Compiling and linking a hello world. */
  compiles: { c?: CompileCheck; cpp?: CompileCheck };
  cache: { folder: string; bytes: number; freeBytes: number };
  /** The released models that are here, with the first digits of their SHA-256. */
  models: { name: ReleasedModel; path: string; bytes: number; hash: string }[];
  missing: { need: Need; what: string; mend: string }[];
}

/** `^20.19 || >=22.18`, as in package.json. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 18) || major > 22;
}

/** The names under "Registered Targets:" of `llc --version`. */
export function parseTargets(llcVersion: string): string[] {
  const [, list = ''] = llcVersion.split('Registered Targets:');
  return [...list.matchAll(/^\s+(\S+)\s+-\s/gm)].map((match) => match[1] ?? '');
}

/** The size in bytes of all files below, 0 for a folder that is not there. */
async function folderBytes(folder: string): Promise<number> {
  if (!existsSync(folder)) return 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  let bytes = 0;
  // Another process may delete a file meanwhile.
  for (const file of files)
    bytes += await stat(file).then(
      (found) => found.size,
      () => 0,
    );
  return bytes;
}

/** Free bytes of the disk that holds the folder, or would. */
async function freeBytes(folder: string): Promise<number> {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const disk = await statfs(existing);
  return disk.bavail * disk.bsize;
}

async function checkCompile(compiler: string, file: string, source: string): Promise<CompileCheck> {
  const folder = await mkdtemp(join(tmpdir(), 'ozma-doctor-'));
  try {
    await writeFile(join(folder, file), source);
    const { failed, stderr, shortMessage } = await execa(compiler, [file, '-o', 'hello'], {
      cwd: folder,
      reject: false,
      timeout: compileTimeout,
    });
    if (!failed) return { passed: true };
    return {
      passed: false,
      problem: stderr.split('\n').find((line) => line.includes('error')) ?? shortMessage ?? '',
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const helloC = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n';
const helloCpp =
  '#include <iostream>\n#include <string>\nint main() { std::cout << std::string("hello") << std::endl; }\n';

/** Standard output of a program, or nothing when it does not run. */
async function outputOf(program: string, argument: string): Promise<string | undefined> {
  const { failed, stdout } = await execa(program, [argument], { reject: false, timeout: compileTimeout });
  return failed ? undefined : stdout;
}

function findUsed(): { used?: LlvmInstallation; problem?: string } {
  try {
    return { used: findInstallation() };
  } catch (error) {
    if (error instanceof OzmaError) return { problem: error.message };
    throw error;
  }
}

function reportInstallation(
  installation: LlvmInstallation,
  used: LlvmInstallation | undefined,
): InstallationReport {
  const names = Object.keys(programs) as LlvmProgram[];
  return {
    version: installation.version,
    library: installation.library,
    programs: installation.programs,
    missingPrograms: names.filter((name) => !existsSync(programPath(installation, name))),
    used: installation.programs === used?.programs,
  };
}

async function releasedModels(): Promise<MachineReport['models']> {
  const found: MachineReport['models'] = [];
  for (const name of releasedModelNames) {
    const path = releasedModel(name);
    if (path === undefined) continue;
    const bytes = await readFile(path);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    found.push({ name, path, bytes: bytes.length, hash });
  }
  return found;
}

export async function examineMachine(): Promise<MachineReport> {
  const { used, problem } = findUsed();
  const installations = listInstallations();
  // OZMA_LLVM may point outside the places that are looked into.
  if (used !== undefined && !installations.some(({ programs: folder }) => folder === used.programs)) {
    installations.unshift(used);
  }
  const folder = cacheFolder();
  const report: MachineReport = {
    node: { version: process.versions.node, supported: isSupportedNode(process.versions.node) },
    llvm: installations.map((installation) => reportInstallation(installation, used)),
    targets: [],
    compiles: {},
    cache: { folder, bytes: await folderBytes(folder), freeBytes: await freeBytes(folder) },
    models: await releasedModels(),
    missing: [],
  };
  const miss = (need: Need, what: string): void => {
    report.missing.push({ need, what, mend: mendingCommand(need) });
  };
  if (!report.node.supported) miss('node', `expected Node ^20.19 or >=22.18, found ${report.node.version}`);
  if (used === undefined) {
    miss('llvm', problem ?? 'no LLVM');
    return report;
  }
  const missingPrograms = report.llvm.find((row) => row.used)?.missingPrograms ?? [];
  if (missingPrograms.length > 0) {
    miss('llvm-programs', `${missingPrograms.join(', ')} missing in ${used.programs}`);
  }
  const host = await outputOf(programPath(used, 'clang'), '-dumpmachine');
  if (host !== undefined) report.host = host;
  report.targets = parseTargets((await outputOf(programPath(used, 'llc'), '--version')) ?? '');
  report.compiles.c = await checkCompile(programPath(used, 'clang'), 'hello.c', helloC);
  if (!report.compiles.c.passed) miss('headers-c', `clang cannot build C: ${report.compiles.c.problem}`);
  report.compiles.cpp = await checkCompile(programPath(used, 'clang++'), 'hello.cpp', helloCpp);
  if (!report.compiles.cpp.passed)
    miss('headers-cpp', `clang++ cannot build C++: ${report.compiles.cpp.problem}`);
  return report;
}
