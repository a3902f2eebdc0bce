// What the normal form loses: functions of a corpus before and after normalise → restore, by target and by
// what is compiled, the share that generates the very same instructions. Losses are told apart: type-based
// alias information, which no text holds, is taken from the original as well in a second count. And what it
// brings: characters of `clang -S` text and IR against the normal form, milliseconds a function.
//
//   npm run bench:normal-form -- CORPUS [--functions N] [--packages a,b] [--json FILE]

import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { readCorpus } from '#ozma/data/corpus.js';
import { compileVariants } from '#ozma/llvm/compile-variants.js';
import { forTargetAndLevel, isPortable } from '#ozma/data/task-sets/levels.js';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { recipeOf, type Recipe } from '#ozma/llvm/recipe.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { normaliseAssembly } from '#ozma/tasks/normal-form/normalise-assembly.js';
import { normaliseIr } from '#ozma/tasks/normal-form/normalise-ir.js';
import { restoreIr } from '#ozma/tasks/normal-form/restore-ir.js';
import type { TargetName } from '#ozma/tasks/normal-form/targets.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    functions: { type: 'string', default: '1000' },
    packages: { type: 'string' },
    json: { type: 'string' },
  },
});
const [corpus] = positionals;
if (corpus === undefined) throw new Error('expected a corpus made by ozma data');

const installation = findInstallation();
const pool = new WorkerPool({ installation, workers: 2 });
const baseline = recipeOf(await baselinePipeline(installation));

interface Tally {
  compared: number;
  same: number;
  /** Both sides without type-based alias information. */
  sameWithoutAliases: number;
}
const tallies = new Map<string, Tally>();
const characters: { before: number; after: number }[] = [];
const spent = { milliseconds: 0, functions: 0, refused: 0, notTheSameAgain: 0 };

/** Instructions and local labels, by a filter that knows nothing of the normal form. */
function instructionsOf(assembly: string, name: string): string {
  const lines = assembly
    // Whether a constant is private to its file is not looked at.
    .replaceAll(/\.L(?!BB|CPI|JTI|func_end|tmp)/g, '')
    .split('\n')
    .map((line) => line.replace(/(?:\s#|\/\/).*$/, '').trim());
  const start = lines.findIndex((line) => line === `${name}:` || line === `"${name}":`);
  const end = lines.findIndex((line, index) => index > start && line.startsWith('.Lfunc_end'));
  const code = lines.slice(start, end);
  return code.filter((line) => line !== '' && (!line.startsWith('.') || line.startsWith('.LBB'))).join('\n');
}

async function assemblyOf(
  ir: string,
  recipe: Recipe,
  level: 'Oz' | 'O0',
  name: string,
): Promise<string | undefined> {
  const [outcome] = await compileVariants(pool, ir, [{ recipe, level, texts: ['assembly'] }]);
  return outcome?.ok === true ? instructionsOf(outcome.value.texts[0]!, name) : undefined;
}

const withoutAliases = (ir: string): string => ir.replaceAll(/, !tbaa(?:\.struct)? !\d+/g, '');

async function compare(ir: string, stage: string, target: TargetName, name: string): Promise<void> {
  const start = performance.now();
  // What passes will read gets the contents of constants too, as prompts of IR before passes do.
  const normal = normaliseIr(ir, { own: name, constants: stage === 'before passes' });
  const restored = restoreIr(normal.text, { target, symbols: normal.symbols });
  spent.milliseconds += performance.now() - start;
  spent.functions++;
  const again = normaliseIr(restored, { own: name, constants: stage === 'before passes' }).text;
  if (again.replaceAll(/^@.*\n/gm, '') !== normal.text.replaceAll(/^@.*\n/gm, '')) spent.notTheSameAgain++;
  const ways: [string, Recipe, 'Oz' | 'O0'][] = [
    ['code generation at -O0', [], 'O0'],
    stage === 'before passes' ? ['all of -Oz', baseline, 'Oz'] : ['code generation at -Oz', [], 'Oz'],
  ];
  for (const [what, recipe, level] of ways) {
    const [before, bare, after] = await Promise.all([
      assemblyOf(ir, recipe, level, name),
      assemblyOf(withoutAliases(ir), recipe, level, name),
      assemblyOf(restored, recipe, level, name),
    ]);
    if (before === undefined) continue;
    const key = `${stage}, ${what}`.padEnd(42) + target;
    const tally = tallies.get(key) ?? { compared: 0, same: 0, sameWithoutAliases: 0 };
    tallies.set(key, tally);
    tally.compared++;
    if (before === after) tally.same++;
    if (bare === after) tally.sameWithoutAliases++;
  }
}

const filter = {
  kind: 'function' as const,
  limit: Number(values.functions),
  ...(values.packages === undefined ? {} : { packages: values.packages.split(',') }),
};
for await (const { ir, name } of readCorpus(corpus, filter)) {
  const targets: TargetName[] = isPortable(ir) ? ['x86-64', 'aarch64'] : ['x86-64'];
  await Promise.all(
    targets.map(async (target) => {
      const input = forTargetAndLevel(ir, target, 'Oz');
      const [outcome] = await compileVariants(pool, input, [
        { recipe: baseline, level: 'Oz', texts: ['ir', 'assembly'] },
      ]);
      if (outcome?.ok !== true) return;
      const [optimised = '', assembly = ''] = outcome.value.texts;
      try {
        await compare(input, 'before passes', target, name);
        if (!/^define /m.test(optimised)) return;
        await compare(optimised, 'after -Oz', target, name);
        const from = normaliseAssembly(assembly, { target, own: name });
        const after = from.text.length + normaliseIr(optimised, { symbols: from.symbols }).text.length;
        if (target === 'x86-64') characters.push({ before: optimised.length + assembly.length, after });
      } catch {
        spent.refused++;
      }
    }),
  );
}
pool.close();

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
const result = {
  llvm: installation.version,
  functions: characters.length,
  refused: spent.refused,
  notTheSameAgain: spent.notTheSameAgain,
  millisecondsEach: spent.milliseconds / spent.functions,
  medianCharacters: {
    before: median(characters.map(({ before }) => before)),
    after: median(characters.map(({ after }) => after)),
  },
  same: Object.fromEntries(tallies),
};
const percent = (count: number, all: number): string => `${((100 * count) / all).toFixed(1)} %`.padStart(9);
for (const [key, { compared, same, sameWithoutAliases }] of [...tallies].toSorted()) {
  console.log(
    key.padEnd(54),
    String(compared).padStart(6),
    percent(same, compared),
    percent(sameWithoutAliases, compared),
  );
}
console.log(
  `median characters of IR and assembly of a function: ${result.medianCharacters.before} → ${result.medianCharacters.after}; ` +
    `${result.millisecondsEach.toFixed(2)} ms to normalise and restore; ` +
    `${spent.refused} refused, ${spent.notTheSameAgain} with another normal form the second time`,
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
