// AArch64 instructions as clang and gcc write them, in one spelling: no `#`, numbers in decimal and signed,
// page and offset of an address named alike, large constants in one piece.

import { signedNumber, wideImmediate } from './assembly-numbers.ts';
import type { FloatKind } from './floating-point.ts';
import { spellAarch64Registers } from './spelling.ts';
import { splitOperands, type OperandNames } from './operands.ts';

/** Carry set and clear have two names each. */
const conditions: Record<string, string> = { cs: 'hs', cc: 'lo' };

const branches = new Set(['b', 'bl', 'cbz', 'cbnz', 'tbz', 'tbnz', 'adr', 'adrp']);
const conditional = /^b\.?(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)$/;

/** What a register of this letter holds of a constant. */
const scalarKinds: Record<string, FloatKind> = { d: 'double', s: 'float' };

/** Left out: marks for branch protection. */
const dropped = new Set(['bti', 'paciasp', 'autiasp', 'hint']);

export function rewriteAarch64(instruction: string, names: OperandNames): string | undefined {
  const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(instruction) ?? [];
  if (dropped.has(word)) return undefined;
  const branch = conditional.exec(word);
  let mnemonic = branch === null ? word : `b.${conditions[branch[1]!] ?? branch[1]!}`;
  const operands = splitOperands(rest);
  const address = /^\[\w+, ?#?:got_lo12:([^\]]+)\]$/.exec(operands[1] ?? '');
  if (mnemonic === 'ldr' && address !== null) {
    // The GOT holds the address: what `add` gives for a symbol of the same file.
    mnemonic = 'add';
    const base = /^\[(\w+)/.exec(operands[1]!)![1]!;
    return `add ${spellAarch64Registers(`${operands[0]!}, ${base}`)}, ${names.reference(address[1]!, { local: false })}`;
  }
  const width = /^[wsbh]\d/.test(operands[0] ?? '') || operands[0] === 'wzr' ? 32 : 64;
  const kind = scalarKinds[operands[0]?.[0] ?? ''];
  const written = operands.map((operand, index) => {
    const last = index === operands.length - 1;
    if (last && (branches.has(mnemonic) || branch !== null)) return target(operand, mnemonic, names);
    return rewriteOperand(operand, width, kind, names);
  });
  return `${mnemonic}${written.length === 0 ? '' : ` ${written.join(', ')}`}`;
}

/** The operand of a branch, or the page of a symbol. */
function target(operand: string, mnemonic: string, names: OperandNames): string {
  const got = /^:got:(.*)$/.exec(operand);
  if (got !== null) return names.reference(got[1]!, { local: false });
  if (operand.startsWith(':')) return modified(operand, names);
  // The page of a constant; its value stands where it is loaded.
  if (mnemonic === 'adrp' && names.constant(operand, undefined) !== undefined) return '=';
  return withOffset(operand, names, mnemonic === 'adrp' ? { local: true } : undefined);
}

/** `:tprel_lo12:name`: all modifiers but those of plain addresses belong to thread-local variables. */
function modified(operand: string, names: OperandNames): string {
  return operand.replace(/(:(?!lo12)\w+:)([\w.$]+)/g, (_, modifier: string, name: string) => {
    const local = modifier.startsWith(':tprel') || modifier.startsWith(':dtprel') ? { local: true } : {};
    return modifier + names.reference(name, { ...local, threadLocal: true });
  });
}

function withOffset(text: string, names: OperandNames, facts?: { local: boolean }): string {
  const match = /^("[^"]+"|[\w.$]+?)([+-]\d+)?$/.exec(text);
  if (match === null) return text;
  return names.reference(match[1]!.replaceAll('"', ''), facts) + (match[2] ?? '');
}

function rewriteOperand(
  operand: string,
  width: number,
  kind: FloatKind | undefined,
  names: OperandNames,
): string {
  const low = operand.replace(/#?:lo12:([\w.$"+-]+)/g, (_, name: string) => {
    const constant = names.constant(name, kind);
    return constant === undefined ? withOffset(name, names, { local: true }) : `=${constant}`;
  });
  const named = modified(low, names);
  if (/^\.L/.test(named)) return withOffset(named, names, { local: true });
  const plain = spellAarch64Registers(named.replace(/#/g, '').replace(/\s+/g, ' ').replace(/, ?/g, ', '));
  if (/^(?:cs|cc)$/.test(plain)) return conditions[plain]!;
  if (/^-?\d+\.\d+(?:e[+-]?\d+)?$/i.test(plain)) {
    const value = Number(plain);
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  if (/^-?(?:0x[0-9a-f]+|\d+)$/i.test(plain)) return signedNumber(plain, width);
  return plain.replace(/\b0x[0-9a-f]+\b/gi, (number) => String(BigInt(number)));
}

const moved = /^mov ([wx][A-Z]{1,2}), (-?\d+)$/;
const kept = /^movk ([wx][A-Z]{1,2}), (\d+)(?:, lsl (\d+))?$/;

/**
 * A constant built by `mov` and `movk` written where it begins, in one piece: `mov x8, 1374389535`. The
 * pieces must be free of anything that reads the register, jumps or lands in between.
 */
export function joinConstants(lines: readonly string[]): string[] {
  const joined = [...lines];
  for (let start = 0; start < joined.length; start++) {
    const first = moved.exec(joined[start]!);
    if (first === null) continue;
    const [, register, text] = first;
    const bits = register!.startsWith('x') ? 64 : 32;
    const mentions = new RegExp(`\\b[wx]${register!.slice(1)}\\b`);
    let value = BigInt.asUintN(bits, BigInt(text!));
    for (let at = start + 1; at < joined.length; at++) {
      const line = joined[at]!;
      const piece = kept.exec(line);
      if (piece?.[1] === register) {
        const shift = BigInt(piece![3] ?? '0');
        value = (value & ~(0xffffn << shift)) | (BigInt(piece![2]!) << shift);
        joined.splice(at, 1);
        at--;
      } else if (mentions.test(line) || /^(?:b|bl|br|blr|ret|cbn?z|tbn?z)\b|:$/.test(line)) break;
    }
    const signed = String(BigInt.asIntN(bits, value));
    joined[start] = `mov ${register!}, ${bits === 64 ? wideImmediate(signed) : signed}`;
  }
  return joined;
}
