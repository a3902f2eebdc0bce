// Which passes are trusted, and why. Think of it as a table joined to what the installed LLVM has: five
// files of rows under verdicts/, one question here. A pass without a row is not usable until somebody has
// judged it: newer LLVMs bring such passes, and docs/passes.md says how a row is earned.

import { families, notOptimisations } from './verdicts/not-optimisations.ts';
import { notDeterministic } from './verdicts/not-deterministic.ts';
import { notPreserving } from './verdicts/not-preserving.ts';
import { usable } from './verdicts/usable.ts';
import { rejectedPipelines, usablePipelines } from './verdicts/whole-pipelines.ts';

export type Verdict =
  'usable' | 'not-an-optimisation' | 'not-semantics-preserving' | 'not-deterministic' | 'not-judged';

export interface PassVerdict {
  verdict: Verdict;
  reason: string;
  /** True for names that stand for a whole pipeline (`default<Oz>`). */
  pipeline: boolean;
}

/** The verdict on a pass by its name without parameters, `not-judged` where the table has no row. */
export function verdictOf(name: string): PassVerdict {
  const rows: [Readonly<Record<string, string>>, Verdict, boolean][] = [
    [usable, 'usable', false],
    [usablePipelines, 'usable', true],
    [rejectedPipelines, 'not-semantics-preserving', true],
    [notPreserving, 'not-semantics-preserving', false],
    [notOptimisations, 'not-an-optimisation', false],
    [notDeterministic, 'not-deterministic', false],
  ];
  for (const [table, verdict, pipeline] of rows) {
    const reason = Object.hasOwn(table, name) ? table[name] : undefined;
    if (reason !== undefined) return { verdict, reason, pipeline };
  }
  const family = families.find(({ pattern }) => pattern.test(name));
  if (family !== undefined) return { verdict: 'not-an-optimisation', reason: family.reason, pipeline: false };
  return { verdict: 'not-judged', reason: 'not judged yet', pipeline: false };
}
