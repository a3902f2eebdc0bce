// One function of an assembly file to LLVM text: the layers in their order. Each throws Unsupported where
// it meets what it cannot say; lift.ts makes a failed function of that.

import type { AssemblyFile, AssemblyFunction } from './assembly/types.ts';
import type { FunctionBody } from './blocks.ts';
import { buildBody, dropUnreachable } from './build-body.ts';
import { findCallSites, findResults } from './call-sites.ts';
import { dropDeadWrites } from './demand.ts';
import { FunctionEmitter } from './emit-function.ts';
import { registerValue } from './expression.ts';
import { findFrame, promoteSlots, withoutNoReturn, type Frame } from './frame.ts';
import { distanceOf, isVariablePlace } from './frame-spaces.ts';
import { findRegions, isPlain, type FrameForm } from './frame-regions.ts';
import { noteClobbers, type Clobbers } from './kept-registers.ts';
import { attributesOf, moduleText, type Level } from './module-text.ts';
import { extended, returnsExtended, structureOf, type Signature } from './prototypes.ts';
import { mergeRangeChecks } from './range-checks.ts';
import { reachesDown } from './reach-down.ts';
import { findParameters } from './signature.ts';
import { checkWholeArguments, readWholeArguments } from './stack-arguments.ts';
import { Unsupported } from './step.ts';
import { SymbolTable } from './symbols.ts';
import type { CallingConvention, Target } from './targets/target.ts';
import { restoreSwitches } from './switches.ts';
import { highestSpill, joinJumpPairs, keepReloads, restoreSubtractions } from './unoptimised.ts';
import { findVariableFrame, settleVariablePlaces } from './variable-frame.ts';
import { restoreVariadic } from './variadic.ts';
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
  frame: FrameForm;
  /** What calls of the file's functions change, where less than the convention says. */
  clobbers: Clobbers;
}

export interface LiftedText {
  ir: string;
  signature: Signature;
  /** Whether pointers into the frame are made, so that its parts may be one object or several. */
  takesFrameAddresses: boolean;
  /** Whether slots below them may be parts of what they point into. */
  reachesDown: boolean;
  /** Whether slots of the frame hold more than saved registers. */
  usesSlots: boolean;
  /** Whether some of them look like the register allocator's. */
  spills: boolean;
}

/** `pushq %rax` at a function's start only moves the stack pointer. In place. */
function dropPadding(body: FunctionBody, convention: CallingConvention): void {
  const written = new Set([...convention.preserved, ...convention.integerArguments]);
  for (const step of body.blocks[0]!.steps) {
    if (step.instruction.mnemonic.startsWith('push')) {
      step.stores = step.stores.filter(
        ({ value }) => value.kind !== 'register' || written.has(value.register),
      );
    }
    for (const { register } of step.writes) written.add(register);
    if (step.flow !== undefined) return;
  }
}

/** Slots through which arguments are passed: calls read them as values. */
function passedSlots(body: FunctionBody): Set<number> {
  const slots = new Set<number>();
  for (const { steps } of body.blocks) {
    for (const { flow } of steps) {
      if (flow?.kind !== 'call') continue;
      for (const argument of flow.site?.arguments ?? []) {
        if (argument.kind === 'load' && argument.address.kind === 'frame') slots.add(argument.address.offset);
      }
    }
  }
  return slots;
}

function usesSlots(frame: Frame, saved: ReadonlySet<number>, convention: CallingConvention): boolean {
  if (frame.taken.length > 0) return true;
  return [...frame.slots.keys()].some(
    (offset) => !saved.has(offset) && offset < convention.incomingStackArguments,
  );
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
  const results = findResults(body, target, wanted);
  if (results.length === 0) return;
  const { floatResults } = target.convention;
  const types = results.map(({ register, bits }) => {
    const isFloat = floatResults.includes(register);
    if (register === target.convention.extendedResult) return extended;
    return isFloat ? (bits === 32 ? 'float' : 'double') : `i${bits}`;
  });
  for (const block of body.blocks) {
    if (block.terminator.kind === 'return') {
      const values = results.map(({ register, bits }) => registerValue(register, `i${bits}`));
      block.terminator = { kind: 'return', values };
    }
    if (block.terminator.kind !== 'tailCall') continue;
    const flow = block.steps.at(-1)!.flow;
    const known = flow?.kind === 'call' && typeof flow.site?.result === 'object' ? flow.site.result : [];
    body.tailResult ??= structureOf(known.length > 0 ? known.map(({ type }) => type) : types);
  }
}

export function liftFunction(source: AssemblyFunction, context: LiftContext): LiftedText {
  const { file, target } = context;
  const { convention } = target;
  let body = buildBody(source, target, file);
  noteClobbers(body, context.clobbers);
  const variable = findVariableFrame(body, target);
  body = withoutNoReturn(body, target);
  target.floatStack?.place(body, (callee) => returnsExtended(callee, context.signatures));
  const depths = findFrame(body, target);
  const variadic = restoreVariadic(body, target);
  if (variadic !== undefined) body = variadic.body;
  target.floatStack?.settleRounding(body, convention.clobbered);
  readWholeArguments(body, convention.incomingStackArguments);
  findCallSites(body, target, { signatures: context.signatures, depths });
  setReturnValues(body, target, context.wantedResults.get(source.name));
  mergeRangeChecks(body, convention);
  dropDeadWrites(body, convention);
  const keepsSlots = isPlain(context.frame);
  dropPadding(body, convention);
  const saved = savedRegisterSlots(body, target);
  const inMemory = keepsSlots || context.frame === 'memory';
  const passed = passedSlots(body);
  const highest = keepsSlots || context.frame === 'whole' ? highestSpill(body) : undefined;
  const spills = context.frame === 'spills' ? highest : undefined;
  const frame = promoteSlots(
    body,
    inMemory ? 'forced' : context.frame === 'whole' ? 'careful' : 'all',
    (offset) =>
      isVariablePlace(offset)
        ? passed.has(offset) || distanceOf(offset) < 0
        : saved.has(offset) ||
          (inMemory && passed.has(offset)) ||
          offset >= convention.incomingStackArguments ||
          (spills !== undefined && offset <= spills),
    variadic?.objects,
  );
  checkWholeArguments(body, frame, convention.incomingStackArguments);
  dropDeadWrites(body, convention);
  if (variable !== undefined) settleVariablePlaces(body, variable);
  if (keepsSlots) {
    body = restoreSwitches(body);
    joinJumpPairs(body);
    body = dropUnreachable(body);
    dropDeadWrites(body, convention);
    if (context.frame !== 'slots') keepReloads(body);
  }
  const webs = findWebs(body, target, !keepsSlots);
  if (keepsSlots) restoreSubtractions(body);
  const parameters = findParameters(webs, frame, target, variadic?.named);
  if (frame.taken.some((offset) => offset >= convention.incomingStackArguments)) {
    throw new Unsupported('an address among the stack arguments');
  }
  const regions = findRegions(body, frame, convention.incomingStackArguments, context.frame);
  const symbols = new SymbolTable(file, source);
  const emitted = new FunctionEmitter(body, webs, parameters, regions, symbols, target).emit({
    linkage: file.positionIndependent ? 'dso_local ' : '',
    attributes: attributesOf(source, target, context.level),
    keepsBlocks: keepsSlots,
    variadic: variadic !== undefined,
  });
  const ir = moduleText(file, target, context.triple, symbols.lines(), emitted.declarations, emitted.text);
  return {
    ir,
    signature: emitted.signature,
    takesFrameAddresses: frame.taken.length > 0,
    reachesDown: reachesDown(body, frame),
    usesSlots: usesSlots(frame, saved, convention),
    spills: highest !== undefined,
  };
}
