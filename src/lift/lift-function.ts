// One function of an assembly file to LLVM text: the layers in their order. Each throws Unsupported where
// it meets what it cannot say; lift.ts makes a failed function of that.

import type { AssemblyFile, AssemblyFunction } from './assembly/types.ts';
import type { FunctionBody } from './blocks.ts';
import { buildBody } from './build-body.ts';
import { findCallSites, findResult } from './call-sites.ts';
import { dropDeadWrites } from './demand.ts';
import { FunctionEmitter } from './emit-function.ts';
import { registerValue } from './expression.ts';
import { findFrame, promoteSlots } from './frame.ts';
import { findRegions } from './frame-regions.ts';
import { attributesOf, moduleText, type Level } from './module-text.ts';
import type { Signature } from './prototypes.ts';
import { mergeRangeChecks } from './range-checks.ts';
import { findParameters } from './signature.ts';
import { Unsupported } from './step.ts';
import { SymbolTable } from './symbols.ts';
import type { Target } from './targets/target.ts';
import { findWebs } from './webs.ts';

export interface LiftContext {
  file: AssemblyFile;
  target: Target;
  triple: string;
  level: Level;
  /** Signatures of the file's functions, as far as they are known. */
  signatures: ReadonlyMap<string, Signature>;
  /** Whether callers in the file read the result of a function. */
  wantedResults: ReadonlyMap<string, boolean>;
  /** Every place whose address is taken is an object of its own; otherwise they may be parts of one. */
  splitFrame: boolean;
}

export interface LiftedText {
  ir: string;
  signature: Signature;
  /** Whether pointers into the frame are made, so that its parts may be one object or several. */
  takesFrameAddresses: boolean;
}

/** Where block 0 saves the registers that belong to the caller: nothing else is ever there. */
function savedRegisterSlots(body: FunctionBody, target: Target): Set<number> {
  const slots = new Set<number>();
  for (const { stores } of body.blocks[0]!.steps) {
    for (const { address, value } of stores) {
      if (address.kind !== 'frame' || value.kind !== 'register') continue;
      if (target.convention.preserved.includes(value.register)) slots.add(address.offset);
    }
  }
  return slots;
}

function setReturnValues(body: FunctionBody, target: Target, wanted: boolean | undefined): void {
  const result = findResult(body, target, wanted);
  if (result === undefined) return;
  const type = `i${result.bits}`;
  for (const block of body.blocks) {
    if (block.terminator.kind === 'return') {
      block.terminator = { kind: 'return', value: registerValue(result.register, type) };
    }
    if (block.terminator.kind !== 'tailCall') continue;
    const flow = block.steps.at(-1)!.flow;
    const known =
      flow?.kind === 'call' && typeof flow.site?.result === 'object' ? flow.site.result.type : undefined;
    const isFloat = result.register === target.convention.floatResult;
    body.tailResult ??= known ?? (isFloat ? (result.bits === 32 ? 'float' : 'double') : type);
  }
}

export function liftFunction(source: AssemblyFunction, context: LiftContext): LiftedText {
  const { file, target } = context;
  const { convention } = target;
  const body = buildBody(source, target, file);
  if (target.isVariadic(body.blocks[0]!.steps)) throw new Unsupported('a variadic function');
  const depths = findFrame(body, target);
  findCallSites(body, target, { signatures: context.signatures, depths });
  setReturnValues(body, target, context.wantedResults.get(source.name));
  mergeRangeChecks(body, convention);
  dropDeadWrites(body, convention);
  const saved = savedRegisterSlots(body, target);
  const frame = promoteSlots(
    body,
    !context.splitFrame,
    (offset) => saved.has(offset) || offset >= convention.incomingStackArguments,
  );
  dropDeadWrites(body, convention);
  const webs = findWebs(body, target);
  const parameters = findParameters(webs, frame, target);
  if (frame.taken.some((offset) => offset >= convention.incomingStackArguments)) {
    throw new Unsupported('an address among the stack arguments');
  }
  const regions = findRegions(body, frame, convention.incomingStackArguments, context.splitFrame);
  const symbols = new SymbolTable(file, source.name);
  const emitted = new FunctionEmitter(body, webs, parameters, regions, symbols, target).emit({
    linkage: file.positionIndependent ? 'dso_local ' : '',
    attributes: attributesOf(source, target, context.level),
  });
  const ir = moduleText(file, target, context.triple, symbols.lines(), emitted.declarations, emitted.text);
  return { ir, signature: emitted.signature, takesFrameAddresses: frame.taken.length > 0 };
}
