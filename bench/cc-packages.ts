// Real packages built with `make CC="ozma cc"`: does each one's own test suite pass, and how many bytes does
// it save over the same build with `clang -Oz`? Each Debian source is built three times: with clang and -Oz
// after its own flags, with `ozma cc` and an empty cache, and with `ozma cc` again from that cache. None
// of these packages was mined for the coreset.
//
//   node dist-bench/cc-packages.js FOLDER [NAME …] [--compiles 20] [--jobs 2]
//
// Needs a deb-src line for apt, dpkg-dev and make. Sources that are in FOLDER already are not fetched again;
// what was printed by each command is in FOLDER/*.log. Exit code 1 when a suite fails with `ozma cc` only.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { berkeleySizes, elfFiles, type ElfKind } from './elf-files.js';

interface Package {
  /** Debian's name of the source package. */
  source: string;
  /** Shell commands, with CC in the environment; `$TREES` holds the trees of this build, by name. */
  configure?: string;
  build: string;
  /** Its own test suite. May build the test programs first. */
  test: string;
  /** A package of this table that must be built before. */
  needs?: string;
}

const zlibFlags = 'CPPFLAGS=-I$TREES/zlib LDFLAGS=-L$TREES/zlib LD_LIBRARY_PATH=$TREES/zlib';

const packages: Readonly<Record<string, Package>> = {
  zlib: { source: 'zlib', configure: './configure', build: 'make all', test: 'make test' },
  libogg: { source: 'libogg', configure: './configure', build: 'make', test: 'make check' },
  popt: { source: 'popt', configure: './configure --disable-nls', build: 'make', test: 'make check' },
  libpng: {
    source: 'libpng1.6',
    configure: `env ${zlibFlags} ./configure`,
    build: `env ${zlibFlags} make`,
    test: `env ${zlibFlags} make check`,
    needs: 'zlib',
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { compiles: { type: 'string', default: '20' }, jobs: { type: 'string', default: '2' } },
});
const [folder, ...names] = positionals;
if (folder === undefined) throw new Error('expected FOLDER');
const root = resolve(folder);
const installation = findInstallation();
const launcher = join(import.meta.dirname, '..', 'ozma');

/** Of the same length: a tree's path may be in the programs that are built in it. */
type Trees = 'clang' | 'tuned';

/** Seconds, and whether the command succeeded. Its output goes to a file. */
function run(command: string, directory: string, environment: NodeJS.ProcessEnv, log: string): Finished {
  const output = openSync(join(root, log), 'a');
  const start = performance.now();
  const { status } = spawnSync('sh', ['-c', command], {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  return { seconds: (performance.now() - start) / 1000, passed: status === 0 };
}

interface Finished {
  seconds: number;
  passed: boolean;
}

/** Debian's patched source in FOLDER/sources/NAME, of the newest version that the mirror still has. */
function fetchSource(name: string, { source }: Package): string {
  const home = join(root, 'sources', name);
  mkdirSync(home, { recursive: true });
  const unpacked = (): string | undefined =>
    readdirSync(home, { withFileTypes: true }).find((entry) => entry.isDirectory())?.name;
  const versions = execFileSync('apt-cache', ['showsrc', source], { encoding: 'utf8' }).matchAll(
    /^Version: (.+)$/gm,
  );
  const oldestFirst = [...versions].map(([, version]) => version!).sort();
  while (unpacked() === undefined) {
    const version = oldestFirst.pop();
    if (version === undefined) throw new Error(`expected a source package ${source}, found none to download`);
    spawnSync('apt-get', ['source', '-qq', `${source}=${version}`], { cwd: home, stdio: 'ignore' });
  }
  return join(home, unpacked()!);
}

function versionOf(source: string): string {
  const [line = ''] = readFileSync(join(source, 'debian/changelog'), 'utf8').split('\n');
  return /\((.*?)\)/.exec(line)?.[1] ?? '?';
}

/** Debian's patches may leave sources of configure newer than what is generated, as a package build mends. */
const inOrder = ['aclocal.m4', 'config.h.in', 'configure', 'Makefile.in'].map(
  (name) => `find . -name ${name} -exec touch {} +`,
);

interface Built {
  configure: Finished;
  build: Finished;
  sizes: Record<ElfKind, Map<string, number>>;
}

/** A fresh copy, configured and built. Throws when that fails, for then there is nothing to compare. */
function build(name: string, item: Package, source: string, trees: Trees, log: string): Built {
  const tree = join(root, trees, name);
  rmSync(tree, { recursive: true, force: true });
  rmSync(join(root, log), { force: true });
  mkdirSync(join(root, trees), { recursive: true });
  execFileSync('cp', ['-a', source, tree]);
  const step = (command: string): Finished => {
    const finished = run(command, tree, environmentOf(name, trees), log);
    if (!finished.passed) throw new Error(`${name}: ${command} failed: see ${join(root, log)}`);
    return finished;
  };
  step(inOrder.join(' && '));
  const configure = step(item.configure ?? 'true');
  const built = step(`${item.build} -j${values.jobs}`);
  const sizes = (kind: ElfKind): Map<string, number> =>
    berkeleySizes(installation, tree, elfFiles(tree, kind));
  return { configure, build: built, sizes: { object: sizes('object'), linked: sizes('linked') } };
}

function environmentOf(name: string, trees: Trees): NodeJS.ProcessEnv {
  const shared = { TREES: join(root, trees) };
  if (trees === 'clang') return { ...shared, CC: join(root, 'clang-oz') };
  return {
    ...shared,
    CC: `${launcher} cc`,
    OZMA_COMPILES: values.compiles,
    OZMA_QUIET: '1',
    OZMA_CACHE: join(root, 'cache', name),
    OZMA_LOG: join(root, `${name}.jsonl`),
  };
}

const sum = (sizes: ReadonlyMap<string, number>): number => [...sizes.values()].reduce((a, b) => a + b, 0);

function expectSameFiles(name: string, ours: readonly string[], theirs: readonly string[]): void {
  const lacking = theirs.filter((file) => !ours.includes(file));
  const more = ours.filter((file) => !theirs.includes(file));
  if (lacking.length + more.length === 0) return;
  throw new Error(
    `${name}: expected the files of the clang build, found no ${lacking.join()}, also ${more.join()}`,
  );
}

interface Logged {
  output: string;
  cached: boolean;
}

/** How many compiles `ozma cc` did itself, and how many of them were known. */
function logged(name: string): { tuned: number; cached: number } {
  const file = join(root, `${name}.jsonl`);
  if (!existsSync(file)) return { tuned: 0, cached: 0 };
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Logged);
  return { tuned: lines.length, cached: lines.filter(({ cached }) => cached).length };
}

interface Row {
  cells: string[];
  brokenByUs: boolean;
}

function measure(name: string, item: Package): Row {
  const source = fetchSource(name, item);
  const clang = build(name, item, source, 'clang', `${name}-clang.log`);
  rmSync(join(root, 'cache', name), { recursive: true, force: true });
  rmSync(join(root, `${name}.jsonl`), { force: true });
  const first = build(name, item, source, 'tuned', `${name}-first.log`);
  for (const kind of ['object', 'linked'] as const) {
    expectSameFiles(name, [...first.sizes[kind].keys()], [...clang.sizes[kind].keys()]);
  }
  const inFirst = logged(name);
  rmSync(join(root, `${name}.jsonl`), { force: true });
  const second = build(name, item, source, 'tuned', `${name}-second.log`);
  const inSecond = logged(name);
  // The suites run last, in the trees as built from the cache: they may build more objects.
  const test = (trees: Trees): boolean => {
    const tree = join(root, trees, name);
    return run(item.test, tree, environmentOf(name, trees), `${name}-test-${trees}.log`).passed;
  };
  const passed = { clang: test('clang'), tuned: test('tuned') };
  for (const [file, size] of first.sizes.object) {
    const again = second.sizes.object.get(file);
    if (again !== size) throw new Error(`${name}: ${file}: expected ${size} bytes again, found ${again}`);
  }
  const bytes = { clang: sum(clang.sizes.object), tuned: sum(first.sizes.object) };
  const linked = { clang: sum(clang.sizes.linked), tuned: sum(first.sizes.linked) };
  process.stderr.write(
    `${name}: ${inFirst.tuned} compiles tuned (${inFirst.cached} of them known already), ` +
      `${inSecond.cached} of ${inSecond.tuned} known in the second build\n`,
  );
  const duration = (pick: (built: Built) => Finished): string =>
    [clang, first, second].map((built) => minutes(pick(built).seconds)).join(' / ');
  return {
    cells: [
      name,
      versionOf(source),
      String(clang.sizes.object.size),
      count(bytes.clang),
      count(bytes.tuned),
      saved(bytes),
      `${count(linked.clang)} → ${count(linked.tuned)} (${saved(linked)})`,
      passed.clang && passed.tuned
        ? 'both pass'
        : `clang -Oz ${word(passed.clang)}, ozma cc ${word(passed.tuned)}`,
      duration(({ configure }) => configure),
      duration((built) => built.build),
    ],
    brokenByUs: passed.clang && !passed.tuned,
  };
}

const count = (bytes: number): string => bytes.toLocaleString('en-US');
const word = (passed: boolean): string => (passed ? 'passes' : 'fails');
const minutes = (seconds: number): string => (seconds / 60).toFixed(2);
const saved = ({ clang, tuned }: Record<Trees, number>): string =>
  `${(100 * (1 - tuned / clang)).toFixed(2)} %`;

/** The packages asked for, each after what it needs unless an earlier run built that. */
function inDependencyOrder(wanted: readonly string[]): string[] {
  const ordered = new Set<string>();
  for (const name of wanted) {
    const item = packages[name];
    if (item === undefined) throw new Error(`expected ${Object.keys(packages).join(', ')}, found ${name}`);
    const built = (needed: string): boolean => existsSync(join(root, 'tuned', needed));
    if (item.needs !== undefined && !built(item.needs)) ordered.add(item.needs);
    ordered.add(name);
  }
  return [...ordered];
}

mkdirSync(root, { recursive: true });
// As `ozma cc` does it: the last -O on the command line is the one that counts.
writeFileSync(join(root, 'clang-oz'), `#!/bin/sh\nexec '${programPath(installation, 'clang')}' "$@" -Oz\n`);
chmodSync(join(root, 'clang-oz'), 0o755);
execFileSync(launcher, ['setup'], { stdio: 'inherit' });

const header = [
  'package',
  'version',
  'objects',
  'bytes, clang -Oz',
  'bytes, ozma cc',
  'saved',
  'linked bytes',
  'test suite',
  'minutes to configure: clang / first / second',
  'minutes to build: clang / first / second',
];
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
process.stdout.write(line(header) + line(header.map(() => '---')));
for (const name of inDependencyOrder(names.length === 0 ? Object.keys(packages) : names)) {
  const { cells, brokenByUs } = measure(name, packages[name]!);
  process.stdout.write(line(cells));
  if (brokenByUs) process.exitCode = 1;
}
