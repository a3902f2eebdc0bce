// `disassemble`: assembly in, checked LLVM-IR out, function by function. Sources propose candidates, all of
// them are checked in the same way, and the best is kept: exact before equivalent before recompiles, and
// the shorter of two equals. A function that cannot be lifted is listed and stays a declaration.

import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { OzmaError } from '../common/errors.ts';
import { parseAssembly } from '../lift/assembly/parse-assembly.ts';
import type { AssemblyFile, AssemblyFunction } from '../lift/assembly/types.ts';
import { liftFile, targetOfTriple } from '../lift/lift.ts';
import type { LiftedFunction } from '../lift/lift.ts';
import { isOutlined } from '../lift/outlined.ts';
import { findInstallation } from '../llvm/installation.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';
import { WorkerPool } from '../llvm/worker-pool.ts';
import { liftedCandidates } from './candidates.ts';
import type { Candidate } from './candidates.ts';
import { compileCandidate, runCandidate, statuses } from './check.ts';
import type { CheckedCandidate, Status } from './check.ts';
import { signaturesOf } from './equivalence/signature.ts';
import { modelSource } from './model-candidates.ts';
import type { ModelProposals } from './model-candidates.ts';
import type { Subject } from './recompile.ts';
import { joinModules } from './join.ts';
import type { DisassembleReport, FunctionResult } from './result.ts';
import { likelySettings } from './settings.ts';
import { splitAssembly } from './split.ts';

/** Who proposes. */
export type CandidateSource = (subject: Subject) => Promise<{ candidates: Candidate[]; reasons: string[] }>;

export interface DisassembleOptions {
  /** Of the assembly; default the host's. */
  target?: string;
  /** Only these functions. */
  functions?: readonly string[];
  /** Whether the rules of src/lift propose candidates; default true. */
  rules?: boolean;
  /** Asked where the rules found nothing exact. */
  model?: Omit<ModelProposals, 'signal'>;
  /** Whether numbers and symbols of the model's answers are mended from the input; default true. */
  repair?: boolean;
  /** Further sources, asked in order while nothing exact was found. */
  sources?: readonly CandidateSource[];
  /** Of the made-up inputs that code is run on; default 1. */
  seed?: number;
  /** Worker processes; default one a processor core. */
  jobs?: number;
  installation?: LlvmInstallation;
  /** Ends with what there is; functions not begun are left out. */
  signal?: AbortSignal;
  onFunction?: (result: FunctionResult, done: number, of: number) => void;
}

type Checked = CheckedCandidate & Pick<Candidate, 'origin' | 'isGuess'>;

const order = (status: Status): number => statuses.indexOf(status);

/** Instructions of IR text, near enough to choose the shorter of two. */
function lengthOf(ir: string): number {
  return ir.split('\n').filter((line) => line.startsWith('  ')).length;
}

/** Casts from integer to pointer are where types were not found. */
function casts(ir: string): number {
  return ir.split('inttoptr').length - 1;
}

function better(left: Checked, right: Checked): boolean {
  if (left.status !== right.status) return order(left.status) < order(right.status);
  if (left.isGuess !== right.isGuess) return right.isGuess === true;
  const casted = casts(left.ir) - casts(right.ir);
  return casted === 0 ? lengthOf(left.ir) < lengthOf(right.ir) : casted < 0;
}

function whyNotBetter(checked: CheckedCandidate): string | undefined {
  if (checked.status === 'failed') return checked.reason;
  return checked.status === 'recompiles' ? checked.run?.detail : undefined;
}

function resultOf(
  best: Checked | undefined,
  reasons: readonly string[],
): Pick<FunctionResult, 'status' | 'origin' | 'repaired' | 'bleu' | 'settings' | 'inputs' | 'reason' | 'ir'> {
  if (best === undefined || best.status === 'failed') {
    return { status: 'failed', reason: best?.reason ?? reasons[0] ?? 'no candidate', ir: '' };
  }
  const reason = whyNotBetter(best);
  return {
    status: best.status,
    origin: best.origin,
    ir: best.ir,
    ...(best.repaired === true ? { repaired: true } : {}),
    ...(best.recompiled === undefined
      ? {}
      : { bleu: best.recompiled.bleu, settings: best.recompiled.settings.level }),
    ...(best.run === undefined ? {} : { inputs: best.run.inputs }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The best of what compiles; run are, the more readable first, only as many as it takes to find an equivalent one. */
async function bestOf(
  pool: WorkerPool,
  subject: Subject,
  checked: readonly Checked[],
  seed: number,
): Promise<{ best: Checked | undefined; secondsRunning: number }> {
  const ordered = [...checked].sort((left, right) =>
    better(left, right) ? -1 : better(right, left) ? 1 : 0,
  );
  const [first] = ordered;
  if (first?.status !== 'recompiles') return { best: first, secondsRunning: 0 };
  let best: Checked | undefined;
  let secondsRunning = 0;
  // Where the original cannot be run with arguments of these types, it cannot for the next candidate either.
  const untested = new Set<string>();
  for (const one of ordered) {
    if (one.status !== 'recompiles') break;
    const types = JSON.stringify(signaturesOf(one.ir).defined);
    if (untested.has(types)) continue;
    const run = { ...one, ...(await runCandidate(pool, subject, one, seed)) };
    secondsRunning += run.run?.seconds ?? 0;
    if (run.status === 'equivalent') return { best: run, secondsRunning };
    if (run.run?.verdict === 'untested') untested.add(types);
    best ??= run;
  }
  return { best, secondsRunning };
}

/** One function: sources are asked in order while nothing exact was found, and the best proposal is kept. */
export async function disassembleOne(
  pool: WorkerPool,
  subject: Subject,
  sources: readonly CandidateSource[],
  { seed, repair }: { seed: number; repair: boolean },
): Promise<FunctionResult> {
  const start = performance.now();
  const settings = likelySettings(subject.file, subject.function);
  const checked: Checked[] = [];
  const reasons: string[] = [];
  for (const source of sources) {
    const proposed = await source(subject);
    reasons.push(...proposed.reasons);
    for (const { ir, origin, isGuess = false } of proposed.candidates) {
      // What the rules copy is right: they read it off the input.
      const mend = repair && origin === 'model';
      checked.push({ ...(await compileCandidate(pool, subject, ir, settings, mend)), origin, isGuess });
      if (checked.at(-1)!.status === 'exact') break;
    }
    if (checked.at(-1)?.status === 'exact') break;
  }
  const { best, secondsRunning } = await bestOf(pool, subject, checked, seed);
  return {
    name: subject.function.name,
    ...resultOf(best, reasons),
    instructions: subject.function.items.filter((item) => item.kind === 'instruction').length,
    candidates: checked.length,
    seconds: (performance.now() - start) / 1000,
    secondsRunning,
  };
}

/** What the rules propose for the functions of one file, or for those named. */
export function rulesOf(
  pool: WorkerPool,
  file: AssemblyFile,
  triple: string,
  names?: readonly string[],
): CandidateSource {
  const lifted = new Map<string, LiftedFunction>(
    liftFile(file, { triple, ...(names === undefined ? {} : { names }) }).functions.map((one) => [
      one.name,
      one,
    ]),
  );
  return async ({ function: body }) => {
    const one = lifted.get(body.name);
    if (one === undefined) return { candidates: [], reasons: ['not in the file'] };
    return liftedCandidates(pool, one);
  };
}

/** What the parser calls code that no label stands before. */
const unnamed = '.Lcode.';

/** Those that a result is expected of: outlined code is lifted where it is called from. Empty without any label. */
export function functionsToLift({ functions }: AssemblyFile): AssemblyFunction[] {
  if (functions.every(({ name }) => name.startsWith(unnamed))) return [];
  return functions.filter(({ name }) => !isOutlined(name));
}

/**
 * Lifts every function of assembly text.
 *
 * @throws OzmaError `usage` for a target that is not x86-64 or AArch64, or a function that is not there;
 *   `refused` for text without any function; `environment` without LLVM.
 */
export async function disassemble(
  text: string,
  options: DisassembleOptions = {},
): Promise<DisassembleReport> {
  const installation = options.installation ?? findInstallation();
  const triple = options.target ?? hostTriple();
  const file = parseAssembly(text, targetOfTriple(triple));
  const functions = functionsToLift(file);
  if (functions.length === 0) {
    throw new OzmaError('refused', 'expected assembly with at least one function, found none');
  }
  const wanted = options.functions === undefined ? undefined : new Set(options.functions);
  const missing = [...(wanted ?? [])].find((name) => functions.every((one) => one.name !== name));
  if (missing !== undefined)
    throw new OzmaError('usage', `expected a function ${missing}, found none of that name`);
  const bodies = functions.filter(({ name }) => wanted === undefined || wanted.has(name));
  const seed = options.seed ?? 1;
  const jobs = options.jobs ?? availableParallelism();
  const pool = new WorkerPool({ installation, workers: jobs, timeoutSeconds: 30 });
  try {
    const split = splitAssembly(text, file);
    const { model, signal } = options;
    const sources = [
      ...(options.rules === false ? [] : [rulesOf(pool, file, triple)]),
      ...(model === undefined ? [] : [await modelSource({ ...model, signal }, text, file.target)]),
      ...(options.sources ?? []),
    ];
    const limit = pLimit(jobs);
    let done = 0;
    const results = await Promise.all(
      bodies.map((body) =>
        limit(async () => {
          if (options.signal?.aborted === true) return undefined;
          const result = await disassembleOne(pool, { file, split, function: body }, sources, {
            seed,
            repair: options.repair ?? true,
          });
          options.onFunction?.(result, ++done, bodies.length);
          return result;
        }),
      ),
    );
    const found = results.filter((result) => result !== undefined);
    const ir = await joinModules(installation, found, triple);
    const { problems } = file;
    return { target: triple, llvm: installation.version, seed, functions: found, ir, problems };
  } finally {
    pool.close();
  }
}

/** The triple of this machine's own code. */
export function hostTriple(): string {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
}
