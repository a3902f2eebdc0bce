// One module out of a module for each function. llvm-link joins them; where two disagree about a symbol
// beyond what it accepts (a function here, a variable there), the later one stays out and is named. What is
// not there is declared, and what was checked stands above each definition.

import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quoteName } from '../lift/symbols.ts';
import { programPath } from '../llvm/installation.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';
import { failureLine, runProgram } from '../llvm/run-program.ts';
import type { FunctionResult } from './result.ts';

type Part = Pick<FunctionResult, 'name' | 'ir' | 'status' | 'reason' | 'inputs'>;

/** More names do not fit on one command line. */
const mostFiles = 2000;

async function link(
  installation: LlvmInstallation,
  files: readonly string[],
  output: string,
): Promise<string | undefined> {
  const words = ['-S', '-o', output, ...files];
  const result = await runProgram(programPath(installation, 'llvm-link'), words, { timeoutSeconds: 120 });
  return result.exitCode === 0 ? undefined : failureLine(result);
}

/** Joins what can be joined, and says of the other files why not. By halves: one bad file costs a few links. */
async function linkMost(
  installation: LlvmInstallation,
  files: readonly string[],
  output: string,
): Promise<Map<string, string>> {
  const whole = files.length > mostFiles ? 'too many files' : await link(installation, files, output);
  if (whole === undefined || files.length === 0) return new Map();
  if (files.length === 1) return new Map([[files[0]!, whole]]);
  const middle = files.length >> 1;
  const [left, right] = [`${output}.left`, `${output}.right`];
  const refused = new Map([
    ...(await linkMost(installation, files.slice(0, middle), left)),
    ...(await linkMost(installation, files.slice(middle), right)),
  ]);
  const kept = (some: readonly string[]): string[] => some.filter((file) => !refused.has(file));
  const [first, second] = [kept(files.slice(0, middle)), kept(files.slice(middle))];
  if (first.length === 0 || second.length === 0) {
    if (first.length + second.length > 0) await rename(first.length > 0 ? left : right, output);
    return refused;
  }
  if ((await link(installation, [left, right], output)) === undefined) return refused;
  // They disagree between the halves.
  await rename(left, output);
  for (const file of second) {
    const problem = await link(installation, [output, file], right);
    if (problem === undefined) await rename(right, output);
    else refused.set(file, problem);
  }
  return refused;
}

/** Functions are visible to each other while they are joined. */
function visible(ir: string): string {
  return ir.replaceAll(/^define (?:internal|private) /gm, 'define ');
}

/** Above each definition what was found out about it. */
function withStatuses(ir: string, parts: readonly Part[]): string {
  const byName = new Map(parts.map((part) => [quoteName(part.name), part]));
  return ir.replaceAll(/^define\b[^(]*?(@[\w$.-]+|@"[^"]*")\(/gm, (line, name: string) => {
    const part = byName.get(name);
    if (part === undefined) return line;
    const { status, inputs } = part;
    return `; ${status}${status === 'equivalent' ? ` on ${inputs ?? 0} inputs` : ''}\n${line}`;
  });
}

/** Functions without IR that nobody in the module calls either; of what type they are is not known. */
function declarations(ir: string, names: readonly string[]): string {
  const known = new Set(ir.match(/@(?:[\w$.-]+|"[^"]*")/g));
  const absent = names.map(quoteName).filter((name) => !known.has(name));
  return absent.length === 0 ? '' : `\n${absent.map((name) => `declare void ${name}()\n`).join('')}`;
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
    const absent = parts.filter(({ ir }) => ir === '').map(({ name }) => name);
    return [
      ...missing.map((line) => `; not here: ${line}`),
      withStatuses(body, parts) +
        declarations(body, [...absent, ...[...refused.keys()].map((file) => byFile.get(file)!)]),
    ].join('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
