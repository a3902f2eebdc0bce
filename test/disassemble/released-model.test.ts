// The released model at work: real weights, the model alone, checked like everything else.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import { openEngine } from '#ozma/inference/engine.js';
import { releasedModel } from '#ozma/inference/released-models.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const source = `
int get(int *p) { return p[26]; }
void put(long *p, long v) { p[3] = v; }
int isZero(int a) { return a == 0; }
`;

test('the released model lifts small functions exactly, numbers included', async () => {
  const installation = findInstallation();
  const folder = mkdtempSync(join(tmpdir(), 'ozma-test-'));
  const engine = await openEngine(releasedModel('ftd')!);
  try {
    const file = join(folder, 'small.c');
    writeFileSync(file, source);
    const words = ['--target=x86_64-linux-gnu', '-Oz', '-S', '-o', '-', file];
    const text = execFileSync(programPath(installation, 'clang'), words, { encoding: 'utf8' });
    const { functions } = await disassemble(text, {
      ...{ installation, jobs: 1, rules: false, target: 'x86_64-linux-gnu' },
      model: { engine, candidates: 1 },
    });
    expect(functions.map(({ name, status, origin }) => [name, status, origin])).toEqual([
      ['get', 'exact', 'model'],
      ['put', 'exact', 'model'],
      ['isZero', 'exact', 'model'],
    ]);
    expect(functions[0]!.ir).toContain('104');
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true });
  }
}, 60_000);
