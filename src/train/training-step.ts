// One training step on a device: gradients of one or more batches, then AdamW. It holds the loaded graphs and
// the tensors that stay in place; it knows neither data nor schedule (stage-run.ts).

import type { Tensor } from 'onnxruntime-node';
import type { ModelConfiguration } from '../model/configuration.ts';
import { batchInputs, rotaryInputs, type Batch } from './network/batch-inputs.ts';
import { gradientStepGraph, lossGraph } from './network/step-graphs.ts';
import type { BatchShape } from './network/llama.ts';
import { loadSession, tensor, type Session, type SessionSettings } from './onnx/session.ts';
import { adamWGraph, type AdamWSettings } from './optimiser/adamw.ts';
import type { ParameterStore } from './optimiser/parameter-store.ts';

export interface StepResult {
  /** Nats a token, averaged by loss weight over all batches of the step. */
  loss: number;
  /** Norm of the gradient over all parameters, before clipping. */
  gradientNorm: number;
}

export interface TrainingStepOptions {
  configuration: ModelConfiguration;
  shape: BatchShape;
  adamW: AdamWSettings;
  session?: SessionSettings;
}

export class TrainingStep {
  private readonly store: ParameterStore;
  private readonly gradientSession: Session;
  private readonly optimiserSession: Session;
  private readonly fixedInputs: Readonly<Record<string, Tensor>>;

  private constructor(
    store: ParameterStore,
    sessions: readonly [Session, Session],
    fixedInputs: Readonly<Record<string, Tensor>>,
  ) {
    this.store = store;
    [this.gradientSession, this.optimiserSession] = sessions;
    this.fixedInputs = fixedInputs;
  }

  static async load(store: ParameterStore, options: TrainingStepOptions): Promise<TrainingStep> {
    const { configuration, shape, adamW, session } = options;
    const gradient = await loadSession(gradientStepGraph(configuration, shape), session);
    const optimiser = await loadSession(adamWGraph(store.chunks, adamW), session);
    return new TrainingStep(store, [gradient, optimiser], rotaryInputs(configuration, shape.length));
  }

  /** Trains on the batches, all of the shape that was loaded, as one step. `step` counts from 1. */
  async run(batches: readonly Batch[], step: number, rate: number): Promise<StepResult> {
    const totalWeight = batches.reduce((sum, batch) => sum + weightOf(batch), 0);
    const { store } = this;
    store.gradients.fill(0);
    const gradients = store.gradientTensors();
    const loss = new Float32Array(1);
    let total = 0;
    for (const batch of batches) {
      const inputs = { ...store.weightTensors(), ...gradients.inputs, ...this.fixedInputs };
      await this.gradientSession.run(
        { ...inputs, ...batchInputs(batch, totalWeight) },
        { ...gradients.outputs, loss: tensor(loss, []) },
      );
      total += loss[0]!;
    }
    const norm = new Float32Array(1);
    const optimiser = store.optimiserTensors();
    await this.optimiserSession.run(
      {
        ...optimiser.inputs,
        rate: tensor(Float32Array.of(rate), []),
        step: tensor(Float32Array.of(step), []),
      },
      { ...optimiser.outputs, norm: tensor(norm, []) },
    );
    return { loss: total, gradientNorm: norm[0]! };
  }

  /** Tokens a second of the gradient step on a batch; nothing is learned from it. */
  async measure(batch: Batch, seconds: number): Promise<number> {
    const gradients = this.store.gradientTensors();
    const inputs = { ...this.store.weightTensors(), ...gradients.inputs, ...this.fixedInputs };
    const outputs = { ...gradients.outputs, loss: tensor(new Float32Array(1), []) };
    const feed = { ...inputs, ...batchInputs(batch, 1) };
    // The first run also lays out memory.
    await this.gradientSession.run(feed, outputs);
    const started = performance.now();
    let runs = 0;
    while (runs < 2 || performance.now() - started < seconds * 1000) {
      await this.gradientSession.run(feed, outputs);
      runs++;
    }
    return (runs * batch.rows * batch.length) / ((performance.now() - started) / 1000);
  }

  async close(): Promise<void> {
    await this.gradientSession.close();
    await this.optimiserSession.close();
  }
}

/** The loss of batches without learning from them. */
export class LossMeter {
  private readonly store: ParameterStore;
  private readonly session: Session;
  private readonly fixedInputs: Readonly<Record<string, Tensor>>;

  private constructor(
    store: ParameterStore,
    session: Session,
    fixedInputs: Readonly<Record<string, Tensor>>,
  ) {
    this.store = store;
    this.session = session;
    this.fixedInputs = fixedInputs;
  }

  static async load(store: ParameterStore, options: TrainingStepOptions): Promise<LossMeter> {
    const { configuration, shape, session } = options;
    const loaded = await loadSession(lossGraph(configuration, shape), session);
    return new LossMeter(store, loaded, rotaryInputs(configuration, shape.length));
  }

  /** Σ weight · loss in nats, not divided by the weights. */
  async sum(batch: Batch): Promise<number> {
    const loss = new Float32Array(1);
    await this.session.run(
      { ...this.store.weightTensors(), ...this.fixedInputs, ...batchInputs(batch, 1) },
      { loss: tensor(loss, []) },
    );
    return loss[0]!;
  }

  async close(): Promise<void> {
    await this.session.close();
  }
}

/** The loss weights of a batch added up. */
export function weightOf(batch: Batch): number {
  return batch.lossWeights.reduce((sum, weight) => sum + weight, 0);
}
