// The targets that can be lifted.

import type { TargetName } from '../assembly/types.ts';
import { OzmaError } from '../../common/errors.ts';
import type { Target } from './target.ts';
import { x86Target } from './x86-64/target.ts';

export function targetNamed(name: TargetName): Target {
  if (name === 'x86-64') return x86Target;
  throw new OzmaError('usage', `expected x86-64, found ${name}`);
}
