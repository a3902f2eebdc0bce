// The loss on held-out samples: the same ones at every look, chosen by a fixed seed, each at most once.

import { createRandom } from '../../common/random.ts';
import type { MixtureSource, PieceReference } from '../data/mixture.ts';
import { makeBatch, type MeasuredBatch } from '../data/packing.ts';
import type { LossMeter } from '../training-step.ts';
import { bitsPerByte, type ValidationRecord } from './training-log.ts';

/** Held-out samples of one source, packed. */
export interface HeldOut {
  name: string;
  batches: MeasuredBatch[];
}

/** Random pieces of a source of up to `tokens` positions, in batches of `rows` rows. */
export function holdOut(
  source: MixtureSource,
  { tokens, rows, context }: { tokens: number; rows: number; context: number },
  pieceBytes: ArrayLike<number>,
): HeldOut {
  const { pieces } = source;
  const order = createRandom(0).fork('held out');
  const candidates = Uint32Array.from({ length: pieces.count }, (_, index) => index);
  const packed: { used: number; pieces: PieceReference[] }[] = [];
  let left = tokens;
  for (let index = 0; index < candidates.length && left > 0; index++) {
    const other = index + order.below(candidates.length - index);
    [candidates[index], candidates[other]] = [candidates[other]!, candidates[index]!];
    const piece = candidates[index]!;
    const length = pieces.length(piece);
    let row = packed.find(({ used }) => used + length <= context);
    if (row === undefined) packed.push((row = { used: 0, pieces: [] }));
    row.used += length;
    row.pieces.push({ source: 0, piece });
    left -= length;
  }
  while (packed.length % rows !== 0) packed.push({ used: 0, pieces: [] });
  const batches: MeasuredBatch[] = [];
  for (let start = 0; start < packed.length; start += rows) {
    const group = packed.slice(start, start + rows).map((row) => row.pieces);
    batches.push(makeBatch(group, [source], context, pieceBytes));
  }
  return { name: source.name, batches };
}

export async function validate(
  meter: LossMeter,
  heldOut: readonly HeldOut[],
): Promise<ValidationRecord['sources']> {
  const results: ValidationRecord['sources'] = [];
  for (const { name, batches } of heldOut) {
    let nats = 0;
    let answers = 0;
    let bytes = 0;
    for (const batch of batches) {
      nats += await meter.sum(batch);
      answers += batch.answers;
      bytes += batch.bytes;
    }
    results.push({ name, loss: nats / answers, bitsPerByte: bitsPerByte(nats, bytes), answers });
  }
  return results;
}
