// What the emitter remembers of conditions by their names in the text: which comparison made them, of which
// they are the opposite, which integers are nothing but a condition. Machine code turns conditions into
// bytes and back all the time; with this the text does not.

import type { Value } from './expression.ts';

export interface NotedComparison {
  /** `icmp slt`, `fcmp oeq`. */
  operator: string;
  left: Value;
  right: Value;
}

const opposites = new Map<string, string>(
  [
    ['icmp eq', 'icmp ne'],
    ['icmp ult', 'icmp uge'],
    ['icmp ule', 'icmp ugt'],
    ['icmp slt', 'icmp sge'],
    ['icmp sle', 'icmp sgt'],
    ['fcmp oeq', 'fcmp une'],
    ['fcmp ueq', 'fcmp one'],
    ['fcmp olt', 'fcmp uge'],
    ['fcmp ult', 'fcmp oge'],
    ['fcmp ole', 'fcmp ugt'],
    ['fcmp ule', 'fcmp ogt'],
    ['fcmp ord', 'fcmp uno'],
  ].flatMap(([one, other]) => [
    [one!, other!],
    [other!, one!],
  ]),
);

/** Two tests of the flags of one floating point comparison are one predicate. */
const joins: Record<string, string> = {
  'and fcmp ord fcmp ueq': 'fcmp oeq',
  'and fcmp ueq fcmp ord': 'fcmp oeq',
  'or fcmp uno fcmp one': 'fcmp une',
  'or fcmp one fcmp uno': 'fcmp une',
};

export class ConditionNotes {
  private readonly comparisons = new Map<string, NotedComparison>();
  private readonly negations = new Map<string, Value>();
  private readonly extensions = new Map<string, Value>();

  noteComparison(result: Value, operator: string, left: Value, right: Value): void {
    if (opposites.has(operator)) this.comparisons.set(result.text, { operator, left, right });
  }

  noteOpposite(result: Value, of: Value): void {
    this.negations.set(result.text, of);
  }

  noteExtension(result: Value, of: Value): void {
    this.extensions.set(result.text, of);
  }

  /** The condition that an integer was widened from. */
  extended(value: Value): Value | undefined {
    return this.extensions.get(value.text);
  }

  negated(condition: Value): Value | undefined {
    return this.negations.get(condition.text);
  }

  /** The opposite: a condition that is known, or the comparison that makes it. */
  opposite(condition: Value): Value | NotedComparison | undefined {
    const comparison = this.comparisons.get(condition.text);
    if (comparison !== undefined) return { ...comparison, operator: opposites.get(comparison.operator)! };
    return this.negations.get(condition.text);
  }

  /** Both conditions, or either, as one comparison. */
  joined(operator: 'and' | 'or', one: Value, other: Value): NotedComparison | undefined {
    const [left, right] = [this.comparisons.get(one.text), this.comparisons.get(other.text)];
    if (left === undefined || right === undefined) return undefined;
    if (left.left.text !== right.left.text || left.right.text !== right.right.text) return undefined;
    const joint = joins[`${operator} ${left.operator} ${right.operator}`];
    return joint === undefined ? undefined : { ...left, operator: joint };
  }
}
