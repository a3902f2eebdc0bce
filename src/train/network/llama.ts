// The Llama network as a differentiable graph, from the one description in src/model: what reference-forward.ts
// says in loops, here in operators over a batch of packed rows. Shapes: R rows of T tokens, M = R·T, C width,
// V vocabulary.

import { embeddingName, finalNormName, layerNames, outputName } from '../../model/parameters.ts';
import type { ModelConfiguration } from '../../model/configuration.ts';
import { Attention } from '../autodiff/attention.ts';
import { add, embedding, linear, rmsNorm, rotary, swiGlu, type RotaryTable } from '../autodiff/operators.ts';
import { recomputed, type Tape } from '../autodiff/tape.ts';
import type { Graph, Value } from '../onnx/graph.ts';

/** How a batch is cut and what the backward pass keeps. */
export interface BatchShape {
  rows: number;
  /** Tokens a row. */
  length: number;
  /** Queries of attention at a time. */
  attentionBlock: number;
  /** What is computed again in the backward pass: nothing, attention's probabilities, or whole layers. */
  recompute: 'nothing' | 'attention' | 'layers';
}

/** Parameters by name, as graph values. */
export type ParameterValues = ReadonlyMap<string, Value>;

/** The graph inputs that say where tokens stand. Their data is batch-inputs.ts's. */
export interface PositionInputs {
  rotary: RotaryTable;
  /** float32 (M, 1). */
  sequenceStart: Value;
  /** float32 (M). */
  batchPositions: Value;
}

export function positionInputs(
  graph: Graph,
  configuration: ModelConfiguration,
  { rows, length }: BatchShape,
): PositionInputs {
  const angles = [length, configuration.headSize / 2];
  return {
    rotary: {
      cosines: graph.input('rotary.cosines', 'float32', angles),
      sines: graph.input('rotary.sines', 'float32', angles),
      negatedSines: graph.input('rotary.negatedSines', 'float32', angles),
      positions: graph.input('positions', 'int64', [rows, length]),
    },
    sequenceStart: graph.input('sequenceStart', 'float32', [rows * length, 1]),
    batchPositions: graph.input('batchPositions', 'float32', [rows * length]),
  };
}

/** What the head sees: the last normalised hidden vectors. tokens int64 (M) → (M, C) */
export function hiddenStates(
  tape: Tape,
  configuration: ModelConfiguration,
  parameters: ParameterValues,
  tokens: Value,
  positions: PositionInputs,
  shape: BatchShape,
): Value {
  const { layers, heads, keyValueHeads, headSize, normEpsilon } = configuration;
  const { rows, length, attentionBlock, recompute } = shape;
  const parameter = (name: string): Value => parameters.get(name)!;
  const attention = new Attention(
    tape.graph,
    {
      ...{ rows, length, heads, keyValueHeads, headSize, block: attentionBlock },
      keepProbabilities: recompute === 'nothing',
    },
    { sequenceStart: positions.sequenceStart, positions: positions.batchPositions },
  );
  const layer = (inner: Tape, [input, ...weights]: readonly Value[]): Value => {
    const [attentionNorm, query, key, value, attentionOutput, feedForwardNorm, gate, up, down] = weights as [
      Value,
      Value,
      Value,
      Value,
      Value,
      Value,
      Value,
      Value,
      Value,
    ];
    const normal = rmsNorm(inner, input!, attentionNorm, normEpsilon);
    const q = rotary(inner, linear(inner, normal, query), positions.rotary, heads);
    const k = rotary(inner, linear(inner, normal, key), positions.rotary, keyValueHeads);
    const attended = attention.apply(inner, q, k, linear(inner, normal, value));
    const middle = add(inner, input!, linear(inner, attended, attentionOutput));
    const normalMiddle = rmsNorm(inner, middle, feedForwardNorm, normEpsilon);
    const wide = swiGlu(inner, linear(inner, normalMiddle, gate), linear(inner, normalMiddle, up));
    return add(inner, middle, linear(inner, wide, down));
  };
  let stream = embedding(tape, tokens, parameter(embeddingName));
  for (let index = 0; index < layers; index++) {
    const inputs = [stream, ...Object.values(layerNames(index)).map(parameter)];
    stream = recompute === 'layers' ? recomputed(tape, inputs, layer) : layer(tape, inputs);
  }
  return rmsNorm(tape, stream, parameter(finalNormName), normEpsilon);
}

/** The matrix of the output head among the parameters. */
export function headOf(configuration: ModelConfiguration, parameters: ParameterValues): Value {
  return parameters.get(outputName(configuration))!;
}
