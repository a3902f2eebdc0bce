// Functions to tune: of a tuning set, whose prompt is all that is known of them, or as a corpus or sources
// have them. Function by function, as the paper does where a file does not fit the context.

import type { TuningRow } from '../../data/task-sets/tuning.ts';
import type { CodeForm } from '../../common/code-form.ts';
import { readSet } from '../../data/corpus.ts';
import { readManifest, type SetManifest } from '../../data/set-manifest.ts';
import { contentHash } from '../../llvm/module.ts';
import type { ModuleSource } from '../../llvm/worker-protocol.ts';
import { parseAnswer } from '../../tasks/answers.ts';
import { restoreIr } from '../../tasks/normal-form/restore-ir.ts';
import { targetOf } from '../../tasks/normal-form/targets.ts';
import { parsePrompt } from '../../tasks/prompts.ts';
import { promptOf } from '../../tune/ask-model.ts';
import type { Sample } from '../evaluation.ts';
import { mustHaveForm, smallest, type Input, type InputSettings } from '../inputs/input.ts';
import { readFunctions } from '../inputs/task-rows.ts';
import { lengthBucket } from '../length.ts';

export interface TuningSample extends Sample {
  module: ModuleSource;
  /** Undefined where the code has no normal form. */
  prompt: string | undefined;
  /** In the corpus; absent where the data is no set. */
  corpusId?: string;
  /** The list of the set's label, which is for one level. */
  label?: string;
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
  const inputs: Input<TuningRow>[] = [];
  for await (const row of readSet<TuningRow>(data, 'true', { split, limit })) {
    inputs.push({ row, group: row.package, name: row.corpus_id });
  }
  const samples = smallest(inputs, limit).map(({ row, group, name }) => {
    const ir = irOfRow(row, form);
    const label = parseAnswer(row.completion).pipeline;
    return {
      ...sampleOf(row.id, ir, { group, name }, row.target),
      prompt: row.prompt,
      corpusId: row.corpus_id,
      ...(label === undefined ? {} : { label }),
    };
  });
  return { samples, dropped: {}, available: manifest.splits[split]?.rows };
}

/** The code of a row's question, as a module. */
export function irOfRow({ prompt, target }: TuningRow, form: CodeForm): string {
  const parsed = parsePrompt(prompt);
  const shown = parsed?.task === 'tune' ? parsed.ir : '';
  return form === 'full' ? shown : restoreIr(shown, { target });
}

async function ofFunctions(settings: InputSettings): Promise<TuningSamples> {
  const { inputs, dropped, available } = await readFunctions(settings);
  const samples = inputs.map(({ row, group, name }) => ({
    ...sampleOf(row.id, row.ir, { group, name }, targetOf(row.target) ?? 'other'),
    prompt: promptOf(row.ir, row.name, settings.form, row.target),
  }));
  return { samples, dropped, available };
}

function sampleOf(
  id: string,
  ir: string,
  origin: Sample['origin'],
  target: string,
): Omit<TuningSample, 'prompt'> {
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
