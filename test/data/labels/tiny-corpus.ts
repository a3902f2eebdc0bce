// A corpus of a few functions in three splits, and a suite of one self-testing program, for the tests of
// labelling.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusColumns, type CorpusRow } from '#ozma/data/corpus.js';
import { writeSetFiles } from '#ozma/data/parquet-set.js';
import type { Split } from '#ozma/data/set-manifest.js';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

export const installation = findInstallation();

const functions: [name: string, split: Split, source: string][] = [
  ['sum', 'train', 'int sum(int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s += p[i]; return s; }'],
  ['clear', 'train', 'void clear(char *p, int n) { for (int i = 0; i < n; i++) p[i] = 0; }'],
  ['factorial', 'train', 'unsigned factorial(unsigned n) { return n < 2 ? 1 : n * factorial(n - 1); }'],
  [
    'kind',
    'train',
    'int f(int); int kind(int c) { if (c >= 48 && c <= 57) return f(1) + 1; if (c >= 97 && c <= 122) return f(2) + 1; if (c == 95) return f(3) + 1; return 0; }',
  ],
  [
    'largest',
    'validation',
    'int largest(int a, int b, int c) { int m = a; if (b > m) m = b; if (c > m) m = c; return m; }',
  ],
  [
    'position',
    'test',
    'int position(const char *s, char c) { for (int i = 0; s[i]; i++) if (s[i] == c) return i; return -1; }',
  ],
];

/** Unoptimised IR of a C source, as clang -Oz has it before its first pass. */
export function unoptimised(source: string): string {
  const words = ['-Oz', '-Xclang', '-disable-llvm-passes', '-emit-llvm', '-S', '-x', 'c', '-', '-o', '-'];
  return execFileSync(programPath(installation, 'clang'), words, { input: source, encoding: 'utf8' });
}

/** Writes rows as a finished corpus. */
export async function writeCorpusOf(folder: string, rows: readonly CorpusRow[]): Promise<void> {
  async function* lines(): AsyncGenerator<{ split: Split; line: string }> {
    for (const row of rows) yield { split: row.split, line: JSON.stringify(row) };
  }
  const source = { unitsHash: 'tiny', units: 1, dropped: {}, seconds: 0 };
  await writeSetFiles(folder, { name: 'corpus', columns: corpusColumns }, lines(), source);
}

/** `allIn` puts every function into one split. */
export async function writeTinyCorpus(folder: string, allIn?: Split): Promise<CorpusRow[]> {
  const rows = functions.map(([name, own, source], index): CorpusRow => {
    const split = allIn ?? own;
    return {
      id: String(index).padStart(32, '0'),
      kind: 'function',
      name,
      ir: unoptimised(source),
      package: `package-${split}`,
      version: '1',
      licence: 'Apache-2.0',
      language: 'c',
      file: `${name}.c`,
      flags: [],
      target: 'x86_64-pc-linux-gnu',
      instructions: 10,
      bytes: null,
      split,
    };
  });
  await writeCorpusOf(folder, rows);
  return rows;
}

/** A suite that any list passes that keeps additions right. */
export function writeTinySuite(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const program = `#include <stdio.h>
static int sum(int n) { int s = 0; for (int i = 1; i <= n; i++) s += i; return s; }
int main(int argc, char **argv) { printf("%d\\n", sum(argc + 9)); return sum(argc + 9) == 55 ? 0 : 1; }
`;
  writeFileSync(join(folder, 'sum.c'), program);
}
