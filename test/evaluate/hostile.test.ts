// Answers that would do harm where something runs or compiles them: lifted code is run, pass lists and IR are
// compiled. All of them score zero, the run goes on, and nothing outside is touched. Programs of the code
// evaluation are in code.test.ts.

import { createServer, type Server } from 'node:net';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareByRunning } from '#ozma/disassemble/equivalence/equivalence.js';
import { evaluate } from '#ozma/evaluate/evaluate.js';
import type { EvaluationReport } from '#ozma/evaluate/run-evaluation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { installation } from '../data/labels/tiny-corpus.ts';
import { ToyEngine } from './toy-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-hostile-'));
const data = join(folder, 'c');
const precious = join(folder, 'precious');
/** In nobody's home before, nor after. */
const inHome = join(homedir(), 'ozma-was-here');
let server: Server;
let connections = 0;

beforeAll(async () => {
  mkdirSync(data);
  // Code that returns another number than any answer here: what passes for the same did not run.
  writeFileSync(join(data, 'a.c'), 'int value(int a) { return a * 7 + 3; }\n');
  writeFileSync(precious, 'here');
  server = createServer(() => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
  rmSync(inHome, { force: true });
});

const target = 'target triple = "x86_64-unknown-linux-gnu"\n';

/** A module whose function runs these lines of assembly, and says 0. */
function running(...lines: string[]): string {
  const text = lines.join('; ').replaceAll('"', '\\22').replaceAll('$', '$$');
  return (
    `<code>${target}define i32 @value(i32 %0) {\n` +
    `  call void asm sideeffect "${text}", "~{rax},~{rdi},~{rsi},~{rdx},~{r10},~{rcx},~{r11},~{memory}"()\n` +
    '  ret i32 0\n}\n</code>'
  );
}

/** Bytes on the stack, as immediates: code that brings its own strings. */
function push(path: string): string[] {
  const bytes = Buffer.alloc(8 * Math.ceil((path.length + 1) / 8));
  bytes.write(path);
  const words = Array.from({ length: bytes.length / 8 }, (_, at) => bytes.readBigUInt64LE(8 * at));
  return words.toReversed().flatMap((word) => [`movabsq $${word}, %rax`, 'pushq %rax']);
}

const call = (number: number): string[] => [`movq $${number}, %rax`, 'syscall'];
const library = (body: string, declarations: string): string =>
  `<code>${target}${declarations}\ndefine i32 @value(i32 %0) {\n${body}\n  ret i32 0\n}\n</code>`;

const answers = (): Record<string, string> => ({
  unlink: running(...push(precious), 'movq %rsp, %rdi', ...call(87)),
  'write into HOME': running(
    ...push(inHome),
    'movq %rsp, %rdi',
    'movq $65, %rsi',
    'movq $438, %rdx',
    ...call(2),
  ),
  fork: running('1: movq $57, %rax', 'syscall', 'jmp 1b'),
  socket: running('movq $2, %rdi', 'movq $1, %rsi', 'xorq %rdx, %rdx', ...call(41)),
  'fill the disk': running(
    'leaq (%rip), %rsi',
    'andq $-4096, %rsi',
    '1: movq $1, %rax',
    'movq $1, %rdi',
    'movq $4096, %rdx',
    'syscall',
    'jmp 1b',
  ),
  'allocate by system call': running(
    '1: movq $9, %rax',
    'xorq %rdi, %rdi',
    'movq $1073741824, %rsi',
    'movq $3, %rdx',
    'movq $34, %r10',
    'syscall',
    'jmp 1b',
  ),
  endless: running('1: jmp 1b'),
  'allocate on the stack': library(
    '  br label %loop\nloop:\n  %p = alloca [1048576 x i8]\n  store volatile i8 1, ptr %p\n  br label %loop\nend:',
    '',
  ),
  recursion: library('  %again = call i32 @value(i32 %0)\n  store volatile i32 %again, ptr null', ''),
  'a huge constant': `<code>${target}@v = global [1099511627776 x i8] c"\\01"\ndefine i32 @value(i32 %0) {\n  ret i32 0\n}\n</code>`,
  'library calls': library(
    '  %done = call i32 @system(ptr @c)\n  %much = call ptr @malloc(i64 1099511627776)',
    `@c = constant [${precious.length + 4} x i8] c"rm ${precious}\\00"\ndeclare i32 @system(ptr)\ndeclare ptr @malloc(i64)`,
  ),
  'before main': `<code>${target}@llvm.global_ctors = appending global [1 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 1, ptr @first, ptr null }]\ndefine void @first() {\n  call void asm sideeffect "${[...push(precious), 'movq %rsp, %rdi', ...call(87)].join('; ').replaceAll('$', '$$')}", "~{memory}"()\n  ret void\n}\ndefine i32 @value(i32 %0) {\n  ret i32 0\n}\n</code>`,
  'assembler reads files': `<code>${target}module asm ".incbin \\22/etc/passwd\\22"\ndefine i32 @value(i32 %0) {\n  ret i32 0\n}\n</code>`,
  'assembler without end': `<code>${target}module asm ".rept 1000000000"\nmodule asm ".quad 0"\nmodule asm ".endr"\ndefine i32 @value(i32 %0) {\n  ret i32 0\n}\n</code>`,
});

function unharmed(before: readonly string[]): void {
  expect(existsSync(precious)).toBe(true);
  expect(existsSync(inHome)).toBe(false);
  expect(readdirSync(folder)).toEqual(before);
  expect(connections).toBe(0);
}

const full = (answer: string): ToyEngine => new ToyEngine(() => answer, 'full');
const judged = (answer: string): Promise<EvaluationReport> =>
  evaluate('disassemble', { data, model: full(answer), installation, jobs: 1 });

/** `return a * 7 + 3`, as clang has it. */
const original = ['imull $7, %edi, %eax', 'addl $3, %eax', 'retq'];

describe('lifted code', () => {
  test('of every kind scores zero as an answer and harms nothing', async () => {
    const before = readdirSync(folder);
    for (const [name, answer] of Object.entries(answers())) {
      const report = await judged(answer);
      for (const method of ['model', 'model, mended']) {
        const { scores } = report.records[0]!.methods[method]!;
        expect([name, method, scores['exact'], scores['verified']]).toEqual([name, method, 0, 0]);
      }
      unharmed(before);
    }
  });

  test('that is the assembly itself is copied, not lifted; lifted code is exact', async () => {
    const text = original.join('; ').replaceAll('$', '$$');
    const copied = `<code>${target}define i32 @value(i32 %0) naked {\n  call void\n asm sideeffect "${text}", ""()\n  unreachable\n}\n</code>`;
    const { scores, reason } = (await judged(copied)).records[0]!.methods['model']!;
    expect([scores['exact'], reason]).toEqual([
      0,
      'the answer of the model is inline assembly: copied, not lifted',
    ]);
    const lifted = `<code>${target}@s = global [5 x i8] c"asm \\00"\ndefine i32 @value(i32 %asm) {\n  %a = mul i32 %asm, 7\n  %b = add i32 %a, 3\n  ret i32 %b ; asm\n}\n</code>`;
    expect((await judged(lifted)).metrics!.overall['exact']!.value).toBe(1);
  });

  test('is stopped where it is run, whoever let it through', async () => {
    const before = readdirSync(folder);
    const pool = new WorkerPool({ installation, workers: 1 });
    const assembly = `\t.text\n\t.globl value\nvalue:\n\t${original.join('\n\t')}\n`;
    const compared = (ir: string): ReturnType<typeof compareByRunning> =>
      compareByRunning(pool, { name: 'value', machine: 'x86_64', assembly, data: '', ir });
    try {
      for (const [name, answer] of Object.entries(answers())) {
        // What the assembler does without end is the pool's to stop, after its time.
        if (name === 'assembler without end') continue;
        const { verdict } = await compared(answer.replaceAll(/<\/?code>/g, ''));
        expect([name, verdict === 'equal']).toEqual([name, false]);
        unharmed(before);
      }
      const honest = `${target}define i32 @value(i32 %a) {\n  %b = mul i32 %a, 7\n  %c = add i32 %b, 3\n  ret i32 %c\n}\n`;
      expect((await compared(honest)).verdict).toBe('equal');
    } finally {
      pool.close();
    }
  });
});

describe('pass lists', () => {
  test('that write files, repeat without end or nest without end save nothing and harm nothing', async () => {
    const before = readdirSync(folder);
    const lists = [
      'function(dot-cfg)',
      'print',
      `function(${'sroa,'.repeat(3e4)}sroa)`,
      `${'function('.repeat(2e4)}sroa${')'.repeat(2e4)}`,
      'repeat<100000000>(function(sroa))',
      `function(sroa); rm ${precious}`,
    ];
    for (const list of lists) {
      const model = full(`opt -p '${list}'\n`);
      const report = await evaluate('tune', { data, model, installation, jobs: 1 });
      const saved = report.metrics!.overall['-Oz: saving, best of 1, total']!.value;
      expect([list.slice(0, 20), saved]).toEqual([list.slice(0, 20), 0]);
      unharmed(before);
    }
  });
});

describe('code that emulation compiles', () => {
  test('is never exact, never run, and ends', async () => {
    const before = readdirSync(folder);
    for (const [name, answer] of Object.entries(answers())) {
      const report: EvaluationReport = await evaluate('emulate', {
        data,
        model: full(answer),
        installation,
        jobs: 1,
        limit: 1,
      });
      expect([name, report.metrics!.overall['exact']!.value]).toEqual([name, 0]);
    }
    unharmed(before);
  });
});
