// What counts as the same code and what does not.

import { describe, expect, it } from 'vitest';
import { bleu } from '#ozma/disassemble/bleu.js';
import { compareFunctions } from '#ozma/disassemble/compare-assembly.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';

function functionOf(text: string) {
  const file = parseAssembly(text, 'x86-64');
  return { file, function: file.functions[0]! };
}

const base = `
	.type f,@function
f:
	movsd .LCPI0_0(%rip), %xmm1
.LBB0_1:
	addl $3, %edi
	callq g
	jne .LBB0_1
	retq
	.section .rodata
.LCPI0_0:
	.quad 0x4008000000000000
`;
const compare = (from: string, to: string) =>
  compareFunctions(functionOf(base), functionOf(base.replaceAll(from, to)));

describe('the same code', () => {
  it.each([
    ['another name of a label', '.LBB0_1', '.LBB7_3'],
    ['another name of a constant', '.LCPI0_0', '.LC5'],
    ['comments and white space', '$3, %edi', '$3,   %edi  # three'],
  ])('%s', (_, from, to) => {
    expect(compare(from, to)).toEqual({ equal: true, differences: [] });
  });
});

describe('other code', () => {
  it.each([
    ['a number', '$3', '$4', [{ kind: 'number', expected: '3', found: '4' }]],
    ['a callee', 'callq g', 'callq h', [{ kind: 'symbol', expected: 'g', found: 'h' }]],
    ['a missing instruction', '	addl $3, %edi\n', '', [{ kind: 'instruction', expected: 'addl $#, edi 3' }]],
  ])('%s', (_, from, to, differences) => {
    expect(compare(from, to)).toEqual({ equal: false, differences });
  });

  it('a constant of another value', () => {
    expect(compare('0x4008', '0x4009').equal).toBe(false);
  });

  it('a jump to another place', () => {
    const moved = base.replace('.LBB0_1:\n	addl $3, %edi\n', '	addl $3, %edi\n.LBB0_1:\n');
    expect(compareFunctions(functionOf(base), functionOf(moved)).equal).toBe(false);
  });
});

describe('BLEU', () => {
  // Values of sacreBLEU 2.6.0 (sentence_bleu, tokenize='none', effective order), divided by 100.
  it.each([
    ['a b c d e f', 'a b c d e f', 1],
    ['a b c d e x', 'a b c d e f', 0.7598],
    ['a b c', 'a b c d e f', 0.3679],
    ['x y z', 'a b c', 0],
    ['a b x d e f g', 'a b c d e f g h', 0.4238],
    ['a c b d', 'a b c d', 0.2259],
  ])('%s against %s', (text, reference, expected) => {
    expect(bleu(text, reference)).toBeCloseTo(expected, 3);
  });
});
