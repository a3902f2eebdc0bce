// Compile workers, several at once, and what happens when one dies: its request is answered with the cause
// and a new worker takes its place. A request never takes the caller's process along, however bad the pass.
// Requests are served in the order they come; answers of the same requests do not depend on the number of
// workers.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LlvmInstallation } from './installation.ts';
import type {
  CutModule,
  FromWorker,
  Measurement,
  MeasureOptions,
  ModuleSource,
  ModuleSummary,
  Outcome,
  Failure,
  PipelineSizes,
  Request,
  ToWorker,
  EmitFormat,
  Variant,
  VariantResult,
} from './worker-protocol.ts';
import type { CodegenLevel } from './module.ts';
import type { Recipe } from './recipe.ts';

export interface PoolOptions {
  installation: LlvmInstallation;
  /** Worker processes. */
  workers: number;
  /** Wall-clock limit of one request; a worker's start is not counted. */
  timeoutSeconds?: number;
  /** Memory limit of one worker. */
  memoryMegabytes?: number;
}

interface Job {
  module: ModuleSource;
  request: Request;
  settle: (outcome: Outcome<unknown>) => void;
  /** Gets the parts of an answer, in order, before it is settled. */
  part?: (outcome: Outcome<unknown>) => void;
}

/** The most of a dying worker's last words that is kept. */
const stderrTail = 4096;

/** A worker that has served this many requests is replaced, so that whatever LLVM leaks stays small. */
const requestsPerWorker = 5000;

/**
 * The line in which LLVM (or Node) says why it ends the process, out of a worker's last words. Passes print
 * other things there too: an `error:` is believed only where an exit, not a signal, ended the process.
 */
function lastWords(stderr: string, killed: boolean): string {
  // From the telling words to the end of their line: what a pass printed may stand before them.
  const fatal = /(LLVM ERROR|Assertion .*failed|what\(\):|UNREACHABLE executed).*/.exec(stderr)?.[0];
  if (fatal !== undefined || killed) return (fatal ?? '').trim();
  return (/\berror:.*/i.exec(stderr)?.[0] ?? '').trim();
}

/** A worker that has not come up by then is ended; seen 0.2 s, and 5 s on a machine with too much to do. */
const startSeconds = 60;

/** Some passes write files to where they are (`dot-cfg`): there, not even root can. */
const workingFolder = process.platform === 'linux' ? '/proc' : '/';

class Worker {
  private readonly process: ChildProcess;
  private readonly loaded = new Set<string>();
  private readonly settings: Required<PoolOptions>;
  private readonly onFree: (worker: Worker, alive: boolean) => void;
  private job: Job | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stderr = '';
  private ready = false;
  private timedOut = false;
  private stopped = false;
  private served = 0;
  private nextId = 0;

  constructor(settings: Required<PoolOptions>, onFree: (worker: Worker, alive: boolean) => void) {
    this.settings = settings;
    this.onFree = onFree;
    this.process = fork(
      fileURLToPath(new URL('./worker-main.js', import.meta.url)),
      [settings.installation.library, String(settings.memoryMegabytes)],
      {
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        execArgv: [],
        cwd: workingFolder,
      },
    );
    this.process.stderr!.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString('utf8')).slice(-stderrTail);
    });
    this.process.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') this.start();
      else if (message.kind === 'part') this.receive(message.outcome);
      else this.finish(message.outcome);
    });
    this.process.on('error', () => undefined);
    // 'close' comes after stderr has been read to its end, 'exit' does not.
    this.process.on('close', (exitCode, signal) => this.died(exitCode, signal));
  }

  run(job: Job): void {
    this.job = job;
    this.limit(this.ready ? this.settings.timeoutSeconds : startSeconds);
    if (!this.loaded.has(job.module.hash)) {
      this.loaded.add(job.module.hash);
      this.send({ kind: 'load', module: job.module });
    }
    this.send({ kind: 'request', id: this.nextId++, request: job.request });
  }

  private start(): void {
    this.ready = true;
    if (this.job !== undefined) this.limit(this.settings.timeoutSeconds);
  }

  private limit(seconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timedOut = true;
      this.process.kill('SIGKILL');
    }, seconds * 1000);
  }

  forget(module: string): void {
    if (this.loaded.delete(module)) this.send({ kind: 'forget', module });
  }

  get exhausted(): boolean {
    return this.served >= requestsPerWorker;
  }

  /** Whether it can still be talked to; false a moment before its end is reported. */
  get connected(): boolean {
    return this.process.connected;
  }

  get processId(): number | undefined {
    return this.process.pid;
  }

  stop(): void {
    this.stopped = true;
    this.process.kill('SIGKILL');
  }

  private send(message: ToWorker): void {
    // A worker that is gone already is reported by 'close'.
    if (this.process.connected) this.process.send(message, () => undefined);
  }

  /** Each part has the time limit of a request. */
  private receive(outcome: Outcome<unknown>): void {
    if (this.timedOut) return;
    this.limit(this.settings.timeoutSeconds);
    this.served++;
    this.job?.part?.(outcome);
  }

  private finish(outcome: Outcome<unknown>): void {
    // The answer crossed the signal: the worker is dying, so the end decides and nobody gets it again.
    if (this.timedOut) return;
    clearTimeout(this.timer);
    const job = this.job;
    this.job = undefined;
    this.served++;
    this.stderr = '';
    job?.settle(outcome);
    this.onFree(this, true);
  }

  private died(exitCode: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.timer);
    const job = this.job;
    this.job = undefined;
    job?.settle({ ok: false, failure: this.causeOfDeath(exitCode, signal) });
    this.onFree(this, false);
  }

  private causeOfDeath(exitCode: number | null, signal: NodeJS.Signals | null): Failure {
    if (this.stopped) return { kind: 'crashed', message: 'the pool was closed' };
    if (this.timedOut && !this.ready) {
      return { kind: 'crashed', message: `the worker did not start within ${startSeconds} s` };
    }
    if (this.timedOut) return { kind: 'timedOut', seconds: this.settings.timeoutSeconds };
    if (/out of memory|bad_alloc|Allocation failed|allocation of size/i.test(this.stderr)) {
      return { kind: 'outOfMemory', megabytes: this.settings.memoryMegabytes };
    }
    return {
      kind: 'crashed',
      ...(signal === null ? {} : { signal }),
      ...(exitCode === null ? {} : { exitCode }),
      message: lastWords(this.stderr, signal !== null),
    };
  }
}

export class WorkerPool {
  readonly installation: LlvmInstallation;
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
  describe(module: ModuleSource): Promise<Outcome<ModuleSummary>> {
    return this.ask<ModuleSummary>(module, { operation: 'describe', module: module.hash });
  }

  /** Applies a recipe to a fresh copy of the module and measures what comes out. */
  measure(module: ModuleSource, recipe: Recipe, options: MeasureOptions): Promise<Outcome<Measurement>> {
    return this.ask<Measurement>(module, { operation: 'measure', module: module.hash, recipe, options });
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
  ): Promise<Outcome<PipelineSizes>[]> {
    return this.askInParts(module, pipelines, (rest) => ({
      operation: 'measureAll',
      module: module.hash,
      pipelines: rest,
      levels,
    }));
  }

  /** Texts and sizes of several recipes, each on a fresh copy and verified; otherwise like measureAll. */
  variants(module: ModuleSource, variants: readonly Variant[]): Promise<Outcome<VariantResult>[]> {
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
    level: CodegenLevel,
    format: EmitFormat,
  ): Promise<Outcome<Uint8Array>> {
    return this.ask<Uint8Array>(module, { operation: 'emit', module: module.hash, recipe, level, format });
  }

  /**
   * Cuts the module into functions, each a verified module of its own of at most `longest` characters. The
   * module itself is verified, too.
   */
  cut(module: ModuleSource, longest: number): Promise<Outcome<CutModule>> {
    return this.ask<CutModule>(module, { operation: 'cut', module: module.hash, longest });
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

  /** An outcome for each item; after a worker's death what was not answered is asked again. */
  private async askInParts<Item, T>(
    module: ModuleSource,
    items: readonly Item[],
    requestOf: (rest: readonly Item[]) => Request,
  ): Promise<Outcome<T>[]> {
    const outcomes: Outcome<T>[] = [];
    let alone = false;
    while (outcomes.length < items.length) {
      const rest = items.slice(outcomes.length, alone ? outcomes.length + 1 : undefined);
      const end = await this.ask<number>(module, requestOf(rest), (outcome) =>
        outcomes.push(outcome as Outcome<T>),
      );
      if (!end.ok && rest.length === 1) outcomes.push(end);
      alone = !end.ok && rest.length > 1;
    }
    return outcomes;
  }

  private ask<T>(module: ModuleSource, request: Request, part?: Job['part']): Promise<Outcome<T>> {
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<unknown>): void => resolve(outcome as Outcome<T>);
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
