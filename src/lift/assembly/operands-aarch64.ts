// Operands of the GNU syntax for AArch64, as clang, gcc and llvm-objdump write them.

import { parseExpression, parseInteger, splitOutside } from './tokens.ts';
import type { MemoryOperand, Operand, SymbolOperand } from './types.ts';

const registerPattern =
  /^(?:[wx](?:\d|[12]\d|30)|[wx]zr|w?sp|[bhsdqv](?:\d|[12]\d|3[01])(?:\.[\dbhsdq]+(?:\[\d+\])?)?|lr|fp)$/;
const shiftPattern = /^(lsl|lsr|asr|ror|msl|[us]xt[bhwx])(?:\s+#?(\w+))?$/;

function symbolOperand(text: string): SymbolOperand | undefined {
  const modified = /^#?:(\w+):(.+)$/.exec(text);
  const parsed = parseExpression(modified === null ? text : modified[2]!);
  if (parsed?.symbol === undefined || parsed.minus !== undefined || parsed.shift !== 0) return undefined;
  const modifier = modified?.[1]?.toLowerCase() ?? parsed.modifier;
  return {
    kind: 'symbol',
    symbol: parsed.symbol,
    addend: parsed.addend,
    ...(modifier === undefined ? {} : { modifier }),
  };
}

function memoryOperand(text: string): MemoryOperand | undefined {
  const match = /^\[([^[\]]*)\](!?)$/.exec(text);
  if (match === null) return undefined;
  const [base = '', second, third] = splitOutside(match[1]!, ',');
  if (!registerPattern.test(base)) return undefined;
  const operand: MemoryOperand = { kind: 'memory', base, scale: 1, displacement: 0n };
  if (match[2] === '!') operand.writeBack = 'before';
  if (second === undefined) return operand;
  const number = parseInteger(second.replace(/^#/, ''));
  if (number !== undefined) operand.displacement = number;
  else if (registerPattern.test(second)) {
    operand.index = second;
    if (third !== undefined) {
      const [, operation, amount = '0'] = shiftPattern.exec(third) ?? [];
      if (operation !== 'lsl' && operation !== 'uxtw' && operation !== 'sxtw' && operation !== 'sxtx')
        return undefined;
      operand.extend = operation;
      operand.scale = 2 ** Number(amount);
      if (!(operand.scale <= 16)) return undefined;
    }
  } else {
    const symbol = symbolOperand(second);
    if (symbol === undefined) return undefined;
    operand.displacement = symbol.addend;
    operand.symbol = { ...symbol, addend: 0n };
  }
  return operand;
}

/** `v30.4s-v1.4s` is four registers. */
function registerRange(text: string): string[] {
  const match = /^v(\d{1,2})(\.\w+)\s*-\s*v(\d{1,2})\2$/.exec(text);
  if (match === null) return [text];
  const [first, last] = [Number(match[1]), Number(match[3])];
  const count = ((last - first + 32) % 32) + 1;
  return Array.from({ length: count }, (_, index) => `v${(first + index) % 32}${match[2]}`);
}

function parseOperand(text: string): Operand {
  const lower = text.toLowerCase();
  if (registerPattern.test(lower)) return { kind: 'register', name: lower };
  if (text.startsWith('['))
    return memoryOperand(lower.includes(':') ? text : lower) ?? { kind: 'word', text };
  if (text.startsWith('{')) {
    const list = /^\{([^{}]*)\}(?:\[(\d+)\])?$/.exec(lower);
    if (list === null) return { kind: 'word', text };
    const registers = splitOutside(list[1]!, ',').flatMap(registerRange);
    if (!registers.every((register) => registerPattern.test(register))) return { kind: 'word', text };
    return { kind: 'list', registers, ...(list[2] === undefined ? {} : { lane: Number(list[2]) }) };
  }
  const plain = text.replace(/^#/, '');
  const value = parseInteger(plain);
  if (value !== undefined) return { kind: 'immediate', value };
  if (/^[-+]?\d+\.\d+(e[-+]?\d+)?$/i.test(plain)) return { kind: 'float', value: Number(plain) };
  const shift = shiftPattern.exec(lower);
  if (shift !== null) return { kind: 'shift', operation: shift[1]!, amount: Number(shift[2] ?? '0') };
  return symbolOperand(text) ?? { kind: 'word', text };
}

/** `[x0], #8` is one operand: the number behind is added to the base after the access, or a register's. */
function joinWriteBack(operands: Operand[]): Operand[] {
  const last = operands.at(-1);
  const memory = operands.at(-2);
  if (memory?.kind !== 'memory' || memory.writeBack !== undefined) return operands;
  const before = operands.slice(0, -2);
  if (last?.kind === 'immediate')
    return [...before, { ...memory, displacement: last.value, writeBack: 'after' }];
  if (last?.kind === 'register' && memory.index === undefined && memory.displacement === 0n)
    return [...before, { ...memory, index: last.name, writeBack: 'after' }];
  return operands;
}

/** Their last operand is a label whatever it looks like: C may call a function `s1` or `x0`. */
const labelLast =
  /^(?:bl?|b\.\w+|b(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al)|cbn?z|tbn?z|adrp?)$/;

/** The last operand of `text` where that is a label with the name of a register. */
export function registerLikeLabel(mnemonic: string, text: string): string | undefined {
  if (!labelLast.test(mnemonic)) return undefined;
  const last = text.slice(text.lastIndexOf(',') + 1).trim();
  return registerPattern.test(last.toLowerCase()) ? last : undefined;
}

export function parseOperandsAarch64(text: string, mnemonic: string): Operand[] {
  const operands = splitOutside(text, ',').map(parseOperand);
  const label = registerLikeLabel(mnemonic, text);
  if (label !== undefined) operands[operands.length - 1] = { kind: 'symbol', symbol: label, addend: 0n };
  return joinWriteBack(operands);
}
