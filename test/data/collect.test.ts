// Collecting from small packages made here: flags guessed and flags recorded, what cannot be compiled named
// and counted, and Debian packages from a repository on this disk, so that no network is needed.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { collect } from '#ozma/data/collect/collect.js';
import type { CollectSettings } from '#ozma/data/collect/settings.js';
import { readModules, type CollectedModule, type CollectRecord } from '#ozma/data/collect/collected.js';
import { usualLimits } from '#ozma/data/collect/compile-file.js';
import { fillHeader, headerOfTemplate } from '#ozma/data/collect/config-header.js';
import { readInputs } from '#ozma/data/collect/inputs.js';
import { allPackages } from '#ozma/data/collect/packages.js';
import { isReservedFile, isReservedPackage } from '#ozma/data/collect/reserved.js';
import { learnSystem } from '#ozma/data/collect/system.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const installation = findInstallation();

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-collect-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function settings(folder: string, more: Partial<CollectSettings> = {}): CollectSettings {
  return {
    installation,
    folder,
    jobs: 1,
    build: false,
    buildDependencies: false,
    packageSeconds: 60,
    filesPerPackage: 100,
    ...more,
  };
}

async function modulesOf(folder: string, name: string): Promise<CollectedModule[]> {
  const modules: CollectedModule[] = [];
  for await (const module of readModules(join(folder, `${name}.parquet`), 0, 1000)) modules.push(module);
  return modules;
}

/** As LLVM prints it. */
function irOf(module: CollectedModule): string {
  const words = [join(installation.programs, 'llvm-dis'), '-o', '-', '-'] as const;
  return execFileSync(words[0], words.slice(1), { input: module.content }).toString();
}

const project = {
  'config.h.in':
    '#undef HAVE_UNISTD_H\n#undef HAVE_NO_SUCH_HEADER_H\n#undef HAVE_STRDUP\n#undef SIZEOF_LONG\n#undef VERSION\n',
  'src/main.c':
    '#ifdef HAVE_CONFIG_H\n#include "config.h"\n#endif\n#include "deep.h"\n#include <tool/part.h>\n' +
    '#if SIZEOF_LONG != 8 || !HAVE_STRDUP || defined(HAVE_NO_SUCH_HEADER_H)\n#error wrong\n#endif\n' +
    'const char *where(void) { return VERSION LOCALEDIR __FILE__; }\nint deep(void) { return DEEP + PART; }\n',
  'lib/inner/deep.h': '#define DEEP 3\n',
  'lib/part.h': '#define PART 4\n',
  'src/old.c': 'helper(a) char *a; { return undeclared(a); }\n',
  'src/broken.c': 'int f( { return nothing; }\n',
  'src/missing.c': '#include <no/such/header.h>\nint g;\n',
  'src/sha1.c': 'int sha1(void) { return 1; }\n',
  'src/class.cc': '#include <vector>\nint size(const std::vector<int> &v) { return v.size(); }\n',
  'tests/test.c': 'int main(void) { return 0; }\n',
};

test('flags are guessed; what cannot be compiled is named and counted', async () => {
  const folder = temporaryFolder();
  writeFiles(join(folder, 'tool'), project);
  const [record] = await collect(await readInputs([join(folder, 'tool')]), settings(join(folder, 'out')));
  expect(record).toMatchObject({
    package: 'tool',
    status: 'collected',
    how: 'files',
    sources: 5,
    modules: 3,
    dropped: { error: 1, 'header not found': 1, 'reserved for tests': 1 },
  });
  expect(record!.examples).toEqual([
    {
      file: 'src/broken.c',
      reason: 'error',
      line: expect.stringMatching(/^broken\.c:1:\d+: error: /) as string,
    },
    {
      file: 'src/missing.c',
      reason: 'header not found',
      line: expect.stringContaining("'no/such/header.h' file not found") as string,
    },
  ]);
  const modules = await modulesOf(join(folder, 'out'), 'tool');
  expect(modules.map(({ file, language }) => [file, language])).toEqual([
    ['src/class.cc', 'c++'],
    ['src/main.c', 'c'],
    ['src/old.c', 'c'],
  ]);
  const main = modules[1]!;
  // Unoptimised, for -Oz, and without a trace of where it was compiled.
  expect(irOf(main)).toMatch(/alloca|minsize/);
  expect(irOf(main)).toContain('/usr/sharesrc/main.c\\00');
  expect(JSON.stringify(main.flags)).not.toContain(folder);
  expect(main.flags).toContain('-idirafterlib/inner');
  // The same bitcode from another place.
  const elsewhere = join(folder, 'another', 'place');
  await collect(await readInputs([join(folder, 'tool')]), settings(elsewhere));
  expect(await modulesOf(elsewhere, 'tool')).toEqual(modules);
  // The user's folder is as it was.
  expect(readdirSync(join(folder, 'tool'))).toEqual(['config.h.in', 'lib', 'src', 'tests']);
});

test('a package’s own build is recorded: its flags, its generated header, only what it compiles', async () => {
  const folder = temporaryFolder();
  writeFiles(join(folder, 'made'), {
    Makefile:
      'all: tool broken.o\ntool: main.o part.o\n\t$(CC) -o tool main.o part.o && ./tool > told\n' +
      'main.o: main.c made.h\n\t$(CC) $(CFLAGS) -DGREETING=\'"good day"\' -Iinc -c main.c -o main.o\n' +
      'part.o: part.c\n\t$(CC) -O2 -g -Werror -c part.c\nmade.h:\n\techo "#define MADE 7" > made.h\n' +
      'broken.o: broken.c\n\t$(CC) -c broken.c\n',
    'main.c':
      '#include <stdio.h>\n#include "made.h"\n#include "odd.h"\nint part(int);\nint main(void) { return puts(GREETING) < 0 || part(MADE) != ODD; }\n',
    'inc/odd.h': '#define ODD 8\n',
    'part.c': 'int part(int x) { int unused; return x + 1; }\n',
    'broken.c': 'int f( {\n',
    'never-built.c': 'int never(void) { return 1; }\n',
  });
  const inputs = await readInputs([join(folder, 'made')]);
  const [record] = await collect(inputs, settings(join(folder, 'out'), { build: true }));
  expect(record).toMatchObject({ how: 'build', modules: 2, dropped: { error: 1 } });
  const [main, part] = await modulesOf(join(folder, 'out'), 'made');
  expect(main).toMatchObject({ file: 'main.c', flags: ['-O0', '-DGREETING="good day"', '-Iinc'] });
  expect(irOf(main!)).toContain('c"good day\\00"');
  expect(part!.file).toBe('part.c');
  expect(irOf(part!)).toMatch(/minsize/);
  expect(irOf(part!)).not.toMatch(/!dbg/);
});

test('compile_commands.json, single files, corrupt bitcode', async () => {
  const folder = temporaryFolder();
  writeFiles(join(folder, 'p'), {
    'a.c': 'int a(void) { return VALUE; }\n',
    'b.ll': 'define i32 @b() {\n  ret i32 5\n}\n',
    'corrupt.bc': `BC\xc0\xde${'x'.repeat(99)}`,
  });
  const entry = { directory: '.', file: 'a.c', command: 'gcc -DVALUE=9 -O3 -c a.c -o a.o' };
  writeFileSync(join(folder, 'p', 'compile_commands.json'), JSON.stringify([entry]));
  const out = join(folder, 'out');
  const [database] = await collect(
    await readInputs([join(folder, 'p', 'compile_commands.json')]),
    settings(out),
  );
  expect(database).toMatchObject({ package: 'p', how: 'given', modules: 1 });
  expect(irOf((await modulesOf(out, 'p'))[0]!)).toContain('ret i32 9');
  const files = await readInputs([join(folder, 'p', 'b.ll'), join(folder, 'p', 'corrupt.bc')]);
  const [given] = await collect(files, settings(out));
  expect(given).toMatchObject({ how: 'given', modules: 1, dropped: { error: 1 } });
  await expect(readInputs([join(folder, 'nothing.x')])).rejects.toMatchObject({ code: 'usage' });
});

/** The preprocessor never ends: 2 to the power of 60 words. */
const endless = Array.from({ length: 60 }, (_, at) => `#define A${at + 1} A${at} A${at}\n`).join('');

test('a source that hangs clang costs its time limit and nothing else', async () => {
  const folder = temporaryFolder();
  writeFiles(join(folder, 'slow'), {
    'hangs.c': `#define A0 ;\n${endless}int x; A60\n`,
    'quick.c': 'int f(void) { return 1; }\n',
  });
  const limits = { ...usualLimits, seconds: 1 };
  const [record] = await collect(
    await readInputs([join(folder, 'slow')]),
    settings(join(folder, 'out'), { limits }),
  );
  expect(record).toMatchObject({ modules: 1, dropped: { 'timed out': 1 } });
  expect(record!.examples[0]).toMatchObject({ file: 'hangs.c', reason: 'timed out' });
});

test('a package whose time is used up keeps what it has', async () => {
  const folder = temporaryFolder();
  const files = Array.from({ length: 40 }, (_, at) => [`f${at}.c`, `int f${at}(void) { return ${at}; }\n`]);
  writeFiles(join(folder, 'many'), Object.fromEntries(files) as Record<string, string>);
  const out = settings(join(folder, 'out'), { packageSeconds: 0.3 });
  const [record] = await collect(await readInputs([join(folder, 'many')]), out);
  expect(record!.modules).toBeGreaterThan(0);
  expect(record!.modules + (record!.dropped['time of the package used up'] ?? 0)).toBe(40);
  expect(record!.dropped['time of the package used up']).toBeGreaterThan(0);
});

test('what has a record is not done again; a changed source is', async () => {
  const folder = temporaryFolder();
  writeFiles(join(folder, 'p'), { 'a.c': 'int a(void) { return 1; }\n' });
  const done: string[] = [];
  const run = async (): Promise<CollectRecord[]> =>
    collect(
      await readInputs([join(folder, 'p')]),
      settings(join(folder, 'out'), { onRecord: ({ package: name }) => done.push(name) }),
    );
  const first = await run();
  expect(await run()).toEqual(first);
  expect(done).toEqual(['p']);
  writeFileSync(join(folder, 'p', 'a.c'), 'int a(void) { return 22; }\n');
  await run();
  expect(done).toEqual(['p', 'p']);
});

/** A Debian source package, built and listed in `repository`. */
function addPackage(repository: string, name: string, version: string): void {
  const build = mkdtempSync(join(tmpdir(), 'ozma-deb-'));
  onTestFinished(() => rmSync(build, { recursive: true, force: true }));
  writeFiles(join(build, `${name}-${version}`), {
    'debian/source/format': '3.0 (native)\n',
    'debian/control': `Source: ${name}\nMaintainer: Nobody <nobody@example.org>\n\nPackage: ${name}\nArchitecture: any\nDescription: nothing\n`,
    'debian/changelog': `${name} (${version}) unstable; urgency=low\n\n  * New.\n\n -- Nobody <nobody@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n`,
    'debian/copyright':
      'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: nobody\nLicense: Zlib\n text\n\nFiles: x\nLicense: GPL-3\n text\n',
    'main.c': `int version(void) { return ${version.replace('.', '')}; }\n`,
  });
  execFileSync('dpkg-source', ['-b', `${name}-${version}`], { cwd: build, stdio: 'ignore' });
  for (const file of readdirSync(build, { withFileTypes: true })) {
    if (file.isFile()) copyFileSync(join(build, file.name), join(repository, file.name));
  }
}

test('Debian packages: fetched, an older version where the newest is gone, gone ones and reserved ones told', async () => {
  const folder = temporaryFolder();
  const repository = join(folder, 'repository');
  mkdirSync(repository);
  addPackage(repository, 'tiny', '1.0');
  addPackage(repository, 'tiny', '1.1');
  const sources = execFileSync('dpkg-scansources', ['.'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  writeFileSync(join(repository, 'Sources'), sources);
  rmSync(join(repository, 'tiny_1.1.tar.xz'));
  const more = { aptSources: [`deb-src [trusted=yes] file:${repository} ./`] };
  const records = await collect(
    await readInputs(['tiny', 'no-such-package', 'zlib']),
    settings(join(folder, 'out'), more),
  );
  expect(records.map(({ package: name, status }) => [name, status])).toEqual([
    ['no-such-package', 'gone'],
    ['tiny', 'collected'],
    ['zlib', 'reserved'],
  ]);
  expect(records[0]!.line).toContain('no-such-package');
  expect(records[1]).toMatchObject({ version: '1.0', licence: 'Zlib', modules: 1 });
  const [module] = await modulesOf(join(folder, 'out'), 'tiny');
  expect(module).toMatchObject({
    source: 'debian:tiny=1.0',
    licence: 'Zlib',
    version: '1.0',
    package: 'tiny',
  });
  expect(irOf(module!)).toContain('ret i32 10');
});

test('the list is long, varied, and without reserved families', () => {
  const names = allPackages();
  expect(names.length).toBeGreaterThan(150);
  expect(names.filter(isReservedPackage)).toEqual([]);
  expect(
    ['zlib', 'lz4', 'lua5.4', 'expat', 'libpng1.6', 'bzip2', 'gnupg2', 'tiff', 'lame'].filter(
      (name) => !isReservedPackage(name),
    ),
  ).toEqual([]);
  for (const path of [
    'lib/sha1.c',
    'contrib/zlib/inflate.c',
    'src/blowfish.c',
    'a/jdhuff.c',
    'kiss_fft.c',
    'x/lz4.c',
    'bzlib.c',
  ]) {
    expect([path, isReservedFile(path)]).toEqual([path, true]);
  }
  for (const path of ['src/main.c', 'lib/share.c', 'luminance.c', 'shape.cc', 'src/evaluate.c']) {
    expect([path, isReservedFile(path)]).toEqual([path, false]);
  }
});

test('configuration headers agree with what a compiler finds', async () => {
  const system = await learnSystem(installation);
  const asked = [
    'STRDUP',
    'EPOLL_CREATE1',
    'STRLCPY',
    'NO_SUCH_FUNCTION',
    'UNISTD_H',
    'SYS_SELECT_H',
    'WINDOWS_H',
    'COS',
  ];
  const filled = fillHeader(asked.map((name) => `#undef HAVE_${name}`).join('\n'), system, {
    name: 'x',
    version: '2.5',
  });
  const defined = asked.filter((name) => filled.includes(`#define HAVE_${name} 1`));
  const clang = programPath(installation, 'clang');
  const compiles = (program: string): boolean => {
    try {
      execFileSync(clang, ['-x', 'c', '-', '-o', '/dev/null', '-lm', '-w'], {
        input: program,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      return true;
    } catch {
      return false;
    }
  };
  const found = asked.filter((name) =>
    name.endsWith('_H')
      ? compiles(
          `#include <${name.toLowerCase().replace(/_h$/, '.h').replace('sys_', 'sys/')}>\nint main(void) { return 0; }`,
        )
      : compiles(`char ${name.toLowerCase()}(void); int main(void) { return ${name.toLowerCase()}(); }`),
  );
  expect(defined).toEqual(found);
  expect(
    fillHeader(
      '#cmakedefine01 HAVE_STRDUP\n#cmakedefine HAVE_WINDOWS_H\n#define V "@PROJECT_VERSION@"',
      system,
      { name: 'x', version: '2.5' },
    ),
  ).toBe('#define HAVE_STRDUP 1\n/* #undef HAVE_WINDOWS_H */\n#define V "2.5"');
  expect(['config.h.in', 'a/config.h.cmake', 'config_h.in', 'foo.in.h'].map(headerOfTemplate)).toEqual([
    'config.h',
    'a/config.h',
    'config.h',
    'foo.h',
  ]);
});
