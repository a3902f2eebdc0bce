// Next token: how many bits a byte of IR or assembly costs the model, and the published perplexity for each
// token, which depends on the tokenizer and so compares only models that share one. Texts are the completions
// of a pretraining set, .ll and .s files as they stand, or what the set's maker makes of sources.

import { readFile } from 'node:fs/promises';
import { extname, relative } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { pretrainingMaker, type PretrainingRow } from '../../data/task-sets/pretraining.ts';
import { readManifest } from '../../data/set-manifest.ts';
import type { Engine } from '../../inference/engine.ts';
import { contentHash } from '../../llvm/module.ts';
import { targetOf } from '../../tasks/normal-form/targets.ts';
import type { Evaluation, Sample } from '../evaluation.ts';
import type { FigureDefinition } from '../figures.ts';
import type { InputSettings } from '../inputs/input.ts';
import { filesBelow } from '../inputs/sources.ts';
import { readTaskRows } from '../inputs/task-rows.ts';
import { lengthBucket } from '../length.ts';
import { modelMethod } from '../record.ts';
import { noTime } from '../stopwatch.ts';

export interface PerplexitySettings extends InputSettings {
  engine: Engine | undefined;
}

const figures: readonly FigureDefinition[] = [
  {
    name: 'bits per byte',
    unit: 'bits',
    terms: ({ nats, bytes }) => (nats === undefined ? undefined : [nats / Math.LN2, bytes!]),
  },
  {
    name: 'perplexity per token',
    unit: 'number',
    terms: ({ nats, tokens }) => (nats === undefined ? undefined : [nats, tokens!]),
    finish: Math.exp,
  },
  {
    name: 'bytes per token',
    unit: 'number',
    terms: ({ bytes, tokens }) => (bytes === undefined ? undefined : [bytes, tokens!]),
  },
];

/** Share of x86-64 among functions of sources, as in pretraining. */
const mostlyX86 = 0.85;

/** Throws `usage` without a model, and for a server: none says how probable a given text is. */
export async function perplexityEvaluation(settings: PerplexitySettings): Promise<Evaluation> {
  const { engine, form } = settings;
  const scoreText = engine?.scoreText?.bind(engine);
  if (scoreText === undefined) {
    throw new OzmaError('usage', 'perplexity: expected --model FILE.gguf, found no model in a file');
  }
  const { samples, dropped, available } = await textSamples(settings);
  return {
    task: 'perplexity',
    samples,
    available,
    dropped,
    figures,
    settings: { form },
    // The model reads one text at a time.
    concurrency: 1,
    evaluate: async ({ input }) => {
      const start = performance.now();
      const { nats, tokens, bytes } = await scoreText(input);
      const answering = (performance.now() - start) / 1000;
      return {
        [modelMethod]: {
          outcome: 'read',
          scores: { nats, tokens, bytes },
          seconds: { ...noTime, answering },
        },
      };
    },
  };
}

async function textSamples(
  settings: PerplexitySettings,
): Promise<{ samples: Sample[]; dropped: Record<string, number>; available: number | undefined }> {
  const { data, limit, pool, form } = settings;
  const isText = (file: string): boolean => /\.(?:ll|s)$/.test(file);
  const files = (await readManifest(data)) === undefined ? await filesBelow(data, isText) : [];
  if (files.length > 0) {
    const samples = await Promise.all(files.map((file) => sampleOfFile(file, relative(data, file))));
    const sorted = samples.sort((left, right) => (left.id < right.id ? -1 : 1));
    return { samples: sorted.slice(0, limit), dropped: {}, available: sorted.length };
  }
  const maker = pretrainingMaker({ installation: pool.installation, form, x86Share: mostlyX86 });
  const { inputs, dropped, available } = await readTaskRows<PretrainingRow>(maker, settings);
  const samples = inputs.map(({ row, group, name }) => ({
    id: row.id,
    input: row.completion,
    origin: { group, name },
    strata: strataOf(row.kind, row.target, row.completion),
  }));
  return { samples, dropped, available };
}

async function sampleOfFile(file: string, name: string): Promise<Sample> {
  const input = await readFile(file, 'utf8');
  const kind = extname(file) === '.s' ? 'assembly' : 'ir';
  const triple = /^target triple = "(.*)"$/m.exec(input)?.[1] ?? '';
  const target = targetOf(triple) ?? (kind === 'ir' ? 'unknown' : machineOf(input));
  const id = contentHash(Buffer.from(`${name}\n${input}`));
  return { id, input, origin: { group: name, name }, strata: strataOf(kind, target, input) };
}

/** By what only AT&T syntax has. */
function machineOf(assembly: string): string {
  return /%[re]?[abcds][xilp]\b/.test(assembly) ? 'x86-64' : 'aarch64';
}

function strataOf(kind: string, target: string, text: string): Record<string, string> {
  return { kind: `${kind} ${target}`, length: `${lengthBucket(text.length, 256)} characters` };
}
