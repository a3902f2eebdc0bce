// x86-64 instructions in AT&T notation, as clang and gcc write them, in one spelling: no suffix where the
// operation has only one width (`call`, `ret`, `jmp`), clang's names elsewhere, immediates in decimal.

import { signedNumber, wideImmediate } from './assembly-numbers.ts';
import type { FloatKind } from './floating-point.ts';
import { spellX86Register } from './spelling.ts';
import { splitOperands, type OperandNames } from './operands.ts';

const spelling: Record<string, string> = {
  callq: 'call',
  retq: 'ret',
  jmpq: 'jmp',
  leaveq: 'leave',
  salb: 'shlb',
  salw: 'shlw',
  sall: 'shll',
  salq: 'shlq',
};

/** Conditions that have several names. */
const conditions: Record<string, string> = {
  c: 'b',
  nae: 'b',
  nc: 'ae',
  nb: 'ae',
  z: 'e',
  nz: 'ne',
  na: 'be',
  nbe: 'a',
  pe: 'p',
  po: 'np',
  nge: 'l',
  nl: 'ge',
  ng: 'le',
  nle: 'g',
};
const condition = 'n?[bl]e?|n?[ag]e?|n?[cozesp]|p[eo]';
const conditional = new RegExp(`^(j|set|cmov)(${condition})([wlq]?)$`);

const stringInstruction = /^(?:movs|stos|scas|cmps|lods)[bwlq]$/;

/** Left out: marks for control-flow protection. */
const dropped = new Set(['endbr64', 'notrack']);

const operandToken = /%[a-z]\w*(?:\(\d\))?|0x[0-9a-f]+|\d+|"[^"]*"|[A-Za-z_.][\w.$]*(?:@[A-Z]\w*)?|[^\s]/gi;

export function rewriteX86(instruction: string, names: OperandNames): string | undefined {
  let line = instruction.replace(/^(rep[a-z]*|lock|notrack|bnd)(?: ?; ?| )/, (_, prefix: string) =>
    prefix === 'notrack' || prefix === 'bnd' ? '' : `${prefix}_`,
  );
  if (/^rep\w*_ret/.test(line)) line = 'ret';
  const [, prefix = '', word = '', rest = ''] = /^((?:rep[a-z]*|lock)_)?(\S+)\s*(.*)$/.exec(line) ?? [];
  if (dropped.has(word)) return undefined;
  const operands = splitOperands(rest);
  // String instructions name their operands by themselves; clang writes them all the same.
  if (/^rep/.test(prefix) || stringInstruction.test(word)) return `${prefix.replace('_', ' ')}${word}`;
  const indirect = /^\*([\w.$"]+)@GOTPCREL\(%rip\)$/.exec(operands[0] ?? '');
  // Through the GOT, what -fno-plt makes of a plain call.
  if (indirect !== null) operands[0] = `${indirect[1]!}@PLT`;
  let mnemonic = spelled(word, operands.at(-1) ?? '');
  if (mnemonic === 'movq' && operands[0]?.endsWith('@GOTPCREL(%rip)') === true) {
    // The GOT holds the address, as `leaq` computes it for a symbol of the same file.
    mnemonic = 'leaq';
    operands[0] = operands[0].replace('@GOTPCREL', '@PLT');
  }
  const kind = scalarKind(mnemonic);
  const written = operands.map((operand) => rewriteOperand(operand, mnemonic, kind, names));
  return `${prefix.replace('_', ' ')}${mnemonic}${written.length === 0 ? '' : ` ${written.join(', ')}`}`;
}

/** One name for each instruction; gcc leaves the width of cmov and bswap to the register. */
function spelled(word: string, last: string): string {
  const parts = conditional.exec(word);
  if (parts !== null) {
    const [, operation = '', name = '', suffix = ''] = parts;
    const width = operation === 'cmov' && suffix === '' ? suffixOf(last) : suffix;
    return operation + (conditions[name] ?? name) + width;
  }
  return word === 'bswap' ? word + suffixOf(last) : (spelling[word] ?? word);
}

function suffixOf(register: string): string {
  if (/^%(?:e|r\d+d$)/.test(register)) return 'l';
  return /^%r(?:\d+$|\D)/.test(register) ? 'q' : 'w';
}

/** What a scalar instruction reads from memory: `mulsd`, `cvtsd2ss`, `ucomiss`, with or without AVX's `v`. */
function scalarKind(mnemonic: string): FloatKind | undefined {
  if (/sd$|^v?cvtt?sd2/.test(mnemonic)) return 'double';
  return /ss$|^v?cvtt?ss2/.test(mnemonic) ? 'float' : undefined;
}

function rewriteOperand(
  operand: string,
  mnemonic: string,
  kind: FloatKind | undefined,
  names: OperandNames,
): string {
  // gcc writes the offset before the symbol.
  const tokens = operand.replace(/^(\d+)\+([\w.$]+)/, '$2+$1').match(operandToken) ?? [];
  const constant = /^(\.L[\w.]+)(?:\+0)?\(%rip\)$/.exec(operand);
  if (constant !== null) {
    const value = names.constant(constant[1]!, kind);
    if (value !== undefined) return `=${value}`;
  }
  let text = '';
  let immediate = false;
  let sign = '';
  for (const token of tokens) {
    if (token === '$') immediate = true;
    else if (token.startsWith('%')) {
      text += spellX86Register(token);
      continue;
    } else if (token === '-' && (immediate || text === '')) {
      sign = '-';
      continue;
    } else if (/^\d/.test(token)) {
      if (immediate && !text.includes('@')) {
        text += mnemonic.startsWith('movabs')
          ? wideImmediate(sign + token)
          : signedNumber(sign + token, widthOf(mnemonic));
      } else text += sign + String(Number(token));
      sign = '';
      continue;
    } else if (/^[A-Za-z_."]/.test(token) && !(text.endsWith('%') || /^[wxyz]mm/.test(token))) {
      text += symbol(token, names);
      continue;
    }
    text += sign + token;
    sign = '';
  }
  return text;
}

/** How a symbol is addressed says where it lives; what the text does not need of that is left out. */
function symbol(token: string, names: OperandNames): string {
  const [name = '', modifier] = token.startsWith('"') ? [token.slice(1, -1)] : token.split('@');
  switch (modifier) {
    case undefined:
      return names.reference(name, { local: true });
    case 'PLT':
      return names.reference(name, { local: false });
    case 'GOTPCREL':
      return `${names.reference(name, { local: false })}@${modifier}`;
    case 'TPOFF':
    case 'DTPOFF':
      return `${names.reference(name, { local: true, threadLocal: true })}@${modifier}`;
    default:
      return `${names.reference(name, { threadLocal: true })}@${modifier}`;
  }
}

function widthOf(mnemonic: string): number {
  if (mnemonic.endsWith('b')) return 8;
  if (mnemonic.endsWith('w')) return 16;
  return mnemonic.endsWith('l') ? 32 : 64;
}
