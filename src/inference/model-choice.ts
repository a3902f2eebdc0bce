// What `--model` may say: a GGUF file, an address, the name of a released model (`base`, `ftd`), or `none`.

import { OzmaError } from '../common/errors.ts';
import { releasedModel } from './released-models.ts';

/**
 * A file or an address for `openEngine`; undefined for `none`. Throws `usage` for a released model that is not
 * here.
 */
export function chooseModel(choice: string): string | undefined {
  if (choice === 'none') return undefined;
  if (choice !== 'base' && choice !== 'ftd') return choice;
  const path = releasedModel(choice);
  if (path === undefined) {
    throw new OzmaError('usage', `expected models/ozma-${choice}.gguf of the release, found no such file`);
  }
  return path;
}
