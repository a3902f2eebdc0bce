// x86-64 instructions in AT&T notation, as clang and gcc write them, in one spelling: no suffix where the
// operation has only one width (`call`, `ret`, `jmp`), clang's names elsewhere, immediates in decimal.

import { signedNumber, wideImmediate } from './assembly-numbers.ts';
import type { FloatKind } from './floating-point.ts';
import { splitOperands, type OperandNames } from './operands.ts';

const spelling: Record<string, string> = {
  callq: 'call',
  retq: 'ret',
  jmpq: 'jmp',
  leaveq: 'leave',
  jz: 'je',
  jnz: 'jne',
  jc: 'jb',
  jnc: 'jae',
  jnb: 'jae',
  jna: 'jbe',
  jnbe: 'ja',
  jnae: 'jb',
  jng: 'jle',
  jnge: 'jl',
  jnl: 'jge',
  jnle: 'jg',
  salb: 'shlb',
  salw: 'shlw',
  sall: 'shll',
  salq: 'shlq',
};

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
  let mnemonic = spelling[word] ?? word;
  // String instructions have no other operands; clang writes them all the same.
  if (/^rep/.test(prefix) || /^(?:movs|stos|scas|cmps|lods)[bwlq]$/.test(mnemonic)) {
    if (!operands.some((operand) => operand.includes('xmm'))) return `${prefix.replace('_', ' ')}${mnemonic}`;
  }
  mnemonic = withSuffix(mnemonic, operands.at(-1) ?? '');
  if (mnemonic === 'movq' && /@GOTPCREL\(%rip\)$/.test(operands[0] ?? '')) mnemonic = 'leaq';
  const kind = scalarKind(mnemonic);
  const written = operands.map((operand) => rewriteOperand(operand, mnemonic, kind, names));
  return `${prefix.replace('_', ' ')}${mnemonic}${written.length === 0 ? '' : ` ${written.join(', ')}`}`;
}

/** gcc leaves the width of cmov and bswap to the register. */
function withSuffix(mnemonic: string, last: string): string {
  if (
    !/^(?:cmov[a-z]+|bswap)$/.test(mnemonic) ||
    /^cmov(?:n?[abglceosp]|n?[abgl]e|n?[oszp]|p[eo])[wlq]$/.test(mnemonic)
  ) {
    return mnemonic;
  }
  if (mnemonic === 'bswapl' || mnemonic === 'bswapq') return mnemonic;
  if (/^%(?:e[a-ds]|e?[sb]p$|r\d+d$|e)/.test(last)) return `${mnemonic}l`;
  if (/^%r/.test(last) && !/[bwd]$/.test(last)) return `${mnemonic}q`;
  return `${mnemonic}w`;
}

function scalarKind(mnemonic: string): FloatKind | undefined {
  if (/sd[lq]?$/.test(mnemonic) && !/^(?:movs|cmps)/.test(mnemonic)) return 'double';
  if (/^(?:v?movsd|v?cmp\w*sd)$/.test(mnemonic)) return 'double';
  if (/ss[lq]?$/.test(mnemonic)) return 'float';
  return /^v?cvtsd2|comisd$/.test(mnemonic)
    ? 'double'
    : /^v?cvtss2|comiss$/.test(mnemonic)
      ? 'float'
      : undefined;
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
    else if (token === '-' && (immediate || text === '')) {
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
    case 'GOTPCREL':
    case 'GOTPCRELX':
      return names.reference(name, { local: false });
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
