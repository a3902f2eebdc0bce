// Assembly to LLVM-IR by rules, function by function. What comes out computes what the assembly computes,
// as far as the layers' assumptions hold (calling convention, nothing reads beyond its own stack objects);
// whoever uses it compiles it back and compares. Failures are data: a function that cannot be lifted says
// why and the others are lifted all the same.

import { OzmaError } from '../common/errors.ts';
import { parseAssembly } from './assembly/parse-assembly.ts';
import type { AssemblyFile, AssemblyFunction, TargetName } from './assembly/types.ts';
import { UnsupportedInstructions } from './build-body.ts';
import type { FrameForm } from './frame-regions.ts';
import { findClobbers } from './kept-registers.ts';
import { liftFunction, type LiftContext } from './lift-function.ts';
import { guessLevel, type Level } from './module-text.ts';
import { isOutlined } from './outlined.ts';
import type { Signature } from './prototypes.ts';
import { Unsupported } from './step.ts';
import { looksUnoptimised } from './unoptimised.ts';
import { targetNamed } from './targets/all.ts';

export interface LiftOptions {
  /** Of the assembly, and of the modules that come out: x86_64-… or aarch64-…. */
  triple: string;
  /** How the input was compiled; guessed from the alignment of functions by default. */
  level?: Level;
  /** Only these functions; all by default. */
  names?: readonly string[];
  /** Longer functions are failed as too long; default 20,000 instructions. */
  longest?: number;
}

/** Another way to say the same function; whichever compiles back to the input is right. */
export interface Variant {
  name: FrameForm;
  ir: string;
}

export interface LiftedFunction {
  name: string;
  /** Of the input. */
  instructions: number;
  status: 'lifted' | 'failed';
  /** `unsupported cpuid`, `a variadic function` …; present when failed. */
  reason?: string;
  /** Instructions that are not in the tables, with how often each occurs. */
  unsupported: Map<string, number>;
  signature?: Signature;
  /** A module with this one function: the first of the variants. Empty when failed. */
  ir: string;
  variants: Variant[];
}

export interface LiftResult {
  functions: LiftedFunction[];
  /** Lines of the input that were not understood. */
  problems: AssemblyFile['problems'];
}

/** The target of a triple. Throws `usage` for others than x86-64 and AArch64. */
export function targetOfTriple(triple: string): TargetName {
  if (/^(x86_64|amd64)-/.test(triple)) return 'x86-64';
  if (/^(aarch64|arm64)-/.test(triple)) return 'aarch64';
  throw new OzmaError('usage', `expected a triple of x86_64 or aarch64, found ${triple}`);
}

const defaultLongest = 20_000;

function countInstructions({ items }: AssemblyFunction): number {
  return items.reduce((count, { kind }) => count + (kind === 'instruction' ? 1 : 0), 0);
}

function failed(
  source: AssemblyFunction,
  reason: string,
  unsupported = new Map<string, number>(),
): LiftedFunction {
  return {
    name: source.name,
    instructions: countInstructions(source),
    status: 'failed',
    reason,
    unsupported,
    ir: '',
    variants: [],
  };
}

/** Runs `act`; what the layers throw becomes a failed function: a fault of ours costs one, never the run. */
function orFailed(source: AssemblyFunction, act: () => LiftedFunction): LiftedFunction {
  try {
    return act();
  } catch (error) {
    if (error instanceof UnsupportedInstructions) return failed(source, error.message, error.counts);
    if (error instanceof Unsupported) return failed(source, `unsupported ${error.message}`);
    return failed(source, `a fault of the lifter: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function liftOne(source: AssemblyFunction, context: LiftContext): LiftedFunction {
  const whole = liftFunction(source, context);
  const variants: Variant[] = [{ name: 'whole', ir: whole.ir }];
  const add = (frame: FrameForm): void => {
    try {
      variants.push({ name: frame, ir: liftFunction(source, { ...context, frame }).ir });
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
    }
  };
  if (whole.takesFrameAddresses) add('split');
  if (whole.reachesDown) add('memory');
  if (whole.usesSlots && looksUnoptimised(source)) {
    add('slots');
    add('reloads');
    if (whole.spills) add('spills');
  }
  return {
    name: source.name,
    instructions: countInstructions(source),
    status: 'lifted',
    unsupported: new Map(),
    signature: whole.signature,
    ir: whole.ir,
    variants,
  };
}

/** The functions of the file that a function calls. */
function callees({ items }: AssemblyFunction, known: ReadonlySet<string>): Set<string> {
  const names = new Set<string>();
  for (const item of items) {
    if (item.kind !== 'instruction') continue;
    for (const operand of item.instruction.operands) {
      if (operand.kind === 'symbol' && known.has(operand.symbol)) names.add(operand.symbol);
    }
  }
  return names;
}

/** Callees before their callers, as far as they do not call each other. */
function calleesFirst(functions: readonly AssemblyFunction[]): AssemblyFunction[] {
  const byName = new Map(
    functions.flatMap((one) => [one.name, ...one.aliases].map((name) => [name, one] as const)),
  );
  const names = new Set(byName.keys());
  const order: AssemblyFunction[] = [];
  const state = new Map<AssemblyFunction, Iterator<string>>();
  for (const start of functions) {
    if (state.has(start)) continue;
    const stack = [start];
    state.set(start, callees(start, names).values());
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const next = state.get(top)!.next();
      if (next.done === true) {
        order.push(top);
        stack.pop();
        continue;
      }
      const callee = byName.get(next.value)!;
      if (state.has(callee)) continue;
      state.set(callee, callees(callee, names).values());
      stack.push(callee);
    }
  }
  return order;
}

/** Lifts every function of a parsed file; callees first, so that their callers know what they take and give. */
export function liftFile(file: AssemblyFile, options: LiftOptions): LiftResult {
  const target = targetNamed(file.target);
  const wanted = options.names === undefined ? undefined : new Set(options.names);
  const longest = options.longest ?? defaultLongest;
  const signatures = new Map<string, Signature>();
  const clobbers = findClobbers(file, target);
  const lifted = new Map<AssemblyFunction, LiftedFunction>();
  for (const source of calleesFirst(file.functions.filter(({ name }) => !isOutlined(name)))) {
    const instructions = countInstructions(source);
    const result = orFailed(source, () => {
      if (instructions > longest) throw new Unsupported(`function: longer than ${longest} instructions`);
      if (instructions === 0) throw new Unsupported('function: without instructions');
      return liftOne(source, {
        file,
        target,
        triple: options.triple,
        level: options.level ?? guessLevel(source),
        signatures,
        wantedResults: new Map(),
        frame: 'whole',
        clobbers,
      });
    });
    if (result.signature !== undefined) {
      for (const name of [source.name, ...source.aliases]) signatures.set(name, result.signature);
    }
    lifted.set(source, result);
  }
  const functions = file.functions
    .filter((source) => lifted.has(source) && (wanted === undefined || wanted.has(source.name)))
    .map((source) => lifted.get(source)!);
  return { functions, problems: file.problems };
}

/** Lifts every function of assembly text. Never throws on the text. */
export function lift(assembly: string, options: LiftOptions): LiftResult {
  return liftFile(parseAssembly(assembly, targetOfTriple(options.triple)), options);
}
