// `ozma cc` and `ozma c++`: operands are clang's arguments, untouched; settings come from the environment.
// The work is src/tune/cc/.

import { cc as compile } from '../tune/cc/cc.ts';
import type { Driver } from '../tune/cc/compile-request.ts';
import type { CommandInput } from './command-row.ts';
import type { ccOptions } from './options.ts';

/** Resolves to clang's exit code. */
export async function cc(input: CommandInput<typeof ccOptions>, driver: Driver): Promise<number> {
  const { compiles, seconds, objective, seed, perFunction, jobs, quiet, log, cacheMegabytes } = input.options;
  return await compile(driver, input.operands, {
    search: { compiles, objective, seed, perFunction, ...(seconds === undefined ? {} : { seconds }) },
    jobs,
    quiet,
    cacheMegabytes,
    ...(log === undefined ? {} : { log }),
  });
}
