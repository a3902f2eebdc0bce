// Flag tuning: IR → the pass list that makes it smallest, sizes before and after, and the optimised IR. The
// lists come from labels (src/data/labels/), so nothing is searched here; what a list does is run and
// measured on the very text of the prompt. Functions without a label are passed over.

import { z } from 'zod';
import type { CodeForm } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import { baselinePipeline } from '../../llvm/baseline.ts';
import { compileVariants } from '../../llvm/compile-variants.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { recipeOf } from '../../llvm/recipe.ts';
import { contentHash } from '../../llvm/module.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import { renderAnswer } from '../../tasks/answers.ts';
import { renderPrompt } from '../../tasks/prompts.ts';
import { answerText, madeUpNames, showIr } from '../../tasks/shown-code.ts';
import { readSet } from '../corpus.ts';
import type { LabelRow } from '../labels/label-set.ts';
import { codegenLevels, type LabelLevel, type LevelBytes } from '../labels/measured-program.ts';
import { createPassLists, type PassLists } from '../labels/pass-lists.ts';
import { countLabels, listForBothLevels, taughtList, type Labelled } from '../labels/taught-lists.ts';
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
  /**
   * Whose labels, and what sizes are measured with. `both`: one list for both, of those that together save most on
   * training programs; sizes are of Oz.
   */
  codegen: LabelLevel | 'both';
}

/** Lists that are tried on every function to find one for both levels, at most. */
const mostForBoth = 24;

const version = 3;

/** Throws `usage` where the folder holds no finished set of labels, or one without lists for both levels. */
export async function tuningMaker(settings: TuningSettings): Promise<Maker<TuningRow>> {
  const { installation, form, codegen } = settings;
  const { contentHash: labelsHash, made } = await mustBeSet(settings.labels);
  const level = codegen === 'both' ? 'Oz' : codegen;
  const labels = new Map<string, Labelled>();
  for await (const row of readSet<LabelRow>(settings.labels)) {
    if (row.codegen === level) labels.set(row.id, row);
  }
  const counts = countLabels(labels.values());
  const bestForBoth = codegen === 'both' ? listsForBoth(settings.labels, made) : [];
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
    settings: { version, form, codegen, labels: labelsHash },
    make: async (row, { pool, count }) => {
      const label = labels.get(row.id);
      if (label === undefined) return [];
      const shown = showIr(row.ir, { form, target: 'x86-64', own: row.name });
      const pipeline =
        codegen === 'both'
          ? await listForBoth(pool, shown.module, bestForBoth, lists)
          : taughtList(label, counts);
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

/** The lists that a set of labels names for both levels, what saves most first. */
function listsForBoth(folder: string, made: Readonly<Record<string, unknown>>): string[] {
  const found = z.array(z.string()).safeParse(made['both']);
  if (found.success) return found.data.slice(0, mostForBoth);
  throw new OzmaError(
    'usage',
    `${folder}: expected labels with lists for both levels, found none: make them again`,
  );
}

async function listForBoth(
  pool: WorkerPool,
  ir: string,
  candidates: readonly string[],
  lists: PassLists,
): Promise<string> {
  const applied = [
    await baselinePipeline(pool.installation),
    ...candidates.map((list) => lists.appliedOf(list)),
  ];
  const bytes = Buffer.from(ir);
  const module = { hash: contentHash(bytes), bytes };
  const outcomes = await pool.measureAll(module, applied, codegenLevels);
  pool.forget(module);
  const [oz, ...sizes] = outcomes.map((outcome) =>
    outcome.ok ? (outcome.value.bytes as LevelBytes) : undefined,
  );
  return oz === undefined ? 'default<Oz>' : listForBothLevels(candidates, sizes, oz);
}
