// A scorer on llama.cpp's context: several paths in one batch, each in a slot of its own (slots.ts), the
// prompt evaluated once and copied. Log-probabilities are logit - log Σ exp(logits), from the raw logits.

import { OzmaError } from '../../common/errors.ts';
import type { Distribution, Path, ScoreRequest, Scorer } from '../scorer.ts';
import type { Vocabulary } from '../vocabulary.ts';
import type { AddonContext, AddonSampler } from './addon.ts';
import { placePaths, type Placement, type Slot } from './slots.ts';

interface Piece {
  placement: Placement;
  firstPosition: number;
  tokens: Uint32Array;
  /** Its last token is the path's. */
  last: boolean;
}

export class LlamaScorer implements Scorer {
  readonly vocabulary: Vocabulary;
  private readonly context: AddonContext;
  private readonly samplers: readonly AddonSampler[];
  private readonly batchSize: number;
  /** Those in use. */
  private slots: Slot[] = [];
  private prompt: readonly number[] = [];
  /** Where the context has the logits of paths: those of the last batch. */
  private logits = new Map<Path, number>();
  private clock = 0;

  /** `samplers`: one a slot. */
  constructor(
    context: AddonContext,
    samplers: readonly AddonSampler[],
    vocabulary: Vocabulary,
    batchSize: number,
  ) {
    this.context = context;
    this.samplers = samplers;
    this.vocabulary = vocabulary;
    this.batchSize = batchSize;
  }

  get width(): number {
    return this.slots.length;
  }

  /**
   * Starts a new tree: from now on the root stands for this prompt, which must not be empty. As many slots as
   * wanted are used, if there are so many, and as after opening: what was asked before changes nothing.
   */
  begin(prompt: readonly number[], width: number): void {
    this.prompt = prompt;
    this.logits.clear();
    this.slots = this.samplers.slice(0, width).map(() => ({ path: undefined, used: 0 }));
  }

  async score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<Distribution[]> {
    const found = new Map<ScoreRequest, Distribution>();
    const read = async (ready: readonly ScoreRequest[]): Promise<void> => {
      await Promise.all(
        ready.map(async (request, index) => {
          found.set(request, await this.read(request, this.samplers[index % this.samplers.length]!));
        }),
      );
    };
    const known = requests.filter(({ path }) => this.logits.has(path));
    const fresh = requests.filter(({ path }) => !this.logits.has(path));
    await read(known);
    for (let start = 0; start < fresh.length; start += this.width) {
      const group = fresh.slice(start, start + this.width);
      await this.evaluate([...new Set(group.map(({ path }) => path))], read, group, signal);
    }
    return requests.map((request) => found.get(request)!);
  }

  private async evaluate(
    paths: readonly Path[],
    read: (ready: readonly ScoreRequest[]) => Promise<void>,
    requests: readonly ScoreRequest[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const placements = placePaths(this.slots, paths);
    for (const { slot, copyFrom } of placements) {
      if (copyFrom !== undefined) await this.context.copySequenceStateFromOtherSequence(slot, copyFrom);
    }
    const pieces = placements.map((placement) => this.pieceOf(placement));
    for (const { placement, firstPosition } of pieces) {
      // Undefined while it is between two paths, so that a failure leaves no slot that lies.
      this.slots[placement.slot]!.path = undefined;
      if (!this.context.removeTokenCellsFromSequence(placement.slot, firstPosition, -1)) {
        throw new OzmaError('environment', `llama.cpp: could not shorten sequence ${placement.slot}`);
      }
    }
    for (const batch of batches(pieces, this.batchSize)) {
      signal?.throwIfAborted();
      await this.decode(batch);
      const done = requests.filter(({ path }) => this.logits.has(path));
      await read(done);
    }
  }

  /** What a path still lacks in its slot. */
  private pieceOf(placement: Placement): Piece {
    const { path, shared } = placement;
    const tokens: number[] = [];
    for (let at: Path = path; at.depth > Math.max(0, shared); at = at.parent!) tokens.push(at.token);
    tokens.reverse();
    if (shared >= 0) {
      const firstPosition = this.prompt.length + shared;
      return { placement, firstPosition, tokens: Uint32Array.from(tokens), last: true };
    }
    return { placement, firstPosition: 0, tokens: Uint32Array.from([...this.prompt, ...tokens]), last: true };
  }

  private async decode(batch: readonly Piece[]): Promise<void> {
    this.logits.clear();
    this.context.initBatch(batch.reduce((sum, { tokens }) => sum + tokens.length, 0));
    const places = batch.map(({ placement, firstPosition, tokens, last }) => {
      const wanted = Uint32Array.from(last ? [tokens.length - 1] : []);
      return this.context.addToBatch(placement.slot, firstPosition, tokens, wanted)[0];
    });
    try {
      await this.context.decodeBatch();
    } catch (cause) {
      throw new OzmaError('environment', `llama.cpp: ${(cause as Error).message}`, { cause });
    }
    for (const [index, { placement, last }] of batch.entries()) {
      if (!last) continue;
      const slot = this.slots[placement.slot]!;
      slot.path = placement.path;
      slot.used = ++this.clock;
      this.logits.set(placement.path, places[index]!);
    }
  }

  private async read({ path, most }: ScoreRequest, sampler: AddonSampler): Promise<Distribution> {
    const top: true | [[], false, false, false, number] =
      most < this.vocabulary.size ? [[], false, false, false, most] : true;
    const [, , , pairs, weight] = await this.context.sampleToken(
      this.logits.get(path)!,
      sampler,
      false,
      false,
      top,
      true,
    );
    if (pairs === undefined || weight === undefined) {
      throw new OzmaError('environment', 'expected logits from llama.cpp, found none');
    }
    return distributionOf(pairs, weight);
  }
}

/** Cuts what is to be evaluated into batches of at most `size` tokens. */
function batches(pieces: readonly Piece[], size: number): Piece[][] {
  const all: Piece[][] = [];
  let batch: Piece[] = [];
  let room = size;
  for (const piece of pieces) {
    for (let start = 0; start < piece.tokens.length;) {
      const tokens = piece.tokens.subarray(start, start + room);
      const last = start + tokens.length === piece.tokens.length;
      batch.push({ ...piece, firstPosition: piece.firstPosition + start, tokens, last });
      start += tokens.length;
      room -= tokens.length;
      if (room > 0) continue;
      all.push(batch);
      [batch, room] = [[], size];
    }
  }
  return batch.length === 0 ? all : [...all, batch];
}

/** From token-logit pairs, highest first, and Σ exp(logit - highest). */
function distributionOf(pairs: readonly number[], weight: number): Distribution {
  const count = pairs.length / 2;
  const tokens = new Int32Array(count);
  const logProbabilities = new Float64Array(count);
  const logSum = pairs[1]! + Math.log(weight);
  for (let index = 0; index < count; index++) {
    const token = pairs[2 * index]!;
    const logProbability = pairs[2 * index + 1]! - logSum;
    // Equal logits come in no order: by id, so that the same model gives the same answer.
    let at = index;
    while (at > 0 && logProbabilities[at - 1] === logProbability && tokens[at - 1]! > token) {
      tokens[at] = tokens[at - 1]!;
      at -= 1;
    }
    tokens[at] = token;
    logProbabilities[index] = logProbability;
  }
  return { tokens, logProbabilities };
}
