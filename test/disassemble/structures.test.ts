// What comes back in more than one register, and names that look like registers: both are where a function
// that seems to do the same can still be lifted wrongly.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import type { CandidateSource } from '#ozma/disassemble/disassemble.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const installation = findInstallation();
const source = `
struct pair { long a, b; }; struct point { double x, y; }; struct large { long a, b, c; };
struct pair other(long); struct large filled(long); int s1(int); extern int x1;
struct pair divided(long a, long b) { struct pair p = { a ^ b, a - b * 3 }; return p; }
struct point scaled(double a) { struct point p = { a + 1, a * 3 }; return p; }
long read_both(long a) { struct pair p = other(a); return p.a * 5 - p.b; }
struct large spread(long a, long b) { struct large l = { a, b, a - b }; return l; }
long read_filled(long a) { struct large l = filled(a); return l.a + l.b * l.c; }
int called(int a) { return s1(a) + x1; }
`;

function assemblyFor(triple: string, level: string): string {
  const words = ['-S', `--target=${triple}`, level, '-x', 'c', '-', '-o', '-'];
  return execFileSync(programPath(installation, 'clang'), words, { input: source, encoding: 'utf8' });
}

const triples = ['x86_64-linux-gnu', ...(existsSync('/usr/bin/qemu-aarch64') ? ['aarch64-linux-gnu'] : [])];

describe.each(triples)('%s', (target) => {
  it.each(['-O2', '-O0'])('%s: every function is found to do the same', async (level) => {
    const { functions } = await disassemble(assemblyFor(target, level), { installation, target, jobs: 1 });
    const others = functions.filter(({ status }) => status !== 'exact' && status !== 'equivalent');
    expect(others.map(({ name, status, reason }) => `${name}: ${status}, ${reason}`)).toEqual([]);
    if (level === '-O0') return;
    const head = (name: string): string =>
      /^define .*$/m.exec(functions.find((one) => one.name === name)!.ir)![0];
    expect(head('divided')).toContain('{ i64, i64 } @divided(');
    expect(head('scaled')).toContain('{ double, double } @scaled(');
    if (target.startsWith('aarch64')) expect(head('spread')).toContain('sret(');
  });

  it('a wrong second member is another result', async () => {
    const ir = `define { i64, i64 } @divided(i64 %a, i64 %b) {
  %first = xor i64 %a, %b
  %one = insertvalue { i64, i64 } poison, i64 %first, 0
  %both = insertvalue { i64, i64 } %one, i64 %b, 1
  ret { i64, i64 } %both
}
`;
    const wrong: CandidateSource = async () => ({
      candidates: [{ origin: 'model', variant: 'by hand', ir }],
      reasons: [],
    });
    const { functions } = await disassemble(assemblyFor(target, '-O2'), {
      installation,
      target,
      jobs: 1,
      rules: false,
      repair: false,
      functions: ['divided'],
      sources: [wrong],
    });
    expect(functions[0]?.status).toBe('recompiles');
    expect(functions[0]?.reason).toContain('another result');
  });
});
