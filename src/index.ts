// The public face of Ozma as a library: sources in, smaller objects out, with what was checked. Nothing
// else in this package is public; the command line is src/cli/.

export { OzmaError, type ErrorCode } from './common/errors.ts';
export type { CodegenLevel } from './llvm/module.ts';
export type { Recipe, Step } from './llvm/recipe.ts';
export type { LlvmInstallation } from './llvm/installation.ts';
export type { Objective, SearchProgress } from './search/search.ts';
export { tune, type TuneOptions, type TuneReport } from './tune/tune.ts';
export type { Check, SizedCode, TuneResult } from './tune/result.ts';
export type { EmitKind } from './tune/render.ts';
export { readRecipe, writeRecipe } from './tune/recipe-file.ts';
