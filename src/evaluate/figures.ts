// From records to figures. Every figure is a ratio of two sums over samples, perhaps put through a function
// at the end: a share, an arithmetic mean, a geometric mean (exp of a mean of logarithms), a total
// (1 - Σ after / Σ before). So a bootstrap over files needs the sums of each file once, and is quick.

import { createRandom } from '../common/random.ts';
import type { SampleRecord, Scores } from './record.ts';

export interface FigureDefinition {
  /** Unique in the task, and says which mean it is. */
  name: string;
  unit: 'share' | 'score' | 'bits' | 'number';
  /** What a sample adds above and below the line; undefined where the figure does not apply to it. */
  terms: (scores: Scores) => readonly [above: number, below: number] | undefined;
  /** From the ratio to the figure; default the ratio itself. */
  finish?: (ratio: number) => number;
}

/** A figure with its 95 % interval from the bootstrap over groups of samples (files, packages). */
export interface Figure {
  value: number;
  low: number;
  high: number;
  /** That it is computed from. */
  samples: number;
}

export type Figures = Readonly<Record<string, Figure>>;

/** The share of samples for which a score is 1, of those that have it. */
export function share(name: string, score: string): FigureDefinition {
  return { ...mean(name, score), unit: 'share' };
}

/** The arithmetic mean of a score over the samples that have it. */
export function mean(name: string, score: string): FigureDefinition {
  const terms = (scores: Scores): [number, number] | undefined =>
    scores[score] === undefined ? undefined : [scores[score], 1];
  return { name, unit: 'score', terms };
}

/** What is saved from `before` to `after`, three ways: by total, arithmetic and geometric mean over samples. */
export function savings(name: string, after: string, before: string): FigureDefinition[] {
  const both = (scores: Scores): [number, number] | undefined => {
    const [small, large] = [scores[after], scores[before]];
    return small === undefined || large === undefined ? undefined : [small, large];
  };
  const terms =
    (of: (small: number, large: number) => [number, number]): FigureDefinition['terms'] =>
    (scores) => {
      const found = both(scores);
      return found === undefined ? undefined : of(...found);
    };
  const saved = (ratio: number): number => 1 - ratio;
  return [
    { name: `${name}, total`, unit: 'share', terms: both, finish: saved },
    {
      name: `${name}, arithmetic mean`,
      unit: 'share',
      terms: terms((small, large) => [small / large, 1]),
      finish: saved,
    },
    {
      name: `${name}, geometric mean`,
      unit: 'share',
      terms: terms((small, large) => [Math.log(small / large), 1]),
      finish: (ratio) => 1 - Math.exp(ratio),
    },
  ];
}

export interface BootstrapOptions {
  seed: number;
  /** Default 1000. */
  resamples?: number;
}

const itself = (ratio: number): number => ratio;

interface GroupSums {
  above: number;
  below: number;
}

/** The figures of one method over some records; figures that no sample has are left out. */
export function figuresOf(
  records: readonly SampleRecord[],
  method: string,
  definitions: readonly FigureDefinition[],
  options: BootstrapOptions,
): Figures {
  const figures: Record<string, Figure> = {};
  for (const { name, terms, finish = itself } of definitions) {
    const groups = new Map<string, GroupSums>();
    let samples = 0;
    for (const { origin, methods } of records) {
      const found = methods[method] === undefined ? undefined : terms(methods[method].scores);
      if (found === undefined) continue;
      samples++;
      const sums = groups.get(origin.group) ?? { above: 0, below: 0 };
      groups.set(origin.group, { above: sums.above + found[0], below: sums.below + found[1] });
    }
    if (samples === 0) continue;
    const sums = [...groups.values()];
    const [low, high] = bootstrap(sums, finish, options, name);
    figures[name] = { value: finish(ratioOf(sums)), low, high, samples };
  }
  return figures;
}

function ratioOf(sums: readonly GroupSums[]): number {
  let [above, below] = [0, 0];
  for (const sum of sums) {
    above += sum.above;
    below += sum.below;
  }
  return below === 0 ? 0 : above / below;
}

/** The percentile interval: groups are drawn with replacement, as many as there are. */
function bootstrap(
  sums: readonly GroupSums[],
  finish: (ratio: number) => number,
  { seed, resamples = 1000 }: BootstrapOptions,
  name: string,
): [low: number, high: number] {
  const random = createRandom(seed).fork(`bootstrap ${name}`);
  const values = Array.from({ length: resamples }, () =>
    finish(ratioOf(sums.map(() => sums[random.below(sums.length)]!))),
  ).sort((left, right) => left - right);
  return [quantile(values, 0.025), quantile(values, 0.975)];
}

/** Of sorted values, linear between neighbours. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [left, right] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return left + (right - left) * (at - Math.floor(at));
}
