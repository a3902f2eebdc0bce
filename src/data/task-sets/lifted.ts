// Lifted code as a teacher: (assembly, IR) pairs of functions whose source is not at hand. The rules of
// src/lift translate them, what does not pass the check is left out, and what remains is written as the
// pairs of disassembly.ts are.

import { basename, join } from 'node:path';
import type { CodeForm } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import { disassemble, functionsToLift, hostTriple } from '../../disassemble/disassemble.ts';
import { readCode } from '../../disassemble/read-code.ts';
import type { FunctionResult } from '../../disassemble/result.ts';
import { splitAssembly, standalone } from '../../disassemble/split.ts';
import { parseAssembly } from '../../lift/assembly/parse-assembly.ts';
import { targetOfTriple } from '../../lift/lift.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { renderAnswer } from '../../tasks/answers.ts';
import { readAssembly } from '../../tasks/normal-form/assembly-file.ts';
import { normaliseAssembly } from '../../tasks/normal-form/normalise-assembly.ts';
import { normaliseIr, normalFormVersion } from '../../tasks/normal-form/normalise-ir.ts';
import { NormalFormRefusal } from '../../tasks/normal-form/refusal.ts';
import { renderPrompt } from '../../tasks/prompts.ts';
import { normalHash, normalTokens } from '../build/normal-form.ts';
import { splitOfPackage } from '../build/split-of-package.ts';
import { isReservedFile, isReservedPackage } from '../collect/reserved.ts';
import { exportJsonl } from '../export-jsonl.ts';
import { writeParquetSet } from '../parquet-set.ts';
import type { SetManifest } from '../set-manifest.ts';
import { unitKey, type CountDropped, type UnitProgress, type WorkUnit } from '../units.ts';
import { distinct } from './build.ts';
import { taskColumns, taskRow, type TaskRow } from './task-rows.ts';

export interface LiftedRow extends TaskRow {
  /** Of the function in its file. */
  name: string;
  /** What the check found; docs/disassembly.md. */
  status: TaughtStatus;
  /** The settings that compile the answer back closest. */
  level: string | null;
}

/** What a pair may be taught with: checked, not only valid. */
export type TaughtStatus = 'exact' | 'equivalent';

export interface LiftedSettings {
  installation: LlvmInstallation;
  /** Assembly, objects, executables, shared libraries. */
  files: readonly string[];
  output: string;
  form: CodeForm;
  /** Decides the split, as in the corpus; default the name of each file without its ending. */
  package?: string | undefined;
  /** The worst that is kept. */
  least: TaughtStatus;
  /** Of `.s` files; default the host's. */
  target?: string | undefined;
  seed: number;
  jobs: number;
  /** Pairs with more characters are left out and counted. */
  maximumCharacters: number;
  /** Also a JSON-lines file for each split. */
  jsonl: boolean;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: UnitProgress) => void;
}

/** Functions of one file, or why there are none. */
interface LiftUnit {
  text: string;
  triple: string;
  package: string;
  names: readonly string[];
  refusal?: string;
}

const version = 1;
/** Functions of a unit: a few minutes of work, lost at most when the build is killed. */
const functionsPerUnit = 128;

/** Throws `usage` for a package that results are reported on; what cannot be read or lifted is counted. */
export async function buildLiftedSet(settings: LiftedSettings): Promise<SetManifest> {
  const { installation, form, least, seed, maximumCharacters, output, signal, onProgress } = settings;
  if (settings.package !== undefined && isReservedPackage(settings.package)) {
    const found = settings.package;
    throw new OzmaError('usage', `expected a package that no results are reported on, found ${found}`);
  }
  const made = {
    version,
    form,
    least,
    normalForm: normalFormVersion,
    seed,
    maximumCharacters,
    llvm: installation.version,
  };
  const manifest = await writeParquetSet(
    output,
    {
      name: 'lifted',
      columns: { ...taskColumns, name: 'VARCHAR', status: 'VARCHAR', level: 'VARCHAR' },
      made,
    },
    unitsOf(settings, made),
    ({ input }, count) => pairsOf(input, settings, count),
    { signal, ...(onProgress === undefined ? {} : { onProgress }) },
  );
  if (settings.jsonl) await exportJsonl(output, join(output, 'jsonl'));
  return manifest;
}

const nameWithoutEnding = (file: string): string => basename(file).replace(/(?<=.)\.(?:s|o|so[.\d]*)$/, '');

async function* unitsOf(settings: LiftedSettings, made: unknown): AsyncGenerator<WorkUnit<LiftUnit>> {
  const unit = (input: LiftUnit): WorkUnit<LiftUnit> => ({ key: unitKey('lifted', made, input), input });
  for (const file of settings.files) {
    const empty = { text: '', triple: '', package: settings.package ?? nameWithoutEnding(file), names: [] };
    if (isReservedFile(file) || isReservedPackage(nameWithoutEnding(file))) {
      yield unit({ ...empty, refusal: 'reserved for tests' });
      continue;
    }
    try {
      const { text, triple = settings.target ?? hostTriple() } = await readCode(settings.installation, file);
      const names = functionsToLift(parseAssembly(text, targetOfTriple(triple))).map(({ name }) => name);
      if (names.length === 0) yield unit({ ...empty, refusal: 'a file without functions' });
      for (let from = 0; from < names.length; from += functionsPerUnit) {
        const some = names.slice(from, from + functionsPerUnit);
        yield unit({ ...empty, text, triple, names: some });
      }
    } catch (error) {
      if (!(error instanceof OzmaError) || error.code !== 'refused') throw error;
      yield unit({ ...empty, refusal: `a file: ${error.message.replace(`${file}: `, '')}` });
    }
  }
}

async function pairsOf(unit: LiftUnit, settings: LiftedSettings, count: CountDropped): Promise<LiftedRow[]> {
  if (unit.refusal !== undefined) {
    count(unit.refusal);
    return [];
  }
  const { installation, seed, jobs, signal, maximumCharacters } = settings;
  const { text, triple, names } = unit;
  const report = await disassemble(text, {
    target: triple,
    functions: names,
    installation,
    seed,
    jobs,
    ...(signal === undefined ? {} : { signal }),
  });
  // A unit that was cut short must not count as done.
  if (signal?.aborted === true) throw new OzmaError('interrupted', 'interrupted; the same command goes on');
  const toPair = pairMaker(unit, settings);
  const rows: LiftedRow[] = [];
  for (const result of report.functions) {
    const { status } = result;
    if (status !== 'exact' && (status !== 'equivalent' || settings.least === 'exact')) {
      count(status === 'failed' ? 'not lifted' : `lifted, but only ${status}`);
      continue;
    }
    const made = toPair(result, status);
    if (typeof made === 'string') count(made);
    else rows.push(made);
  }
  return distinct(rows, maximumCharacters, count);
}

/** A pair, or why there is none. */
function pairMaker(
  { text, triple, package: from }: LiftUnit,
  { form }: LiftedSettings,
): (result: FunctionResult, status: TaughtStatus) => LiftedRow | string {
  const target = targetOfTriple(triple);
  const split = splitOfPackage(from);
  const file = readAssembly(text, target);
  const parts = form === 'full' ? splitAssembly(text, parseAssembly(text, target)) : undefined;
  const sides = (name: string, ir: string): { assembly: string; code: string } | string => {
    if (parts !== undefined) return { assembly: standalone(parts, name).assembly, code: ir };
    try {
      const { text: assembly, symbols } = normaliseAssembly(file, { target, own: name });
      const known = symbols.entries().length;
      const code = normaliseIr(ir, { symbols }).text;
      if (symbols.entries().length > known) return 'a symbol of the IR is not in the assembly';
      return { assembly, code };
    } catch (error) {
      if (!(error instanceof NormalFormRefusal)) throw error;
      return 'no normal form';
    }
  };
  return ({ name, ir, settings = null }, status) => {
    const made = sides(name, ir);
    if (typeof made === 'string') return made;
    const source = { id: normalHash(normalTokens(ir)), package: from, split };
    const prompt = renderPrompt({ task: 'disassemble', assembly: made.assembly });
    const completion = renderAnswer({ task: 'disassemble', code: made.code });
    return { ...taskRow(source, target, prompt, completion), name, status, level: settings };
  };
}
