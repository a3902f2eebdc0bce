// The data of a stage, tokenised and cut to the context: its own sources and those of earlier stages by their
// shares, and the held-out samples of each.

import { basename, resolve } from 'node:path';
import { codeForms, type CodeForm } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import type { MixtureSource } from '../data/mixture.ts';
import { Pieces } from '../data/pieces.ts';
import { readManifest } from '../../data/set-manifest.ts';
import { openTokenSet } from '../data/token-set.ts';
import type { SampleSource } from '../data/samples.ts';
import type { StageSettings } from './settings.ts';

export interface StageData {
  training: MixtureSource[];
  heldOut: MixtureSource[];
  /** Bytes of text that each token id stands for. */
  pieceBytes: Uint16Array;
  /** How code stands in it, where it is sets that say so and agree. */
  form: CodeForm | undefined;
}

type Say = (line: string) => void;

/** Says what was read, and how many samples are longer than the context. Throws `usage` for no data. */
export async function openStageData(
  settings: StageSettings,
  tokenizer: Tokenizer,
  context: number,
  say: Say,
): Promise<StageData> {
  const training: MixtureSource[] = [];
  const heldOut: MixtureSource[] = [];
  const open = async (source: SampleSource, share: number): Promise<MixtureSource> => {
    const name = basename(resolve(source.path));
    let told = 0;
    const set = await openTokenSet(source, tokenizer, (tokens) => {
      if (tokens >= told + 5e6)
        say(`${name}: tokenising, ${((told = tokens) / 1e6).toFixed(0)} M tokens so far`);
    });
    const pieces = new Pieces(set, context);
    const dropped =
      pieces.dropped === 0 ? '' : `, ${pieces.dropped} dropped that are longer than ${context} tokens`;
    const part = share === 1 ? '' : `, ${Number((100 * share).toFixed(1))} % of what is trained on`;
    say(`${name} (${source.split}): ${set.samples} samples, ${set.tokens} tokens${dropped}${part}`);
    return { name, pieces, share };
  };
  const lists = [
    { sources: settings.data, share: settings.earlier.length === 0 ? 1 : 1 - settings.earlierShare },
    { sources: settings.earlier, share: settings.earlierShare },
  ];
  for (const { sources, share } of lists) {
    const total = sources.reduce((sum, source) => sum + source.share, 0);
    for (const { path, validation, column, share: own } of sources) {
      if (share === 0) continue;
      const found = await open({ path, column, split: 'train' }, (share * own) / total);
      if (found.pieces.count === 0) {
        throw new OzmaError('usage', `${path}: expected samples that fit ${context} tokens, found none`);
      }
      training.push(found);
      // A set holds its own held-out packages; a file beside it is read whole.
      const isSet = (await readManifest(path).catch(() => undefined)) !== undefined;
      if (validation === undefined && !isSet) continue;
      const split = validation === undefined ? 'validation' : 'train';
      const held = await open({ path: validation ?? path, column, split }, 1);
      if (held.pieces.count > 0) heldOut.push({ ...held, name: found.name });
    }
  }
  if (heldOut.length === 0) say('no held-out samples: expected sets with a validation split, or validation');
  return { training, heldOut, pieceBytes: pieceBytesOf(tokenizer), form: await formOf(settings) };
}

/**
 * How code stands in the data of a stage, as the manifests of its sets say; undefined where they do not agree or there
 * are none. Files without a manifest have no say.
 */
export async function formOf({ data, earlier }: StageSettings): Promise<CodeForm | undefined> {
  const said = await Promise.all(
    [...data, ...earlier].map(async ({ path }) => {
      const manifest = await readManifest(path).catch(() => undefined);
      return codeForms.find((form) => form === manifest?.made['form']);
    }),
  );
  const forms = new Set(said.filter((form) => form !== undefined));
  return forms.size === 1 ? [...forms][0] : undefined;
}

export function pieceBytesOf(tokenizer: Tokenizer): Uint16Array {
  return Uint16Array.from({ length: tokenizer.size }, (_, id) => tokenizer.piece(id).length);
}
