// How a batch of a given context is computed: rows at a time, queries of attention at a time, and what is
// computed twice to save memory. The numbers are measured ones (docs/lab-log.md).

import type { BatchShape } from './llama.ts';

/** Queries of attention at a time; more waste work on keys that the mask hides, fewer add up sums over keys oftener. */
const attentionBlock = { short: 128, long: 256 };

/** Up to this context attention's probabilities are kept: some MB a layer for 7 % of the time. */
const shortContext = 2048;

/** From this context on the backward pass computes whole layers again. */
const longContext = 8192;

/** As many rows as make about `tokens`, at least one. */
export function batchShapeFor(context: number, tokens: number): BatchShape {
  return {
    rows: Math.max(1, Math.floor(tokens / context)),
    length: context,
    attentionBlock: Math.min(context, context < longContext ? attentionBlock.short : attentionBlock.long),
    recompute: context >= longContext ? 'layers' : context > shortContext ? 'attention' : 'nothing',
  };
}
