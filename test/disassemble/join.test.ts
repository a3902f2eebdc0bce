// One module of many: what cannot join keeps itself out, and no other.

import { expect, it } from 'vitest';
import { joinModules } from '#ozma/disassemble/join.js';
import { findInstallation } from '#ozma/llvm/installation.js';

const installation = findInstallation();
const triple = 'x86_64-unknown-linux-gnu';
const part = (name: string, body: string) => ({ name, status: 'exact' as const, ir: `${body}\n` });

it('a function that cannot join the others is named and declared; the others are there', async () => {
  const parts = Array.from({ length: 7 }, (_, index) =>
    part(
      `f${index}`,
      `declare i32 @g(i32)\ndefine i32 @f${index}(i32 %0) {\n  %2 = call i32 @g(i32 %0)\n  ret i32 %2\n}`,
    ),
  );
  parts.splice(
    5,
    0,
    part('odd', '@g = global i32 7\ndefine i32 @odd() {\n  %1 = load i32, ptr @g\n  ret i32 %1\n}'),
  );
  parts.push(part('broken', 'define i32 @broken( {'));
  const ir = await joinModules(installation, parts, triple);
  for (let index = 0; index < 7; index++)
    expect(ir).toMatch(new RegExp(`^; exact\\ndefine i32 @f${index}\\(`, 'm'));
  expect(ir).toMatch(/^; not here: broken: /m);
  expect(ir).toMatch(/^declare void @broken\(\)$/m);
});

it('nothing lifted is a module all the same', async () => {
  const parts = [{ name: 'a b', status: 'failed' as const, reason: 'unsupported cpuid', ir: '' }];
  expect(await joinModules(installation, parts, triple)).toBe(
    `; not here: a b: unsupported cpuid\ntarget triple = "${triple}"\n\ndeclare void @"a b"()\n`,
  );
});
