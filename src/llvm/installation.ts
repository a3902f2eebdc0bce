// Finds one LLVM: the shared library and the programs (clang, opt, llvm-size …) of the same version.
// A bare `opt` or `clang` on PATH may be any version, so nothing is ever run by its bare name: versioned
// places are looked into, and each find is asked for its version before it is believed.

import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { OzmaError } from '../common/errors.ts';

/** The oldest major version whose C API and pass names we rely on. */
export const oldestSupportedMajor = 19;
/** The version that the label sets, the pass verdicts and the released models were made with. */
export const preferredMajor = 22;

export interface LlvmInstallation {
  major: number;
  /** As `clang --version` says it, for example 22.1.8. */
  version: string;
  /** The shared library that holds the LLVM-C API. */
  library: string;
  /** The folder that holds `clang`, `opt`, `llc`, `llvm-size` of this version. */
  programs: string;
}

/** The programs that Ozma runs. `doctor` shows which of them are there. */
export type LlvmProgram =
  | 'clang'
  | 'clang++'
  | 'opt'
  | 'llc'
  | 'llvm-size'
  | 'llvm-dis'
  | 'llvm-link'
  | 'llvm-extract'
  | 'llvm-reduce'
  | 'ld.lld';

export function programPath(installation: LlvmInstallation, program: LlvmProgram): string {
  return join(installation.programs, program);
}

const libraryFolders = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/lib',
];

/** Where the programs of one major version may live: Debian and Ubuntu, Fedora, Arch, Homebrew. */
function programFolders(major: number): string[] {
  return [
    `/usr/lib/llvm-${major}/bin`,
    `/usr/lib64/llvm${major}/bin`,
    `/usr/lib/llvm${major}/bin`,
    `/opt/homebrew/opt/llvm@${major}/bin`,
    `/usr/local/opt/llvm@${major}/bin`,
    '/opt/homebrew/opt/llvm/bin',
  ];
}

/** `22.1.8` from the text of `clang --version`, or nothing when the program does not run. */
function clangVersion(programs: string): string | undefined {
  const clang = join(programs, 'clang');
  if (!existsSync(clang)) return undefined;
  try {
    const text = execFileSync(clang, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return /clang version (\d+\.\d+\.\d+)/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

function findLibrary(major: number, programs: string): string | undefined {
  const folders = [join(programs, '..', 'lib'), ...libraryFolders];
  const named = new RegExp(`^libLLVM(-${major}\\.so(\\.1)?|\\.so\\.${major}\\.\\d+|-${major}\\.dylib)$`);
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    const found = readdirSync(folder).filter((name) => named.test(name));
    if (found.length > 0) return realpathSync(join(folder, found.sort()[0]!));
  }
  return undefined;
}

function installationAt(programs: string): LlvmInstallation | undefined {
  const version = clangVersion(programs);
  if (version === undefined) return undefined;
  const major = Number.parseInt(version, 10);
  const library = findLibrary(major, programs);
  return library === undefined ? undefined : { major, version, library, programs };
}

/** Every supported installation on this machine, the preferred version first, then the newest. */
export function listInstallations(): LlvmInstallation[] {
  const majors = [preferredMajor];
  for (let major = preferredMajor + 8; major >= oldestSupportedMajor; major--) {
    if (major !== preferredMajor) majors.push(major);
  }
  const found = new Map<string, LlvmInstallation>();
  for (const major of majors) {
    for (const folder of programFolders(major)) {
      const installation = installationAt(folder);
      if (installation?.major === major) found.set(installation.programs, installation);
    }
  }
  return [...found.values()];
}

/**
 * The LLVM to use: `OZMA_LLVM` (a folder that holds `clang`) if set, else version 22, else the newest.
 * Throws `environment` with the command that installs it.
 */
export function findInstallation(): LlvmInstallation {
  const wanted = process.env['OZMA_LLVM'];
  if (wanted !== undefined && wanted !== '') {
    const installation = installationAt(wanted) ?? installationAt(join(wanted, 'bin'));
    if (installation === undefined) {
      throw new OzmaError(
        'environment',
        `OZMA_LLVM=${wanted}: expected a folder with clang and a libLLVM of the same version, found none`,
      );
    }
    if (installation.major < oldestSupportedMajor) {
      throw new OzmaError(
        'environment',
        `OZMA_LLVM=${wanted}: expected LLVM ${oldestSupportedMajor} or newer, found ${installation.version}`,
      );
    }
    return installation;
  }
  const [first] = listInstallations();
  if (first === undefined) {
    throw new OzmaError(
      'environment',
      `expected LLVM ${oldestSupportedMajor} or newer with clang and libLLVM, found none; on Debian 12: ` +
        `apt-get install clang-${preferredMajor} lld-${preferredMajor} llvm-${preferredMajor} libllvm${preferredMajor}`,
    );
  }
  return first;
}
