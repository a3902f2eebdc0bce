// What `equivalent` is worth: lifted functions are changed in one place, and the check has to see it. Of each function
// that compiles back exactly or is equivalent some mutants are made (another constant, comparison or operator, a
// store less, the ways of a branch or a choice exchanged), and each is compared with the original by running both.
//
//   node dist-bench/mutants.js PLACE… [--level Oz] [--compiler clang] [--target x86_64-linux-gnu]
//        [--functions 100] [--mutants 5] [--seed 1]
//
// PLACE as for bench/disassemble.ts. A mutant that compiles to the original's code is none and is left out; one that
// survives may do the same in another way, or differ only where no input leads.

import { parseArgs } from 'node:util';
import { choiceOptions, chooseFunctions } from './chosen-functions.ts';
import { createRandom, type Random } from '#ozma/common/random.js';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import type { FunctionResult } from '#ozma/disassemble/result.js';
import { findInstallation } from '#ozma/llvm/installation.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ...choiceOptions, mutants: { type: 'string', default: '5' } },
});
const installation = findInstallation();

const exchanged: Readonly<Record<string, string>> = {
  eq: 'ne',
  ne: 'eq',
  slt: 'sle',
  sle: 'slt',
  sgt: 'sge',
  sge: 'sgt',
  ult: 'ule',
  ule: 'ult',
  ugt: 'uge',
  uge: 'ugt',
  add: 'sub',
  sub: 'add',
  and: 'or',
  or: 'xor',
  xor: 'and',
  shl: 'lshr',
  lshr: 'ashr',
  ashr: 'lshr',
};

/** Each kind of change: what a line must look like, and what becomes of it. */
const changes: Readonly<Record<string, { where: RegExp; change: (line: string) => string }>> = {
  'another constant': {
    where: /^ {2}(?!br |switch |%\S+ = (?:alloca|phi)\b).*\b(?:i8|i16|i32|i64) -?\d+\b(?!,? label)/,
    change: (line) =>
      line.replace(
        /\b(i8|i16|i32|i64) (-?\d+)\b/,
        (_, type: string, n: string) => `${type} ${Number(n) + 1}`,
      ),
  },
  'another comparison': {
    where: /^ {2}%\S+ = icmp (?:samesign )?\w+ /,
    change: (line) => line.replace(/icmp (?:samesign )?(\w+)/, (_, one: string) => `icmp ${exchanged[one]}`),
  },
  'another operator': {
    where: /^ {2}%\S+ = (?:add|sub|and|or|xor|shl|lshr|ashr)\b/,
    change: (line) =>
      line.replace(/= (\w+)(?: (?:nuw|nsw|exact|disjoint))*/, (_, one: string) => `= ${exchanged[one]}`),
  },
  'a store less': { where: /^ {2}store /, change: () => '' },
  'ways exchanged': {
    where: /^ {2}br i1 \S+, label \S+, label \S+/,
    change: (line) => line.replace(/label (\S+), label ([^\s,]+)/, 'label $2, label $1'),
  },
  'choices exchanged': {
    where: /^ {2}%\S+ = select i1 %\S+, \S+ \S+, \S+ \S+$/,
    change: (line) => line.replace(/, (\S+ \S+), (\S+ \S+)$/, ', $2, $1'),
  },
};

interface Mutant {
  kind: string;
  ir: string;
  /** The line before and after. */
  place: string;
}

/** Up to `count` mutants, each changed in a place of its own. */
function mutantsOf(ir: string, count: number, random: Random): Mutant[] {
  const lines = ir.split('\n');
  const places = lines.flatMap((line, at) =>
    Object.entries(changes).flatMap(([kind, { where, change }]) =>
      where.test(line) ? [{ kind, at, line: change(line), key: random.next() }] : [],
    ),
  );
  return places
    .sort((left, right) => left.key - right.key)
    .slice(0, count)
    .map(({ kind, at, line }) => ({
      kind,
      ir: lines.with(at, line).join('\n'),
      place: `${lines[at]!.trim()} → ${line.trim() || 'nothing'}`,
    }));
}

const random = createRandom(Number(values.seed));
const { chosen } = await chooseFunctions(installation, positionals, values, random);

/** By kind of change: how many mutants were seen, survived, or could not be run. */
const counts = new Map<string, Record<'seen' | 'survived' | 'untested', number>>();
const survivors: string[] = [];
let functions = 0;
for (const { text, name } of chosen) {
  const common = { installation, target: values.target, functions: [name], jobs: 1 };
  const found: FunctionResult[] = [];
  await disassemble(text, { ...common, onFunction: (result) => found.push(result) });
  const [original] = found;
  if (original === undefined || (original.status !== 'exact' && original.status !== 'equivalent')) continue;
  functions++;
  for (const { kind, ir, place } of mutantsOf(original.ir, Number(values.mutants), random)) {
    const results: FunctionResult[] = [];
    await disassemble(text, {
      ...common,
      rules: false,
      repair: false,
      sources: [() => Promise.resolve({ candidates: [{ origin: 'model', variant: kind, ir }], reasons: [] })],
      onFunction: (result) => results.push(result),
    });
    const { status, reason = '' } = results[0]!;
    if (status === 'exact' || status === 'failed') continue;
    const count = counts.get(kind) ?? { seen: 0, survived: 0, untested: 0 };
    counts.set(kind, count);
    if (status === 'equivalent') {
      count.survived++;
      survivors.push(`${name}: ${place}`);
    } else if (/^input \d+: /.test(reason)) count.seen++;
    else count.untested++;
  }
}
process.stdout.write(
  `${values.compiler} -${values.level}, ${values.target}, seed ${values.seed}: mutants of ${functions} functions, ` +
    `LLVM ${installation.version}\n\n| change | mutants | seen | survived | not run |\n| --- | ---: | ---: | ---: | ---: |\n`,
);
const rows = [...counts].sort(([left], [right]) => (left < right ? -1 : 1));
const sum = { seen: 0, survived: 0, untested: 0 };
for (const [, count] of rows)
  for (const key of ['seen', 'survived', 'untested'] as const) sum[key] += count[key];
for (const [kind, { seen, survived, untested }] of [...rows, ['all', sum] as const]) {
  process.stdout.write(`| ${kind} | ${seen + survived + untested} | ${seen} | ${survived} | ${untested} |\n`);
}
if (survivors.length > 0) process.stdout.write(`\nSurvived:\n${survivors.join('\n')}\n`);
