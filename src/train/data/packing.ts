// Pieces into rows of the context's length, first fit: a piece goes into the first open row with room for it;
// where there is none, the fullest row is closed. Pieces of a row do not see each other, and what stays empty
// counts for nothing.

import type { Batch } from '../network/batch-inputs.ts';
import type { Mixture, MixtureSource, MixtureState, PieceReference } from './mixture.ts';

/** Rows that are filled at the same time. */
const openRows = 48;

export interface PackerState {
  mixture: MixtureState;
  open: readonly (readonly PieceReference[])[];
}

interface Row {
  pieces: PieceReference[];
  used: number;
}

export class Packer {
  private readonly mixture: Mixture;
  private readonly context: number;
  private readonly open: Row[];

  constructor(mixture: Mixture, context: number, state?: PackerState) {
    this.mixture = mixture;
    this.context = context;
    this.open = (state?.open ?? []).map((pieces) => ({
      pieces: [...pieces],
      used: pieces.reduce((sum, piece) => sum + this.lengthOf(piece), 0),
    }));
  }

  /** All that is needed to go on from here. */
  state(): PackerState {
    return {
      mixture: this.mixture.state(),
      open: this.open.map(({ pieces }) => pieces.map((piece) => ({ ...piece }))),
    };
  }

  nextRow(): readonly PieceReference[] {
    for (;;) {
      const piece = this.mixture.next();
      const length = this.lengthOf(piece);
      let row = this.open.find(({ used }) => used + length <= this.context);
      if (row === undefined) {
        row = { pieces: [], used: 0 };
        this.open.push(row);
      }
      row.pieces.push(piece);
      row.used += length;
      if (row.used === this.context) return this.close(row);
      if (this.open.length > openRows) {
        return this.close(
          this.open.reduce((fullest, other) => (other.used > fullest.used ? other : fullest)),
        );
      }
    }
  }

  private close(row: Row): readonly PieceReference[] {
    this.open.splice(this.open.indexOf(row), 1);
    return row.pieces;
  }

  private lengthOf({ source, piece }: PieceReference): number {
    return this.mixture.sources[source]!.pieces.length(piece);
  }
}

/** A batch with what its loss is measured by. */
export interface MeasuredBatch extends Batch {
  /** Bytes of the text that the counted targets stand for. */
  bytes: number;
  /** Targets that count. */
  answers: number;
  /** Positions that are not empty. */
  used: number;
}

/** Rows as tensors-to-be. `pieceBytes` are the bytes that each token id stands for. */
export function makeBatch(
  rows: readonly (readonly PieceReference[])[],
  sources: readonly MixtureSource[],
  context: number,
  pieceBytes: ArrayLike<number>,
): MeasuredBatch {
  const size = rows.length * context;
  const batch = {
    ...{ rows: rows.length, length: context, bytes: 0, answers: 0, used: 0 },
    tokens: new Int32Array(size),
    targets: new Int32Array(size),
    lossWeights: new Float32Array(size),
    // An empty position sees itself only.
    sequenceStarts: Int32Array.from({ length: size }, (_, index) => index % context),
  };
  for (const [row, references] of rows.entries()) {
    let column = 0;
    for (const { source, piece } of references) {
      const { ids, firstAnswer } = sources[source]!.pieces.read(piece);
      const at = row * context + column;
      const length = ids.length - 1;
      batch.tokens.set(ids.subarray(0, length), at);
      batch.targets.set(ids.subarray(1), at);
      batch.lossWeights.fill(1, at + firstAnswer, at + length);
      batch.sequenceStarts.fill(column, at, at + length);
      for (let index = firstAnswer + 1; index <= length; index++) batch.bytes += pieceBytes[ids[index]!]!;
      batch.answers += length - firstAnswer;
      column += length;
    }
    batch.used += column;
  }
  return batch;
}
