// Reverse-mode differentiation over a graph under construction. Operators (operators.ts) add their forward
// nodes to the graph and record here how a gradient goes back through them; `gradients` then walks the
// records in reverse and adds the backward nodes to the same graph. Nothing is computed before it runs.

import type { Graph, Value } from '../onnx/graph.ts';

/** What flows back into an operator's inputs. */
export interface GradientSums {
  needs(value: Value): boolean;
  /**
   * Adds to the gradient of a value. `contribution` gets the sum so far, if there is one, and returns the
   * new sum: a matrix product adds it on the way for nothing. Not called when nobody needs the gradient.
   */
  add(value: Value, contribution: (before: Value | undefined) => Value): void;
}

/** `gradient` is that of the operator's output, of the same shape. */
type Backward = (gradient: Value, sums: GradientSums) => void;

interface Entry {
  output: Value;
  backward: Backward;
}

export class Tape {
  readonly graph: Graph;
  private readonly entries: Entry[] = [];
  private readonly needed = new Set<string>();
  private readonly leaves = new Set<string>();

  constructor(graph: Graph) {
    this.graph = graph;
  }

  /** Asks for the gradient of a value that no operator of this tape made. */
  watch(value: Value): void {
    this.leaves.add(value.name);
    this.needed.add(value.name);
  }

  /** Whether a watched value went into this one. */
  needs(value: Value): boolean {
    return this.needed.has(value.name);
  }

  /** Says how the gradient of `output` becomes those of `inputs`. Returns `output`. */
  record(output: Value, inputs: readonly Value[], backward: Backward): Value {
    if (inputs.some((input) => this.needs(input))) {
      this.needed.add(output.name);
      this.entries.push({ output, backward });
    }
    return output;
  }

  /**
   * Adds the backward pass: from `seed`, the gradient of `root`, to the watched values. `sums` may hold
   * gradients to add to, by the name of the watched value (gradient accumulation). Returns the gradients by
   * name; a watched value that does not go into `root` has none.
   *
   * ONNX Runtime runs nodes in the order in which the outputs ask for them, last output first. Left alone
   * it would take the gradient all the way down and compute the gradients of all weights at the end, with
   * everything that they need kept until then. So what goes further down waits for them (`after`).
   */
  gradients(root: Value, seed: Value, sums: ReadonlyMap<string, Value> = new Map()): Map<string, Value> {
    const totals = new Map(sums);
    totals.set(root.name, seed);
    for (const { output, backward } of this.entries.toReversed()) {
      const gradient = totals.get(output.name);
      if (gradient === undefined) continue;
      totals.delete(output.name);
      const changed = new Set<string>();
      backward(gradient, {
        needs: (value) => this.needs(value),
        add: (value, contribution) => {
          if (!this.needs(value)) return;
          totals.set(value.name, contribution(totals.get(value.name)));
          changed.add(value.name);
        },
      });
      const finished = [...changed].filter((name) => this.leaves.has(name));
      for (const name of changed) {
        if (this.leaves.has(name)) continue;
        for (const leaf of finished)
          totals.set(name, after(this.graph, totals.get(name)!, totals.get(leaf)!));
      }
    }
    return new Map([...totals].filter(([name]) => this.leaves.has(name)));
  }
}

/**
 * The same value, not before `other` is there: a reshape to its own shape, joined with an empty slice of
 * the other's shape. Costs no copy. ONNX has no edges for order alone.
 */
export function after(graph: Graph, value: Value, other: Value): Value {
  const nothing = graph.node('Shape', [other], [0], { type: 'int64', attributes: { start: 0, end: 0 } });
  const own = graph.integers(value.shape);
  const shape = graph.node('Concat', [nothing, own], [value.shape.length], { attributes: { axis: 0 } });
  return graph.node('Reshape', [value, shape], value.shape);
}

/**
 * Runs `operators` without keeping what is inside: the backward pass computes it again from the inputs,
 * once the gradient of the output is there. Memory for time.
 */
export function recomputed(
  tape: Tape,
  inputs: readonly Value[],
  operators: (tape: Tape, inputs: readonly Value[]) => Value,
): Value {
  const output = operators(new Tape(tape.graph), inputs);
  return tape.record(output, inputs, (gradient, sums) => {
    const again = new Tape(tape.graph);
    const copies = inputs.map((input) => after(tape.graph, input, gradient));
    for (const [index, copy] of copies.entries()) if (sums.needs(inputs[index]!)) again.watch(copy);
    const result = operators(again, copies);
    const totals = again.gradients(result, gradient);
    for (const [index, copy] of copies.entries()) {
      const total = totals.get(copy.name);
      if (total === undefined) continue;
      sums.add(inputs[index]!, (before) =>
        before === undefined ? total : tape.graph.node('Add', [before, total], total.shape),
      );
    }
  });
}
