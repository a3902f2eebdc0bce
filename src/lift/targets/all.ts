// The targets that can be lifted.

import type { TargetName } from '../assembly/types.ts';
import { aarch64Target } from './aarch64/target.ts';
import type { Target } from './target.ts';
import { x86Target } from './x86-64/target.ts';

const targets: Record<TargetName, Target> = { 'x86-64': x86Target, aarch64: aarch64Target };

export function targetNamed(name: TargetName): Target {
  return targets[name];
}
