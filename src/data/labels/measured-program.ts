// One program of the corpus while lists are tried on it: remembers every size, so that no list is measured
// twice, and keeps the books that a label reports (lists, failures, processor seconds).

import type { CodegenLevel } from '../../llvm/module.ts';
import type { ModuleSource } from '../../llvm/worker-protocol.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import type { PassLists } from './pass-lists.ts';

/** Labels are made for both: what ships, and the published protocol. */
export const codegenLevels = ['Oz', 'O0'] as const satisfies readonly CodegenLevel[];
export type LabelLevel = (typeof codegenLevels)[number];

/** Allocated bytes at each level. */
export type LevelBytes = Readonly<Record<LabelLevel, number>>;

export class MeasuredProgram {
  /** Pipelines measured, those that failed included. */
  measured = 0;
  failed = 0;
  processorSeconds = 0;
  private readonly pool: WorkerPool;
  private readonly module: ModuleSource;
  private readonly lists: PassLists;
  private readonly known = new Map<string, LevelBytes | undefined>();

  constructor(pool: WorkerPool, module: ModuleSource, lists: PassLists) {
    this.pool = pool;
    this.module = module;
    this.lists = lists;
  }

  /** The sizes after each pipeline, undefined where it failed. */
  async measure(pipelines: readonly string[]): Promise<(LevelBytes | undefined)[]> {
    const fresh = [...new Set(pipelines)].filter((pipeline) => !this.known.has(pipeline));
    const applied = fresh.map((pipeline) => this.lists.appliedOf(pipeline));
    const outcomes = await this.pool.measureAll(this.module, applied, codegenLevels);
    for (const [index, outcome] of outcomes.entries()) {
      this.measured++;
      if (outcome.ok) this.processorSeconds += outcome.value.processorSeconds;
      else this.failed++;
      this.known.set(fresh[index]!, outcome.ok ? (outcome.value.bytes as LevelBytes) : undefined);
    }
    return pipelines.map((pipeline) => this.known.get(pipeline));
  }

  dispose(): void {
    this.pool.forget(this.module);
  }
}
