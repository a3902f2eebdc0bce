// What the tests of the normal form share: single functions of the example programs as modules of their
// own, for both targets, and the real code generator.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { installation, sourceOf } from '../llvm/compile.ts';
import { programPath, type LlvmProgram } from '#ozma/llvm/installation.js';
import { recipeOf } from '#ozma/llvm/recipe.js';
import type { WorkerPool } from '#ozma/llvm/worker-pool.js';
import type { CodegenLevel } from '#ozma/llvm/module.js';
import { targets, type TargetName } from '#ozma/tasks/normal-form/targets.js';

export interface RealFunction {
  name: string;
  /** Unoptimised IR of a module with this one body. */
  ir: string;
}

function run(program: LlvmProgram, words: readonly string[], input: string | Buffer): Buffer {
  return execFileSync(programPath(installation, program), words, { input, maxBuffer: 1 << 26 });
}

/** The first functions of a program in examples/, each cut out by llvm-extract. */
export function functionsOf(example: string, count: number): RealFunction[] {
  const source = readFileSync(new URL(`../../examples/${example}`, import.meta.url));
  const folder = new URL('../../examples', import.meta.url).pathname;
  const words = ['-Oz', '-Xclang', '-disable-llvm-passes', '-c', '-emit-llvm', '-w', '-xc', '-', '-o', '-'];
  const module = run('clang', ['--target=x86_64-linux-gnu', `-I${folder}`, ...words], source);
  const text = run('llvm-dis', ['-o', '-'], module).toString();
  const names = [...text.matchAll(/^define .*?@([\w.$]+)\(/gm)].map((match) => match[1]!);
  return names.slice(0, count).map((name) => ({
    name,
    ir: run('llvm-extract', [`--func=${name}`, '-S', '-'], module).toString(),
  }));
}

/** The same module for the other machine: triple, data layout and what names the processor. */
export function forTarget(ir: string, target: TargetName): string {
  const { triple, dataLayout, attributes } = targets[target];
  return ir
    .replace(/^target datalayout = .*$/m, `target datalayout = "${dataLayout}"`)
    .replace(/^target triple = .*$/m, `target triple = "${triple}"`)
    .replaceAll(/"(?:target-cpu|target-features|tune-cpu|frame-pointer)"="[^"]*" ?/g, '')
    .replaceAll(/^(attributes #\d+ = \{ .*uwtable.*)\}$/gm, (_, group: string) => {
      const framePointer = target === 'aarch64' ? '"frame-pointer"="non-leaf-no-reserve" ' : '';
      return `${group}${framePointer}${attributes.join(' ')} }`;
    });
}

/** IR or assembly after a pass pipeline. LLVM's verifier has looked at it. */
export async function emit(
  pool: WorkerPool,
  ir: string,
  pipeline: string,
  level: CodegenLevel,
  format: 'ir' | 'assembly',
): Promise<string> {
  const outcome = await pool.emit(sourceOf(ir), pipeline === '' ? [] : recipeOf(pipeline), level, format);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
  return Buffer.from(outcome.value).toString();
}

/** The instructions and labels of a file, by a filter of its own: nothing of the normal form is used. */
export function instructionsOf(assembly: string): string[] {
  const lines = assembly.split('\n').map((line) => line.replace(/(?:\s#|\/\/).*$/, '').trim());
  return lines.filter(
    (line) => line !== '' && (!line.startsWith('.') || /^\.LBB\w+:$/.test(line)) && !line.startsWith('#'),
  );
}
