// The same functions from assembly and from machine code: what `ozma disassemble` reaches by its rules on a
// compiler's .s, on the .o beside it, and on a program linked from such objects, should be nearly the same.
//
//   node dist-bench/objects.js FOLDER… [--functions 60] [--seed 1] [--linked FILE] [--lift]
//
// FOLDER holds pairs of NAME.s and NAME.o, as -save-temps=obj leaves them. With --linked, the functions of
// that executable or library that the pairs define are measured as well. Functions are drawn by chance, the
// same for all; those whose status differs are listed. --lift only lifts, all functions: how many give the
// same IR from both, names of constants and alignment aside, which then reach the same status.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '#ozma/common/random.js';
import { statuses } from '#ozma/disassemble/check.js';
import { disassemble, hostTriple } from '#ozma/disassemble/disassemble.js';
import { readCode } from '#ozma/disassemble/read-code.js';
import type { FunctionResult } from '#ozma/disassemble/result.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { lift, targetOfTriple } from '#ozma/lift/lift.js';
import { findInstallation } from '#ozma/llvm/installation.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    functions: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    linked: { type: 'string' },
    lift: { type: 'boolean', default: false },
  },
});
const installation = findInstallation();
type Kept = Omit<FunctionResult, 'ir'>;

function pairs(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.s'))
    .map((entry) => join(entry.parentPath, entry.name).slice(0, -'.s'.length))
    .filter((path) => existsSync(`${path}.o`))
    .sort();
}

/** Results by name of some functions of a file. */
async function measure(file: string, names: readonly string[], target: string): Promise<Map<string, Kept>> {
  const { text } = await readCode(installation, file);
  const known = new Set(parseAssembly(text, targetOfTriple(target)).functions.map(({ name }) => name));
  const functions = names.filter((name) => known.has(name));
  if (functions.length === 0) return new Map();
  const report = await disassemble(text, { installation, target, functions, jobs: 1 });
  return new Map(report.functions.map(({ ir: _, ...kept }) => [kept.name, kept]));
}

/** IR without what assembly and objects say differently of the same: names of constants, alignment, level. */
function normalIr(ir: string): string {
  const names = new Map<string, string>();
  const constants = new Map(
    [...ir.matchAll(/^(@\S+) = (?:private|internal) .*$/gm)].map(([line, name]) => [name!, line]),
  );
  return ir
    .replaceAll(/@[-\w.$]+/g, (name) => {
      if (!constants.has(name)) return name;
      names.set(name, names.get(name) ?? `@constant.${names.size}`);
      return names.get(name)!;
    })
    .replaceAll(/, align \d+/g, '')
    .replaceAll(/ (?:minsize|optsize)\b/g, '')
    .split('\n')
    .filter((line) => !line.startsWith('@'))
    .join('\n');
}

if (values.lift) {
  const counts = { functions: 0, lifted: 0, same: 0, liftedFromAssembly: 0 };
  for (const path of positionals.flatMap(pairs)) {
    const { text, triple = hostTriple() } = await readCode(installation, `${path}.o`);
    const written = await readCode(installation, `${path}.s`);
    const fromAssembly = new Map(lift(written.text, { triple }).functions.map((one) => [one.name, one]));
    for (const { name, ir, status, reason } of lift(text, { triple }).functions) {
      const other = fromAssembly.get(name);
      if (other === undefined) continue;
      counts.functions++;
      if (status === 'lifted') counts.lifted++;
      if (other.status === 'lifted') counts.liftedFromAssembly++;
      const same = status === 'lifted' ? normalIr(ir) === normalIr(other.ir) : reason === other.reason;
      if (same) counts.same++;
      else
        process.stdout.write(
          `${path} ${name}: ${reason ?? 'lifted'}, from assembly ${other.reason ?? 'lifted'}\n`,
        );
    }
  }
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  process.exit(0);
}

const random = createRandom(Number(values.seed));
const drawn: { path: string; name: string; target: string; key: number }[] = [];
for (const path of positionals.flatMap(pairs)) {
  const { triple = hostTriple() } = await readCode(installation, `${path}.o`);
  const { text } = await readCode(installation, `${path}.s`);
  for (const { name } of parseAssembly(text, targetOfTriple(triple)).functions) {
    drawn.push({ path, name, target: triple, key: random.next() });
  }
}
const all = drawn.length;
drawn.sort((left, right) => left.key - right.key).splice(Number(values.functions));

const columns = new Map<string, Map<string, Kept>>();
for (const kind of ['.s', '.o']) columns.set(kind, new Map());
for (const path of new Set(drawn.map((one) => one.path))) {
  const those = drawn.filter((one) => one.path === path);
  const names = those.map(({ name }) => name);
  for (const [kind, column] of columns) {
    for (const [name, kept] of await measure(`${path}${kind}`, names, those[0]!.target)) {
      column.set(`${path} ${name}`, kept);
    }
  }
}
if (values.linked !== undefined) {
  const column = new Map<string, Kept>();
  const names = drawn.map(({ name }) => name);
  const found = await measure(values.linked, names, drawn[0]?.target ?? hostTriple());
  for (const { path, name } of drawn) {
    const kept = found.get(name);
    if (kept !== undefined) column.set(`${path} ${name}`, kept);
  }
  columns.set('linked', column);
}

process.stdout.write(
  `${drawn.length} of ${all} functions, seed ${values.seed}, LLVM ${installation.version}\n\n` +
    `| input | functions | ${statuses.join(' | ')} |\n| --- | ---: |${' ---: |'.repeat(statuses.length)}\n`,
);
for (const [kind, column] of columns) {
  const share = (status: string): string => {
    const count = [...column.values()].filter((one) => one.status === status).length;
    return `${((100 * count) / Math.max(1, column.size)).toFixed(1)} %`;
  };
  process.stdout.write(`| ${kind} | ${column.size} | ${statuses.map(share).join(' | ')} |\n`);
}
process.stdout.write('\n');
const shown = (kept: Kept | undefined): string =>
  kept === undefined ? 'not there' : `${kept.status}${kept.reason === undefined ? '' : ` (${kept.reason})`}`;
for (const { path, name } of drawn) {
  const key = `${path} ${name}`;
  const found = [...columns].map(([kind, column]) => `${kind} ${shown(column.get(key))}`);
  const states = new Set([...columns.values()].flatMap((column) => column.get(key)?.status ?? []));
  if (states.size > 1) process.stdout.write(`${name}: ${found.join('; ')}\n`);
}
