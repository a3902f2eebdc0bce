// Lines of an assembly file to statements, and the small languages inside a statement: comments, strings,
// numbers, symbol expressions. Every loop here is linear in the text: input may be hostile.

import type { TargetName } from './types.ts';

/** Cuts comments off; both `#` (x86-64) and `//` (AArch64), not inside strings. Block comments on one line too. */
export function withoutComment(line: string, target: TargetName): string {
  const mark = target === 'x86-64' ? '#' : '//';
  if (!line.includes('"')) {
    const at = line.indexOf(mark);
    const kept = at < 0 ? line : line.slice(0, at);
    return kept.includes('/*') ? kept.replace(/\/\*.*?(\*\/|$)/g, ' ') : kept;
  }
  let inside = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (inside && character === '\\') at++;
    else if (character === '"') inside = !inside;
    else if (!inside && line.startsWith(mark, at)) return line.slice(0, at);
  }
  return line;
}

/** Splits at a separator that stands outside of brackets and strings. */
export function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  let inside = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (inside) {
      if (character === '\\') at++;
      else if (character === '"') inside = false;
    } else if (character === '"') inside = true;
    else if (character === '(' || character === '[' || character === '{') depth++;
    else if (character === ')' || character === ']' || character === '}') depth--;
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  const last = text.slice(start).trim();
  if (last !== '' || parts.length > 0) parts.push(last);
  return parts;
}

const numberPattern = /^[-+]?(0x[\da-f]{1,32}|0b[01]{1,128}|\d{1,40})$/i;

export function parseInteger(text: string): bigint | undefined {
  if (!numberPattern.test(text)) return undefined;
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '');
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return negative ? -value : value;
}

export interface SymbolExpression {
  symbol?: string;
  minus?: string;
  modifier?: string;
  addend: bigint;
  shift: number;
}

const termPattern =
  /^([-+]?)\s*(?:(0x[\da-f]+|\d+(?![\da-z$_.]))|("[^"]*"|[A-Za-z_.$][\w.$]*|\d+[bf])(?:@([\w]+))?)\s*/i;

/** `symbol`, `symbol+8`, `a-b`, `(a-b)>>2`, `.`; undefined when it is something else. */
export function parseExpression(text: string): SymbolExpression | undefined {
  let rest = text.trim();
  let shift = 0;
  const shifted = /^\((.*)\)\s*(>>|\/)\s*(\d+)$/.exec(rest);
  if (shifted !== null) {
    rest = shifted[1]!;
    const amount = Number(shifted[3]);
    shift = shifted[2] === '>>' ? amount : Math.log2(amount);
    if (!Number.isInteger(shift)) return undefined;
  } else if (rest.startsWith('(') && rest.endsWith(')')) rest = rest.slice(1, -1);
  rest = rest.trim();
  const result: SymbolExpression = { addend: 0n, shift };
  if (rest === '') return undefined;
  for (let first = true; rest !== ''; first = false) {
    const match = termPattern.exec(rest);
    if (match === null || match[0] === '' || (!first && match[1] === '')) return undefined;
    const [whole, sign, number, symbol, modifier] = match;
    rest = rest.slice(whole.length);
    if (number !== undefined) {
      const value = parseInteger(number);
      if (value === undefined) return undefined;
      result.addend += sign === '-' ? -value : value;
    } else if (sign === '-') {
      if (result.minus !== undefined) return undefined;
      result.minus = unquote(symbol!);
    } else {
      if (result.symbol !== undefined) return undefined;
      result.symbol = unquote(symbol!);
      if (modifier !== undefined) result.modifier = modifier.toLowerCase();
    }
  }
  return result;
}

export function unquote(name: string): string {
  return name.startsWith('"') && name.endsWith('"') && name.length > 1 ? name.slice(1, -1) : name;
}

const escapes: Record<string, number> = { n: 10, t: 9, r: 13, b: 8, f: 12, v: 11, a: 7, '"': 34, '\\': 92 };

/** Bytes of a quoted string with C's escapes, or undefined when it is not one. */
export function parseString(text: string): number[] | undefined {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return undefined;
  const bytes: number[] = [];
  const source = Buffer.from(text.slice(1, -1));
  for (let at = 0; at < source.length; at++) {
    if (source[at] !== 92) {
      bytes.push(source[at]!);
      continue;
    }
    const next = String.fromCharCode(source[++at] ?? 92);
    if (next >= '0' && next <= '7') {
      let value = 0;
      let count = 0;
      while (count < 3 && source[at]! >= 48 && source[at]! <= 55) {
        value = value * 8 + source[at]! - 48;
        at++;
        count++;
      }
      at--;
      bytes.push(value & 255);
    } else if (next === 'x') {
      let value = 0;
      while (/[\da-f]/i.test(String.fromCharCode(source[at + 1] ?? 0))) {
        value = (value * 16 + parseInt(String.fromCharCode(source[++at]!), 16)) & 255;
      }
      bytes.push(value);
    } else bytes.push(escapes[next] ?? next.charCodeAt(0));
  }
  return bytes;
}
