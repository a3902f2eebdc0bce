// The output head and its loss in one operator, a chunk of tokens at a time: the logits of all tokens
// (M × V numbers, the largest tensor of a small model) never exist together. Since nothing but the loss
// needs a chunk's logits, its gradients are computed with it at once and only they are kept.

import type { Graph, Value } from '../onnx/graph.ts';
import { gemm, plus } from './operators.ts';
import { after, type Tape } from './tape.ts';

/** Logits that exist at a time: 8 MB in float32, small enough for a processor's last cache. */
const chunkElements = 1 << 21;

/** Probabilities below are taken for this one: no loss of a token is above 87.3 nats. */
const leastProbability = 1.2e-38;

export interface LossInputs {
  /** (M, C), what the head sees. */
  hidden: Value;
  /** (V, C). */
  weight: Value;
  /** int64 (M, 1): the token that follows. */
  targets: Value;
  /** (M, 1): what each token's loss counts; 0 for what is not an answer. */
  lossWeights: Value;
  /** Tokens whose logits exist at a time; by default as many as make 8 MB. */
  chunk?: number;
}

/** Σ lossWeight · (−ln softmax(hidden Wᵀ)[target]) over all tokens; a scalar. */
export function linearCrossEntropy(tape: Tape, inputs: LossInputs): Value {
  const { graph } = tape;
  const { hidden, weight, lossWeights } = inputs;
  const differentiate = tape.needs(hidden) || tape.needs(weight);
  const rows = hidden.shape[0]!;
  const chunk = inputs.chunk ?? Math.max(1, Math.min(rows, Math.floor(chunkElements / weight.shape[0]!)));
  const losses: Value[] = [];
  const hiddenGradients: Value[] = [];
  let weightGradient: Value | undefined;
  for (let start = 0; start < rows; start += chunk) {
    const end = Math.min(rows, start + chunk);
    let part = rowsOf(graph, hidden, start, end);
    if (hiddenGradients.length > 0) part = after(graph, part, hiddenGradients.at(-1)!);
    const targets = rowsOf(graph, inputs.targets, start, end);
    const counts = rowsOf(graph, lossWeights, start, end);
    const logits = gemm(graph, part, weight, { transposeRight: true });
    const softmax = graph.node('Softmax', [logits], logits.shape, { attributes: { axis: -1 } });
    const right = graph.node('GatherElements', [softmax, targets], targets.shape, {
      attributes: { axis: 1 },
    });
    const bounded = graph.node('Max', [right, graph.scalar(leastProbability)], targets.shape);
    losses.push(graph.node('Log', [bounded], targets.shape));
    if (!differentiate) continue;
    // d loss / d logits = count · (softmax − one at the target).
    const less = graph.node('Sub', [right, graph.scalar(1)], targets.shape);
    const slope = graph.node('ScatterElements', [softmax, targets, less], logits.shape, {
      attributes: { axis: 1 },
    });
    const counted = graph.node('Mul', [part, counts], part.shape);
    weightGradient = gemm(graph, slope, counted, { transposeLeft: true, addend: weightGradient });
    // The weight's gradient first: then the chunk's logits are done with.
    const down = gemm(graph, after(graph, slope, weightGradient), weight);
    hiddenGradients.push(graph.node('Mul', [down, counts], part.shape));
  }
  const logarithms = joinRows(graph, losses, 1);
  const loss = graph.node('Neg', [gemm(graph, lossWeights, logarithms, { transposeLeft: true })], [1, 1]);
  const scalar = graph.node('Reshape', [loss, graph.integers([], [0])], []);
  return tape.record(scalar, [hidden, weight], (gradient, sums) => {
    const scaled = (value: Value): Value => graph.node('Mul', [value, gradient], value.shape);
    sums.add(weight, (before) => plus(graph, before, scaled(weightGradient!)));
    sums.add(hidden, (before) =>
      plus(graph, before, scaled(joinRows(graph, hiddenGradients, hidden.shape[1]!))),
    );
  });
}

function rowsOf(graph: Graph, value: Value, start: number, end: number): Value {
  const [rows, width] = value.shape as [number, number];
  if (start === 0 && end === rows) return value;
  const bounds = [graph.integers([start]), graph.integers([end]), graph.integers([0])];
  return graph.node('Slice', [value, ...bounds], [end - start, width]);
}

function joinRows(graph: Graph, parts: readonly Value[], width: number): Value {
  if (parts.length === 1) return parts[0]!;
  const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  return graph.node('Concat', parts, [rows, width], { attributes: { axis: 0 } });
}
