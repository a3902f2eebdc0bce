// Functions to tune: of a tuning set, whose prompt is all that is known of them, or as a corpus or sources
// have them. Function by function, as the paper does where a file does not fit the context.

import type { TuningRow } from '../../data/task-sets/tuning.ts';
import type { CodeForm } from '../../common/code-form.ts';
import { readSet } from '../../data/corpus.ts';
import { readManifest, type SetManifest } from '../../data/set-manifest.ts';
import { contentHash, type CodegenLevel } from '../../llvm/module.ts';
import type { ModuleSource } from '../../llvm/worker-protocol.ts';
import { parseAnswer } from '../../tasks/answers.ts';
import { restoreIr } from '../../tasks/normal-form/restore-ir.ts';
import { targetOf } from '../../tasks/normal-form/targets.ts';
import { parsePrompt, tuneQuestion } from '../../tasks/prompts.ts';
import { shownFunction } from '../../tune/ask-model.ts';
import type { Sample } from '../evaluation.ts';
import { mustHaveForm, smallest, type Input, type InputSettings } from '../inputs/input.ts';
import { readFunctions } from '../inputs/task-rows.ts';
import { lengthBucket } from '../length.ts';

export interface TuningSample extends Sample {
  module: ModuleSource;
  /** By level; undefined where the code has no normal form. */
  prompts: Readonly<Record<CodegenLevel, string>> | undefined;
  /** In the corpus; absent where the data is no set. */
  corpusId?: string;
  /** The lists of the set's labels, for the levels that it has. */
  labels: Partial<Record<CodegenLevel, string>>;
}

export interface TuningSamples {
  samples: TuningSample[];
  dropped: Record<string, number>;
  available: number | undefined;
}

export async function tuningSamples(settings: InputSettings): Promise<TuningSamples> {
  const manifest = await readManifest(settings.data);
  return manifest?.name === 'tuning' ? ofSet(manifest, settings) : ofFunctions(settings);
}

async function ofSet(manifest: SetManifest, settings: InputSettings): Promise<TuningSamples> {
  const { data, split, limit, form } = settings;
  mustHaveForm(manifest, settings);
  const functions = new Map<string, TuningRow[]>();
  for await (const row of readSet<TuningRow>(data, 'true', { split })) {
    const rows = functions.get(row.corpus_id);
    if (rows === undefined) functions.set(row.corpus_id, [row]);
    else rows.push(row);
  }
  const inputs = [...functions].map(([id, rows]): Input<{ id: string; rows: TuningRow[] }> => {
    return { row: { id, rows }, group: rows[0]!.package, name: id };
  });
  const samples = smallest(inputs, limit).map(({ row: { id, rows }, group, name }) => {
    const shown = shownOfRow(rows[0]!);
    const ir = irOfRow(rows[0]!, form);
    return {
      ...sampleOf(id, ir, { group, name }, rows[0]!.target),
      prompts: promptsOf((level) => tuneQuestion(shown, form, level)),
      corpusId: id,
      labels: Object.fromEntries(
        rows.flatMap(({ codegen, completion }) => {
          const label = parseAnswer(completion).pipeline;
          return label === undefined ? [] : [[codegen, label]];
        }),
      ),
    };
  });
  return { samples, dropped: {}, available: functions.size };
}

function promptsOf(prompt: (level: CodegenLevel) => string): Record<CodegenLevel, string> {
  return { Oz: prompt('Oz'), O0: prompt('O0') };
}

function shownOfRow({ prompt }: TuningRow): string {
  const parsed = parsePrompt(prompt);
  return parsed?.task === 'tune' ? parsed.ir : '';
}

/** The code of a row's question, as a module. */
export function irOfRow(row: TuningRow, form: CodeForm): string {
  const shown = shownOfRow(row);
  return form === 'full' ? shown : restoreIr(shown, { target: row.target });
}

async function ofFunctions(settings: InputSettings): Promise<TuningSamples> {
  const { inputs, dropped, available } = await readFunctions(settings);
  const samples = inputs.map(({ row, group, name }) => {
    const shown = shownFunction(row.ir, row.name, settings.form, row.target);
    const prompts =
      shown === undefined ? undefined : promptsOf((level) => tuneQuestion(shown, settings.form, level));
    const sample = sampleOf(row.id, row.ir, { group, name }, targetOf(row.target) ?? 'other');
    return { ...sample, prompts, labels: {} };
  });
  return { samples, dropped, available };
}

function sampleOf(
  id: string,
  ir: string,
  origin: Sample['origin'],
  target: string,
): Omit<TuningSample, 'prompts' | 'labels'> {
  const bytes = Buffer.from(ir);
  const lines = ir.split('\n').filter((line) => line.startsWith('  ')).length;
  return {
    id,
    input: ir,
    origin,
    strata: { target, length: `${lengthBucket(lines)} lines` },
    module: { hash: contentHash(bytes), bytes },
  };
}
