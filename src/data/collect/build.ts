// A package built by its own build system, with a recording compiler in the place of cc: every compilation is
// noted with its folder and words, and made at -O0, which is the cheapest object that later steps of the
// build accept. The notes give exact flags; unoptimised IR is made from them afterwards. Slower than guessing
// (docs/lab-log.md has the figures), and it runs the package's own scripts.

import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Translation } from '../../llvm/clang.ts';
import { compileFlags, readClangWords } from '../../llvm/clang-flags.ts';
import { programPath, type LlvmInstallation } from '../../llvm/installation.ts';
import { failureLine, runProgram, type ProgramResult } from '../../llvm/run-program.ts';
import type { GivenSource } from './inputs.ts';
import { sourceLanguage } from './source-tree.ts';

export interface BuildResult {
  /** One for each source that the build compiled, sorted by path; the first compilation counts. */
  sources: GivenSource[];
  /** Why the build ended early, where it did. What was recorded until then counts. */
  line?: string;
}

/** Notes folder and words, NUL between them, then compiles. Links and preprocesses like the compiler itself. */
function recorder(compiler: string, notes: string): string {
  return `#!/bin/sh
case " $* " in
*conftest*|*CMakeFiles/CMakeTmp*|*CMakeScratch*|*meson-private*) exec ${compiler} -w "$@" ;;
*" -c "*) printf '%s\\0' "$PWD" "$@" > "${notes}/$$" ;;
esac
exec ${compiler} "$@" -w -g0 -O0 -fno-lto
`;
}

async function writeRecorder(
  installation: LlvmInstallation,
  folder: string,
): Promise<{ cc: string; cxx: string; notes: string }> {
  const notes = join(folder, 'notes');
  await mkdir(notes, { recursive: true });
  const compilers: string[] = [];
  for (const program of ['clang', 'clang++'] as const) {
    const file = join(folder, program);
    await writeFile(file, recorder(programPath(installation, program), notes));
    await chmod(file, 0o755);
    compilers.push(file);
  }
  return { cc: compilers[0]!, cxx: compilers[1]!, notes };
}

/** Where the build starts: mostly the root, in some packages a folder for Unix. */
function buildFolder(root: string): string {
  const starts = [
    'configure',
    'CMakeLists.txt',
    'meson.build',
    'autogen.sh',
    'configure.ac',
    'Makefile',
    'GNUmakefile',
    'makefile',
  ];
  const folders = ['.', 'unix', 'src', 'source', 'Source'];
  return join(
    root,
    folders.find((folder) => starts.some((name) => existsSync(join(root, folder, name)))) ?? '.',
  );
}

/** The commands that configure and build, by what lies in the folder. */
function buildCommands(root: string): string[][] {
  const has = (name: string): boolean => existsSync(join(root, name));
  const make = ['make', '-k', '-i', '-j1', 'V=0'];
  if (has('configure')) {
    return [
      [
        'sh',
        './configure',
        '--disable-dependency-tracking',
        '--disable-nls',
        '--disable-shared',
        '--enable-static',
      ],
      make,
    ];
  }
  if (has('CMakeLists.txt')) {
    return [
      [
        'cmake',
        '-S',
        '.',
        '-B',
        'ozma-build',
        '-DCMAKE_BUILD_TYPE=Release',
        '-DBUILD_TESTING=OFF',
        '-DBUILD_SHARED_LIBS=OFF',
      ],
      ['cmake', '--build', 'ozma-build', '-j1', '--', '-k'],
    ];
  }
  if (has('meson.build')) {
    return [
      ['meson', 'setup', 'ozma-build'],
      ['ninja', '-C', 'ozma-build', '-j1', '-k0'],
    ];
  }
  if (has('autogen.sh') || has('configure.ac')) {
    return [
      ['autoreconf', '-fi'],
      ['sh', './configure', '--disable-dependency-tracking', '--disable-nls'],
      make,
    ];
  }
  if (has('Makefile') || has('GNUmakefile') || has('makefile')) return [make];
  return [];
}

/** `apt-get build-dep`, which needs root. Says why where it did not work; the build goes on without. */
export async function installBuildDependencies(name: string, seconds: number): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'build dependencies are installed by root only';
  const words = [
    'build-dep',
    '-y',
    '-qq',
    '--no-install-recommends',
    '--no-remove',
    '-P',
    'nodoc,nocheck',
    name,
  ];
  const result = await runProgram('apt-get', words, {
    timeoutSeconds: seconds,
    environment: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return result.exitCode === 0 ? undefined : failureLine(result);
}

/** Configures and builds in place, for at most so many seconds. `scratch` holds the recorder and its notes. */
export async function buildPackage(
  installation: LlvmInstallation,
  root: string,
  scratch: string,
  seconds: number,
): Promise<BuildResult> {
  const folder = buildFolder(root);
  const commands = buildCommands(folder);
  if (commands.length === 0)
    return { sources: [], line: 'no configure, CMakeLists.txt, meson.build or Makefile' };
  const { cc, cxx, notes } = await writeRecorder(installation, scratch);
  const environment = { ...process.env, CC: cc, CXX: cxx, CFLAGS: '-O0', CXXFLAGS: '-O0', MAKEFLAGS: '' };
  const end = performance.now() + seconds * 1000;
  let line: string | undefined;
  for (const [program = '', ...words] of commands) {
    const left = (end - performance.now()) / 1000;
    if (left <= 1) {
      line ??= `the build did not end within ${seconds} s`;
      break;
    }
    const assignments = program === 'make' ? [`CC=${cc}`, `CXX=${cxx}`] : [];
    const result: ProgramResult = await runProgram(program, [...words, ...assignments], {
      directory: folder,
      environment,
      timeoutSeconds: left,
    });
    if (result.exitCode !== 0)
      line ??= result.timedOut ? `the build did not end within ${seconds} s` : failureLine(result);
  }
  return { sources: await readNotes(notes, root), ...(line === undefined ? {} : { line }) };
}

async function readNotes(notes: string, root: string): Promise<GivenSource[]> {
  const found = new Map<string, Translation>();
  for (const name of (await readdir(notes)).sort()) {
    const [directory = '', ...words] = (await readFile(join(notes, name), 'utf8')).split('\0').slice(0, -1);
    const entries = readClangWords(words);
    const flags = compileFlags(entries);
    for (const { flag, value } of entries) {
      const language = flag === undefined && value !== undefined ? sourceLanguage(value) : undefined;
      if (language === undefined || value === undefined) continue;
      const file = resolve(directory, value);
      const path = relative(root, file);
      if (path.startsWith('..') || found.has(path) || !existsSync(file)) continue;
      found.set(path, { file: value, directory, language, flags });
    }
  }
  return [...found]
    .map(([path, translation]) => ({ path, translation }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
