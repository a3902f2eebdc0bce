// Flag tuning: IR → the pass list that makes it smallest, sizes before and after, and the optimised IR. The
// lists come from labels (src/data/labels/), so nothing is searched here; what a list does is run and
// measured on the very text of the prompt. Functions without a label are passed over.

import type { CodeForm } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import { compileVariants } from '../../llvm/compile-variants.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { recipeOf } from '../../llvm/recipe.ts';
import { renderAnswer } from '../../tasks/answers.ts';
import { tuneQuestion } from '../../tasks/prompts.ts';
import { answerText, madeUpNames, showIr, type ShownCode } from '../../tasks/shown-code.ts';
import { readSet, type CorpusRow } from '../corpus.ts';
import type { LabelRow } from '../labels/label-set.ts';
import { codegenLevels, type LabelLevel } from '../labels/measured-program.ts';
import { createPassLists } from '../labels/pass-lists.ts';
import { listsToTeach, taughtList, type Labelled } from '../labels/taught-lists.ts';
import { mustBeSet } from '../set-manifest.ts';
import type { Maker, MakerTools } from './build.ts';
import { taskColumns, taskRow, type TaskRow } from './task-rows.ts';

export interface TuningRow extends TaskRow {
  /** The code generation that the list is for and that all bytes of this row are measured with. */
  codegen: LabelLevel;
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
  /** Whose labels; `both`: an example for each, told apart by their questions. */
  codegen: LabelLevel | 'both';
}

const version = 4;

/** Throws `usage` where the folder holds no finished set of labels, and where questions would not say their level. */
export async function tuningMaker(settings: TuningSettings): Promise<Maker<TuningRow>> {
  const { installation, form, codegen } = settings;
  if (codegen === 'both' && form === 'full') {
    throw new OzmaError(
      'usage',
      '--codegen: expected Oz or O0 in full form, whose questions do not say the level',
    );
  }
  const { contentHash: labelsHash } = await mustBeSet(settings.labels);
  const wanted = codegen === 'both' ? codegenLevels : [codegen];
  const labels = Object.fromEntries(codegenLevels.map((level) => [level, new Map<string, Labelled>()]));
  for await (const row of readSet<LabelRow>(settings.labels)) labels[row.codegen]!.set(row.id, row);
  const taught = Object.fromEntries(wanted.map((level) => [level, listsToTeach(labels[level]!.values())]));
  const lists = createPassLists(installation);
  const example = async (
    row: CorpusRow,
    shown: ShownCode,
    level: LabelLevel,
    { pool, count }: MakerTools,
  ): Promise<TuningRow[]> => {
    const label = labels[level]!.get(row.id);
    if (label === undefined) return [];
    const pipeline = taughtList(label, taught[level]!);
    const variant = { level, sizes: level };
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
    const prompt = tuneQuestion(shown.text, form, level);
    const completion = renderAnswer({ task: 'tune', pipeline, bytesBefore, bytesAfter, code });
    return [
      {
        ...taskRow(row, 'x86-64', prompt, completion),
        codegen: level,
        pipeline,
        bytes_before: bytesBefore,
        bytes_after: bytesAfter,
        bytes_oz: label.ozBytes,
      },
    ];
  };
  return {
    name: 'tuning',
    columns: {
      ...taskColumns,
      codegen: 'VARCHAR',
      pipeline: 'VARCHAR',
      bytes_before: 'INTEGER',
      bytes_after: 'INTEGER',
      bytes_oz: 'INTEGER',
    },
    settings: { version, form, codegen, labels: labelsHash },
    make: async (row, tools) => {
      if (wanted.every((level) => !labels[level]!.has(row.id))) return [];
      const shown = showIr(row.ir, { form, target: 'x86-64', own: row.name });
      const rows = await Promise.all(wanted.map((level) => example(row, shown, level, tools)));
      return rows.flat();
    },
  };
}
