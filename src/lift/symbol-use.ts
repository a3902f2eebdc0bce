// How large variables are and how they are aligned, as far as the code of AArch64 shows it. The low part of an address
// stands in a load or store only where it is a multiple of what is accessed, and holds a distance only as far as the
// variable is known to reach; compilers that do not know that much add it before.

import type { CodeItem, Instruction } from './assembly/types.ts';

/** Both in bytes, at least. */
export interface VariableUse {
  alignment: number;
  size: number;
}

const registerBytes: Readonly<Record<string, number>> = { b: 1, h: 2, s: 4, w: 4, d: 8, x: 8, q: 16 };
const memoryBytes: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4 };

/** Of a load or store; 1 for an instruction that only takes the address. */
function accessBytes({ mnemonic, operands: [value] }: Instruction): number {
  const width = /^(?:ldrs?|str)([bhw]?)$/.exec(mnemonic)?.[1];
  if (width === undefined || value?.kind !== 'register') return 1;
  return memoryBytes[width] ?? registerBytes[value.name[0]!] ?? 1;
}

/** By symbol. */
export function variablesByUse(items: readonly CodeItem[]): Map<string, VariableUse> {
  const found = new Map<string, VariableUse>();
  for (const item of items) {
    if (item.kind !== 'instruction') continue;
    for (const operand of item.instruction.operands) {
      const place = operand.kind === 'memory' ? operand.symbol : operand;
      if (place?.kind !== 'symbol' || place.modifier !== 'lo12') continue;
      const bytes = accessBytes(item.instruction);
      const offset = Number(place.addend + (operand.kind === 'memory' ? operand.displacement : 0n));
      const known = found.get(place.symbol) ?? { alignment: 1, size: 1 };
      // What is accessed beside a multiple of its size says nothing of the start.
      const alignment = offset % bytes === 0 ? Math.max(known.alignment, bytes) : known.alignment;
      found.set(place.symbol, { alignment, size: Math.max(known.size, offset + bytes) });
    }
  }
  return found;
}
