// One list of the coreset as it is written down: passes separated by spaces, `-Oz` for all of clang's own.

import type { Relaxation } from './plan.ts';

export interface KnownChoice {
  passes: string;
  relax: Relaxation;
}
