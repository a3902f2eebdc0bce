// What one line of IR says of types, as far as it is written: which type a value must have that is named next,
// and which type the line's own value has. Types are LLVM's, in canonical text.

import { NormalFormRefusal } from '../normal-form/refusal.ts';
import { llvmTypes } from '../normal-form/spelling.ts';
import { splitAtCommas, tokenise } from '../normal-form/tokens.ts';
import { Types, type Type } from '../normal-form/types.ts';

const types = new Types();

/** Operations of which a line has the type once, in front of the first operand. */
const oneType =
  /^(?:add|sub|mul|[us]div|[us]rem|shl|[la]shr|and|x?or|f(?:add|sub|mul|div|rem|neg)|freeze|[if]cmp)$/;
const calls = /^(?:call|invoke|callbr)$/;
const casts =
  /^(?:trunc|zext|sext|fptrunc|fpext|fpto[us]i|[us]itofp|ptrtoint|ptrtoaddr|inttoptr|bitcast|addrspacecast)$/;
const endings =
  /^(?:br|ret|switch|unreachable|resume|indirectbr|invoke|callbr|cleanupret|catchret|catchswitch)$/;

export interface Line {
  readonly tokens: readonly string[];
  /** Where the operation stands. */
  readonly at: number;
  readonly operation: string;
}

export function readLine(text: string): Line {
  const tokens = tokenise(llvmTypes(text));
  let at = tokens[1] === '=' ? 2 : 0;
  while (/^(?:tail|musttail|notail)$/.test(tokens[at] ?? '')) at++;
  return { tokens, at, operation: tokens[at] ?? '' };
}

export function endsBlock({ operation }: Line): boolean {
  return endings.test(operation);
}

/** What may follow the line as it stands: a value of a type, a block, or neither. */
export type Expected = { kind: 'value'; type: string } | { kind: 'block' } | undefined;

export function expectedNext({ tokens, at, operation }: Line): Expected {
  if (tokens.at(-1) === 'label') return { kind: 'block' };
  const { segment, separator, bracket } = lastOperand(tokens);
  if (operation === 'phi' && bracket === '[') {
    return separator === ',' ? { kind: 'block' } : valueOf(firstType(tokens, at + 1));
  }
  if (calls.test(operation) && bracket === undefined) return { kind: 'value', type: 'ptr' };
  const own = firstType(segment, 0);
  if (own !== undefined || !oneType.test(operation)) return valueOf(own);
  return separator === ',' ? valueOf(firstType(tokens, at + 1)) : undefined;
}

function valueOf(type: Type | undefined): Expected {
  return type === undefined ? undefined : { kind: 'value', type: type.text };
}

/** The operand that is being written, with what stands in front of it and the innermost open bracket. */
function lastOperand(tokens: readonly string[]): {
  segment: readonly string[];
  separator: string | undefined;
  bracket: string | undefined;
} {
  let depth = 0;
  let start: number | undefined;
  for (let index = tokens.length - 1; index >= 0; index--) {
    const token = tokens[index]!;
    if (/^[)\]}>]$/.test(token)) depth++;
    else if (/^[([{<]$/.test(token)) {
      if (depth === 0) {
        return {
          segment: tokens.slice((start ?? index) + 1),
          separator: tokens[start ?? index],
          bracket: token,
        };
      }
      depth--;
    } else if (token === ',' && depth === 0) start ??= index;
  }
  const at = start ?? -1;
  return { segment: tokens.slice(at + 1), separator: tokens[at], bracket: undefined };
}

/** The first type that stands at or after an index, behind words; undefined where it is not written to its end. */
function firstType(tokens: readonly string[], from: number): Type | undefined {
  const at = tokens.findIndex((_, index) => index >= from && types.startsAt(tokens, index));
  if (at < 0) return undefined;
  try {
    return types.parse(tokens, at).type;
  } catch (error) {
    if (!(error instanceof NormalFormRefusal)) throw error;
    return undefined;
  }
}

/** The type in front of the operand of a `ret`. */
export function returnedType({ tokens, at }: Line): string | undefined {
  return firstType(tokens, at + 1)?.text;
}

/** Of the line's value; undefined where the line does not tell, or not yet. */
export function resultType({ tokens, at, operation }: Line): string | undefined {
  const rest = tokens.slice(at + 1);
  if (operation === 'alloca') return 'ptr';
  if (operation === 'getelementptr') return firstType(rest, 0) === undefined ? undefined : addressType(rest);
  if (/^[if]cmp$/.test(operation)) {
    const compared = firstType(rest, 0);
    if (compared === undefined) return undefined;
    return compared.kind === 'vector' ? withElement(compared, 'i1') : 'i1';
  }
  if (calls.test(operation)) return calledType(rest);
  if (casts.test(operation)) {
    const to = rest.indexOf('to');
    return to < 0 ? undefined : firstType(rest, to + 1)?.text;
  }
  const parts = splitAtCommas(rest);
  switch (operation) {
    case 'select':
      return firstType(parts[1] ?? [], 0)?.text;
    case 'atomicrmw':
      return firstType(parts[1] ?? [], 0)?.text;
    case 'cmpxchg': {
      const exchanged = firstType(parts[2] ?? [], 0);
      return exchanged === undefined ? undefined : `{${exchanged.text}, i1}`;
    }
    case 'va_arg':
      return firstType(parts[1] ?? [], 0)?.text;
    case 'extractelement':
      return firstType(rest, 0)?.element?.text;
    case 'extractvalue':
      return parts.length < 2 ? undefined : memberType(firstType(rest, 0), parts.slice(1));
    case 'shufflevector': {
      const [vector, mask] = [firstType(rest, 0), firstType(parts[2] ?? [], 0)];
      if (vector?.element === undefined || mask === undefined) return undefined;
      return withElement(mask, vector.element.text);
    }
    default:
      return firstType(rest, 0)?.text;
  }
}

function withElement(vector: Type, element: string): string {
  return vector.text.replace(/x .*>$/, `x ${element}>`);
}

/** Of one pointer, or of as many as its vector has. */
function addressType(rest: readonly string[]): string | undefined {
  const [, ...operands] = splitAtCommas(rest);
  const vector = operands.map((part) => firstType(part, 0)).find((type) => type?.kind === 'vector');
  if (operands.length === 0) return undefined;
  return vector === undefined ? 'ptr' : withElement(vector, 'ptr');
}

/** `T` or `T (…)` in front of what is called. */
function calledType(rest: readonly string[]): string | undefined {
  const type = firstType(rest, 0);
  if (type === undefined) return undefined;
  return type.kind === 'function' ? type.text.replace(/ \(.*$/, '') : type.text;
}

function memberType(whole: Type | undefined, indices: readonly (readonly string[])[]): string | undefined {
  let type = whole;
  for (const [index] of indices) {
    type = type?.fields === undefined ? type?.element : type.fields[Number(index)]?.type;
  }
  return type?.text;
}
