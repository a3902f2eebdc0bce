// Machine code as input: objects, programs and libraries of real compilers, and files that are none or are
// broken. What is there is lifted; what is not is said in one line; nothing hangs or is cut silently.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { OzmaError } from '#ozma/common/errors.js';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import { readCode } from '#ozma/disassemble/read-code.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { lift } from '#ozma/lift/lift.js';
import { readImage } from '#ozma/lift/objects/image.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const installation = findInstallation();
const clang = programPath(installation, 'clang');
const folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = `
#include <stdio.h>
static const char names[3][8] = { "one", "two", "three" };
static int calls;
int shared = 5;
__attribute__((noinline)) int sink(const char *s) { calls++; return puts(s) + shared; }
int pick(int which) { switch (which) { case 0: return sink(names[0]); case 1: return sink(names[2]);
  case 2: return 17; case 3: return sink("other"); case 4: return -3; case 5: return shared; case 6: return sink(names[1]); }
  return which * 3; }
int main(int count, char **words) { return pick(count) + calls; }
`;
writeFileSync(path('source.c'), source);

const arm = ['--target=aarch64-linux-gnu', '-fuse-ld=lld'];
const hasArmLibrary = existsSync('/usr/aarch64-linux-gnu/lib/libc.so');

function build(name: string, ...words: string[]): string {
  execFileSync(clang, ['-w', path('source.c'), ...words, '-o', path(name)]);
  return path(name);
}

function assembleFile(name: string, text: string, ...words: string[]): string {
  writeFileSync(path(`${name}.s`), text);
  execFileSync(clang, [...words, '-c', path(`${name}.s`), '-o', path(name)]);
  return path(name);
}

const refusal = async (file: string): Promise<unknown> =>
  readCode(installation, file).then(
    () => 'no error',
    (error: unknown) => error,
  );

describe('what the compiler had written comes back', () => {
  it.each([
    ['an object', ['-c', '-O2']],
    ['a position-independent executable', ['-pie', '-fPIE', '-O2']],
    ['an executable at a fixed address', ['-no-pie', '-fno-pic', '-O2']],
    ['a shared library', ['-shared', '-fPIC', '-O2']],
  ])('%s: names, strings, a jump table, and IR that does the same', async (_, words) => {
    const { text, triple = '' } = await readCode(installation, build('code', ...words));
    const { functions, data } = parseAssembly(text, 'x86-64');
    expect(functions.map(({ name }) => name)).toEqual(expect.arrayContaining(['sink', 'pick', 'main']));
    expect([...(data.get('names')?.section.bytes ?? [])]).toEqual(
      expect.arrayContaining([...Buffer.from('three')]),
    );
    expect(text).toMatch(/\bputs\b/);
    const { functions: lifted } = lift(text, { triple });
    expect(lifted.find(({ name }) => name === 'pick')?.ir).toMatch(/switch i32|switch i64/);
    const report = await disassemble(text, {
      installation,
      target: triple,
      functions: ['pick', 'sink'],
      jobs: 1,
    });
    for (const { status } of report.functions) expect(['exact', 'equivalent']).toContain(status);
    expect(report.problems).toEqual([]);
  });

  it.runIf(hasArmLibrary).each([
    ['an object', ['-c', '-O1']],
    ['an executable', ['-O1']],
    ['a shared library', ['-shared', '-fPIC', '-O1']],
  ])('AArch64, %s: a table of bytes behind a base in the code', async (_, words) => {
    const cases = Array.from(
      { length: 16 },
      (_, index) => `case ${index}: return x * ${index + 3} % ${index + 5};`,
    );
    const dense = `int pick(int w, int x) { switch (w) { ${cases.join(' ')} } return -x; }
      int main(int c, char **v) { return pick(c, c * 5); }`;
    writeFileSync(path('dense.c'), dense);
    execFileSync(clang, ['-w', path('dense.c'), ...arm, ...words, '-o', path('arm')]);
    const { text, triple = '' } = await readCode(installation, path('arm'));
    expect(triple).toMatch(/^aarch64/);
    expect(text).toMatch(/^\.byte \(\.L\w+-\.L\w+\)>>2$/m);
    const pick = lift(text, { triple }).functions.find(({ name }) => name === 'pick');
    expect(pick).toMatchObject({ status: 'lifted' });
    expect(pick?.ir.match(/i64 \d+, label|i32 \d+, label/g)).toHaveLength(16);
  });

  const machines: [string, string[]][] = [
    ['x86-64', []],
    ...(hasArmLibrary ? [['AArch64', arm] satisfies [string, string[]]] : []),
  ];
  it.each(machines)('a linked table of distances to strings, %s', async (_, words) => {
    writeFileSync(
      path('strings.c'),
      'const char *name(unsigned k) { switch (k) { case 0: return "zero"; case 1: return "one"; case 2: return "two"; case 3: return "three"; } return "many"; }',
    );
    execFileSync(clang, [
      '-w',
      '-O2',
      '-fPIC',
      '-shared',
      path('strings.c'),
      ...words,
      '-o',
      path('strings.so'),
    ]);
    const { text } = await readCode(installation, path('strings.so'));
    expect(text.match(/^\.long \.Ldata\.\w+-\.Ldata\.\w+$/gm)).toHaveLength(4);
  });

  it('a whole object as one module that opt and clang take; what is not lifted is a declaration', async () => {
    const odd = assembleFile(
      'odd.o',
      '.globl odd\n.type odd,@function\nodd:\n cpuid\n retq\n.size odd, .-odd\n',
    );
    const object = build('whole.o', '-c', '-O1');
    execFileSync(join(installation.programs, 'ld.lld'), ['-r', object, odd, '-o', path('both.o')]);
    const { text, triple = '' } = await readCode(installation, path('both.o'));
    const report = await disassemble(`${text}\n`, { installation, target: triple, jobs: 1 });
    expect(report.ir).toMatch(/^; not here: odd: unsupported cpuid/);
    expect(report.ir).toMatch(/^declare void @odd\(\)$/m);
    expect(report.ir).toMatch(/^; (?:exact|equivalent on \d+ inputs)\ndefine .*@sink\(/m);
    writeFileSync(path('joined.ll'), report.ir);
    execFileSync(programPath(installation, 'opt'), ['-passes=verify', '-disable-output', path('joined.ll')]);
    execFileSync(clang, ['-c', '-Wno-override-module', path('joined.ll'), '-o', path('joined.o')]);
    const symbols = execFileSync(join(installation.programs, 'llvm-nm'), [path('joined.o')], {
      encoding: 'utf8',
    });
    for (const name of ['sink', 'pick', 'main']) expect(symbols).toMatch(new RegExp(` T ${name}$`, 'm'));
  });
});

describe('files without names', () => {
  it('a stripped program is refused in one line', async () => {
    const file = build('stripped', '-O1', '-s');
    expect(await refusal(file)).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('stripped') as unknown,
    });
  });

  it('a stripped library gives the functions that others may call, and says what is left out', async () => {
    const hidden =
      'static int __attribute__((noinline)) inner(int a) { return a * 7; }\nint outer(int a) { return inner(a) + 1; }\n';
    writeFileSync(path('hidden.c'), hidden);
    execFileSync(clang, ['-O1', '-shared', '-fPIC', '-s', path('hidden.c'), '-o', path('hidden.so')]);
    const { text, triple = '', notes } = await readCode(installation, path('hidden.so'));
    expect(notes[0]).toContain('stripped: only the');
    expect(notes[1]).toContain('belong to no symbol');
    expect(lift(text, { triple }).functions.find(({ name }) => name === 'outer')).toMatchObject({
      status: 'lifted',
    });
  });
});

describe('files that are something else', () => {
  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['prose', Buffer.from('This is a letter, and no assembly.\n')],
  ])('%s holds no function', async (_, bytes) => {
    writeFileSync(path('other'), bytes);
    const { text } = await readCode(installation, path('other'));
    await expect(disassemble(text, { installation })).rejects.toMatchObject({ code: 'refused' });
  });

  it('binary garbage, with the first bytes of an object and without', async () => {
    const random = createRandom(11);
    const bytes = Buffer.from(Array.from({ length: 5000 }, () => random.below(256)));
    writeFileSync(path('garbage'), bytes);
    expect(await refusal(path('garbage'))).toMatchObject({ code: 'refused' });
    writeFileSync(path('garbage'), Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), bytes]));
    expect(await refusal(path('garbage'))).toMatchObject({ code: 'refused' });
  });

  it('an object of another machine, and a file that is not there', async () => {
    const file = assembleFile('riscv.o', '.globl f\nf: ret\n', '--target=riscv64-linux-gnu');
    expect(await refusal(file)).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('ELF machine 243') as unknown,
    });
    expect(await refusal(path('nowhere'))).toMatchObject({ code: 'usage' });
  });

  it('assembly of the other machine fails function by function', () => {
    const text = execFileSync(
      clang,
      ['-w', '-O1', '-S', '--target=aarch64-linux-gnu', '-ffreestanding', '-x', 'c', '-', '-o', '-'],
      {
        input: 'int twice(int a) { return a * 2 + 1; }',
        encoding: 'utf8',
      },
    );
    const { functions } = lift(text, { triple: 'x86_64-linux-gnu' });
    expect(functions).toMatchObject([
      { name: 'twice', status: 'failed', reason: expect.stringContaining('unsupported') as unknown },
    ]);
  });
});

describe('broken objects', () => {
  it('cut anywhere', async () => {
    const whole = readFileSync(build('whole.o', '-c', '-O1'));
    for (let part = 1; part < 12; part++) {
      writeFileSync(path('cut.o'), whole.subarray(0, Math.floor((whole.length * part) / 12)));
      expect(await refusal(path('cut.o'))).toMatchObject({ code: 'refused' });
    }
  });

  it('bytes changed anywhere: read, or refused', () => {
    const random = createRandom(3);
    for (const words of [['-c'], ['-shared', '-fPIC']]) {
      const whole = readFileSync(build('whole', '-O1', ...words));
      for (let round = 0; round < 500; round++) {
        const bytes = Buffer.from(whole);
        // Headers and tables are where it hurts.
        const from = random.below(2) === 0 ? 64 : bytes.length;
        for (let change = 0; change < 4; change++) bytes[random.below(from)] = random.below(256);
        try {
          readImage(bytes, 'changed');
        } catch (error) {
          expect(error).toBeInstanceOf(OzmaError);
        }
      }
    }
  });

  it('tables and sizes changed: the rest of the way as well', async () => {
    const random = createRandom(5);
    const whole = readFileSync(build('whole.o', '-c', '-O1'));
    const tables = Number(whole.readBigUInt64LE(40));
    for (let round = 0; round < 12; round++) {
      const bytes = Buffer.from(whole);
      for (let change = 0; change < 6; change++) {
        bytes[tables - 400 + random.below(bytes.length - tables + 400)] = random.below(256);
      }
      writeFileSync(path('changed.o'), bytes);
      const found = await readCode(installation, path('changed.o')).catch((error: unknown) => error);
      if (found instanceof Error) expect(found).toMatchObject({ code: 'refused' });
      else lift((found as { text: string }).text, { triple: 'x86_64-linux-gnu' });
    }
  });
});

describe('code that no compiler would write', () => {
  it('jumps into the middle of an instruction and into another function; the rest is lifted', async () => {
    const file = assembleFile(
      'overlapping.o',
      `.globl middle\n.type middle,@function\nmiddle: movl $0x1, %eax\n jmp middle+3\n.size middle, .-middle
       .globl elsewhere\n.type elsewhere,@function\nelsewhere: testl %edi, %edi\n je middle+5\n retq\n.size elsewhere, .-elsewhere
       .globl sound\n.type sound,@function\nsound: leal (%rdi,%rdi), %eax\n retq\n.size sound, .-sound\n`,
    );
    const { text, triple = '' } = await readCode(installation, file);
    expect(lift(text, { triple }).functions.map(({ name, reason }) => [name, reason])).toEqual([
      ['middle', 'unsupported a jump out of the function'],
      ['elsewhere', 'unsupported a jump out of the function'],
      ['sound', undefined],
    ]);
  });

  it('a function of two megabytes: its listing is longer than what is kept of output, and nothing is lost', async () => {
    const file = assembleFile(
      'large.o',
      `.globl large\n.type large,@function\nlarge:\n.rept 250000\n addl $0x12345, %eax\n incl %ecx\n.endr\n retq\n.size large, .-large
       .globl small\n.type small,@function\nsmall: leal (%rdi,%rsi), %eax\n retq\n.size small, .-small\n`,
    );
    const { text, triple = '' } = await readCode(installation, file);
    expect(lift(text, { triple }).functions).toMatchObject([
      {
        name: 'large',
        instructions: 500_001,
        reason: 'unsupported function: longer than 20000 instructions',
      },
      { name: 'small', status: 'lifted' },
    ]);
  });

  it('an endless loop ends the run of a wrong candidate, not ours', async () => {
    const file = assembleFile(
      'spin.o',
      '.globl spin\n.type spin,@function\nspin: testl %edi, %edi\n je spin\n movl %edi, %eax\n retq\n.size spin, .-spin\n',
    );
    const { text, triple = '' } = await readCode(installation, file);
    const wrong = 'define i32 @spin(i32 %0) {\n  br label %2\n2:\n  br label %2\n}\n';
    const report = await disassemble(text, {
      installation,
      target: triple,
      rules: false,
      sources: [async () => ({ candidates: [{ origin: 'model', variant: '1', ir: wrong }], reasons: [] })],
    });
    expect(report.functions[0]).toMatchObject({
      status: 'recompiles',
      reason: expect.stringContaining('the lifted code does not') as unknown,
    });
  });
});
