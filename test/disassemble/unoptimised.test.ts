// Code that clang generated at -O0 comes back to the very same instructions: variables in their slots, the
// register allocator's slots, switches as chains and as tables. Compared only; nothing is run.

import { execFileSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { liftedCandidates } from '#ozma/disassemble/candidates.js';
import { recompileClosest } from '#ozma/disassemble/recompile.js';
import { likelySettings } from '#ozma/disassemble/settings.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { liftFile } from '#ozma/lift/lift.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';

const installation = findInstallation();
const pool = new WorkerPool({ installation, workers: 1 });
afterAll(() => pool.close());

const source = `
int other(int);
struct node { struct node *next; int value; long weights[4]; };
int sum(const char *s, int n, char c) { int t = 0;
  for (int i = 0; i < n; i++) { if (s[i] == c && i) t += other(s[i]); else t -= 5; } return t; }
long total(struct node *list, unsigned which) { long all = 0;
  while (list) { all += list->weights[which & 3] - list->value; list = list->next; } return all; }
int chain(int x) { switch (x) { case 3: return other(1); case 70: return other(2); case 900: return 7; } return x; }
int table(unsigned x) { switch (x) { case 0: return other(5); case 1: return 9; case 2: return other(7); case 3: return 1;
  case 4: return other(x); default: return -1; } }
int larger(int a, int b) { return a > b ? a : -1; }
int both(int a, int b) { return a && b; }
double mean(double a, float b) { return a < b ? (a + b) / 2 : a; }
`;

test('clang -O0: every function', async () => {
  const clang = programPath(installation, 'clang');
  const words = ['--target=x86_64-pc-linux-gnu', '-O0', '-S', '-x', 'c', '-', '-o', '-'];
  const file = parseAssembly(execFileSync(clang, words, { input: source, encoding: 'utf8' }), 'x86-64');
  const found: Record<string, boolean> = {};
  for (const lifted of liftFile(file, { triple: 'x86_64-pc-linux-gnu' }).functions) {
    const original = file.functions.find(({ name }) => name === lifted.name)!;
    const subject = { file, function: original, split: { functions: new Map(), blocks: [] } };
    found[lifted.name] = false;
    for (const { ir } of (await liftedCandidates(pool, lifted)).candidates) {
      const result = await recompileClosest(pool, subject, ir, likelySettings(file, original));
      if ('recompiled' in result && result.recompiled.comparison.equal) found[lifted.name] = true;
    }
  }
  const names = ['sum', 'total', 'chain', 'table', 'larger', 'both', 'mean'];
  expect(found).toEqual(Object.fromEntries(names.map((name) => [name, true])));
});
