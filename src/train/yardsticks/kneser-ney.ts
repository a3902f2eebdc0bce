// An n-gram model to stand beside a network: interpolated Kneser-Ney smoothing (Chen and Goodman 1999, §2.7)
// with one discount an order. What it reaches on the same tokens is what counting alone is good for.

import { CountTable } from './count-table.ts';

interface Order {
  /** Of each n-gram: how often it came; below the highest order, how many tokens came before it. */
  grams: CountTable;
  /** Of each context: the counts of its n-grams added up. */
  totals: CountTable;
  /** Of each context: how many tokens followed. */
  kinds: CountTable;
  /** What is taken off each count; known after training. */
  discount: number;
}

/** A running hash of tokens, taken from the last to the first. */
interface Hash {
  low: number;
  high: number;
}

const empty: Hash = { low: 0x811c9dc5, high: 0x2545f491 };

function extend({ low, high }: Hash, token: number): Hash {
  const first = Math.imul(low ^ (token + 1), 0x01000193);
  const second = Math.imul(high ^ (token + 0x5bd1e995), 0x85ebca6b);
  return { low: (first ^ (second >>> 15)) >>> 0, high: (second ^ (first >>> 13)) >>> 0 };
}

export class KneserNey {
  private readonly vocabularySize: number;
  private readonly orders: Order[];

  /** `order` is n: a 5-gram model looks at four tokens. */
  constructor(vocabularySize: number, order: number) {
    this.vocabularySize = vocabularySize;
    this.orders = Array.from({ length: order }, () => ({
      grams: new CountTable(),
      totals: new CountTable(),
      kinds: new CountTable(),
      discount: 0,
    }));
  }

  /** Learns a sequence; `from` is the first token that is predicted, those before are context only. */
  learn(tokens: ArrayLike<number>, from = 1): void {
    for (let at = from; at < tokens.length; at++) this.count(tokens, at);
  }

  /** Call it once, after the last sequence. */
  finish(): void {
    for (const order of this.orders) {
      const [once, twice] = [order.grams.withCount(1), order.grams.withCount(2)];
      order.discount = once === 0 ? 0.5 : once / (once + 2 * twice);
    }
  }

  /** The probability of the token at `at` after those before it. */
  probability(tokens: ArrayLike<number>, at: number): number {
    let probability = 1 / this.vocabularySize;
    let context = empty;
    for (const [length, { grams, totals, kinds, discount }] of this.orders.entries()) {
      if (length > at) break;
      if (length > 0) context = extend(context, tokens[at - length]!);
      const total = totals.get(context.low, context.high);
      if (total === 0) break;
      const gram = extend(context, tokens[at]!);
      const count = grams.get(gram.low, gram.high);
      const left = (discount * kinds.get(context.low, context.high)) / total;
      probability = Math.max(0, count - discount) / total + left * probability;
    }
    return probability;
  }

  /** Counts the longest n-gram, and each shorter one when the longer one is new. */
  private count(tokens: ArrayLike<number>, at: number): void {
    const longest = Math.min(this.orders.length - 1, at);
    const contexts = [empty];
    for (let length = 1; length <= longest; length++) {
      contexts.push(extend(contexts.at(-1)!, tokens[at - length]!));
    }
    for (let length = longest; length >= 0; length--) {
      const { grams, totals, kinds } = this.orders[length]!;
      const context = contexts[length]!;
      const gram = extend(context, tokens[at]!);
      const isNew = grams.increment(gram.low, gram.high) === 1;
      totals.increment(context.low, context.high);
      if (!isNew) return;
      kinds.increment(context.low, context.high);
    }
  }
}
