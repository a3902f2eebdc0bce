// Real IR and assembly to tokenize: programs of this repository, compiled here.

import { execFileSync } from 'node:child_process';
import { findInstallation, programPath } from '#ozma/llvm/installation.js';

const clang = programPath(findInstallation(), 'clang');

function compile(source: string, ...words: string[]): string {
  return execFileSync(clang, ['-Oz', '-S', '-w', source, ...words, '-o', '-'], { encoding: 'utf8' });
}

const c = ['examples/json.c', 'examples/compress.c', 'suites/self-test/sorting.c'];
const cpp = ['suites/self-test/containers.cc', 'suites/self-test/templates.cc'];

/** IR of C and C++, and assembly. */
export function realTexts(): string[] {
  return [
    ...[...c, ...cpp].map((source) => compile(source, '-emit-llvm')),
    ...c.map((source) => compile(source)),
  ];
}
