// `ozma tune`: from checked options to src/tune/ and back to stdout. Only parsing, printing and exit codes
// belong here. To be wired to src/tune/.

import { OzmaError } from '../common/errors.ts';
import type { CommandInput } from './command-row.ts';
import type { tuneOptions } from './options.ts';

/** Resolves to the exit code: 0 done, 1 when `--test` refused every candidate and the baseline. */
export async function tune(input: CommandInput<typeof tuneOptions>): Promise<number> {
  throw new OzmaError('environment', `tune ${input.operands.join(' ')}: not part of this build yet`);
}
