// Random pass lists, as the paper's random search and emulation data draw them: length uniform in a range,
// each pass uniform over the usable ones (paper §2: 1 to 50 passes). A departure: passes that have
// parameters get some of them half of the time. The same generator state gives the same list.

import type { Random } from '../common/random.ts';
import { withSafeParameters } from './nesting.ts';
import type { FlatPass } from './nesting.ts';
import { parameterChoices } from './parameter-samples.ts';
import type { VocabularyPass } from './vocabulary.ts';

export interface SampleOptions {
  /** What to draw from: `usablePasses(installation)`, or some of them. Must not be empty. */
  passes: readonly VocabularyPass[];
  /** Fewest passes; default 1. */
  shortest?: number;
  /** Most passes; default 50. */
  longest?: number;
  /** How often a pass that has parameters gets some, 0 to 1; default 0.5. */
  parameterShare?: number;
}

/** One random flat list; `nestPasses` makes a pipeline of it. */
export function samplePassList(random: Random, options: SampleOptions): FlatPass[] {
  const { passes, shortest = 1, longest = 50, parameterShare = 0.5 } = options;
  const length = shortest + random.below(longest - shortest + 1);
  return Array.from({ length }, () => samplePass(random, random.pick(passes), parameterShare));
}

/** The pass, with random parameters in the given share of draws. */
export function samplePass(random: Random, pass: VocabularyPass, parameterShare = 0.5): FlatPass {
  const groups = parameterChoices[pass.name] ?? [];
  const known = new Set(pass.parameters.map((parameter) => parameter.name));
  const words: string[] = [];
  if (groups.length > 0 && random.next() < parameterShare) {
    for (const group of groups) {
      const possible = group.filter((word) => known.has(word.split('=')[0]!));
      if (possible.length > 0 && random.next() < 0.5) words.push(random.pick(possible));
    }
  }
  return withSafeParameters(
    words.length === 0 ? { name: pass.name } : { name: pass.name, parameters: words.join(';') },
  );
}
