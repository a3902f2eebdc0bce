// Written by bench/mine-coreset.ts; see coreset.ts.

import type { KnownChoice } from './known-choice.ts';

export const minedInstructionsCoreset: readonly KnownChoice[] = [{ passes: '-Oz', relax: 'never' }];
