// One module out of a module for each function. llvm-link joins them; where two disagree about a symbol
// beyond what it accepts (a function here, a variable there), the later one stays out and is named.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath } from '../llvm/installation.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';
import { failureLine, runProgram } from '../llvm/run-program.ts';
import type { FunctionResult } from './result.ts';

type Part = Pick<FunctionResult, 'name' | 'ir' | 'status' | 'reason'>;

async function link(
  installation: LlvmInstallation,
  files: readonly string[],
  output: string,
): Promise<string | undefined> {
  const words = ['-S', '-o', output, ...files];
  const result = await runProgram(programPath(installation, 'llvm-link'), words, { timeoutSeconds: 120 });
  return result.exitCode === 0 ? undefined : failureLine(result);
}

/** Files that link together: all of them, or as many as can be added one by one. */
async function linkMost(
  installation: LlvmInstallation,
  files: readonly string[],
  output: string,
): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  const whole = await link(installation, files, output);
  if (whole === undefined || files.length === 0) return refused;
  if (files.length === 1) return refused.set(files[0]!, whole);
  const kept: string[] = [];
  for (const file of files) {
    const problem = await link(installation, [...kept, file], output);
    if (problem === undefined) kept.push(file);
    else refused.set(file, problem);
  }
  await link(installation, kept, output);
  return refused;
}

/** Functions are visible to each other while they are joined. */
function visible(ir: string): string {
  return ir.replaceAll(/^define (?:internal|private) /gm, 'define ');
}

/** IR text; opens with a comment for each function that is not in it. */
export async function joinModules(
  installation: LlvmInstallation,
  parts: readonly Part[],
  triple: string,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ozma-join-'));
  try {
    const byFile = new Map<string, string>();
    for (const [index, { name, ir }] of parts.entries()) {
      if (ir === '') continue;
      const file = join(folder, `${index}.ll`);
      await writeFile(file, visible(ir));
      byFile.set(file, name);
    }
    const output = join(folder, 'joined.ll');
    const refused = await linkMost(installation, [...byFile.keys()], output);
    const missing = [
      ...parts.filter(({ ir }) => ir === '').map(({ name, reason }) => `${name}: ${reason ?? 'not lifted'}`),
      ...[...refused].map(([file, problem]) => `${byFile.get(file)!}: ${problem}`),
    ];
    const text =
      byFile.size > refused.size ? await readFile(output, 'utf8') : `target triple = "${triple}"\n`;
    const body = text.replace(/^; ModuleID = .*\n/, '').replace(/^source_filename = .*\n/m, '');
    return [...missing.map((line) => `; not here: ${line}`), body].join('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
