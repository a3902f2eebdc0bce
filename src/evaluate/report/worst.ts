// The cases that somebody should look at first: where the model (or, without one, each baseline) did worst.

import type { EvaluationReport } from '../run-evaluation.ts';
import type { MethodResult, SampleRecord } from '../record.ts';

export interface WorstCase {
  file: string;
  name: string;
  id: string;
  what: string;
}

const mostShown = 12;

/** How bad, larger is worse; undefined where it is not bad. */
const badness: Record<EvaluationReport['task'], (result: MethodResult) => number | undefined> = {
  tune: ({ scores }) => {
    const [found = 0, baseline = 1] = [scores['Oz first'], scores['Oz -Oz']];
    return found > baseline ? found / baseline : undefined;
  },
  disassemble: ({ outcome, scores }) =>
    outcome === 'failed' || outcome === 'recompiles' ? 2 - (scores['bleu'] ?? 0) : undefined,
  emulate: ({ outcome, scores }) => (outcome === 'exact' ? undefined : 1 - (scores['bleu'] ?? 0)),
  perplexity: ({ scores }) => scores['nats']! / scores['bytes']!,
  code: ({ scores }) => (scores['pass@1'] === 0 ? 1 : undefined),
};

export function worstCases({ task, records }: EvaluationReport, method: string): WorstCase[] {
  const found = records.flatMap((record) => {
    const result = record.methods[method];
    const bad = result === undefined ? undefined : badness[task](result);
    return bad === undefined ? [] : [{ record, result: result!, bad }];
  });
  return found
    .sort((left, right) => right.bad - left.bad)
    .slice(0, mostShown)
    .map(({ record, result }) => ({ ...originOf(record), what: describe(task, result) }));
}

function originOf({ origin, id }: SampleRecord): Pick<WorstCase, 'file' | 'name' | 'id'> {
  return { file: origin.group, name: origin.name, id };
}

function describe(task: EvaluationReport['task'], { outcome, scores, reason }: MethodResult): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (task) {
    case 'tune':
      return `${scores['Oz -Oz']} bytes become ${scores['Oz first']}`;
    case 'perplexity':
      return `${(scores['nats']! / Math.LN2 / scores['bytes']!).toFixed(2)} bits per byte`;
    default:
      return `${outcome}${why}`;
  }
}
