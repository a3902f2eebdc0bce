// What `ozma disassemble --coverage` counts: instructions with and without a row, over several files.

import { expect, test } from 'vitest';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { addCoverage, emptyCoverage, mostMissing } from '#ozma/lift/coverage.js';

const functionOf = (name: string, body: string): string =>
  `.globl ${name}\n.type ${name},@function\n${name}:\n${body}\n retq\n.size ${name}, .-${name}\n`;

test('instructions, functions, and what is missing, the commonest first', () => {
  const counted = emptyCoverage();
  const known = functionOf('known', ' movl %edi, %eax\n addl $3, %eax');
  const unknown = functionOf('unknown', ' cpuid\n rdtscp\n rdtscp\n xorl %eax, %eax');
  addCoverage(counted, parseAssembly(known + unknown, 'x86-64'));
  addCoverage(counted, parseAssembly(functionOf('other', ' cpuid\n cpuid'), 'x86-64'));
  expect(counted).toMatchObject({
    functions: 3,
    handledFunctions: 1,
    instructions: 11,
    handledInstructions: 6,
  });
  expect(mostMissing(counted, 1)).toEqual([['cpuid', 3]]);
});
