// Recipes in files: what `--emit pipeline` writes where no shell line can say it, and what `--recipe FILE`
// applies without searching. Read with a schema, since people edit files and other programs write them.

import { z } from 'zod';
import { OzmaError } from '../common/errors.ts';
import { codegenSwitches, type Recipe, type Step } from '../llvm/recipe.ts';

const switchNames = Object.keys(codegenSwitches) as (keyof typeof codegenSwitches)[];

/** One schema a kind of step; the type keeps it complete. */
const steps: { [Kind in Step['kind']]: z.ZodType<Extract<Step, { kind: Kind }>> } = {
  module: z.strictObject({ kind: z.literal('module'), pipeline: z.string() }),
  functions: z.strictObject({ kind: z.literal('functions'), pipelines: z.record(z.string(), z.string()) }),
  inlining: z.strictObject({
    kind: z.literal('inlining'),
    never: z.array(z.string()),
    always: z.array(z.string()),
  }),
  relax: z.strictObject({
    kind: z.literal('relax'),
    functions: z.union([z.array(z.string()), z.literal('all')]),
  }),
  switches: z.strictObject({ kind: z.literal('switches'), switches: z.array(z.enum(switchNames)) }),
};

const recipeFile = z.strictObject({
  format: z.literal('ozma-recipe-1'),
  /** The LLVM that it was found with; another one may refuse it or come out at another size. */
  llvm: z.string(),
  source: z.string().optional(),
  target: z.string().optional(),
  recipe: z.array(z.union(Object.values(steps) as z.ZodType<Step>[])),
});

export interface RecipeFile {
  format: 'ozma-recipe-1';
  llvm: string;
  source?: string;
  target?: string;
  recipe: Recipe;
}

export function writeRecipe(file: Omit<RecipeFile, 'format'>): string {
  return `${JSON.stringify({ format: 'ozma-recipe-1', ...file }, undefined, 2)}\n`;
}

/** Throws `usage` with the first thing that is not as expected. */
export function readRecipe(text: string, name: string): Recipe {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new OzmaError('usage', `${name}: expected a recipe in JSON, as --emit pipeline writes it`, {
      cause,
    });
  }
  const checked = recipeFile.safeParse(parsed);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : `, ${issue.path.join('.')}`;
    throw new OzmaError('usage', `${name}${where}: ${issue?.message ?? 'not a recipe'}`);
  }
  return checked.data.recipe;
}
