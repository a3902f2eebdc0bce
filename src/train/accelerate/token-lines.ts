// Samples as Hugging Face trainers take them when nobody else shall tokenise: JSON lines with `input_ids` and
// `labels`, which are the ids themselves, or -100 where nothing is learned. So the tokens, the cut of long
// texts and the mixture are the same as with our own engine.

import { open, rename } from 'node:fs/promises';
import { temporaryName } from '../../common/files.ts';
import { createRandom } from '../../common/random.ts';
import { Mixture, type MixtureSource, type PieceReference } from '../data/mixture.ts';
import type { Pieces } from '../data/pieces.ts';

/** What trainers take for "no label". */
const ignored = -100;

/** Characters held back before they are written. */
const writtenAtOnce = 1 << 22;

export interface WrittenLines {
  samples: number;
  /** Predicted tokens, the prompts' included. */
  positions: number;
}

function tokenLine(pieces: Pieces, piece: number): string {
  const { ids, firstAnswer } = pieces.read(piece);
  // Position i predicts token i + 1; the trainer shifts labels itself.
  const labels = Array.from(ids, (id, index) => (index > firstAnswer ? id : ignored));
  return `{"input_ids":[${ids.join(',')}],"labels":[${labels.join(',')}]}\n`;
}

/** The file appears when it is whole. */
async function writeLines(
  file: string,
  sources: readonly MixtureSource[],
  references: Iterable<PieceReference>,
): Promise<WrittenLines> {
  const beside = temporaryName(file);
  const handle = await open(beside, 'w');
  const written = { samples: 0, positions: 0 };
  try {
    let text = '';
    for (const { source, piece } of references) {
      const { pieces } = sources[source]!;
      text += tokenLine(pieces, piece);
      written.samples++;
      written.positions += pieces.length(piece);
      if (text.length < writtenAtOnce) continue;
      await handle.writeFile(text);
      text = '';
    }
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
  await rename(beside, file);
  return written;
}

function* drawn(mixture: Mixture, tokens: number): Generator<PieceReference> {
  let positions = 0;
  while (positions < tokens) {
    const reference = mixture.next();
    positions += mixture.sources[reference.source]!.pieces.length(reference.piece);
    yield reference;
  }
}

/** Samples of the mixture, in its order, until they have so many tokens. */
export function writeTrainingLines(
  file: string,
  sources: readonly MixtureSource[],
  { tokens, seed }: { tokens: number; seed: number },
): Promise<WrittenLines> {
  return writeLines(file, sources, drawn(new Mixture(sources, seed), tokens));
}

/** Held-out samples, the same ones for the same seed: up to `tokens` of each source, each sample once. */
export function writeHeldOutLines(
  file: string,
  sources: readonly MixtureSource[],
  { tokens, seed }: { tokens: number; seed: number },
): Promise<WrittenLines> {
  const chosen: PieceReference[] = [];
  for (const [source, { name, pieces }] of sources.entries()) {
    const random = createRandom(seed).fork(`held out ${name}`);
    const order = Array.from({ length: pieces.count }, (_, piece) => ({ piece, key: random.next() }));
    order.sort((a, b) => a.key - b.key);
    let left = tokens;
    for (const { piece } of order) {
      if (left <= 0) break;
      chosen.push({ source, piece });
      left -= pieces.length(piece);
    }
  }
  return writeLines(file, sources, chosen);
}
