// The public face of Ozma as a library: what `ozma tune`, `ozma disassemble` and `ozma emulate` do, with what was
// checked, and the models that they ask. docs/library.md shows it at work. Nothing else in this package is
// public; the command line is src/cli/.

export { OzmaError, type ErrorCode } from './common/errors.ts';
export type { CodeForm } from './common/code-form.ts';
export type { CodegenLevel } from './llvm/module.ts';
export type { Recipe, Step } from './llvm/recipe.ts';
export { findInstallation, type LlvmInstallation } from './llvm/installation.ts';

export { tune, type TuneOptions, type TuneReport } from './tune/tune.ts';
export type { Check, SizedCode, TuneResult } from './tune/result.ts';
export type { ModelUse } from './tune/ask-model.ts';
export type { EmitKind } from './tune/render.ts';
export { readRecipe, writeRecipe } from './tune/recipe-file.ts';
export type { Objective, SearchProgress } from './search/search.ts';

export { disassemble, type DisassembleOptions } from './disassemble/disassemble.ts';
export type { DisassembleReport, FunctionResult } from './disassemble/result.ts';
export type { ModelProposals } from './disassemble/model-candidates.ts';
export type { Status } from './disassemble/check.ts';

export { emulate, type EmulateOptions } from './emulate/emulate.ts';
export type { Comparison, EmulateReport, PredictedFunction } from './emulate/result.ts';

export { openEngine, type EngineOptions } from './inference/engine.ts';
export type {
  Candidate,
  Engine,
  EngineDescription,
  GenerateOptions,
  GeneratedToken,
  Sampling,
} from './inference/engine.ts';
export { releasedModel, type ReleasedModel } from './inference/released-models.ts';
