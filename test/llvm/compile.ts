// What the tests of src/llvm share: small programs to modules and objects by the real clang, and sizes as
// the real llvm-size tells them.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findInstallation, programPath, type LlvmInstallation } from '#ozma/llvm/installation.js';
import { contentHash } from '#ozma/llvm/module.js';
import type { ModuleSource } from '#ozma/llvm/worker-protocol.js';

export const installation = findInstallation();

const language = (cpp: boolean): string[] => (cpp ? ['-x', 'c++', '-std=c++17'] : ['-x', 'c']);

export interface CompileOptions {
  cpp?: boolean;
  flags?: readonly string[];
  /** Another LLVM than the usual one. */
  by?: LlvmInstallation;
}

function runClang(source: string, words: string[], options: CompileOptions): Buffer {
  const clang = programPath(options.by ?? installation, 'clang');
  const line = [...words, '-w', ...(options.flags ?? []), ...language(options.cpp ?? false), '-'];
  return execFileSync(clang, line, { input: source, maxBuffer: 1 << 26 });
}

/** Unoptimised bitcode, as `clang -Oz` has it before its first pass. */
export function compileModule(source: string, options: CompileOptions = {}): ModuleSource {
  const words = ['-Oz', '-Xclang', '-disable-llvm-passes', '-emit-llvm', '-c', '-o', '-'];
  return sourceOf(runClang(source, words, options));
}

/** The object that clang itself makes, at -Oz unless the flags say otherwise. */
export function compileObject(source: string, options: CompileOptions = {}): Uint8Array {
  return runClang(source, ['-Oz', '-c', '-o', '-'], options);
}

export function sourceOf(bytes: Uint8Array | string, triple?: string): ModuleSource {
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return { hash: contentHash(data), bytes: data, ...(triple === undefined ? {} : { triple }) };
}

/** Berkeley text + data. */
export function llvmSize(object: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-size-'));
  try {
    const path = join(folder, 'object.o');
    writeFileSync(path, object);
    const text = execFileSync(programPath(installation, 'llvm-size'), [path], { encoding: 'utf8' });
    const [code, data] = text.split('\n')[1]!.trim().split(/\s+/);
    return Number(code) + Number(data);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
