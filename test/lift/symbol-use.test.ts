// Size and alignment of variables, as the code shows them: without both, AArch64 code that reads a field of a
// variable does not compile back to what it was.

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { variablesByUse } from '#ozma/lift/symbol-use.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

it('says of loads, stores and addresses what they show', () => {
  const { functions } = parseAssembly(
    `f:
	ldr	x8, [x8, :lo12:table]
	ldrh	w9, [x9, :lo12:table+20]
	str	q0, [x9, :lo12:odd+8]
	add	x0, x0, :lo12:address+3
	ldrsw	x1, [x1, :lo12:count]
	ldr	x2, [x2, :got_lo12:elsewhere]
	ret
	.size	f, .-f
`,
    'aarch64',
  );
  expect(Object.fromEntries(variablesByUse(functions[0]!.items))).toEqual({
    table: { alignment: 8, size: 22 },
    odd: { alignment: 1, size: 24 },
    address: { alignment: 1, size: 4 },
    count: { alignment: 4, size: 4 },
  });
});

it.each(['-Oz', '-O1', '-O2'])('fields of variables compile back exactly at %s', async (level) => {
  const installation = findInstallation();
  const source = `
    struct table { long first; int count; short kind; } table;
    int count(void) { return table.count; }
    long sum(void) { return table.first + table.kind; }
    void set(short k) { table.kind = k; }`;
  const words = ['--target=aarch64-linux-gnu', level, '-S', '-x', 'c', '-', '-o', '-'];
  const text = execFileSync(programPath(installation, 'clang'), words, { input: source, encoding: 'utf8' });
  expect(text).toContain(':lo12:table+8]');
  const { functions } = await disassemble(text, { installation, target: 'aarch64-linux-gnu', jobs: 1 });
  expect(functions.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'count exact',
    'sum exact',
    'set exact',
  ]);
});

it('half of an address in the table of the linker', async () => {
  const installation = findInstallation();
  const source = 'extern char text[]; int at(char *found) { return found - text; }';
  const words = ['--target=x86_64-linux-gnu', '-Oz', '-fPIC', '-S', '-x', 'c', '-', '-o', '-'];
  const text = execFileSync(programPath(installation, 'clang'), words, { input: source, encoding: 'utf8' });
  expect(text).toMatch(/subl\ttext@GOTPCREL\(%rip\), %e/);
  const { functions, ir } = await disassemble(text, { installation, target: 'x86_64-linux-gnu', jobs: 1 });
  expect(functions).toMatchObject([{ name: 'at', status: 'equivalent' }]);
  expect(ir).toContain('ptr @text');
});
