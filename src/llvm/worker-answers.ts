// Answers of a compile worker that are not measurements: what is in a module, its texts, its functions cut out.

import { cutFunctions, plainModuleText } from './cutting.ts';
import { LlvmRefusal, type Module } from './module.ts';
import { ObjectFormatError, readSizes } from './object-file.ts';
import type { WorkerModules } from './worker-modules.ts';
import { describeFailure } from './worker-protocol.ts';
import type {
  CutModule,
  EmitFormat,
  ModuleSummary,
  Outcome,
  Variant,
  VariantResult,
} from './worker-protocol.ts';

/** What LLVM refuses is an answer; any other error is a mistake of ours and ends the worker. */
export function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (!(error instanceof LlvmRefusal || error instanceof ObjectFormatError)) throw error;
    return { ok: false, failure: { kind: 'refused', message: error.message } };
  }
}

function mustBeValid(module: Module): void {
  const broken = module.verify();
  if (broken !== undefined) throw new LlvmRefusal(`the verifier found: ${broken}`);
}

export function describe(module: Module): ModuleSummary {
  const broken = module.verify();
  const functions = module.functions();
  return {
    triple: module.triple,
    positionIndependent: module.positionIndependent,
    instructions: functions.reduce((sum, { instructions }) => sum + instructions, 0),
    functions,
    ...(broken === undefined ? {} : { broken }),
  };
}

export function emit(module: Module, machine: bigint, format: EmitFormat): Uint8Array {
  mustBeValid(module);
  switch (format) {
    case 'bitcode':
      return module.bitcode();
    case 'ir':
      return Buffer.from(module.text());
    case 'object':
    case 'assembly':
      return module.emit(format, machine);
  }
}

/** Texts and sizes of a module after its recipe. Code is generated from copies, since that changes the IR. */
export function produce(
  modules: WorkerModules,
  module: Module,
  variant: Variant,
  machine: bigint,
): VariantResult {
  mustBeValid(module);
  const texts = variant.texts.map((format) => {
    if (format === 'ir') return module.text();
    return module.withCopy((copy) => Buffer.from(copy.emit('assembly', machine)).toString());
  });
  if (variant.sizes === undefined) return { texts };
  const sizing = modules.machineFor(module, variant.sizes);
  const { bytes } = module.withCopy((copy) => readSizes(copy.emit('object', sizing)));
  return { texts, sizes: { instructions: module.instructionCount(), bytes } };
}

/** What LLVM says against a module in text, or nothing. */
function objectionTo(modules: WorkerModules, ir: string): string | undefined {
  const outcome = outcomeOf(() => modules.withBytes(Buffer.from(ir), (module) => module.verify(), true));
  return outcome.ok ? outcome.value : describeFailure(outcome.failure);
}

export function cut(modules: WorkerModules, module: Module, longest: number): CutModule {
  mustBeValid(module);
  module.stripDebugInformation();
  const text = module.text();
  const result: CutModule = {
    triple: module.triple,
    instructions: module.instructionCount(),
    ir: plainModuleText(text),
    functions: [],
    refused: [],
    tooLarge: 0,
  };
  for (const piece of cutFunctions(text)) {
    if (piece.ir.length > longest) {
      result.tooLarge++;
      continue;
    }
    const objection = objectionTo(modules, piece.ir);
    if (objection === undefined) result.functions.push(piece);
    else result.refused.push({ name: piece.name, message: objection });
  }
  return result;
}
