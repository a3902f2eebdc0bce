// What inputs are made to look like, and that functions come to an end on them which a mixture of bytes stops.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareByRunning } from '#ozma/disassemble/equivalence/equivalence.js';
import { shapeOf } from '#ozma/disassemble/equivalence/shape.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';

describe('shapeOf', () => {
  const shape = shapeOf(
    `@seen = external global i8
define i32 @other(ptr %0) {
  %2 = load ptr, ptr %0, align 1
  ret i32 0
}

define i32 @f(ptr %0, ptr %visit, i32 %2) {
  %4 = alloca ptr, align 8
  %5 = getelementptr inbounds nuw i8, ptr %0, i64 24
  %6 = getelementptr i8, ptr %5, i64 16
  %7 = load ptr, ptr %6, align 8
  %8 = load i16, ptr %5, align 2
  %9 = load i64, ptr %0, align 8
  %10 = inttoptr i64 %9 to ptr
  %11 = load ptr, ptr %4, align 8
  %12 = load float, ptr getelementptr (i8, ptr @seen, i64 4), align 4
  %13 = getelementptr i8, ptr %10, i64 8
  %14 = load ptr, ptr %13, align 8
  %15 = tail call i32 %14(ptr nonnull %7, i64 5)
  tail call void %visit(i32 %15)
  %16 = icmp eq i32 %2, 4711
  ret i32 %15
}
`,
    'f',
  );

  it('tells pointers, numbers and code behind pointers apart', () => {
    expect(shape.objects.get(40)).toEqual([{ kind: 'pointer' }]);
    expect(shape.objects.get(24)).toEqual([{ kind: 'number', type: 'i16' }]);
    expect(shape.objects.get(0)).toContainEqual({ kind: 'pointer' });
    expect(shape.objects.get(8)).toEqual([{ kind: 'code', callee: 0 }]);
    expect(shape.objects.size).toBe(4);
  });

  it('reads variables, called parameters, their types and constants', () => {
    expect(shape.variables.get('seen')?.get(4)).toEqual([{ kind: 'number', type: 'float' }]);
    expect(shape.parameters.get(1)).toEqual({ kind: 'code', callee: 1 });
    expect(
      shape.callees.map(({ returns, parameters }) => [returns, parameters.map(({ type }) => type)]),
    ).toEqual([
      ['i32', ['ptr', 'i64']],
      ['void', ['i32']],
    ]);
    expect(shape.constants).toEqual([4711n]);
  });
});

describe('functions that need more than bytes', () => {
  const installation = findInstallation();
  let folder: string;
  let pool: WorkerPool;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
    pool = new WorkerPool({ installation, workers: 1 });
  });
  afterAll(() => {
    pool.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function compile(source: string, words: string[]): string {
    writeFileSync(join(folder, 'f.c'), source);
    const output = join(folder, 'out');
    const target = ['--target=x86_64-linux-gnu', '-S', '-fno-pic'];
    execFileSync(programPath(installation, 'clang'), [
      ...target,
      ...words,
      join(folder, 'f.c'),
      '-o',
      output,
    ]);
    return readFileSync(output, 'utf8');
  }

  /** The function `f` of one source as assembly, of the other as IR; `data` defines variables of the file. */
  const compare = (original: string, lifted: string, data = '') =>
    compareByRunning(pool, {
      name: 'f',
      machine: 'x86_64',
      assembly: compile(original, ['-O2']),
      data,
      ir: compile(lifted, ['-O1', '-emit-llvm']),
    });

  const table = `struct type { long size; int (*open)(void *, int); }; struct file { char name[40]; struct type *type; void *handle; };
    int f(struct file *file, int (*report)(long)) { int r = file->type->open(file->handle, 3); return r < 0 ? report(file->type->size) : r; }`;
  const fields = `struct item { int kind; char pad[100]; struct item *left, *right; int weight; };
    int f(struct item *i) { return i->left->right->left->weight + (i->kind == 4711 ? i->right->left->weight : 2 * i->right->weight); }`;
  const variable = `struct state { int count; struct state *last; }; extern struct state *current;
    int f(void) { current->count++; return current->last->count; }`;
  const ending =
    'void exit(int); int puts(const char *); int f(int a) { if (a > 4) { puts("no"); exit(a); } return a + 1; }';
  const quadword = '\t.section ozma_data,"aw"\n\t.globl current\n\t.p2align 3\ncurrent:\n\t.quad 0\n';

  it.each([
    ['a table of functions and a callback', table, '', 'open(file->handle, 3)', 'open(file->handle, 2)'],
    ['pointers behind pointers', fields, '', '2 * i->right->weight', 'i->right->weight'],
    ['a constant that it looks for', fields, '', 'i->right->left->weight :', '0 :'],
    ['a variable of its file', variable, quadword, 'current->last->count', 'current->count'],
    ['callees that never come back', ending, '', 'exit(a)', 'exit(a + 1)'],
  ])('%s', async (_, source, data, from, to) => {
    const equal = await compare(source, source, data);
    expect(equal).toMatchObject({ verdict: 'equal' });
    expect(await compare(source, source.replace(from, to), data)).toMatchObject({ verdict: 'different' });
  });
});
