// Where a sample's time goes. Work is given a pool that notes how long it was waited for; what is neither
// waiting for compile workers nor said to be running or answering is checking.

import type { WorkerPool } from '../llvm/worker-pool.ts';
import type { Seconds } from './record.ts';

export const noTime: Seconds = { answering: 0, compiling: 0, running: 0, checking: 0 };

/** In the order in which they happen. */
export const partsOfTime = ['answering', 'compiling', 'running', 'checking'] as const;

export function addSeconds(left: Seconds, right: Seconds): Seconds {
  return {
    answering: left.answering + right.answering,
    compiling: left.compiling + right.compiling,
    running: left.running + right.running,
    checking: left.checking + right.checking,
  };
}

interface Watched {
  pool: WorkerPool;
  /** Seconds in which at least one request was under way. */
  seconds: () => number;
}

function watch(pool: WorkerPool): Watched {
  let [underWay, since, total] = [0, 0, 0];
  const noting =
    <Words extends unknown[], T>(ask: (...words: Words) => Promise<T>) =>
    async (...words: Words): Promise<T> => {
      if (underWay++ === 0) since = performance.now();
      try {
        return await ask(...words);
      } finally {
        if (--underWay === 0) total += performance.now() - since;
      }
    };
  // The pool itself, but for the methods that make workers compile.
  const watched = Object.create(pool) as WorkerPool;
  watched.measure = noting((...words: Parameters<WorkerPool['measure']>) => pool.measure(...words));
  watched.measureAll = noting((...words: Parameters<WorkerPool['measureAll']>) => pool.measureAll(...words));
  watched.variants = noting((...words: Parameters<WorkerPool['variants']>) => pool.variants(...words));
  watched.emit = noting((...words: Parameters<WorkerPool['emit']>) => pool.emit(...words));
  return { pool: watched, seconds: () => total / 1000 };
}

/**
 * Does the work and says what its time went into. `others` reads from its result how long it ran code or
 * waited for an answer.
 */
export async function timed<T>(
  pool: WorkerPool,
  work: (pool: WorkerPool) => Promise<T>,
  others: (value: T) => Partial<Seconds> = () => ({}),
): Promise<{ value: T; seconds: Seconds }> {
  const start = performance.now();
  const watched = watch(pool);
  const value = await work(watched.pool);
  const whole = (performance.now() - start) / 1000;
  const known = { ...noTime, ...others(value) };
  const compiling = known.compiling + watched.seconds();
  const checking = Math.max(0, whole - known.answering - known.running - compiling);
  return { value, seconds: { ...known, compiling, checking } };
}
