// Small random changes of function pass lists: the moves of the search. A list is a list of texts, one
// element a pass with its adaptors, so that every change is again a list that LLVM accepts.

import type { Random } from '../common/random.ts';
import { printPassName } from '../passes/grammar.ts';
import { samplePass } from '../passes/sampling.ts';
import type { VocabularyPass } from '../passes/vocabulary.ts';

/** Usable, but left out of random moves from the start: made to trade size for speed. Not measured. */
const hopeless = new Set([
  'slp-vectorizer',
  'loop-vectorize',
  'scalarizer',
  'loop-unroll',
  'sandbox-vectorizer',
]);

const functionLevels: readonly string[] = ['function', 'loop', 'loop-mssa'];
const moduleLevels: readonly string[] = ['module', 'cgscc'];

export interface Moves {
  /** A random function or loop pass, in its adaptor. */
  functionPass(): string;
  /** A random module or call-graph pass, in its adaptor. */
  modulePass(): string;
  /** A list of 1 to 12 random function passes. */
  randomList(): string[];
  /** The list with a part cut out, or with one to three random insertions, deletions, exchanges. */
  mutate(list: readonly string[]): string[];
}

export function createMoves(random: Random, passes: readonly VocabularyPass[]): Moves {
  const functionPasses = passes.filter(
    (pass) => functionLevels.includes(pass.level) && !hopeless.has(pass.name),
  );
  const modulePasses = passes.filter((pass) => moduleLevels.includes(pass.level));
  const draw = (from: readonly VocabularyPass[]): string => {
    const pass = random.pick(from);
    const { name, parameters } = samplePass(random, pass);
    const text = printPassName({ name, parameters });
    return pass.level === 'function' || pass.level === 'module' ? text : `${pass.level}(${text})`;
  };
  const moves: Moves = {
    functionPass: () => draw(functionPasses),
    modulePass: () => draw(modulePasses),
    randomList: () => Array.from({ length: 1 + random.below(12) }, () => moves.functionPass()),
    mutate: (list) => {
      const changed = [...list];
      // Most passes of a long list do nothing for one function: cut out up to half of it at times.
      if (changed.length > 8 && random.next() < 0.2) {
        const length = 1 + random.below(Math.ceil(changed.length / 2));
        changed.splice(random.below(changed.length - length + 1), length);
        return changed;
      }
      for (let rest = 1 + random.below(3); rest > 0; rest--) {
        const where = random.below(changed.length + 1);
        const kind = random.next();
        if (kind < 0.4 || changed.length === 0) changed.splice(where, 0, moves.functionPass());
        else if (kind < 0.75) changed.splice(random.below(changed.length), 1);
        else if (kind < 0.9) changed[random.below(changed.length)] = moves.functionPass();
        else exchange(changed, random.below(changed.length), random.below(changed.length));
      }
      return changed;
    },
  };
  return moves;
}

function exchange(list: string[], left: number, right: number): void {
  [list[left], list[right]] = [list[right]!, list[left]!];
}
