// Which of LLVM's attributes stay in the text. Kept is what decides how a value is passed, what the
// assembly shows, and what would be wrong to leave out; everything that only helps the optimiser goes
// (docs/normal-form.md has the figures), and restore puts a standard set back.

import { afterBracket } from './tokens.ts';
import type { Types } from './types.ts';

const keptOnValues = new Set([
  'zeroext',
  'signext',
  'inreg',
  'nest',
  'swiftself',
  'swiftasync',
  'swifterror',
  'noalias',
  'returned',
]);

/** With a type in parentheses. Only its size matters, except for elementtype. */
const keptWithType = new Set(['byval', 'sret', 'byref', 'inalloca', 'preallocated', 'elementtype']);

/** Of a function, or of one call. */
const keptOnFunctions = new Set([
  'naked',
  'noredzone',
  'noimplicitfloat',
  'null_pointer_is_valid',
  'optnone',
  'returns_twice',
  'ssp',
  'sspreq',
  'sspstrong',
  'strictfp',
]);

const keptOnCalls = new Set(['cold', 'convergent', 'nobuiltin', 'nomerge', 'returns_twice', 'strictfp']);

/** Calling conventions that LLVM chooses itself for functions nobody else sees; like C on our targets. */
const likeC = new Set(['fastcc', 'coldcc', 'ccc']);

export function isCallingConvention(word: string): boolean {
  return /^\w*cc$/.test(word);
}

/** The conventions in these words that are more than C's. */
export function keptConvention(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    if (!isCallingConvention(word) || likeC.has(word)) return [];
    return word === 'cc' ? [word, words[index + 1]!] : [word];
  });
}

/**
 * Attributes from `at` up to the first token that is none: those that stay, and where they end. Alignment
 * stays with byval and sret, which need it, and where the caller asks for it.
 */
export function readValueAttributes(
  tokens: readonly string[],
  at: number,
  types: Types,
  keepAlignment: boolean,
): { kept: string[]; next: number } {
  const kept: string[] = [];
  let alignment: string[] = [];
  let index = at;
  for (; index < tokens.length;) {
    const word = tokens[index]!;
    if (types.startsAt(tokens, index)) break;
    if (word === 'align') {
      const parenthesised = tokens[index + 1] === '(';
      alignment = ['align', tokens[index + (parenthesised ? 2 : 1)]!];
      index += parenthesised ? 4 : 2;
    } else if (keptWithType.has(word)) {
      const end = afterBracket(tokens, index + 1);
      const { type } = types.parse(tokens, index + 2);
      const text = word === 'elementtype' || type.kind === 'scalar' ? type.text : `[${type.size} x i8]`;
      kept.push(word, '(', text, ')');
      keepAlignment ||= word === 'byval' || word === 'sret';
      index = end;
    } else if (!/^[a-z_]+$/.test(word) || isValueWord(word)) {
      break;
    } else if (tokens[index + 1] === '(' && !isConstantExpression(word)) {
      index = afterBracket(tokens, index + 1);
    } else if (isConstantExpression(word)) {
      break;
    } else {
      if (keptOnValues.has(word)) kept.push(word);
      index++;
    }
  }
  if (keepAlignment && alignment.length > 0 && alignment[1] !== '1') kept.push(...alignment);
  return { kept, next: index };
}

/** Words that stand for a value where attributes may stand as well. */
function isValueWord(word: string): boolean {
  return /^(?:null|undef|poison|true|false|zeroinitializer|none|asm|c)$/.test(word);
}

function isConstantExpression(word: string): boolean {
  return /^(?:getelementptr|inttoptr|ptrtoint|ptrtoaddr|bitcast|addrspacecast|trunc|add|sub|mul|xor|splat|blockaddress|dso_local_equivalent|no_cfi|ptrauth)$/.test(
    word,
  );
}

/** Of a function's own attributes, in a fixed order. */
export function keptFunctionAttributes(words: readonly string[]): string[] {
  const kept = words.filter((word) => keptOnFunctions.has(word));
  if (words.includes('nounwind')) kept.push('nounwind');
  return [...new Set(kept)].sort();
}

/** Of a call; a function that never unwinds makes no calls that do. */
export function keptCallAttributes(words: readonly string[], callerUnwinds: boolean): string[] {
  const kept = words.filter((word) => keptOnCalls.has(word));
  if (callerUnwinds && words.includes('nounwind')) kept.push('nounwind');
  return [...new Set(kept)].sort();
}
