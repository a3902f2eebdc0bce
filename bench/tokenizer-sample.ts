// A sample of real IR and assembly for tokenizer measurements: Debian source packages, each file compiled
// by itself with guessed include paths to -Oz IR and to x86-64 and AArch64 assembly. What does not compile
// that way is left out. Split by package; none is a package that results are reported for elsewhere.
//
//   node dist-bench/tokenizer-sample.js FOLDER [PACKAGE …]
//
// writes FOLDER/{train,held-out}/{c,cpp}/PACKAGE/*.{ll,x86-64.s,aarch64.s}, about 20 MB. Needs a deb-src line
// for apt, dpkg-dev and clang 22.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { execa } from 'execa';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const train = 'box2d double-conversion hiredis leveldb libonig libyaml muparser opus pugixml re2';
const heldOut = 'cjson jq less libuv1 snappy tinyxml2 yaml-cpp';

/** Of one package and one kind of text; some packages have tests of 100 MB. */
const mostBytes = 400_000;

const multiarch = '/usr/include/x86_64-linux-gnu';
const targets: Readonly<Record<string, readonly string[]>> = {
  ll: ['-emit-llvm'],
  'x86-64.s': ['--target=x86_64-linux-gnu'],
  'aarch64.s': ['--target=aarch64-linux-gnu', '-isystem', multiarch],
};

/** glibc's headers for x86-64 ask every other machine for this file. */
const foreignStub = 'gnu/stubs-32.h';

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** By the hash of the name: a fair choice, the same everywhere. */
function shuffled(names: readonly string[]): string[] {
  const key = (name: string): string => createHash('sha256').update(name).digest('hex');
  return names
    .map((name) => [key(name), name] as const)
    .sort()
    .map(([, name]) => name);
}

function fetch(name: string, folder: string): string {
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('apt-get', ['source', '-qq', name], { cwd: folder, stdio: 'ignore' });
  }
  const source = join(
    folder,
    readdirSync(folder).find((entry) => statSync(join(folder, entry)).isDirectory())!,
  );
  if (existsSync(join(source, 'configure')) && !existsSync(join(source, 'config.status'))) {
    spawnSync('./configure', ['--disable-dependency-tracking'], { cwd: source, stdio: 'ignore' });
  }
  return source;
}

/** Compiles with few include paths, else with every folder that has headers, in which one may hide another. */
async function compile(
  clang: string,
  file: string,
  path: string,
  words: readonly string[],
  includes: string[][],
): Promise<boolean> {
  for (const folders of includes) {
    const flags = ['-Oz', '-w', '-D_GNU_SOURCE', ...words, ...folders.flatMap((folder) => ['-I', folder])];
    const run = await execa(clang, [...flags, '-S', file, '-o', path], { reject: false, timeout: 60_000 });
    if (run.exitCode === 0) return true;
  }
  return false;
}

/** Writes what fits. */
async function compileAll(
  source: string,
  output: string,
  stubs: string,
  clang: (cpp: boolean) => string,
): Promise<void> {
  const files = filesBelow(source);
  const withHeaders = files.filter((file) => /\.(h|hh|hpp|inc)$/.test(file)).map((file) => dirname(file));
  const above = withHeaders.map((folder) => dirname(folder)).filter((folder) => folder.startsWith(source));
  const all = [...new Set([source, ...withHeaders, ...above])].sort();
  const usual = ['.', 'include', 'src', 'lib'].map((name) => join(source, name));
  const configured = existsSync(join(source, 'config.h')) ? ['-DHAVE_CONFIG_H'] : [];
  const written: Record<string, number> = {};
  for (const file of shuffled(files.filter((name) => /\.(c|cc|cpp)$/.test(name)))) {
    const cpp = extname(file) !== '.c';
    const folder = output.replace('LANGUAGE', cpp ? 'cpp' : 'c');
    mkdirSync(folder, { recursive: true });
    const wanted = Object.entries(targets).filter(([ending]) => (written[ending] ?? 0) < mostBytes);
    const one = async ([ending, target]: (typeof wanted)[number]): Promise<void> => {
      const path = join(folder, `${relative(source, file).replaceAll('/', '_')}.${ending}`);
      const platform = cpp && ending.startsWith('aarch64') ? ['-isystem', `${multiarch}/c++/12`] : [];
      const language = cpp ? ['-std=c++17'] : [];
      const words = [...configured, ...language, ...target, ...platform, '-isystem', stubs];
      const made = await compile(clang(cpp), file, path, words, [[dirname(file), ...usual], all]);
      if (!made) return;
      const { size } = statSync(path);
      // A file of tables alone would fill the package's share.
      if (size > mostBytes) rmSync(path);
      else written[ending] = (written[ending] ?? 0) + size;
    };
    await Promise.all(wanted.map(one));
  }
  const sizes = Object.entries(written).map(([ending, bytes]) => `${ending} ${(bytes / 1e6).toFixed(2)} MB`);
  process.stdout.write(`${output}: ${sizes.join(', ')}\n`);
}

const [folder, ...only] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a folder to write to');
const installation = findInstallation();
const clang = (cpp: boolean): string => programPath(installation, cpp ? 'clang++' : 'clang');
const stubs = join(folder, 'stubs');
mkdirSync(dirname(join(stubs, foreignStub)), { recursive: true });
writeFileSync(join(stubs, foreignStub), '');
for (const [split, names] of Object.entries({ train, 'held-out': heldOut })) {
  for (const name of names.split(' ')) {
    if (only.length > 0 && !only.includes(name)) continue;
    const source = fetch(name, join(folder, 'sources', name));
    await compileAll(source, join(folder, split, 'LANGUAGE', name), stubs, clang);
  }
}
