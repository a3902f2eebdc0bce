// Real compiler output in, checked IR out: clang and gcc-style assembly of a small file, a wrong
// candidate beside a right one, and text that is no assembly.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const installation = findInstallation();
const clang = programPath(installation, 'clang');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = `
static const char names[3][8] = { "one", "two", "three" };
extern int sink(const char *);
int count(const char *s, char c) { int n = 0; while (*s) n += *s++ == c; return n; }
int pick(int which) { switch (which) { case 0: return sink(names[0]); case 1: return sink(names[2]);
  case 2: return 17; case 3: return sink("other"); case 4: return -3; default: return which * 3; } }
`;

function assemblyOf(flags: string[]): string {
  writeFileSync(join(folder, 'source.c'), source);
  execFileSync(clang, ['-S', ...flags, join(folder, 'source.c'), '-o', join(folder, 'source.s')]);
  return readFileSync(join(folder, 'source.s'), 'utf8');
}

describe.each(['-Oz', '-O2', '-O0'])('clang %s', (level) => {
  it('gives IR that does the same, in one module that clang compiles', async () => {
    const report = await disassemble(assemblyOf([level]), { installation, jobs: 1 });
    expect(report.functions.map(({ name }) => name)).toEqual(['count', 'pick']);
    for (const { status } of report.functions) expect(['exact', 'equivalent']).toContain(status);
    // Its variables are in memory again.
    if (level === '-O0') expect(report.functions[0]?.status).toBe('exact');
    writeFileSync(join(folder, 'lifted.ll'), report.ir);
    execFileSync(clang, [
      '-c',
      '-Wno-override-module',
      join(folder, 'lifted.ll'),
      '-o',
      join(folder, 'lifted.o'),
    ]);
  });
});

describe('candidates', () => {
  const wrong = 'define i32 @count(ptr %0, i8 %1) {\n  ret i32 3\n}\n';
  const right = (): string => {
    execFileSync(clang, [
      '-S',
      '-emit-llvm',
      '-Oz',
      join(folder, 'source.c'),
      '-o',
      join(folder, 'right.ll'),
    ]);
    return readFileSync(join(folder, 'right.ll'), 'utf8');
  };

  it('of a model are checked like all others: the wrong loses, the right is exact', async () => {
    const text = assemblyOf(['-Oz']);
    const report = await disassemble(text, {
      installation,
      jobs: 1,
      functions: ['count'],
      rules: false,
      sources: [
        async () => ({
          candidates: [
            { origin: 'model', variant: '1', ir: 'not IR at all' },
            { origin: 'model', variant: '2', ir: wrong },
            { origin: 'model', variant: '3', ir: right() },
          ],
          reasons: [],
        }),
      ],
    });
    expect(report.functions[0]).toMatchObject({ status: 'exact', origin: 'model', bleu: 1, candidates: 3 });
  });

  it('that only compile say what they do differently', async () => {
    const report = await disassemble(assemblyOf(['-Oz']), {
      installation,
      jobs: 1,
      functions: ['count'],
      rules: false,
      sources: [async () => ({ candidates: [{ origin: 'model', variant: '1', ir: wrong }], reasons: [] })],
    });
    expect(report.functions[0]).toMatchObject({ status: 'recompiles', origin: 'model' });
    expect(report.functions[0]?.reason).toContain('another result');
  });
});

describe('what cannot be lifted', () => {
  it('is named, and the rest is lifted', async () => {
    const text = `${assemblyOf(['-Oz'])}\n\t.text\n\t.globl odd\n\t.type odd,@function\nodd:\n\tcpuid\n\tretq\n`;
    const report = await disassemble(text, { installation, jobs: 1 });
    expect(report.functions.at(-1)).toMatchObject({ name: 'odd', status: 'failed', ir: '' });
    expect(report.functions.at(-1)?.reason).toContain('cpuid');
    expect(report.ir).toMatch(/^; not here: odd: /);
    expect(report.ir).toContain('@count(');
  });

  it('text that is no assembly is refused', async () => {
    await expect(disassemble('int main(void) { return 0; }\n', { installation })).rejects.toMatchObject({
      code: 'refused',
    });
  });

  it('a function that is not there, a machine that is not known: wrong usage', async () => {
    const text = assemblyOf(['-Oz']);
    await expect(disassemble(text, { installation, functions: ['nobody'] })).rejects.toMatchObject({
      code: 'usage',
    });
    await expect(disassemble(text, { installation, target: 'riscv64-linux-gnu' })).rejects.toMatchObject({
      code: 'usage',
    });
  });
});
