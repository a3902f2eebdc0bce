// Runs a graph with ONNX Runtime. A session holds the loaded graph; the tensors belong to the caller, and
// an output may be given the very buffer of an input: that is how weights and moments stay in place. Which
// device runs it is a switch; only the CPU is tested here.

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { OzmaError } from '../../common/errors.ts';
import type { Graph } from './graph.ts';

/** Where graphs run. `webgpu` and `cuda` are passed on to ONNX Runtime and are not tested. */
export const devices = ['cpu', 'webgpu', 'cuda'] as const;
export type Device = (typeof devices)[number];

export interface SessionSettings {
  device?: Device;
  /** Threads of one operator. */
  threads?: number;
  /** Writes ONNX Runtime's profile to files that start with this. */
  profilePrefix?: string;
}

/** What a tensor is made of. */
export type TensorData = Float32Array | BigInt64Array | Int32Array;

/** A tensor over the caller's own memory; nothing is copied. */
export function tensor(data: TensorData, shape: readonly number[]): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, shape);
  if (data instanceof BigInt64Array) return new Tensor('int64', data, shape);
  return new Tensor('int32', data, shape);
}

export type Tensors = Readonly<Record<string, Tensor>>;

export interface Session {
  /** Runs the graph once. Every output is written into the memory of the tensor given for it. */
  run(inputs: Tensors, outputs: Tensors): Promise<void>;
  close(): Promise<void>;
}

/**
 * Loads a graph. ONNX Runtime's own graph rewriting is off: it would join the recomputation of a block with
 * its first computation and so keep in memory what was meant to be dropped, and what it fuses is fused
 * already.
 */
export async function loadSession(graph: Graph, settings: SessionSettings = {}): Promise<Session> {
  const { device = 'cpu', threads, profilePrefix } = settings;
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(graph.encode(), {
      executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
      graphOptimizationLevel: 'disabled',
      executionMode: 'sequential',
      // Plans for all memory of a run at once are made by sizes, and those of attention change with the batch.
      enableMemPattern: false,
      // Threads that wait busily take the processor from whatever else runs: beside other programs a step
      // took 1.5 times as long with them, and alone it gains little.
      extra: { session: { intra_op: { allow_spinning: '0' }, set_denormal_as_zero: '1' } },
      logSeverityLevel: 3,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
    });
  } catch (error) {
    if (device === 'cpu') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OzmaError('environment', `expected ONNX Runtime to start on ${device}, found: ${reason}`);
  }
  return {
    run: async (inputs, outputs) => {
      await session.run(inputs, outputs);
    },
    close: async () => {
      if (profilePrefix !== undefined) session.endProfiling();
      await session.release();
    },
  };
}
