// Random C programs by csmith, as further self-testing programs: they print a checksum of their variables,
// and the right one is what the -O0 build prints. Programs that do not end within two seconds at -O0 are
// dropped and counted. Needs the `csmith` program and its headers (Debian: csmith, libcsmith-dev).

import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { programPath } from '../llvm/installation.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';
import { runLimited } from './evaluation/limited-process.ts';
import type { SelfTestingProgram } from './evaluation/self-testing-program.ts';

export interface CsmithOptions {
  installation: LlvmInstallation;
  /** The first seed; program i has seed + i. */
  seed: number;
  /** How many programs to generate; fewer come back, see `dropped`. */
  count: number;
  /** The generator; default `csmith` on PATH. */
  program?: string;
  /** The folder of csmith.h; default the first of the usual places. */
  headers?: string;
  signal?: AbortSignal;
}

export interface CsmithPrograms {
  programs: SelfTestingProgram[];
  /** Ran longer than two seconds at -O0. */
  tooSlow: number;
  /** Not generated, not compiled, or ended with another exit code than 0. */
  failed: number;
}

/** The folder of csmith.h. Throws `environment` where there is none. */
export function csmithHeaders(): string {
  const found = headerFolders.find((folder) => existsSync(join(folder, 'csmith.h')));
  if (found !== undefined) return found;
  throw new OzmaError(
    'environment',
    'expected csmith.h, found none; on Debian: apt-get install csmith libcsmith-dev',
  );
}

const headerFolders = ['/usr/include/csmith', '/usr/include/csmith-2.3.0', '/usr/local/include/csmith'];
const memory = 2 * 2 ** 30;
const generateLimits = { time: 10_000, memory };
const referenceLimits = { time: 2_000, memory };

/** Smaller programs than csmith's own choice, so that a hundred lists a program stay affordable. */
export const csmithSwitches = ['--max-funcs', '6', '--max-block-depth', '4', '--max-block-size', '4'];

/** Generates programs and their reference output. Throws `environment` where csmith is missing. */
export async function generateCsmithPrograms(options: CsmithOptions): Promise<CsmithPrograms> {
  const headers = options.headers ?? csmithHeaders();
  const flags = [`-I${headers}`];
  const clang = programPath(options.installation, 'clang');
  const folder = await mkdtemp(join(tmpdir(), 'ozma-csmith-'));
  const result: CsmithPrograms = { programs: [], tooSlow: 0, failed: 0 };
  const surroundings = { folder, signal: options.signal };
  try {
    for (let seed = options.seed; seed < options.seed + options.count; seed++) {
      if (options.signal?.aborted === true) break;
      const generator = options.program ?? 'csmith';
      const generated = await runLimited(
        generator,
        ['--seed', String(seed), ...csmithSwitches],
        generateLimits,
        surroundings,
      );
      if (generated.exitCode === 127) {
        throw new OzmaError(
          'environment',
          `expected the program ${generator}, found none; on Debian: apt-get install csmith`,
        );
      }
      const file = join(folder, 'program.c');
      await writeFile(file, generated.stdout);
      const build = ['-O0', '-w', ...flags, file, '-o', join(folder, 'program')];
      const compiled = await runLimited(clang, build, generateLimits, surroundings);
      if (generated.exitCode !== 0 || compiled.exitCode !== 0) {
        result.failed += 1;
        continue;
      }
      const reference = await runLimited(join(folder, 'program'), [], referenceLimits, surroundings);
      if (reference.timedOut) result.tooSlow += 1;
      else if (reference.exitCode !== 0) result.failed += 1;
      else {
        result.programs.push({
          name: `csmith-${seed}`,
          language: 'c',
          source: { text: generated.stdout },
          flags,
          expectedOutput: reference.stdout,
        });
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return result;
}
