// How fast samples come, and so when a run will be over: said in words, since an evaluation takes minutes to
// hours and nobody should have to guess.

import { writeDuration } from '../evaluate/summary.ts';

export class Pace {
  private readonly of: number;
  private readonly before: number;
  private readonly clock: () => number;
  private readonly start: number;

  /** `before` samples were done earlier; `clock` is in milliseconds. */
  constructor(of: number, before: number, clock: () => number = () => performance.now()) {
    this.of = of;
    this.before = before;
    this.clock = clock;
    this.start = clock();
  }

  /** `12 of 40, 3.1 s a sample, about 87 s left`. */
  at(done: number): string {
    const each = (this.clock() - this.start) / 1000 / Math.max(1, done - this.before);
    const left = (this.of - done) * each;
    return `${done} of ${this.of}, ${each.toFixed(1)} s a sample${left > 0 ? `, about ${writeDuration(left)} left` : ''}`;
  }
}
