// One compile worker as its pool sees it: starts the process, hands it a request at a time under a time limit,
// and finds out why it died. What happens then is the pool's business (worker-pool.ts).

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LlvmInstallation } from './installation.ts';
import type { Failure, FromWorker, ModuleSource, Outcome, Request, ToWorker } from './worker-protocol.ts';

export interface WorkerSettings {
  installation: LlvmInstallation;
  /** Wall-clock limit of one request; a worker's start is not counted. */
  timeoutSeconds: number;
  /** Memory limit of one worker. */
  memoryMegabytes: number;
}

export interface Job {
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

export class Worker {
  private readonly process: ChildProcess;
  private readonly loaded = new Set<string>();
  private readonly settings: WorkerSettings;
  private readonly onFree: (worker: Worker, alive: boolean) => void;
  private job: Job | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stderr = '';
  private ready = false;
  private timedOut = false;
  private stopped = false;
  private served = 0;
  private nextId = 0;

  constructor(settings: WorkerSettings, onFree: (worker: Worker, alive: boolean) => void) {
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
