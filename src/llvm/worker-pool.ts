// Compile workers, several at once, and what happens when one dies: its request is answered with the cause
// and a new worker takes its place. A request never takes the caller's process along, however bad the pass.
// Requests are served in the order they come; answers of the same requests do not depend on the number of
// workers.

import type { CodegenLevel, OptimisationLevel } from './module.ts';
import type { Recipe } from './recipe.ts';
import { Worker, type Job, type WorkerSettings } from './worker-handle.ts';
import type {
  Answers,
  EmitFormat,
  MeasureOptions,
  ModuleSource,
  Outcome,
  Parts,
  Request,
  Variant,
} from './worker-protocol.ts';

/** 30 seconds a request and 4,096 MB a worker, where nothing else is said. */
export interface PoolOptions extends Partial<WorkerSettings> {
  installation: WorkerSettings['installation'];
  /** Worker processes. */
  workers: number;
}

export class WorkerPool {
  readonly installation: WorkerSettings['installation'];
  private readonly settings: Required<PoolOptions>;
  private readonly workers = new Set<Worker>();
  private readonly idle: Worker[] = [];
  private readonly queue: Job[] = [];
  private closed = false;

  constructor(options: PoolOptions) {
    this.installation = options.installation;
    this.settings = { timeoutSeconds: 30, memoryMegabytes: 4096, ...options };
  }

  /** What is in a module. The way to find out whether LLVM can read it at all. */
  describe(module: ModuleSource): Promise<Outcome<Answers['describe']>> {
    return this.ask(module, { operation: 'describe', module: module.hash });
  }

  /** Applies a recipe to a fresh copy of the module and measures what comes out. */
  measure(
    module: ModuleSource,
    recipe: Recipe,
    options: MeasureOptions,
  ): Promise<Outcome<Answers['measure']>> {
    return this.ask(module, { operation: 'measure', module: module.hash, recipe, options });
  }

  /**
   * Measures many pipelines over one module, each on a fresh copy, with one request: what a process boundary
   * costs is paid once. Code is generated once for equal IR. The outcomes are in the order of the pipelines;
   * one that kills the worker is tried again alone before it is blamed.
   */
  measureAll(
    module: ModuleSource,
    pipelines: readonly string[],
    levels: readonly CodegenLevel[],
  ): Promise<Outcome<Parts['measureAll']>[]> {
    return this.askInParts(module, pipelines, (rest) => ({
      operation: 'measureAll',
      module: module.hash,
      pipelines: rest,
      levels,
    }));
  }

  /** Texts and sizes of several recipes, each on a fresh copy and verified; otherwise like measureAll. */
  variants(module: ModuleSource, variants: readonly Variant[]): Promise<Outcome<Parts['variants']>[]> {
    return this.askInParts(module, variants, (rest) => ({
      operation: 'variants',
      module: module.hash,
      variants: rest,
    }));
  }

  /** Applies a recipe, verifies the module and returns it in the given format. */
  emit(
    module: ModuleSource,
    recipe: Recipe,
    level: OptimisationLevel,
    format: EmitFormat,
  ): Promise<Outcome<Answers['emit']>> {
    return this.ask(module, { operation: 'emit', module: module.hash, recipe, level, format });
  }

  /**
   * Cuts the module into functions, each a verified module of its own of at most `longest` characters. The
   * module itself is verified, too.
   */
  cut(module: ModuleSource, longest: number): Promise<Outcome<Answers['cut']>> {
    return this.ask(module, { operation: 'cut', module: module.hash, longest });
  }

  /** Lets workers drop a module that will not be asked about again. */
  forget(module: ModuleSource): void {
    for (const worker of this.workers) worker.forget(module.hash);
  }

  /** Ids of the worker processes that live now. */
  processIds(): number[] {
    return [...this.workers].flatMap((worker) => worker.processId ?? []);
  }

  /** Ends all workers. Requests not answered yet are answered as crashed. */
  close(): void {
    this.closed = true;
    for (const job of this.queue.splice(0)) {
      job.settle({ ok: false, failure: { kind: 'crashed', message: 'the pool was closed' } });
    }
    for (const worker of this.workers) worker.stop();
  }

  /** An outcome for each item; after a worker's death what was not answered is asked again, the first alone. */
  private async askInParts<Operation extends keyof Parts, Item>(
    module: ModuleSource,
    items: readonly Item[],
    requestOf: (rest: readonly Item[]) => Extract<Request, { operation: Operation }>,
  ): Promise<Outcome<Parts[Operation]>[]> {
    const outcomes: Outcome<Parts[Operation]>[] = [];
    let alone = false;
    while (outcomes.length < items.length) {
      const rest = items.slice(outcomes.length, alone ? outcomes.length + 1 : undefined);
      const end = await this.ask<Operation>(module, requestOf(rest), (outcome) =>
        outcomes.push(outcome as Outcome<Parts[Operation]>),
      );
      if (!end.ok && rest.length === 1) outcomes.push(end);
      alone = !end.ok && rest.length > 1;
    }
    return outcomes;
  }

  private ask<Operation extends keyof Answers>(
    module: ModuleSource,
    request: Extract<Request, { operation: Operation }>,
    part?: Job['part'],
  ): Promise<Outcome<Answers[Operation]>> {
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<unknown>): void => resolve(outcome as Outcome<Answers[Operation]>);
      if (this.closed) {
        settle({ ok: false, failure: { kind: 'crashed', message: 'the pool was closed' } });
        return;
      }
      this.queue.push({ module, request, settle, ...(part === undefined ? {} : { part }) });
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.queue.length > 0 && !this.closed) {
      const idle = this.idle.pop();
      if (idle?.connected === false) continue;
      const worker = idle ?? this.start();
      if (worker === undefined) return;
      worker.run(this.queue.shift()!);
    }
  }

  private start(): Worker | undefined {
    if (this.workers.size >= this.settings.workers) return undefined;
    const worker = new Worker(this.settings, (which, alive) => this.release(which, alive));
    this.workers.add(worker);
    return worker;
  }

  private release(worker: Worker, alive: boolean): void {
    if (!alive) {
      this.workers.delete(worker);
      const at = this.idle.indexOf(worker);
      if (at >= 0) this.idle.splice(at, 1);
    } else if (worker.exhausted) {
      this.workers.delete(worker);
      worker.stop();
    } else {
      this.idle.push(worker);
    }
    this.dispatch();
  }
}
