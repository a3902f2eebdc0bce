// Fetches the Debian source packages that size figures are reported for, configures and builds them as
// they do it themselves, and writes one compile_commands.json each. These packages are test data: nothing
// is ever mined from them or tuned on them.
//
//   node dist-bench/packages.js FOLDER [NAME …]
//
// Needs a deb-src line for apt, dpkg-dev, make, and clang 22.

import { execSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

interface Package {
  name: string;
  /** Debian's name of the source package, and a version where the newest cannot always be had. */
  source: string;
  /** The folder inside the source that commands and files are relative to. */
  folder?: string;
  /** Shell commands that build it; `$CC` is the recording compiler, `$PACKAGES` the folder of all. */
  build?: string[];
  /** Or, where the package's build needs more tools: its files and the flags its build gives them. */
  files?: { folder: string; flags: string[] };
}

const packages: Package[] = [
  { name: 'zlib', source: 'zlib', build: ['./configure --static', 'make CC="$CC" libz.a'] },
  { name: 'lz4', source: 'lz4', build: ['make CC="$CC" lib lz4'] },
  {
    name: 'lua5.4',
    source: 'lua5.4',
    build: [`printf '#define DEB_HOST_MULTIARCH "x86_64-linux-gnu"\\n' > src/lua5.4-deb-multiarch.h`],
    files: { folder: 'src', flags: ['-std=gnu99', '-DLUA_COMPAT_5_3', '-DLUA_USE_LINUX', '-I.'] },
  },
  {
    name: 'expat',
    source: 'expat',
    folder: 'expat',
    files: {
      folder: 'lib',
      flags: [
        '-DXML_NS',
        '-DXML_DTD',
        '-DXML_CONTEXT_BYTES=1024',
        '-DBYTEORDER=1234',
        '-DXML_DEV_URANDOM',
        '-DHAVE_MEMMOVE',
        '-DHAVE_GETPAGESIZE',
        '-DHAVE_MMAP',
        '-I.',
      ],
    },
  },
  {
    name: 'libpng',
    source: 'libpng1.6',
    build: [
      './configure CPPFLAGS=-I$PACKAGES/zlib/source LDFLAGS=-L$PACKAGES/zlib/source',
      'make libpng16.la',
    ],
  },
];

interface Entry {
  directory: string;
  file: string;
  arguments: string[];
}

/** Output, dependency, link and debug flags say nothing about the code. */
const takesValue = new Set(['-o', '-MF', '-MT', '-MQ', '-x', '-dumpdir']);
const dropped = /^(-c|-M|-MM|-MD|-MMD|-MP|-g\d?|-xc|--driver-mode=.*|--target=.*|-gen-cdb.*|-shared|-Wl,.*)$/;

function meaningful(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (takesValue.has(word)) at++;
    else if (!dropped.test(word)) kept.push(word);
  }
  return kept;
}

/** What clang's `-gen-cdb-fragment-path` wrote: one entry a source file, the first compile of each. */
function readFragments(folder: string): Entry[] {
  const entries = new Map<string, Entry>();
  const lines = readdirSync(folder)
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  for (const line of lines.map((text) => text.trim().replace(/,$/, ''))) {
    if (line === '') continue;
    const entry = JSON.parse(line) as Entry;
    const known = /conftest|dummy|\bvers\.c|pnglibconf/.test(entry.file) || entry.file === '-';
    const path = resolve(entry.directory, entry.file);
    if (known || entries.has(path) || !existsSync(path)) continue;
    entries.set(path, { ...entry, arguments: ['clang', ...meaningful(entry.arguments.slice(1)), '-c'] });
  }
  return [...entries.values()];
}

function prepare(item: Package, root: string): Entry[] {
  const home = join(root, item.name);
  const source = join(home, 'source');
  const recorded = join(home, 'recorded');
  mkdirSync(recorded, { recursive: true });
  const clang = programPath(findInstallation(), 'clang');
  const environment = { ...process.env, CC: `${clang} -gen-cdb-fragment-path ${recorded}`, PACKAGES: root };
  const run = (command: string, cwd: string): void => {
    execSync(command, { cwd, env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  if (!existsSync(source)) fetchSource(item.source, home, run);
  const cwd = join(source, item.folder ?? '.');
  for (const command of item.build ?? []) run(command, cwd);
  if (item.files === undefined) return readFragments(recorded);
  const { folder, flags } = item.files;
  const directory = join(cwd, folder);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.c'))
    .map((file) => ({ directory, file, arguments: ['clang', ...flags, '-c', file] }));
}

/** The newest version that can be downloaded; a mirror may no longer have the very newest. */
function fetchSource(name: string, home: string, run: (command: string, cwd: string) => void): void {
  const versions = execSync(`apt-cache showsrc ${name}`, { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.startsWith('Version: '))
    .map((line) => line.slice('Version: '.length))
    .sort()
    .reverse();
  for (const version of versions) {
    try {
      run(`apt-get source -qq ${name}=${version}`, home);
    } catch {
      continue;
    }
    const unpacked = readdirSync(home, { withFileTypes: true }).find(
      (entry) => entry.isDirectory() && entry.name !== 'recorded',
    );
    run(`mv ${unpacked!.name} source`, home);
    return;
  }
  throw new Error(`expected a source package ${name} that can be downloaded, found ${versions.join(', ')}`);
}

const [folder, ...names] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected FOLDER');
const root = resolve(folder);
for (const item of packages.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const entries = prepare(item, root);
  const compilable = entries.filter((entry) => {
    try {
      const words = entry.arguments.slice(1).map((word) => `'${word}'`);
      execSync(`${programPath(findInstallation(), 'clang')} ${words.join(' ')} -fsyntax-only -w`, {
        cwd: entry.directory,
        stdio: 'ignore',
      });
      return true;
    } catch {
      process.stderr.write(`${item.name}: ${basename(entry.file)} does not compile alone, left out\n`);
      return false;
    }
  });
  writeFileSync(join(root, item.name, 'compile_commands.json'), JSON.stringify(compilable, undefined, 1));
  process.stdout.write(`${item.name}: ${compilable.length} files\n`);
}
