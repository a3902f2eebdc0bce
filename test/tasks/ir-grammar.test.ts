// The grammar of functions in normal form: real functions are in it, and what LLVM would refuse for its values,
// types and blocks is not. Each wrong text has one mistake, at the end of what is shown.

import { expect, test } from 'vitest';
import { accepts } from '#ozma/inference/grammar.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { createIrGrammar } from '#ozma/tasks/ir-grammar/grammar.js';
import { normaliseIr } from '#ozma/tasks/normal-form/normalise-ir.js';
import { installation } from '../llvm/compile.ts';
import { emit, functionsOf } from './real-functions.ts';

const accepted = (ir: string): boolean => accepts(createIrGrammar(), `<code>${ir}</code>`);

/** How far the grammar follows a text. */
function followed(text: string): string {
  let state: ReturnType<ReturnType<typeof createIrGrammar>['start']> | undefined = createIrGrammar().start();
  let length = 0;
  for (const byte of Buffer.from(`<code>${text}`)) {
    state = state.next(byte);
    if (state === undefined) break;
    length++;
  }
  return text.slice(0, Math.max(0, length - '<code>'.length));
}

const loop = `define int @0(ptr %0, int %1) nounwind {
%2 = icmp sgt int %1, 0
br bit %2, label %b1, label %b2
b1:
%3 = phi int [0, %b0], [%4, %b1]
%5 = zext nneg int %3 to long
%6 = getelementptr int, ptr %0, long %5
store int %3, ptr %6
%4 = add nuw nsw int %3, 1
%7 = icmp eq int %4, %1
br bit %7, label %b2, label %b1
b2:
%8 = phi int [0, %b0], [%1, %b1]
ret int %8
}
`;

test('a function with a loop, and what is said behind it', () => {
  expect(accepted(loop)).toBe(true);
  const answer = `<code>${loop}</code>\n\nThe output code has instruction count 9 and binary size 80 bytes.`;
  expect(accepts(createIrGrammar(), answer)).toBe(true);
});

const header = 'define ptr @0(ptr %0, int %1) {\n';
const block = 'br label %b1\nb1:\n';

const diamond = `${header}br bit true, label %b1, label %b2\nb1:\n%2 = load int, ptr %0\nbr label %b2\nb2:\n`;
const joined = '%3 = phi int [%2, %b1], [0, %b0]\nbr label %b3\nb3:\n';
const looped = 'br label %b1\nb1:\n%2 = phi int [0, %b0], [1, %b2]\nbr label %b2\nb2:\n';

test.each([
  ['a value of another type', `${header}%2 = add int %`, '0'],
  ['a value that nothing defines', `${header}%2 = add int %`, '7'],
  ['a value of the same line', `${header}%2 = add int %`, '2'],
  ['the second operand of another type', `${header}%2 = icmp eq ptr %0, %`, '1'],
  ['an argument of another type', `${header}call void @1(ptr %0, int %`, '0'],
  ['what is called is no pointer', `${header}call void %`, '1'],
  ['a number that was passed over', `${header}%`, '3 = load ptr, ptr %0\n'],
  ['a value defined again', `${header}%2 = load ptr, ptr %0\n%`, '2 = load ptr, ptr %0\n'],
  ['no result to be named', `${header}%2 = call void`, ' @1()\n'],
  ['an operation that is none', `${header}%2 = lo`, 'de ptr, ptr %0\n'],
  ['a line behind the jump', `${header}${block}ret ptr %0\n`, '%2 = load ptr, ptr %0\n'],
  ['a block without a jump', `${header}`, '}\n'],
  ['a block that is not there', `${header}br bit true, label %b1, label %b2\nb1:\nret ptr %0\n`, '}\n'],
  ['a block defined again', `${header}${block}br label %b1\nb`, '1:\n'],
  ['the entry as a target', `${header}br label %b`, '0\n'],
  ['a block that was passed over', `${header}br label %b`, '2\n'],
  ['another type than the function returns', `${header}ret `, 'int 0\n'],
  [
    'another type than the phi said',
    `${header}${block}%2 = phi ptr [%0, %b0], [%3, %b1]\n%3 = load int`,
    ', ptr %2\n',
  ],
  ['a value below, but in no phi', `${header}%2 = add int %1, %`, '3\n'],
  ['a value that another way goes around', `${diamond}%3 = add int %`, '2, 1\n'],
  ['a phi that misses a block', `${diamond}%3 = phi int [%2, %b1]`, '\n'],
  ['a phi that names a block twice', `${diamond}%3 = phi int [%2, %b1], [0, %b`, '1]\n'],
  [
    'a phi that names a block that goes elsewhere',
    `${diamond}br label %b3\nb3:\n%3 = phi int [0, %b`,
    '1]\n',
  ],
  [
    'a second phi that names more',
    `${diamond}%3 = phi int [%2, %b1], [0, %b0]\n%4 = phi int [0, %b0], [0, %b1]`,
    ', ',
  ],
  ['a phi below the top', `${diamond}%3 = load int, ptr %0\n%4 = p`, 'hi'],
  ['no jump to where a phi counts on it', `${header}${looped}br label %b`, '2'],
  ['a jump to where no phi knows it', `${diamond}${joined}br label %b`, '2'],
  ['parameters out of order', 'define ptr @0(ptr %1, ptr %0) {', '\n'],
])('refused: %s', (_, good, wrong) => {
  expect(followed(good + wrong)).toBe(good);
});

test.each([
  [
    'aggregates',
    '%2 = insertvalue {ptr, int} poison, int %1, 1\n%3 = extractvalue {ptr, int} %2, 0\nret ptr %3\n',
  ],
  [
    'vectors',
    '%2 = insertelement <4 x int> poison, int %1, long 0\n%3 = icmp eq <4 x int> %2, zeroinitializer\n%4 = extractelement <4 x bit> %3, long 1\n%5 = select bit %4, ptr %0, ptr null\nret ptr %5\n',
  ],
  ['a call through a pointer, with its type', '%2 = call ptr (int, ...) %0(int %1, ptr %0)\nret ptr %2\n'],
  [
    'exceptions',
    '%2 = invoke ptr @1(ptr byval([32 x byte]) align 8 %0) to label %b1 unwind label %b2\nb1:\nret ptr %2\nb2:\n%3 = landingpad {ptr, int} cleanup\nresume {ptr, int} %3\n',
  ],
  [
    'atomics',
    '%2 = cmpxchg ptr %0, int %1, int 0 seq_cst monotonic\n%3 = extractvalue {int, bit} %2, 1\nbr bit %3, label %b1, label %b2\nb1:\n%4 = atomicrmw add ptr %0, int %1 monotonic\nbr label %b2\nb2:\nret ptr %0\n',
  ],
  ['inline assembly', 'call void asm sideeffect "mov %eax, $0", "r"(int %1)\nret ptr %0\n'],
  [
    'a switch',
    'switch int %1, label %b1 [int 3, label %b2 int 5, label %b1]\nb1:\nret ptr null\nb2:\nunreachable\n',
  ],
])('accepted: %s', (_, body) => {
  expect(followed(`${header}${body}}\n`)).toBe(`${header}${body}}\n`);
});

test('real functions, as clang makes them and as passes leave them', async () => {
  const pool = new WorkerPool({ installation, workers: 2, timeoutSeconds: 20 });
  try {
    const functions = ['json.c', 'compress.c'].flatMap((name) => functionsOf(name, 12));
    const texts = await Promise.all(
      functions.flatMap(({ ir, name }) =>
        ['', 'default<Oz>', 'function(sroa,loop-rotate)', 'function(reg2mem)'].map(async (pipeline) => {
          const made = await emit(pool, ir, pipeline, 'Oz', 'ir');
          return normaliseIr(made, { constants: true, own: name }).text;
        }),
      ),
    );
    const refused = texts.filter((text) => !accepted(`${text.trim()}\n`));
    expect(texts.length).toBeGreaterThan(40);
    expect(refused).toEqual([]);
  } finally {
    pool.close();
  }
});
