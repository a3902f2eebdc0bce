// `ozma passes list` and `ozma passes check`: prints what src/passes/ knows. To be wired to src/passes/.

import { OzmaError } from '../common/errors.ts';
import type { CommandInput } from './command-row.ts';
import type { passesCheckOptions, passesListOptions } from './options.ts';

/** Resolves to 0. */
export async function listPasses(_input: CommandInput<typeof passesListOptions>): Promise<number> {
  throw new OzmaError('environment', 'passes list: not part of this build yet');
}

/** Resolves to 0 when every pass list passed the suite, else 1. */
export async function checkPasses(input: CommandInput<typeof passesCheckOptions>): Promise<number> {
  throw new OzmaError('environment', `passes check ${input.operands.join(' ')}: not part of this build yet`);
}
