// The launcher `./ozma`, in a made-up checkout whose tsc and find-clang are two-line stand-ins: what is
// tested is when it builds, how it finds its own folder, and that first uses at once do not collide. The
// real installing is tested by every fresh clone that runs the checks.

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
let checkout: string;

function write(name: string, text: string): void {
  const file = join(checkout, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Builds slowly enough that a second one would run beside it. */
const standInForTsc = `
  const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
  appendFileSync(__dirname + '/builds.log', 'built\\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  const dist = __dirname + '/../../../dist/cli/';
  mkdirSync(dist, { recursive: true });
  writeFileSync(dist + 'main.js', 'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(2)]));');
  writeFileSync(dist + 'find-clang.js', 'console.log(process.execPath);');
`;

function builds(): number {
  return (
    readFileSync(join(checkout, 'node_modules/typescript/bin/builds.log'), 'utf8').split('\n').length - 1
  );
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma launcher '));
  checkout = join(folder, 'a check out');
  write('src/a.ts', '');
  write('tsconfig.json', '{}');
  write('package.json', '{}');
  write('package-lock.json', '{"packages":{}}');
  write('node_modules/.package-lock.json', '{"packages":{}}');
  write('node_modules/typescript/bin/tsc', standInForTsc);
  copyFileSync(fileURLToPath(new URL('../../ozma', import.meta.url)), join(checkout, 'ozma'));
  chmodSync(join(checkout, 'ozma'), 0o755);
});

afterEach(() => rmSync(folder, { recursive: true }));

test('builds once, passes every word on and stays in the caller’s folder', async () => {
  const launcher = join(checkout, 'ozma');
  const first = await execa(launcher, ['tune', 'a b.c', '--', '-O2'], { cwd: folder });
  expect(JSON.parse(first.stdout)).toEqual([folder, 'tune', 'a b.c', '--', '-O2']);
  expect(first.stderr).toBe('ozma: building dist/ (tsc)');
  const second = await execa(launcher, ['tune'], { cwd: folder });
  expect(second.stderr).toBe('');
  expect(builds()).toBe(1);
});

test('builds again when a source is newer', async () => {
  await execa(join(checkout, 'ozma'), ['tune']);
  const later = Date.now() / 1000 + 60;
  utimesSync(join(checkout, 'src/a.ts'), later, later);
  await execa(join(checkout, 'ozma'), ['tune']);
  expect(builds()).toBe(2);
});

test('works through symbolic links, relative ones too', async () => {
  symlinkSync('a check out/ozma', join(folder, 'near'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync('../near', join(folder, 'bin/ozma'));
  for (const [program, ...words] of [[join(folder, 'bin/ozma')], ['./near'], ['sh', 'near']] as const) {
    const run = await execa(program, [...words, 'doctor'], { cwd: folder });
    expect(JSON.parse(run.stdout), program).toEqual([folder, 'doctor']);
  }
});

test('what cc leaves to clang goes there without Node, everything else does not', async () => {
  const launcher = join(checkout, 'ozma');
  await execa(launcher, ['tune']);
  const node = readFileSync(join(checkout, '.ozma/ready'), 'utf8').split('\n')[0]!;
  for (const name of ['clang', 'clang++']) {
    write(`bin/${name}`, `#!/bin/sh\nprintf '${name}'\nprintf ' <%s>' "$@"\nexit 7\n`);
    chmodSync(join(checkout, 'bin', name), 0o755);
  }
  write('.ozma/ready', `${node}\n${join(checkout, 'bin/clang')}\n`);
  const run = async (words: string[], env: Record<string, string> = {}): Promise<string> =>
    (await execa(launcher, words, { cwd: folder, env, reject: false })).stdout;
  expect(await run(['cc', 'a.o', '-o', 'a b'])).toBe('clang <a.o> <-o> <a b>');
  expect(await run(['c++', '--version'])).toBe('clang++ <--version>');
  expect(await run(['cc', '-O2', '-c', 'conftest.c'])).toBe('clang <-O2> <-c> <conftest.c>');
  for (const words of [
    ['cc', '-c', 'a b.c'],
    ['cc', '@words'],
    ['cc', '@words', 'conftest.c'],
    ['doctor', 'conftest.c'],
  ]) {
    expect(JSON.parse(await run(words))).toEqual([folder, ...words]);
  }
  expect(JSON.parse(await run(['cc', 'a.o'], { OZMA_LLVM: '/elsewhere' }))).toEqual([folder, 'cc', 'a.o']);
});

test.each(['with flock', 'without flock'])('first uses at the same time build once, %s', async (how) => {
  const environment: Record<string, string> = {};
  if (how === 'without flock') {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const tool of ['cat', 'find', 'id', 'mkdir', 'mv', 'node', 'readlink', 'rm', 'sleep', 'touch']) {
      const { stdout } = await execa('sh', ['-c', `command -v ${tool}`]);
      symlinkSync(stdout, join(bin, tool));
    }
    environment['PATH'] = bin;
  }
  const start = () => execa('/bin/sh', [join(checkout, 'ozma'), 'tune'], { cwd: folder, env: environment });
  const runs = await Promise.all([start(), start(), start()]);
  for (const run of runs) expect(JSON.parse(run.stdout)).toEqual([folder, 'tune']);
  expect(builds()).toBe(1);
});

test('setup refuses what it does not know', async () => {
  const run = await execa(join(checkout, 'ozma'), ['setup', '--all'], { reject: false });
  expect(run).toMatchObject({
    exitCode: 2,
    stderr: "ozma: setup: expected --test-tools or nothing, found '--all'",
  });
});

test('an old Node is refused', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'node'), '#!/bin/sh\necho 20.18.1\n');
  chmodSync(join(bin, 'node'), 0o755);
  const run = await execa(join(checkout, 'ozma'), ['doctor'], {
    env: { PATH: `${bin}:${process.env['PATH']}` },
    reject: false,
  });
  expect(run.exitCode).toBe(3);
  expect(run.stderr).toBe(`ozma: expected Node ^20.19 or >=22.18, found 20.18.1 at ${bin}/node`);
});
