// Functions cut out of modules: LLVM accepts each alone, they compile to the code that llvm-extract's
// modules compile to, and their instructions are counted as LLVM counts them.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { countInstructions, cutFunctions } from '#ozma/llvm/cutting.js';
import { programPath, type LlvmProgram } from '#ozma/llvm/installation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import type { CutModule, ModuleSource } from '#ozma/llvm/worker-protocol.js';
import { compileModule, installation, sourceOf } from './compile.ts';

const pool = new WorkerPool({ installation, workers: 1 });
const folder = mkdtempSync(join(tmpdir(), 'ozma-cut-'));
afterAll(() => {
  pool.close();
  rmSync(folder, { recursive: true });
});

async function cut(module: ModuleSource, longest = 100_000): Promise<CutModule> {
  const outcome = await pool.cut(module, longest);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
  return outcome.value;
}

function run(program: LlvmProgram | 'llvm-objdump', words: string[], input?: Uint8Array): Buffer {
  const path =
    program === 'llvm-objdump' ? join(installation.programs, program) : programPath(installation, program);
  return execFileSync(path, words, { ...(input === undefined ? {} : { input }), maxBuffer: 1 << 26 });
}

/** The code of a module after -Oz, as llvm-objdump shows it, without the name of the file. */
function code(ir: Uint8Array): string {
  const object = join(folder, 'object.o');
  run('clang', ['-Oz', '-w', '-c', '-x', 'ir', '-', '-o', object], ir);
  const text = run('llvm-objdump', ['-d', '--no-show-raw-insn', object]).toString();
  return text.slice(text.indexOf('\n', 1));
}

const manyThings = `
  #include <stdarg.h>
  struct point { int x, y; struct point *next; };
  extern int printf(const char *, ...);
  static int counter; int shared = 7; _Thread_local int mine;
  static const int squares[] = {0, 1, 4, 9, 16};
  static int helper(struct point *p) { counter++; return p->x * squares[p->y & 3]; }
  int twice(int) __attribute__((alias("once"))); int once(int x) { return x + shared; }
  int walk(struct point *p) { int s = 0; for (; p; p = p->next) s += helper(p) + mine; return s; }
  void greet(const char *who, int n) { if (n > 3) printf("hello \\"%s\\" @x %%1 !5 #2\\n", who); else printf("%d\\n", twice(n)); }
  int choose(int n) { switch (n) { case 1: return 5; case 7: return 9; case 100: return 2; default: return n; } }
  int sum(int n, ...) { va_list l; int s = 0; va_start(l, n); while (n--) s += va_arg(l, int); va_end(l); return s; }
  void *pick(int n) { static void *const table[] = {&&a, &&b}; goto *table[n & 1]; a: return 0; b: return &counter; }
`;

const classes = `
  struct Shape { virtual ~Shape(); virtual double area() const = 0; };
  template <class T> struct List { T *first = nullptr; unsigned n = 0; void add(T v) { T *d = new T[n + 1]; for (unsigned i = 0; i < n; i++) d[i] = first[i]; d[n++] = v; delete[] first; first = d; } ~List() { delete[] first; } };
  static int risky(int x) { if (x < 0) throw 42; return x; }
  double total(Shape **s, int n) { double t = 0; for (int i = 0; i < n; i++) t += s[i]->area(); return t; }
  int guarded(int x) { List<int> l; try { l.add(risky(x)); l.add(2); } catch (int e) { return e; } return l.n; }
  struct Circle : Shape { double r; double area() const override { return 3 * r * r; } }; Shape *make() { return new Circle; }
`;

test.each([
  ['C', compileModule(manyThings)],
  ['C++', compileModule(classes, { cpp: true })],
  ['C for AArch64', compileModule(manyThings, { flags: ['--target=aarch64-linux-gnu', '-nostdlibinc'] })],
])(
  'every function alone is accepted, and its instructions are counted as LLVM does: %s',
  async (_, module) => {
    const whole = await cut(module);
    expect(whole.refused).toEqual([]);
    const summary = await pool.describe(module);
    if (!summary.ok) throw new Error('not described');
    expect(whole.functions.map(({ name, instructions }) => ({ name, instructions }))).toEqual(
      summary.value.functions.map(({ name, instructions }) => ({ name, instructions })),
    );
    expect(whole.instructions).toBe(summary.value.instructions);
    for (const { name, ir, instructions } of whole.functions) {
      const alone = await pool.describe(sourceOf(ir));
      expect(alone).toMatchObject({
        ok: true,
        value: { instructions, functions: [{ name, internal: false }] },
      });
    }
  },
);

test('each compiles to the code that llvm-extract’s module compiles to', async () => {
  const example = readFileSync('examples/json.c', 'utf8');
  for (const source of [manyThings, example]) {
    const module = compileModule(source, { flags: ['-Iexamples'] });
    const file = join(folder, 'module.bc');
    writeFileSync(file, module.bytes);
    const { functions } = await cut(module);
    // Each costs three processes: some of every kind are enough.
    for (const { name, ir } of functions.filter((_, at) => source === manyThings || at % 6 === 0)) {
      const extracted = run('llvm-extract', ['--keep-const-init', `--func=${name}`, file, '-o', '-']);
      const expected = code(extracted);
      expect({ name, code: code(Buffer.from(ir)) }).toEqual({ name, code: expected });
    }
  }
});

test('constants of texts stay, variables and callees are declared', async () => {
  const { functions } = await cut(compileModule(manyThings));
  const ir = (name: string): string => functions.find((cutOut) => cutOut.name === name)!.ir;
  expect(ir('greet')).toMatch(
    /^@\.str = private unnamed_addr constant \[\d+ x i8\] c"hello \\22%s\\22 @x %%1 !5 #2\\0A\\00"/m,
  );
  expect(ir('greet')).toMatch(/^declare .*i32 @twice\(i32/m);
  expect(ir('walk')).toMatch(/^declare dso_local i32 @helper\(ptr noundef( %0)?\) #\d/m);
  expect(ir('helper')).toMatch(/^define dso_local i32 @helper\(/m);
  expect(ir('helper')).toMatch(/^@counter = external dso_local global i32, align 4$/m);
  expect(ir('helper')).toMatch(/^@squares = internal constant \[5 x i32\]/m);
  expect(ir('walk')).not.toContain('@squares');
  expect(ir('once')).toMatch(/^@shared = external dso_local global i32, align 4$/m);
  expect(ir('walk')).toMatch(/^@mine = external dso_local thread_local global i32, align 4$/m);
});

test('a table of megabytes takes no time: it is declared', async () => {
  const numbers = Array.from({ length: 200_000 }, (_, at) => `i32 ${at}`).join(', ');
  const ir = `@table = global [200000 x i32] [${numbers}], align 16\ndefine ptr @f() {\n  ret ptr @table\n}\n`;
  const start = performance.now();
  const { functions } = await cut(sourceOf(ir));
  expect(functions[0]!.ir).toMatch(/^@table = external global \[200000 x i32\], align 16$/m);
  expect(performance.now() - start).toBeLessThan(10_000);
});

test('too large is counted, broken is refused', async () => {
  const module = compileModule(manyThings);
  const all = (await cut(module)).functions;
  const longest = Math.max(...all.map(({ ir }) => ir.length)) - 1;
  const some = await cut(module, longest);
  expect(some.functions).toEqual(all.filter(({ ir }) => ir.length <= longest));
  expect(some.tooLarge).toBe(all.length - some.functions.length);
  expect(await pool.cut(sourceOf('define i32 @f() {'), 1000)).toMatchObject({
    ok: false,
    failure: { kind: 'refused' },
  });
  const corrupt = { hash: 'corrupt', bytes: module.bytes.slice(0, module.bytes.length / 2) };
  expect(await pool.cut(corrupt, 1000)).toMatchObject({ ok: false, failure: { kind: 'refused' } });
});

test('a function that names a block of another one is refused by LLVM, not by us', async () => {
  const ir = `
@f.blocks = internal constant [1 x ptr] [ptr blockaddress(@f, %1)]
define void @f() {
  br label %1
1:
  ret void
}
define ptr @g() {
  %1 = load ptr, ptr @f.blocks
  ret ptr %1
}
`;
  const { functions, refused } = await cut(sourceOf(ir));
  expect(functions.map(({ name }) => name)).toEqual(['f']);
  expect(refused.map(({ name }) => name)).toEqual(['g']);
});

test('instructions of several lines count once', () => {
  const [choose] = cutFunctions(`define void @f(i32 %0) {
  switch i32 %0, label %2 [
    i32 1, label %1
    i32 2, label %1
  ]

1:
  invoke void @g()
          to label %2 unwind label %3

2:
  ret void

3:
  %4 = landingpad { ptr, i32 }
          cleanup
  resume { ptr, i32 } %4
}

declare void @g()
`);
  expect(choose?.instructions).toBe(5);
  expect(countInstructions(choose!.ir)).toBe(5);
});
