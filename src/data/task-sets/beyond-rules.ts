// What the rule lifter leaves to a model: functions of which none of its forms compiles back to the same assembly.

import { compileCandidate } from '../../disassemble/check.ts';
import { rulesOf } from '../../disassemble/disassemble.ts';
import { likelySettings } from '../../disassemble/settings.ts';
import { splitAssembly } from '../../disassemble/split.ts';
import { parseAssembly } from '../../lift/assembly/parse-assembly.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import { targets, type TargetName } from '../../tasks/normal-form/targets.ts';

/** Whether rules alone lift the function exactly. `assembly`: a file of one function, as the compiler writes it. */
export async function rulesLiftExactly(
  pool: WorkerPool,
  assembly: string,
  target: TargetName,
): Promise<boolean> {
  const file = parseAssembly(assembly, target);
  const [body] = file.functions;
  if (body === undefined) return false;
  const subject = { file, split: splitAssembly(assembly, file), function: body };
  const rules = rulesOf(pool, file, targets[target].triple, [body.name]);
  const settings = likelySettings(file, body);
  for (const { ir } of (await rules(subject)).candidates) {
    const { status } = await compileCandidate(pool, subject, ir, settings, false);
    if (status === 'exact') return true;
  }
  return false;
}
