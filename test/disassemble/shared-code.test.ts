// What functions of a file share with each other is there when one of them is run alone: code that clang outlined
// (AArch64, -Oz), static variables that it merged and named only by aliases, and those behind the last function.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const installation = findInstallation();
const source = `
static char flag;
static long first, second, tree;
long append(long), insert(long), replace(long), drop(long);
void one(void) { tree = append(tree); }
void two(void) { tree = insert(tree); }
void three(void) { tree = replace(tree); }
void four(void) { tree = drop(tree); }
long five(long x) { flag = 1; first += x; second -= x; return first + second + flag; }
`;
const names = ['one', 'two', 'three', 'four', 'five'];

function compile(target: string): string {
  const words = [`--target=${target}`, '-Oz', '-S', '-x', 'c', '-', '-o', '-'];
  return execFileSync(programPath(installation, 'clang'), words, { input: source, encoding: 'utf8' });
}

test.each(['x86_64-linux-gnu', ...(existsSync('/usr/bin/qemu-aarch64') ? ['aarch64-linux-gnu'] : [])])(
  '%s',
  async (target) => {
    const text = compile(target);
    if (target.startsWith('aarch64')) {
      expect(text).toContain('bl\tOUTLINED_FUNCTION_0');
      expect(text).toContain('second = .L_MergedGlobals+8');
    }
    const { functions } = await disassemble(text, { installation, target, jobs: 1 });
    expect(functions.map(({ name }) => name)).toEqual(names);
    const wrong = functions.filter(({ status }) => status !== 'exact' && status !== 'equivalent');
    expect(wrong.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([]);
  },
);

test('a shared piece of code is no function to ask for', async () => {
  const target = 'aarch64-linux-gnu';
  const asking = disassemble(compile(target), { installation, target, functions: ['OUTLINED_FUNCTION_0'] });
  await expect(asking).rejects.toThrow('expected a function OUTLINED_FUNCTION_0, found none of that name');
});
