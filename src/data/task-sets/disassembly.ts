// Disassembly: assembly → the IR that it was generated from, at any level of clang, for both machines. Each
// pair is tried: the answer compiled back, with nothing known but the assembly's own symbols. `exact` says
// whether that gave the same assembly.

import type { CodeForm } from '../../common/code-form.ts';
import { levelPipeline } from '../../llvm/baseline.ts';
import { compileVariants, reasonOf } from '../../llvm/compile-variants.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { recipeOf } from '../../llvm/recipe.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import { renderAnswer } from '../../tasks/answers.ts';
import { normaliseAssembly } from '../../tasks/normal-form/normalise-assembly.ts';
import { normaliseIr, type NormalText } from '../../tasks/normal-form/normalise-ir.ts';
import { restoreIr } from '../../tasks/normal-form/restore-ir.ts';
import { SymbolTable } from '../../tasks/normal-form/symbols.ts';
import type { TargetName } from '../../tasks/normal-form/targets.ts';
import { renderPrompt } from '../../tasks/prompts.ts';
import type { CorpusRow } from '../corpus.ts';
import type { Maker, MakerTools } from './build.ts';
import { rulesLiftExactly } from './beyond-rules.ts';
import { forTargetAndLevel, settingsOf, type Level } from './levels.ts';
import { drawTarget, taskColumns, taskRow, type TaskRow } from './task-rows.ts';

export interface DisassemblyRow extends TaskRow {
  level: Level;
  /** The answer compiled back is the prompt's assembly; null for the full form, where it is not tried. */
  exact: boolean | null;
}

export interface DisassemblySettings {
  installation: LlvmInstallation;
  form: CodeForm;
  /** Pairs of a function, each at a level and for a machine drawn by chance. */
  pairs: number;
  levels: readonly Level[];
  x86Share: number;
  /** Only pairs that the rule lifter does not get exact; default false. */
  beyondRules?: boolean;
}

const version = 2;

export function disassemblyMaker(settings: DisassemblySettings): Maker<DisassemblyRow> {
  const { form, pairs, levels, x86Share, beyondRules = false } = settings;
  return {
    name: 'disassembly',
    columns: { ...taskColumns, level: 'VARCHAR', exact: 'BOOLEAN' },
    settings: { version, form, pairs, levels, x86Share, ...(beyondRules ? { beyondRules } : {}) },
    make: async (row, tools) => {
      const drawn = new Map<string, { target: TargetName; level: Level }>();
      for (let pair = 0; pair < pairs; pair++) {
        const target = drawTarget(tools.random, row.ir, x86Share);
        const level = tools.random.pick(levels);
        drawn.set(`${target} ${level}`, { target, level });
      }
      const rows = [...drawn.values()].map(({ target, level }) =>
        pairOf(row, target, level, settings, tools),
      );
      return (await Promise.all(rows)).filter((made) => made !== undefined);
    },
  };
}

async function pairOf(
  row: CorpusRow,
  target: TargetName,
  level: Level,
  settings: DisassemblySettings,
  tools: MakerTools,
): Promise<DisassemblyRow | undefined> {
  const made = await compiledPair(row, target, level, settings, tools);
  if (made === undefined || settings.beyondRules !== true) return made?.pair;
  const { pair, assembly } = made;
  // Lifting takes longest, and what is too long is left out anyway.
  if (pair.characters <= tools.maximumCharacters && (await rulesLiftExactly(tools.pool, assembly, target))) {
    tools.count('the rules get it exact');
    return undefined;
  }
  return pair;
}

/** A pair, and its assembly as the compiler wrote it. */
async function compiledPair(
  row: CorpusRow,
  target: TargetName,
  level: Level,
  { installation, form }: DisassemblySettings,
  { pool, count }: MakerTools,
): Promise<{ pair: DisassemblyRow; assembly: string } | undefined> {
  const { passes, codegen } = settingsOf(level);
  const recipe = passes === 'O0' ? [] : recipeOf(await levelPipeline(installation, passes));
  const ir = forTargetAndLevel(row.ir, target, passes);
  const [outcome] = await compileVariants(pool, ir, [{ recipe, level: codegen, texts: ['ir', 'assembly'] }]);
  if (outcome?.ok !== true) {
    count(outcome === undefined ? 'crashed' : reasonOf(outcome.failure));
    return undefined;
  }
  const [after = '', assembly = ''] = outcome.value.texts;
  if (!/^define /m.test(after)) {
    count('nothing left of the function');
    return undefined;
  }
  if (form === 'full') {
    return { pair: { ...rendered(row, target, after, assembly), level, exact: null }, assembly };
  }
  const from = normaliseAssembly(assembly, { target, own: row.name });
  const known = from.symbols.entries();
  // Code generation at -O0 leaves no trace of lifetimes, and clang -O0 does not write them.
  const answer = normaliseIr(after, { symbols: from.symbols, lifetimes: codegen !== 'O0' });
  if (answer.symbols.entries().length > known.length) {
    count('a symbol of the IR is not in the assembly');
    return undefined;
  }
  const symbols = new SymbolTable(from.symbols.own, known);
  const lifted = restoreIr(answer.text, { target, level: passes, symbols });
  const exact = (await assemblyOf(pool, lifted, target, level, symbols))?.text === from.text;
  return { pair: { ...rendered(row, target, answer.text, from.text), level, exact }, assembly };
}

function rendered(row: CorpusRow, target: TargetName, ir: string, assembly: string): TaskRow {
  const prompt = renderPrompt({ task: 'disassemble', assembly });
  return taskRow(row, target, prompt, renderAnswer({ task: 'disassemble', code: ir }));
}

async function assemblyOf(
  pool: WorkerPool,
  ir: string,
  target: TargetName,
  level: Level,
  symbols: SymbolTable,
): Promise<NormalText | undefined> {
  const { codegen } = settingsOf(level);
  const [outcome] = await compileVariants(pool, ir, [{ recipe: [], level: codegen, texts: ['assembly'] }]);
  return outcome?.ok === true ? normaliseAssembly(outcome.value.texts[0]!, { target, symbols }) : undefined;
}
