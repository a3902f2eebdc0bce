// Address arithmetic in bytes: `getelementptr` over structures and arrays becomes an offset from its
// pointer, the way the machine sees it and the way LLVM's optimiser writes most of them itself. What one
// instruction cannot say that way (a variable index and a constant offset at once) keeps its type.

import { afterBracket, splitAtCommas } from './tokens.ts';
import type { Type, Types } from './types.ts';

/** Promises to the optimiser that no assembly shows; without them the address is the same. */
const flags = new Set(['inbounds', 'nuw', 'nusw']);

interface Index {
  type: string[];
  value: string[];
}

/** Between the name and the offset of `@name+24` while tokens are still raw names. */
export const offsetMark = '\u0001';

/** The tokens after `getelementptr`, up to the end of the operands. */
export function rewriteAddress(tokens: readonly string[], types: Types): string[] {
  let at = 0;
  while (flags.has(tokens[at]!)) at++;
  // `inrange(…)` belongs to tables of virtual functions and says nothing about the address.
  const range = tokens[at] === 'inrange' ? afterBracket(tokens, at + 1) : at;
  const { type: source, next } = types.parse(tokens, range);
  const [base, ...indices] = splitAtCommas(tokens.slice(next + 1)).map((part) => operand(part, types));
  const whole = (text: string, rest: Index[]): string[] => [
    text,
    ',',
    ...base!.type,
    ...base!.value,
    ...rest.flatMap(({ type, value }) => [',', ...type, ...value]),
  ];
  const steps = base!.type[0] === '<' ? undefined : walk(source, indices);
  if (steps === undefined) return whole(source.text, indices);
  const { offset, variables } = steps;
  if (variables.length === 0) return whole('i8', [{ type: ['i64'], value: [String(offset)] }]);
  const [only] = variables;
  if (variables.length === 1 && offset === 0n) return whole(elementOf(only!.scale), [only!.index]);
  return whole(source.text, indices);
}

/** A constant address inside an operand: `getelementptr inbounds (i8, ptr @g, i64 24)` from its first word. */
export function rewriteConstantAddress(
  tokens: readonly string[],
  types: Types,
): { tokens: string[]; next: number } {
  const open = openingOf(tokens, 0);
  const end = afterBracket(tokens, open);
  const inside = rewriteAddress([...tokens.slice(1, open), ...tokens.slice(open + 1, end - 1)], types);
  const [type, , pointer, base, , , offset] = inside;
  if (inside.length === 7 && type === 'i8' && pointer === 'ptr' && base!.startsWith('@')) {
    const [symbol, before = '0'] = base!.split(offsetMark);
    const sum = BigInt(before) + BigInt(offset!);
    const written = sum < 0n ? `${offsetMark}${sum}` : `${offsetMark}+${sum}`;
    return { tokens: [sum === 0n ? symbol! : symbol! + written], next: end };
  }
  return { tokens: ['getelementptr', '(', ...inside, ')'], next: end };
}

/** Where the operands of the constant address at `at` open; -1 for an instruction. */
export function openingOf(tokens: readonly string[], at: number): number {
  let open = at + 1;
  while (flags.has(tokens[open]!)) open++;
  if (tokens[open] === 'inrange') open = afterBracket(tokens, open + 1);
  return tokens[open] === '(' ? open : -1;
}

function operand(part: readonly string[], types: Types): Index {
  const { type, next } = types.parse(part, 0);
  return { type: [type.text], value: part.slice(next) };
}

/** The constant part of the address in bytes, and each variable index with its factor. */
function walk(
  source: Type,
  indices: readonly Index[],
): { offset: bigint; variables: { scale: number; index: Index }[] } | undefined {
  let offset = 0n;
  const variables: { scale: number; index: Index }[] = [];
  let type: Type | undefined = source;
  for (const [position, index] of indices.entries()) {
    if (index.type[0]!.startsWith('<')) return undefined;
    const word = index.value.length === 1 ? index.value[0]! : '';
    if (position > 0 && type.kind === 'struct') {
      const field: { type: Type; offset: number } | undefined = type.fields![Number(word)];
      if (field === undefined) return undefined;
      offset += BigInt(field.offset);
      type = field.type;
      continue;
    }
    if (position > 0) type = type.element;
    if (type === undefined || (type.size === 0 && type.kind === 'opaque')) return undefined;
    if (/^-?\d+$/.test(word)) offset += BigInt(word) * BigInt(type.size);
    else if (word === 'zeroinitializer') return undefined;
    else variables.push({ scale: type.size, index });
  }
  return { offset, variables };
}

const integers = new Set([1, 2, 4, 8]);

function elementOf(size: number): string {
  return integers.has(size) ? `i${size * 8}` : `[${size} x i8]`;
}
