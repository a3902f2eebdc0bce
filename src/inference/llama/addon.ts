// What we use of node-llama-cpp, and the one place that knows its inside. Its public interface evaluates one
// sequence at a time and cannot copy a sequence, so a prompt could not be shared; the native context
// under it (`AddonContext`, typed in its `bindings/AddonTypes.d.ts`) can do both. It is looked at when a
// model is opened, and a version that lacks something is an error then, not a crash later.

import { OzmaError } from '../../common/errors.ts';
import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';

/** Token, logit, token, logit …: the highest first. */
type TokenLogits = readonly number[];

/** Picks a token; we want only the logits that come with it. */
export interface AddonSampler {
  applyConfig(configuration: { temperature: number }): void;
  dispose(): void;
}

export interface AddonContext {
  /** Room for so many tokens, and empty. */
  initBatch(size: number): void;
  /** Puts tokens of a sequence into the batch; answers where the logits of `logitIndexes` will be. */
  addToBatch(
    sequence: number,
    firstPosition: number,
    tokens: Uint32Array,
    logitIndexes: Uint32Array,
  ): Uint32Array;
  decodeBatch(): Promise<void>;
  sampleToken(
    batchLogitIndex: number,
    sampler: AddonSampler,
    probabilities: boolean,
    confidence: boolean,
    /** True: all; otherwise tokens by name, no maximum, no minimum, perhaps the selected, so many of the top. */
    logits:
      true | [tokens: readonly number[], maximum: false, minimum: false, selected: boolean, top: number],
    /** The sum of exp(logit - highest logit). */
    totalWeight: true,
  ): Promise<
    [token: number, undefined, undefined, logits: TokenLogits | undefined, totalWeight: number | undefined]
  >;
  /** Forgets what is from `start` to before `end`; -1 is the end. False where that failed. */
  removeTokenCellsFromSequence(sequence: number, start: number, end: number): boolean;
  /** Makes the target what the source is. */
  copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>;
}

interface Inside {
  context: { _ctx?: AddonContext };
  model: { _model?: object };
  llama: { _bindings?: { AddonSampler?: new (model: object) => AddonSampler } };
}

const contextMethods = [
  'initBatch',
  'addToBatch',
  'decodeBatch',
  'sampleToken',
  'removeTokenCellsFromSequence',
  'copySequenceStateFromOtherSequence',
] as const;

/** Throws `environment` where this version of node-llama-cpp is made otherwise inside. */
export function addonContext(context: LlamaContext): AddonContext {
  const addon = (context as unknown as Inside['context'])._ctx;
  const missing = contextMethods.find((method) => typeof addon?.[method] !== 'function');
  if (addon !== undefined && missing === undefined) return addon;
  throw otherVersion(missing ?? 'a native context');
}

/** A sampler that takes the highest logit and reports all as they are. */
export function addonSampler(llama: Llama, model: LlamaModel): AddonSampler {
  const Sampler = (llama as unknown as Inside['llama'])._bindings?.AddonSampler;
  const inside = (model as unknown as Inside['model'])._model;
  if (Sampler === undefined || inside === undefined) throw otherVersion('a native sampler');
  const sampler = new Sampler(inside);
  sampler.applyConfig({ temperature: 0 });
  return sampler;
}

function otherVersion(missing: string): OzmaError {
  return new OzmaError('environment', `expected node-llama-cpp 3.22, found a version without ${missing}`);
}
