// `ozma cc` and `ozma c++`: operands are clang's arguments, untouched; settings come from the environment.
// The work is src/tune/cc/.

import { chooseModel } from '../inference/model-choice.ts';
import { cc as compile } from '../tune/cc/cc.ts';
import type { Driver } from '../tune/cc/compile-request.ts';
import type { CommandInput } from './command-row.ts';
import type { ccOptions } from './options.ts';

/** Resolves to clang's exit code. Throws `usage` for a released model that is not here. */
export async function cc(input: CommandInput<typeof ccOptions>, driver: Driver): Promise<number> {
  const { compiles, seconds, objective, seed, perFunction, jobs, quiet, log, cacheMegabytes } = input.options;
  const { model = 'none', candidates } = input.options;
  const place = chooseModel(model);
  return await compile(driver, input.operands, {
    search: { compiles, objective, seed, perFunction, ...(seconds === undefined ? {} : { seconds }) },
    jobs,
    quiet,
    cacheMegabytes,
    ...(place === undefined ? {} : { model: { place, candidates } }),
    ...(log === undefined ? {} : { log }),
  });
}
