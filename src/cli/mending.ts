// The command that mends each thing that may be missing, by the system's package manager. Only said,
// never run: the launcher `./ozma` installs, and only as root on Debian and Ubuntu.

import { readFileSync } from 'node:fs';
import { preferredMajor } from '../llvm/installation.ts';

/** What may be missing on a machine. */
export type Need = 'node' | 'llvm' | 'llvm-programs' | 'headers-c' | 'headers-cpp';

type Manager = 'apt-get' | 'dnf' | 'pacman' | 'brew' | 'unknown';

const llvmPackages = `clang-${preferredMajor} lld-${preferredMajor} llvm-${preferredMajor} libllvm${preferredMajor}`;

const commandsByManager: Record<Manager, Record<Exclude<Need, 'node'>, string>> = {
  'apt-get': {
    llvm: `sudo apt-get install ${llvmPackages}`,
    'llvm-programs': `sudo apt-get install ${llvmPackages}`,
    'headers-c': 'sudo apt-get install libc6-dev binutils',
    'headers-cpp': 'sudo apt-get install g++',
  },
  dnf: {
    llvm: 'sudo dnf install clang lld llvm llvm-libs',
    'llvm-programs': 'sudo dnf install clang llvm',
    'headers-c': 'sudo dnf install glibc-devel binutils gcc',
    'headers-cpp': 'sudo dnf install libstdc++-devel',
  },
  pacman: {
    llvm: 'sudo pacman -S clang lld llvm llvm-libs',
    'llvm-programs': 'sudo pacman -S clang llvm',
    'headers-c': 'sudo pacman -S glibc binutils gcc',
    'headers-cpp': 'sudo pacman -S gcc',
  },
  brew: {
    llvm: `brew install llvm@${preferredMajor}`,
    'llvm-programs': `brew reinstall llvm@${preferredMajor}`,
    'headers-c': 'xcode-select --install',
    'headers-cpp': 'xcode-select --install',
  },
  unknown: {
    llvm: `install clang, the LLVM programs and libLLVM, version ${preferredMajor}, or set OZMA_LLVM to their folder`,
    'llvm-programs': `install the LLVM ${preferredMajor} programs beside clang`,
    'headers-c': "install the C library's headers and a linker",
    'headers-cpp': "install the C++ library's headers",
  },
};

/** The package manager from the text of /etc/os-release. */
export function managerOf(osRelease: string): Manager {
  const words = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' '),
  );
  if (words.includes('debian') || words.includes('ubuntu')) return 'apt-get';
  if (words.includes('fedora') || words.includes('rhel')) return 'dnf';
  if (words.includes('arch')) return 'pacman';
  return 'unknown';
}

function thisManager(): Manager {
  if (process.platform === 'darwin') return 'brew';
  try {
    return managerOf(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return 'unknown';
  }
}

/** The command, or the advice where no command is known. */
export function mendingCommand(need: Need, manager: Manager = thisManager()): string {
  if (need === 'node') return 'install Node 22 from https://nodejs.org or your version manager';
  return commandsByManager[manager][need];
}
