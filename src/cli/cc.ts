// `ozma cc`: a drop-in for clang. Its operands are clang's arguments, untouched; its settings come from
// the environment. To be wired to src/tune/.

import { OzmaError } from '../common/errors.ts';
import type { CommandInput } from './command-row.ts';
import type { ccOptions } from './options.ts';

/** Resolves to clang's exit code. */
export async function cc(input: CommandInput<typeof ccOptions>): Promise<number> {
  throw new OzmaError('environment', `cc ${input.operands.join(' ')}: not part of this build yet`);
}
