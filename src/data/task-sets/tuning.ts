// Flag tuning: IR → the pass list that makes it smallest, sizes before and after, and the optimised IR. The
// lists come from labels (src/data/labels/), so nothing is searched here; what a list does is run and
// measured on the very text of the prompt. Functions without a label are passed over.

import type { CodeForm } from '../../common/code-form.ts';
import { compileVariants } from '../../llvm/compile-variants.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { recipeOf } from '../../llvm/recipe.ts';
import { renderAnswer } from '../../tasks/answers.ts';
import { renderPrompt } from '../../tasks/prompts.ts';
import { answerText, madeUpNames, showIr } from '../../tasks/shown-code.ts';
import { readSet } from '../corpus.ts';
import type { LabelRow } from '../labels/label-set.ts';
import type { LabelLevel } from '../labels/measured-program.ts';
import { createPassLists } from '../labels/pass-lists.ts';
import { countLabels, taughtList, type Labelled } from '../labels/taught-lists.ts';
import { mustBeSet } from '../set-manifest.ts';
import type { Maker } from './build.ts';
import { taskColumns, taskRow, type TaskRow } from './task-rows.ts';

export interface TuningRow extends TaskRow {
  pipeline: string;
  bytes_before: number;
  bytes_after: number;
  /** With clang -Oz, of the function as the corpus has it. */
  bytes_oz: number;
}

export interface TuningSettings {
  installation: LlvmInstallation;
  form: CodeForm;
  /** A set of labels. */
  labels: string;
  /** Whose labels, and what sizes are measured with. */
  codegen: LabelLevel;
}

const version = 2;

/** Throws `usage` where the folder holds no finished set of labels. */
export async function tuningMaker(settings: TuningSettings): Promise<Maker<TuningRow>> {
  const { installation, form, codegen } = settings;
  const { contentHash } = await mustBeSet(settings.labels);
  const labels = new Map<string, Labelled>();
  for await (const row of readSet<LabelRow>(settings.labels, `codegen = '${codegen}'`))
    labels.set(row.id, row);
  const counts = countLabels(labels.values());
  const lists = createPassLists(installation);
  return {
    name: 'tuning',
    columns: {
      ...taskColumns,
      pipeline: 'VARCHAR',
      bytes_before: 'INTEGER',
      bytes_after: 'INTEGER',
      bytes_oz: 'INTEGER',
    },
    settings: { version, form, codegen, labels: contentHash },
    make: async (row, { pool, count }) => {
      const label = labels.get(row.id);
      if (label === undefined) return [];
      const pipeline = taughtList(label, counts);
      const shown = showIr(row.ir, { form, target: 'x86-64', own: row.name });
      const variant = { level: codegen, sizes: codegen };
      const [before, after] = await compileVariants(pool, shown.module, [
        { ...variant, recipe: [], texts: [] },
        { ...variant, recipe: recipeOf(lists.appliedOf(pipeline)), texts: ['ir'] },
      ]);
      if (before?.ok !== true || after?.ok !== true) {
        const failed = before?.ok === false ? before : after;
        count(failed?.ok === false ? failed.failure.kind : 'crashed');
        return [];
      }
      const [text = ''] = after.value.texts;
      const code = answerText(shown, text, 'ir', madeUpNames(shown));
      const [bytesBefore, bytesAfter] = [before.value.sizes!.bytes, after.value.sizes!.bytes];
      const prompt = renderPrompt({ task: 'tune', ir: shown.text });
      const completion = renderAnswer({ task: 'tune', pipeline, bytesBefore, bytesAfter, code });
      return [
        {
          ...taskRow(row, 'x86-64', prompt, completion),
          pipeline,
          bytes_before: bytesBefore,
          bytes_after: bytesAfter,
          bytes_oz: label.ozBytes,
        },
      ];
    },
  };
}
