// Pretraining: code alone, nothing asked. Each function before any pass and at a level drawn by chance,
// as IR and as assembly; the completion is the text and the prompt is empty.

import type { CodeForm } from '../../common/code-form.ts';
import { levelPipeline } from '../../llvm/baseline.ts';
import { compileVariants, reasonOf } from '../../llvm/compile-variants.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import type { OptimisationLevel } from '../../llvm/module.ts';
import { recipeOf } from '../../llvm/recipe.ts';
import { normaliseAssembly } from '../../tasks/normal-form/normalise-assembly.ts';
import { normaliseIr } from '../../tasks/normal-form/normalise-ir.ts';
import type { Maker } from './build.ts';
import { forTargetAndLevel } from './levels.ts';
import { drawTarget, taskColumns, taskRow, type TaskRow } from './task-rows.ts';

export interface PretrainingRow extends TaskRow {
  kind: 'ir' | 'assembly';
  /** O0 is the IR before any pass. */
  level: OptimisationLevel;
}

export interface PretrainingSettings {
  installation: LlvmInstallation;
  form: CodeForm;
  /** As published: 0.85. */
  x86Share: number;
}

const version = 2;
const optimised: readonly OptimisationLevel[] = ['O1', 'O2', 'O3', 'Os', 'Oz'];

export function pretrainingMaker({
  installation,
  form,
  x86Share,
}: PretrainingSettings): Maker<PretrainingRow> {
  return {
    name: 'pretraining',
    columns: { ...taskColumns, kind: 'VARCHAR', level: 'VARCHAR' },
    settings: { version, form, x86Share },
    make: async (row, { pool, random, count }) => {
      const target = drawTarget(random, row.ir, x86Share);
      const rows: PretrainingRow[] = [];
      for (const level of ['O0', random.pick(optimised)] as const) {
        const recipe = level === 'O0' ? [] : recipeOf(await levelPipeline(installation, level));
        const ir = forTargetAndLevel(row.ir, target, level);
        const [outcome] = await compileVariants(pool, ir, [{ recipe, level, texts: ['ir', 'assembly'] }]);
        if (outcome?.ok !== true) {
          count(outcome === undefined ? 'crashed' : reasonOf(outcome.failure));
          continue;
        }
        const [after = '', assembly = ''] = outcome.value.texts;
        if (!/^define /m.test(after)) {
          count('nothing left of the function');
          continue;
        }
        const texts: Record<PretrainingRow['kind'], string> =
          form === 'full'
            ? { ir: after, assembly }
            : {
                ir: normaliseIr(after, { own: row.name }).text,
                assembly: normaliseAssembly(assembly, { target, own: row.name }).text,
              };
        for (const kind of ['ir', 'assembly'] as const) {
          rows.push({ ...taskRow(row, target, '', texts[kind]), kind, level });
        }
      }
      return rows;
    },
  };
}
