// `ozma data pretraining`, `emulation`, `tuning` and `disassembly`: a corpus in, a set of examples out. The work is
// src/data/task-sets/'s.

import { OzmaError } from '../common/errors.ts';
import { mustBeFolder } from '../common/files.ts';
import { buildTaskSet, type Maker } from '../data/task-sets/build.ts';
import { disassemblyMaker } from '../data/task-sets/disassembly.ts';
import { emulationMaker } from '../data/task-sets/emulation.ts';
import { levels, type Level } from '../data/task-sets/levels.ts';
import { pretrainingMaker } from '../data/task-sets/pretraining.ts';
import type { TaskRow } from '../data/task-sets/task-rows.ts';
import { tuningMaker } from '../data/task-sets/tuning.ts';
import { findInstallation } from '../llvm/installation.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type {
  dataDisassemblyOptions,
  dataEmulationOptions,
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
  const { form, pairs } = input.options;
  const settings = { installation: findInstallation(), form, pairs, x86Share: bothAlike };
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

/** Resolves to 0. Throws `usage` without `--output` and where the corpus is none. */
async function build<Row extends TaskRow>(
  { options, operands }: CommandInput<typeof dataPretrainingOptions>,
  maker: Maker<Row>,
): Promise<number> {
  const { output, limit, characters, jsonl, seed, jobs } = options;
  if (output === undefined) throw new OzmaError('usage', 'expected -o FOLDER, found none');
  const [corpus, another] = operands;
  if (corpus === undefined || another !== undefined) {
    throw new OzmaError('usage', `expected one corpus, found ${operands.length}`);
  }
  await mustBeFolder(output);
  let progress: Progress | undefined;
  try {
    const manifest = await buildTaskSet(maker, {
      installation: findInstallation(),
      corpus,
      output,
      seed,
      jobs,
      limit,
      maximumCharacters: characters,
      jsonl,
      signal: interruptSignal(),
      onProgress: ({ done, total = 0, rows }) => {
        progress ??= startProgress({ label: maker.name, total });
        progress.update(done, `${rows} examples`);
      },
    });
    progress?.stop();
    if (options.json) process.stdout.write(`${JSON.stringify({ output, manifest }, undefined, 2)}\n`);
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
