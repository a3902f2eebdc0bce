// `ozma data pretraining`, `emulation`, `tuning` and `disassembly`: a corpus in, a set of examples out; `lifted`: the
// same of code without its source. The work is src/data/task-sets/'s.

import { OzmaError } from '../common/errors.ts';
import { mustBeFolder } from '../common/files.ts';
import { buildTaskSet, type Maker } from '../data/task-sets/build.ts';
import { buildLiftedSet } from '../data/task-sets/lifted.ts';
import { disassemblyMaker } from '../data/task-sets/disassembly.ts';
import { emulationMaker } from '../data/task-sets/emulation.ts';
import { levels, type Level } from '../data/task-sets/levels.ts';
import { pretrainingMaker } from '../data/task-sets/pretraining.ts';
import type { TaskRow } from '../data/task-sets/task-rows.ts';
import type { SetManifest } from '../data/set-manifest.ts';
import type { UnitProgress } from '../data/units.ts';
import { codeFiles } from '../disassemble/read-code.ts';
import { tuningMaker } from '../data/task-sets/tuning.ts';
import { findInstallation } from '../llvm/installation.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type {
  dataDisassemblyOptions,
  dataEmulationOptions,
  dataLiftedOptions,
  dataPretrainingOptions,
  dataTuningOptions,
} from './options.ts';
import { startProgress, type Progress } from './progress.ts';

/** As published. */
const mostlyX86 = 0.85;
/** Who reads machine code has either machine in hand. */
const bothAlike = 0.5;

export function pretraining(input: CommandInput<typeof dataPretrainingOptions>): Promise<number> {
  const { form } = input.options;
  return build(input, pretrainingMaker({ installation: findInstallation(), form, x86Share: mostlyX86 }));
}

export function emulation(input: CommandInput<typeof dataEmulationOptions>): Promise<number> {
  const { form, lists, longest } = input.options;
  const installation = findInstallation();
  return build(input, emulationMaker({ installation, form, lists, longest, x86Share: mostlyX86 }));
}

/** Throws `usage` without `--labels`. */
export async function tuning(input: CommandInput<typeof dataTuningOptions>): Promise<number> {
  const { form, labels, codegen } = input.options;
  if (labels === undefined) throw new OzmaError('usage', 'expected --labels FOLDER, found none');
  return build(input, await tuningMaker({ installation: findInstallation(), form, labels, codegen }));
}

export async function disassembly(input: CommandInput<typeof dataDisassemblyOptions>): Promise<number> {
  const { form, pairs, beyondRules } = input.options;
  const settings = { installation: findInstallation(), form, pairs, beyondRules, x86Share: bothAlike };
  return build(input, disassemblyMaker({ ...settings, levels: readLevels(input.options.levels) }));
}

function readLevels(text: string): Level[] {
  const words = [...new Set(text.split(',').map((word) => word.trim()))];
  const unknown = words.find((word) => !(levels as readonly string[]).includes(word));
  if (unknown !== undefined) {
    throw new OzmaError('usage', `--levels: expected some of ${levels.join(', ')}, found '${unknown}'`);
  }
  return words as Level[];
}

/** Throws `usage` without files and for a package that results are reported on. */
export function lifted({ options, operands }: CommandInput<typeof dataLiftedOptions>): Promise<number> {
  return write(options, 'lifting', async (tools) => {
    const files = await codeFiles(operands);
    if (files.length === 0) throw new OzmaError('usage', 'expected files with code, found none');
    const { characters: maximumCharacters, ...settings } = options;
    return buildLiftedSet({
      installation: findInstallation(),
      ...settings,
      files,
      maximumCharacters,
      ...tools,
    });
  });
}

/** Throws `usage` where there is not one corpus. */
function build<Row extends TaskRow>(
  { options, operands }: CommandInput<typeof dataPretrainingOptions>,
  maker: Maker<Row>,
): Promise<number> {
  return write(options, maker.name, async (tools) => {
    const [corpus, another] = operands;
    if (corpus === undefined || another !== undefined) {
      throw new OzmaError('usage', `expected one corpus, found ${operands.length}`);
    }
    const { characters: maximumCharacters, ...settings } = options;
    return buildTaskSet(maker, {
      installation: findInstallation(),
      ...settings,
      corpus,
      maximumCharacters,
      ...tools,
    });
  });
}

interface Tools {
  output: string;
  signal: AbortSignal;
  onProgress: (progress: UnitProgress) => void;
}

/** Makes a set and says what it became. Resolves to 0. Throws `usage` without `--output`. */
async function write(
  { output, json }: { output: string | undefined; json: boolean },
  label: string,
  make: (tools: Tools) => Promise<SetManifest>,
): Promise<number> {
  if (output === undefined) throw new OzmaError('usage', 'expected -o FOLDER, found none');
  await mustBeFolder(output);
  let progress: Progress | undefined;
  try {
    const manifest = await make({
      output,
      signal: interruptSignal(),
      onProgress: ({ done, total = 0, rows }) => {
        progress ??= startProgress({ label, total });
        progress.update(done, `${rows} examples`);
      },
    });
    progress?.stop();
    if (json) process.stdout.write(`${JSON.stringify({ output, manifest }, undefined, 2)}\n`);
    else {
      process.stdout.write(`${output}: ${manifest.rows} examples\n`);
      for (const [reason, count] of Object.entries(manifest.dropped)) {
        process.stdout.write(`left out, ${reason}: ${count}\n`);
      }
    }
    return 0;
  } finally {
    progress?.stop();
  }
}
