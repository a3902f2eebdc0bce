// Measures recipes for one search and keeps the books: how many compiles, which failed and why, the best
// so far, each improvement. The same recipe is never measured twice. When the budget, the time or the
// person says stop, it says so; strategies ask before each round.

import type { Recipe } from '../llvm/recipe.ts';
import { recipeKey } from '../llvm/recipe.ts';
import {
  describeFailure,
  type Measurement,
  type ModuleSource,
  type Outcome,
} from '../llvm/worker-protocol.ts';
import type { WorkerPool } from '../llvm/worker-pool.ts';
import {
  valueOf,
  type Proposer,
  type Score,
  type SearchProgress,
  type SearchResult,
  type SearchSettings,
} from './settings.ts';

/** Rounds that brought nothing new, one after another, before a search is called exhausted. */
const patience = 400;

export class Evaluator {
  readonly settings: SearchSettings;
  readonly baseline: Measurement;
  bestValue: number;
  best: { measurement: Measurement; recipe: Recipe; by: Proposer } | undefined;
  private readonly pool: WorkerPool;
  private readonly module: ModuleSource;
  private readonly known = new Map<string, Measurement | undefined>();
  private readonly failures: Record<string, number> = {};
  private readonly trace: { compiles: number; value: number }[] = [];
  private readonly deadline: number;
  private readonly counts = { compiles: 0, reused: 0, crashed: 0, timedOut: 0, refused: 0 };
  private repeats = 0;

  constructor(pool: WorkerPool, module: ModuleSource, settings: SearchSettings, baseline: Measurement) {
    this.pool = pool;
    this.module = module;
    this.settings = settings;
    this.baseline = baseline;
    this.bestValue = valueOf(baseline, settings.objective);
    this.deadline = settings.seconds === undefined ? Infinity : performance.now() + settings.seconds * 1000;
  }

  /** Compiles that may still be made. */
  get left(): number {
    return this.stopped === undefined ? this.settings.compiles - this.counts.compiles : 0;
  }

  get compiles(): number {
    return this.counts.compiles;
  }

  /** Why the search has to end, if it has to. */
  get stopped(): SearchResult['stopped'] | undefined {
    if (this.settings.signal?.aborted === true) return 'interrupted';
    if (performance.now() >= this.deadline) return 'time';
    if (this.counts.compiles >= this.settings.compiles) return 'budget';
    return this.repeats >= patience ? 'exhausted' : undefined;
  }

  /**
   * The measurements of recipes, nothing where one failed. They are measured side by side and the books
   * are kept in the order given, so that nothing depends on which is ready first. A repeated recipe costs
   * nothing.
   */
  async measure(recipes: readonly Recipe[], by: Proposer = 'search'): Promise<(Measurement | undefined)[]> {
    const fresh = new Map<string, { recipe: Recipe; outcome: Promise<Outcome<Measurement>> }>();
    for (const recipe of recipes) {
      const key = recipeKey(recipe);
      if (this.known.has(key) || fresh.has(key)) {
        this.repeats++;
        continue;
      }
      this.repeats = 0;
      fresh.set(key, { recipe, outcome: this.ask(recipe) });
    }
    await Promise.all([...fresh.values()].map(({ outcome }) => outcome));
    for (const [key, { recipe, outcome }] of fresh) {
      this.known.set(key, this.record(recipe, await outcome, by));
    }
    return recipes.map((recipe) => this.known.get(recipeKey(recipe)));
  }

  private async ask(recipe: Recipe): Promise<Outcome<Measurement>> {
    const { level, objective } = this.settings;
    const codegen = objective !== 'instructions';
    return this.pool.measure(this.module, recipe, { level, codegen, perFunction: true });
  }

  private record(recipe: Recipe, outcome: Outcome<Measurement>, by: Proposer): Measurement | undefined {
    const compile = ++this.counts.compiles;
    if (!outcome.ok) {
      const { kind } = outcome.failure;
      if (kind === 'timedOut') this.counts.timedOut++;
      else if (kind === 'refused') this.counts.refused++;
      else this.counts.crashed++;
      const cause = describeFailure(outcome.failure);
      this.failures[cause] = (this.failures[cause] ?? 0) + 1;
      return undefined;
    }
    const measurement = outcome.value;
    if (measurement.reused) this.counts.reused++;
    const value = valueOf(measurement, this.settings.objective);
    if (value < this.bestValue) {
      this.bestValue = value;
      this.best = { measurement, recipe, by };
      this.trace.push({ compiles: compile, value });
    }
    this.report();
    return measurement;
  }

  result(baselineRecipe: Recipe, pipeline: string): Omit<SearchResult, 'kept'> {
    const { measurement, recipe } = this.best ?? { measurement: this.baseline, recipe: baselineRecipe };
    return {
      baseline: { ...scoreOf(this.baseline), pipeline },
      best: { ...scoreOf(measurement), recipe, origin: this.best?.by ?? 'baseline' },
      ...this.counts,
      failures: this.failures,
      trace: this.trace,
      stopped: this.stopped ?? 'exhausted',
    };
  }

  private report(): void {
    const progress: SearchProgress = {
      compiles: this.counts.compiles,
      baseline: valueOf(this.baseline, this.settings.objective),
      best: this.bestValue,
    };
    this.settings.onProgress?.(progress);
  }
}

function scoreOf({ bytes, text, instructions }: Measurement): Score {
  return {
    instructions,
    ...(bytes === undefined ? {} : { bytes }),
    ...(text === undefined ? {} : { text }),
  };
}
