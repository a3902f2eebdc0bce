// Compiler emulation: IR and a random pass list → what `opt` makes of it, as IR or assembly, and its sizes.
// What is optimised is the very text of the prompt, restored, so that nothing decides the answer that the
// prompt does not hold. Sizes and assembly are those of code generation at -O0, as published.

import type { CodeForm } from '../../common/code-form.ts';
import { compileVariants, reasonOf } from '../../llvm/compile-variants.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { recipeOf } from '../../llvm/recipe.ts';
import type { Variant, VariantResult } from '../../llvm/worker-protocol.ts';
import { nestPasses } from '../../passes/nesting.ts';
import { samplePassList } from '../../passes/sampling.ts';
import { readVocabulary, usablePasses } from '../../passes/vocabulary.ts';
import { renderAnswer } from '../../tasks/answers.ts';
import { renderPrompt, type EmulatePrompt } from '../../tasks/prompts.ts';
import { answerText, madeUpNames, showIr, type ShownCode } from '../../tasks/shown-code.ts';
import type { CorpusRow } from '../corpus.ts';
import type { Maker, MakerTools } from './build.ts';
import { forTargetAndLevel } from './levels.ts';
import { drawTarget, taskColumns, taskRow, type TaskRow } from './task-rows.ts';

export interface EmulationRow extends TaskRow {
  answer: EmulatePrompt['answer'];
  pipeline: string;
  /** Passes in the list. */
  passes: number;
  instructions_before: number;
  bytes_before: number;
  instructions_after: number;
  bytes_after: number;
}

export interface EmulationSettings {
  installation: LlvmInstallation;
  form: CodeForm;
  /** Random lists for each function; IR and assembly answers take turns. */
  lists: number;
  /** Most passes of a list. */
  longest: number;
  x86Share: number;
}

const version = 1;

interface Drawn {
  pipeline: string;
  passes: number;
  answer: EmulatePrompt['answer'];
}

export function emulationMaker(settings: EmulationSettings): Maker<EmulationRow> {
  const { installation, form, lists, longest, x86Share } = settings;
  const passes = usablePasses(installation);
  const { levelOf } = readVocabulary(installation);
  return {
    name: 'emulation',
    columns: {
      ...taskColumns,
      answer: 'VARCHAR',
      pipeline: 'VARCHAR',
      passes: 'INTEGER',
      instructions_before: 'INTEGER',
      bytes_before: 'INTEGER',
      instructions_after: 'INTEGER',
      bytes_after: 'INTEGER',
    },
    settings: { version, form, lists, longest, x86Share },
    make: async (row, tools) => {
      const { random } = tools;
      const target = drawTarget(random, row.ir, x86Share);
      const first = random.below(2);
      const drawn = Array.from({ length: lists }, (_, index): Drawn => {
        const flat = samplePassList(random, { passes, longest });
        const answer = (first + index) % 2 === 0 ? 'ir' : 'assembly';
        return { pipeline: nestPasses(flat, levelOf), passes: flat.length, answer };
      });
      const ir = forTargetAndLevel(row.ir, target, 'Oz');
      return examplesOf(row, showIr(ir, { form, target, own: row.name }), drawn, tools);
    },
  };
}

async function examplesOf(
  row: CorpusRow,
  shown: ShownCode,
  drawn: readonly Drawn[],
  { pool, count }: MakerTools,
): Promise<EmulationRow[]> {
  const plain: Variant = { recipe: [], level: 'O0', texts: [], sizes: 'O0' };
  const variants = drawn.map(({ pipeline, answer }): Variant => ({
    recipe: recipeOf(pipeline),
    level: 'O0',
    texts: [answer],
    sizes: 'O0',
  }));
  const [before, ...after] = await compileVariants(pool, shown.module, [plain, ...variants]);
  if (before?.ok !== true) {
    count('the input does not compile');
    return [];
  }
  return after.flatMap((outcome, index): EmulationRow[] => {
    if (!outcome.ok) {
      count(reasonOf(outcome.failure));
      return [];
    }
    return [exampleOf(row, shown, drawn[index]!, before.value, outcome.value)];
  });
}

function exampleOf(
  row: CorpusRow,
  shown: ShownCode,
  { pipeline, passes, answer }: Drawn,
  before: VariantResult,
  after: VariantResult,
): EmulationRow {
  const sizes = before.sizes!;
  const result = after.sizes!;
  const prompt = renderPrompt({ task: 'emulate', answer, pipeline, ir: shown.text, sizes });
  const code = answerText(shown, after.texts[0]!, answer, madeUpNames(shown));
  return {
    ...taskRow(row, shown.target, prompt, renderAnswer({ task: 'emulate', code, sizes: result })),
    answer,
    pipeline,
    passes,
    instructions_before: sizes.instructions,
    bytes_before: sizes.bytes,
    instructions_after: result.instructions,
    bytes_after: result.bytes,
  };
}
