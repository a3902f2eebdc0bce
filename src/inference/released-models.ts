// The weights that come with Ozma, as paths: models/ of this package. Older checkouts may lack them.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `base` was pretrained and emulates the compiler, `ftd` goes on from it with disassembly and flag tuning. */
export const releasedModelNames = ['base', 'ftd'] as const;
export type ReleasedModel = (typeof releasedModelNames)[number];

/** The path of a released GGUF file; undefined where it is not there. */
export function releasedModel(name: ReleasedModel): string | undefined {
  const path = fileURLToPath(new URL(`../../models/ozma-${name}.gguf`, import.meta.url));
  return existsSync(path) ? path : undefined;
}
