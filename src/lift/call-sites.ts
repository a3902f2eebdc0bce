// What calls pass and functions return, where no prototype says it. The evidence: a write to an argument
// register that nobody else reads is there for the call (`fresh`); one that others read too may be. The
// same at returns for the result register.

import { successors, type Block, type FunctionBody } from './blocks.ts';
import { backward, demandAtEnds, type Demand } from './demand.ts';
import { bitcast, bitsOf, load, registerValue, type Expression, type Type } from './expression.ts';
import type { CallDepths } from './frame.ts';
import { clobberedBy } from './kept-registers.ts';
import {
  extended,
  isFloat,
  knownSignature,
  locateParameters,
  locateResult,
  type Location,
  type Signature,
} from './prototypes.ts';
import { isReadBehind, stackArguments, storedBefore, type StoredArgument } from './stack-arguments.ts';
import type { CallSite, RegisterWrite, Step } from './step.ts';
import type { CallingConvention, Target } from './targets/target.ts';

/** Whence the values of a register that may reach a place come; joined with or. */
const nothing = 1;
const entry = 2;
const callResult = 4;
const used = 8;
const fresh = 16;
/** Where a second member of an unknown callee's result would lie. */
const second = 32;

interface Origin {
  mask: number;
  /** The number that one write put there, where it is one. */
  value?: bigint;
  /** Widest write among them, in bits; 0 where constants alone tell nothing. */
  bits: number;
}

type Origins = Map<number, Origin>;

function joinOrigins(into: Origins, from: Origins): boolean {
  let changed = false;
  for (const [register, { mask, bits, value }] of from) {
    const known = into.get(register)!;
    const same = known.mask === 0 || known.value === value;
    if ((known.mask | mask) === known.mask && known.bits >= bits && (same || known.value === undefined))
      continue;
    const joined: Origin = { mask: known.mask | mask, bits: Math.max(known.bits, bits) };
    if (same && value !== undefined) joined.value = value;
    into.set(register, joined);
    changed = true;
  }
  return changed;
}

function writtenBits({ value }: RegisterWrite): number {
  if (value.kind !== 'constant') return bitsOf(value.type);
  const signed = BigInt.asIntN(64, value.value);
  return signed >= -(2n ** 31n) && signed < 2n ** 32n ? 0 : 64;
}

/** `popq %rax` where nothing was pushed for it only gives stack back. */
const isRelease = ({ instruction }: Step, write: RegisterWrite): boolean =>
  instruction.mnemonic.startsWith('pop') && write.value.kind === 'load';

/**
 * Compared in place, since no form of them sets the flags alone: `orb %cl, %dl` before `jne`, `incl %eax` for -1. Where the
 * flags are read, the register may have been written for nobody.
 */
const comparedInPlace = /^(?:or|inc|dec|add|neg|sh[rl]|sar)[bwlq]?$/;

class Evidence {
  private readonly body: FunctionBody;
  private readonly target: Target;
  private readonly freshWrites = new Set<RegisterWrite>();
  private readonly starts: Origins[];

  constructor(body: FunctionBody, target: Target) {
    this.body = body;
    this.target = target;
    const { convention } = target;
    const ends = demandAtEnds(body, convention, true);
    for (const block of body.blocks) {
      backward(block, ends[block.index]!, convention, (step, after) => this.noteFresh(step, after), true);
    }
    this.starts = this.solve();
  }

  private noteFresh(step: Step, after: Demand): void {
    // Of the two results of a division or a wide product one is usually not wanted.
    const general = step.writes.filter(({ register }) => this.body.registerTypes[register] === 'i64');
    const both = general.length > 1 && general.some(({ register }) => after[register]! > 0);
    const forFlags =
      comparedInPlace.test(step.instruction.mnemonic) &&
      step.writes.some(({ register }) => this.body.registerTypes[register] === 'i1' && after[register]! > 0);
    for (const write of step.writes) {
      if (after[write.register] === 0 && !both && !forFlags && write.read === undefined)
        this.freshWrites.add(write);
    }
  }

  private watched(): number[] {
    const { convention } = this.target;
    const { integerArguments, floatArguments, integerResults, floatResults } = convention;
    const registers = [...integerArguments, ...floatArguments, ...integerResults, ...floatResults];
    const { variadicCount, structureResult, extendedResult } = convention;
    const further = [variadicCount, structureResult, extendedResult].filter(
      (register) => register !== undefined,
    );
    return [...new Set([...registers, ...further])];
  }

  private solve(): Origins[] {
    const registers = this.watched();
    const starts = this.body.blocks.map(
      ({ index }): Origins =>
        new Map(registers.map((register) => [register, { mask: index === 0 ? entry : 0, bits: 0 }])),
    );
    const waiting = new Set(this.body.blocks.map(({ index }) => index));
    for (const index of waiting) {
      waiting.delete(index);
      const block = this.body.blocks[index]!;
      const state: Origins = new Map(starts[index]);
      for (const step of block.steps) this.forward(step, state);
      for (const to of successors(block.terminator)) if (joinOrigins(starts[to]!, state)) waiting.add(to);
    }
    return starts;
  }

  private forward(step: Step, state: Origins): void {
    if (step.flow?.kind === 'call') {
      const { integerResults } = this.target.convention;
      const clobbered = clobberedBy(step, this.target.convention);
      for (const register of clobbered)
        if (state.has(register)) state.set(register, { mask: nothing, bits: 0 });
      const result = step.flow.site?.result ?? 'unknown';
      if (result === 'unknown') {
        for (const [index, mask] of [callResult, second].entries()) {
          const register = integerResults[index]!;
          if (clobbered.includes(register)) state.set(register, { mask, bits: 0 });
        }
      } else
        for (const { register, type } of result)
          state.set(register, { mask: callResult, bits: bitsOf(type) });
      return;
    }
    for (const write of step.writes) {
      const before = state.get(write.register);
      if (before === undefined) continue;
      let mask = this.freshWrites.has(write) ? fresh : used;
      let bits = writtenBits(write);
      if (isRelease(step, write) || write.read === 'scratch') [mask, bits] = [nothing, 0];
      if (write.rest === 'keep' && (before.mask & fresh) !== 0) bits = Math.max(bits, before.bits, 32);
      const { value } = write;
      state.set(write.register, { mask, bits, ...(value.kind === 'constant' ? { value: value.value } : {}) });
    }
  }

  /** Calls `use` at each step of a block with the state before it. */
  walk(block: Block, use: (step: Step, state: Origins) => void): Origins {
    const state: Origins = new Map(this.starts[block.index]);
    for (const step of block.steps) {
      use(step, state);
      this.forward(step, state);
    }
    return state;
  }
}

/** The value of a parameter as the caller has it; `stack` is where its stack arguments begin. */
function argumentAt(location: Location, type: Type, stack: number): Expression {
  const bits = bitsOf(type);
  const integer = `i${bits}`;
  const value: Expression =
    location.kind === 'register'
      ? registerValue(location.register, integer)
      : load({ kind: 'frame', type: 'i64', offset: stack + location.offset }, integer);
  return isFloat(type) || type === extended ? bitcast(value, type) : value;
}

function siteOf(signature: Signature, stack: number, convention: CallingConvention): CallSite {
  const locations = locateParameters(signature.parameters, convention);
  const site: CallSite = {
    arguments: signature.parameters.map((type, index) => argumentAt(locations[index]!, type, stack)),
    parameterTypes: [...signature.parameters],
    result: locateResult(signature.result, convention),
    ...(signature.variadic ? { fixed: signature.parameters.length } : {}),
  };
  if (signature.structureResult === true) returnThroughAddress(site, convention);
  return site;
}

function returnThroughAddress(site: CallSite, { structureResult }: CallingConvention): void {
  site.structureResult = true;
  site.arguments.unshift(registerValue(structureResult!, 'i64'));
  site.parameterTypes.unshift('ptr');
  if (site.fixed !== undefined) site.fixed++;
}

const possible = (origin: Origin | undefined): boolean =>
  origin !== undefined && origin.mask !== 0 && (origin.mask & nothing) === 0;

/**
 * How many argument registers of a kind hold something that looks meant. One that was left by the call before
 * counts only where a later one was written: then it is a second result that is passed on.
 */
function countArguments(registers: readonly number[], state: Origins, demandedAtEntry: Demand): number {
  let count = 0;
  let last = 0;
  for (const [index, register] of registers.entries()) {
    const origin = state.get(register);
    if (!possible(origin)) break;
    count = index + 1;
    const { mask } = origin!;
    const own = mask === entry && demandedAtEntry[register]! > 0;
    if ((mask & fresh) !== 0 || ((mask & (used | callResult)) !== 0 && index < 2) || (own && last === index))
      last = count;
  }
  return last;
}

export interface CallContext {
  /** Signatures of the functions of the same file, as far as they are known. */
  signatures: ReadonlyMap<string, Signature>;
  depths: CallDepths;
}

/** Fills in the site of every call, in place. */
export function findCallSites(body: FunctionBody, target: Target, context: CallContext): void {
  const { convention } = target;
  const calls = body.blocks.flatMap(({ steps }) => steps.filter(({ flow }) => flow?.kind === 'call'));
  const tails = new Set(
    body.blocks.flatMap(({ terminator, steps }) => (terminator.kind === 'tailCall' ? [steps.at(-1)!] : [])),
  );
  /** A call in place of a return passes on the function's own stack arguments. */
  const stackAt = (step: Step): number =>
    tails.has(step)
      ? convention.incomingStackArguments
      : (context.depths.get(step) ?? 0) + convention.stackArguments;
  const withExtended = convention.extendedResult !== undefined;
  for (const step of calls) {
    const flow = step.flow;
    if (flow?.kind !== 'call' || typeof flow.target !== 'string') continue;
    const signature = context.signatures.get(flow.target) ?? knownSignature(flow.target, withExtended);
    if (signature !== undefined) flow.site = siteOf(signature, stackAt(step), convention);
  }
  if (calls.length === 0) return;
  const evidence = new Evidence(body, target);
  const ends = demandAtEnds(body, convention);
  const demandedAtEntry = backward(body.blocks[0]!, ends[0]!, convention, () => undefined);
  const storedAtEnds: ReadonlyMap<number, StoredArgument>[] = [];
  for (const block of body.blocks) {
    let stored = storedBefore(block, storedAtEnds);
    evidence.walk(block, (step, state) => {
      for (const { address, value } of step.stores) {
        if (address.kind !== 'frame' || isPadding(value, state, convention)) continue;
        // A register of the caller's that is saved, or pushed only to move the stack pointer.
        const isSaved =
          value.kind === 'register' &&
          (convention.preserved.includes(value.register) || state.get(value.register)?.mask === entry);
        const isPush = !isSaved && step.instruction.mnemonic.startsWith('push');
        const pushed = value.kind === 'load' ? 'memory' : 'value';
        stored.set(address.offset, { type: value.type, ...(isPush ? { pushed } : {}) });
      }
      const flow = step.flow;
      if (flow?.kind !== 'call') return;
      if (flow.site === undefined || flow.site.fixed !== undefined) {
        const isPushed = stored.get(stackAt(step))?.pushed === 'value';
        const site = inferSite(flow.site, state, isPushed, demandedAtEntry, target);
        const full = countIntegers(site) === convention.integerArguments.length;
        const isKept = (offset: number): boolean => isReadBehind(body, block, step, offset);
        for (const argument of stackArguments(stored, stackAt(step), full, isKept)) {
          site.arguments.push(argument);
          site.parameterTypes.push(argument.type === extended ? extended : undefined);
        }
        if (flow.extended === true && site.result === 'unknown')
          site.result = locateResult(extended, convention);
        flow.site = site;
      }
      stored = new Map();
    });
    storedAtEnds.push(stored);
  }
}

/** A register pushed only to move the stack pointer: it holds nothing yet, and callers put nothing there. */
function isPadding(value: Expression, state: Origins, { integerArguments }: CallingConvention): boolean {
  if (value.kind !== 'register' || integerArguments.includes(value.register)) return false;
  return state.get(value.register)?.mask === entry;
}

const countIntegers = ({ parameterTypes, structureResult }: CallSite): number =>
  parameterTypes.filter((type) => type === undefined || (!isFloat(type) && type !== extended)).length -
  (structureResult === true ? 1 : 0);

/**
 * A call of an unknown function, or the variadic part of a known one; what is on the stack follows. Where
 * something was pushed for it (`registersFull`) the registers hold arguments too.
 */
function inferSite(
  known: CallSite | undefined,
  state: Origins,
  registersFull: boolean,
  demandedAtEntry: Demand,
  target: Target,
): CallSite {
  const { convention } = target;
  const { variadicCount, integerArguments, floatArguments } = convention;
  const counted = variadicCount === undefined ? undefined : state.get(variadicCount);
  const marked =
    counted !== undefined &&
    (counted.mask & fresh) !== 0 &&
    counted.value !== undefined &&
    counted.value <= 8n;
  const site: CallSite = known ?? { arguments: [], parameterTypes: [], result: 'unknown' };
  if (known === undefined && marked) site.fixed = 0;
  const usedIntegers = countIntegers(site);
  const usedFloats = site.parameterTypes.filter((type) => isFloat(type!)).length;
  const integers = registersFull
    ? integerArguments.length
    : Math.max(usedIntegers, countArguments(integerArguments, state, demandedAtEntry));
  // al holds how many vector registers a variadic call uses.
  const told = marked ? counted.value : undefined;
  const floats = Math.max(
    usedFloats,
    told === undefined ? countFloats(floatArguments, state) : Number(told & 15n),
  );
  for (const register of integerArguments.slice(usedIntegers, integers)) {
    site.arguments.push(registerValue(register, 'i64'));
    site.parameterTypes.push(undefined);
  }
  for (const register of floatArguments.slice(usedFloats, floats)) {
    site.arguments.push(bitcast(registerValue(register, 'i64'), 'double'));
    site.parameterTypes.push(site.fixed === undefined ? undefined : 'double');
  }
  // Nothing else reads this register where it was written for the call.
  const { structureResult } = convention;
  const address = structureResult === undefined ? undefined : state.get(structureResult);
  if (known === undefined && address?.mask === fresh) {
    returnThroughAddress(site, convention);
    site.result = [];
  }
  return site;
}

function countFloats(registers: readonly number[], state: Origins): number {
  let last = 0;
  for (const [index, register] of registers.entries()) {
    const origin = state.get(register);
    if (!possible(origin)) break;
    if ((origin!.mask & (fresh | callResult)) !== 0) last = index + 1;
  }
  return last;
}

interface FoundResult {
  register: number;
  bits: number;
}

const isFresh = (origin: Origin): boolean => (origin.mask & fresh) !== 0;

/**
 * Up to the last register that was written for nobody else; those before it hold what they held. A second
 * member is written on every way.
 */
function writtenTogether(registers: readonly number[], joined: Origins): number[] {
  const last = registers.findLastIndex((register, index) => {
    const origin = joined.get(register)!;
    return isFresh(origin) && (index === 0 || possible(origin));
  });
  return registers.slice(0, last + 1);
}

/** The registers and widths that a function returns: the members of a small structure are several. */
export function findResults(body: FunctionBody, target: Target, wanted: boolean | undefined): FoundResult[] {
  const { integerResults, floatResults, integerArguments, floatArguments, extendedResult } =
    target.convention;
  if (body.extendedResult === true) return [{ register: extendedResult!, bits: bitsOf(extended) }];
  const evidence = new Evidence(body, target);
  const joined: Origins = new Map();
  const all = [...integerResults, ...floatResults];
  for (const register of all) joined.set(register, { mask: 0, bits: 0 });
  for (const block of body.blocks) {
    if (block.terminator.kind !== 'return' && block.terminator.kind !== 'tailCall') continue;
    const state = evidence.walk(block, () => undefined);
    joinOrigins(joined, new Map(all.map((register) => [register, state.get(register)!])));
  }
  const found = (register: number): FoundResult => {
    const { bits, mask } = joined.get(register)!;
    return { register, bits: bits > 0 ? bits : (mask & callResult) === 0 ? 32 : 64 };
  };
  const integers = writtenTogether(integerResults, joined);
  const floats = writtenTogether(floatResults, joined);
  // A first member that nobody wrote is a parameter that is given back; elsewhere it would be anything.
  const given = (list: readonly number[], parameters: readonly number[]): boolean =>
    list.length < 2 || possible(joined.get(list[0]!)) || parameters.includes(list[0]!);
  const isStructure = integers.length + floats.length > 1;
  if (isStructure && given(integers, integerArguments) && given(floats, floatArguments)) {
    // In two kinds of registers a structure has two members.
    const members =
      integers.length > 0 && floats.length > 0 ? [integers[0]!, floats[0]!] : [...integers, ...floats];
    return members.map((register) => ({ ...found(register), bits: widthOfMember(found(register).bits) }));
  }
  const [general, float] = [integerResults[0]!, floatResults[0]!];
  if (floats.length > 0 && integers.length === 0) return [found(float)];
  if (integers.length > 0) return [found(general)];
  if (wanted === false) return [];
  // An integer function that computes with floats ends in a write to its own result; the counter of a loop
  // that sums floats lies where an integer result would.
  for (const register of [float, general]) {
    const origin = joined.get(register)!;
    if (possible(origin) && (origin.mask & entry) === 0) return [found(register)];
  }
  return [];
}

/** A small structure fills its registers; floats may stand alone. */
const widthOfMember = (bits: number): number => (bits < 32 ? 64 : bits);
