// Operands of AT&T syntax, as clang, gcc and llvm-objdump write them.

import { parseExpression, parseInteger, splitOutside } from './tokens.ts';
import type { MemoryOperand, Operand, SymbolOperand } from './types.ts';

const memoryPattern = /^(?:%([c-gs]s):)?([^()]*)\(([^()]*)\)$/;

function symbolOperand(text: string, immediate: boolean): SymbolOperand | undefined {
  const parsed = parseExpression(text);
  if (parsed?.symbol === undefined || parsed.minus !== undefined || parsed.shift !== 0) return undefined;
  return {
    kind: 'symbol',
    symbol: parsed.symbol,
    addend: parsed.addend,
    ...(parsed.modifier === undefined ? {} : { modifier: parsed.modifier }),
    ...(immediate ? { immediate } : {}),
  };
}

function memoryOperand(text: string): MemoryOperand | undefined {
  const match = memoryPattern.exec(text);
  if (match === null) return undefined;
  const [, segment, before = '', inside = ''] = match;
  const [base = '', index = '', scale = '1'] = inside.split(',').map((part) => part.trim());
  const name = (part: string): string | undefined => (part.startsWith('%') ? part.slice(1) : undefined);
  const operand: MemoryOperand = { kind: 'memory', scale: Number(scale), displacement: 0n };
  if (base !== '') {
    if (name(base) === undefined) return undefined;
    operand.base = name(base)!;
  }
  if (index !== '') {
    if (name(index) === undefined) return undefined;
    operand.index = name(index)!;
  }
  if (![1, 2, 4, 8].includes(operand.scale)) return undefined;
  if (segment !== undefined) operand.segment = segment;
  const displacement = before.trim();
  if (displacement === '') return operand;
  const number = parseInteger(displacement);
  if (number !== undefined) operand.displacement = number;
  else {
    const symbol = symbolOperand(displacement, false);
    if (symbol === undefined) return undefined;
    operand.displacement = symbol.addend;
    operand.symbol = { ...symbol, addend: 0n };
  }
  return operand;
}

function parseOperand(text: string): Operand {
  if (text.startsWith('*')) return { kind: 'indirect', target: parseOperand(text.slice(1).trim()) };
  if (text.startsWith('%') && !text.includes(':')) {
    const register = /^%(?:st\((\d)\)|(\w+))(.*)$/.exec(text);
    if (register !== null && register[3] === '') {
      return { kind: 'register', name: (register[2] ?? `st${register[1]}`).toLowerCase() };
    }
    return { kind: 'word', text };
  }
  if (text.startsWith('$')) {
    const value = parseInteger(text.slice(1));
    if (value !== undefined) return { kind: 'immediate', value };
    return symbolOperand(text.slice(1), true) ?? { kind: 'word', text };
  }
  if (text.endsWith(')')) {
    const memory = memoryOperand(text);
    if (memory !== undefined) return memory;
  }
  const segment = /^%([c-gs]s):(.+)$/.exec(text);
  if (segment !== null) {
    const inner = parseOperand(segment[2]!);
    if (inner.kind === 'memory') return { ...inner, segment: segment[1]! };
    if (inner.kind === 'symbol') {
      return {
        kind: 'memory',
        scale: 1,
        displacement: inner.addend,
        symbol: { ...inner, addend: 0n },
        segment: segment[1]!,
      };
    }
    return { kind: 'word', text };
  }
  const value = parseInteger(text);
  if (value !== undefined) return { kind: 'memory', scale: 1, displacement: value };
  return symbolOperand(text, false) ?? { kind: 'word', text };
}

export function parseOperandsX86(text: string): Operand[] {
  return splitOutside(text, ',').map(parseOperand);
}
