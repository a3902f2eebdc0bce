// The plainest grammar: one of a few strings.

import type { Grammar, GrammarState } from '#ozma/inference/grammar.js';

export function oneOf(texts: readonly string[]): Grammar {
  const encoder = new TextEncoder();
  const stateOf = (rests: readonly Uint8Array[]): GrammarState => ({
    next: (byte) => {
      const after = rests.filter((rest) => rest[0] === byte).map((rest) => rest.subarray(1));
      return after.length === 0 ? undefined : stateOf(after);
    },
    missing: Math.min(...rests.map(({ length }) => length)),
    key: rests.map((rest) => Array.from(rest).join(' ')).join('|'),
  });
  return { start: () => stateOf(texts.map((text) => encoder.encode(text))) };
}
